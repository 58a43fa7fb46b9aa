//! Taxes and fees of a booked line, as the JSON columns hold them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::pricing::Charged;

#[derive(Deserialize, Serialize)]
struct ChargedJson {
    code: String,
    name: String,
    included: bool,
    amount: i64,
}

/// The column of some charges.
pub(super) fn write(charges: &[Charged]) -> Value {
    charges
        .iter()
        .map(|charge| {
            json!(ChargedJson {
                code: charge.code.clone(),
                name: charge.name.clone(),
                included: charge.included,
                amount: charge.amount,
            })
        })
        .collect()
}

/// The charges of a column, or `None` where it does not hold any.
pub(super) fn read(column: Value) -> Option<Vec<Charged>> {
    let charges: Vec<ChargedJson> = serde_json::from_value(column).ok()?;
    let read = |charge: ChargedJson| Charged {
        code: charge.code,
        name: charge.name,
        included: charge.included,
        amount: charge.amount,
    };
    Some(charges.into_iter().map(read).collect())
}
