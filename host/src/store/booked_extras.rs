//! Extras of a line, as the JSON columns and the tokens of quotes hold them.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::extra::{BookedExtra, UsedOn};
use crate::domain::ids::ExtraId;
use crate::domain::pricing::Basis;

/// The procedures read `id`, `counted`, `units` and `days`, and the invariants `amount`.
#[derive(Deserialize, Serialize)]
struct ExtraJson {
    id: Uuid,
    code: String,
    name: String,
    package: Option<String>,
    basis: String,
    used_on: String,
    quantity: u32,
    price: i64,
    counted: bool,
    units: u32,
    days: Vec<Date>,
    amount: i64,
}

/// The column of some extras.
pub fn write(extras: &[BookedExtra]) -> Value {
    extras
        .iter()
        .map(|extra| {
            json!(ExtraJson {
                id: extra.id.0,
                code: extra.code.clone(),
                name: extra.name.clone(),
                package: extra.package.clone(),
                basis: extra.basis.as_str().to_owned(),
                used_on: extra.used_on.as_str().to_owned(),
                quantity: extra.quantity,
                price: extra.price,
                counted: extra.counted,
                units: extra.units,
                days: extra.days.clone(),
                amount: extra.amount,
            })
        })
        .collect()
}

/// The extras of a column, or `None` where it does not hold any. Nothing at all is none.
pub fn read(column: Value) -> Option<Vec<BookedExtra>> {
    let extras: Option<Vec<ExtraJson>> = serde_json::from_value(column).ok()?;
    let read = |extra: ExtraJson| {
        Some(BookedExtra {
            id: ExtraId(extra.id),
            code: extra.code,
            name: extra.name,
            package: extra.package,
            basis: Basis::parse(&extra.basis)?,
            used_on: UsedOn::parse(&extra.used_on)?,
            quantity: extra.quantity,
            price: extra.price,
            counted: extra.counted,
            units: extra.units,
            days: extra.days,
            amount: extra.amount,
        })
    };
    extras.unwrap_or_default().into_iter().map(read).collect()
}
