//! The audit of the calendar: one entry a change, with what its cells were and became.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::calendar::{
    Changed, Outcome, Range, Stock, StockCell, Terms, TermsCell, cells, ranges,
};
use crate::domain::ids::{AriChangeId, RatePlanId, RoomTypeId};
use crate::store::{HotelTx, StoreError};

/// What a change was made by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Edit,
    Undo(AriChangeId),
    /// A plan's derivation, or what is sold under it, changed.
    Derivation,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Undo(_) => "undo",
            Self::Derivation => "derivation",
        }
    }
}

/// An entry that is about to be written.
#[derive(Clone, Debug)]
pub struct NewChange<'a> {
    pub id: AriChangeId,
    pub kind: Kind,
    pub actor: &'a str,
    pub reason: Option<&'a str>,
}

/// An entry, without its cells.
#[derive(Clone, Debug)]
pub struct Change {
    pub id: AriChangeId,
    pub number: i64,
    pub kind: String,
    pub undoes: Option<AriChangeId>,
    pub actor: String,
    pub reason: Option<String>,
    pub first_night: Date,
    pub last_night: Date,
    pub counts: BTreeMap<String, u64>,
    pub at: Timestamp,
}

/// What an entry's cells were and became.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    pub stock: Vec<Changed<StockCell, Stock>>,
    pub terms: Vec<Changed<TermsCell, Terms>>,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
struct StockJson {
    allotment: i32,
    overbooking: i32,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
struct TermsJson {
    price: i64,
    min_stay_arrival: Option<i16>,
    min_stay_through: Option<i16>,
    max_stay: Option<i16>,
    closed_to_arrival: bool,
    closed_to_departure: bool,
    stop_sell: bool,
    cut_off_days: Option<i16>,
    max_advance_days: Option<i16>,
}

#[derive(Deserialize, Serialize)]
struct RangeJson<V> {
    room_type_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate_plan_id: Option<Uuid>,
    first: Date,
    last: Date,
    before: Option<V>,
    after: Option<V>,
}

#[derive(Deserialize, Serialize)]
struct CellsJson {
    stock: Vec<RangeJson<StockJson>>,
    terms: Vec<RangeJson<TermsJson>>,
}

fn stock_json(stock: Stock) -> StockJson {
    StockJson {
        allotment: stock.allotment,
        overbooking: stock.overbooking,
    }
}

fn stock(json: StockJson) -> Stock {
    Stock {
        allotment: json.allotment,
        overbooking: json.overbooking,
        sold: 0,
        held: 0,
    }
}

fn terms_json(terms: Terms) -> TermsJson {
    TermsJson {
        price: terms.price_minor,
        min_stay_arrival: terms.min_stay_arrival,
        min_stay_through: terms.min_stay_through,
        max_stay: terms.max_stay,
        closed_to_arrival: terms.closed_to_arrival,
        closed_to_departure: terms.closed_to_departure,
        stop_sell: terms.stop_sell,
        cut_off_days: terms.cut_off_days,
        max_advance_days: terms.max_advance_days,
    }
}

fn terms(json: TermsJson) -> Terms {
    Terms {
        price_minor: json.price,
        min_stay_arrival: json.min_stay_arrival,
        min_stay_through: json.min_stay_through,
        max_stay: json.max_stay,
        closed_to_arrival: json.closed_to_arrival,
        closed_to_departure: json.closed_to_departure,
        stop_sell: json.stop_sell,
        cut_off_days: json.cut_off_days,
        max_advance_days: json.max_advance_days,
    }
}

fn cells_json(outcome: &Outcome) -> Value {
    let settings = |one: Option<Stock>| one.map(stock_json).map(stock);
    let plain: Vec<_> = outcome
        .stock
        .iter()
        .map(|changed| Changed {
            cell: changed.cell,
            before: settings(changed.before),
            after: settings(changed.after),
        })
        .collect();
    let of_stock = ranges(&plain, |(night, room_type)| (night, room_type));
    let of_terms = ranges(&outcome.terms, |(night, room_type, plan)| {
        (night, (room_type, plan))
    });
    json!(CellsJson {
        stock: of_stock
            .into_iter()
            .map(|range| RangeJson {
                room_type_id: range.key.0,
                rate_plan_id: None,
                first: range.first,
                last: range.last,
                before: range.before.map(stock_json),
                after: range.after.map(stock_json),
            })
            .collect(),
        terms: of_terms
            .into_iter()
            .map(|range| RangeJson {
                room_type_id: range.key.0.0,
                rate_plan_id: Some(range.key.1.0),
                first: range.first,
                last: range.last,
                before: range.before.map(terms_json),
                after: range.after.map(terms_json),
            })
            .collect(),
    })
}

impl From<CellsJson> for Recorded {
    fn from(json: CellsJson) -> Self {
        let of_stock: Vec<_> = json
            .stock
            .into_iter()
            .map(|range| Range {
                key: RoomTypeId(range.room_type_id),
                first: range.first,
                last: range.last,
                before: range.before.map(stock),
                after: range.after.map(stock),
            })
            .collect();
        let of_terms: Vec<_> = json
            .terms
            .into_iter()
            .map(|range| Range {
                key: (
                    RoomTypeId(range.room_type_id),
                    RatePlanId(range.rate_plan_id.unwrap_or_default()),
                ),
                first: range.first,
                last: range.last,
                before: range.before.map(terms),
                after: range.after.map(terms),
            })
            .collect();
        Self {
            stock: cells(&of_stock, |night, room_type| (night, room_type)),
            terms: cells(&of_terms, |night, (room_type, plan)| {
                (night, room_type, plan)
            }),
        }
    }
}

/// Adds an entry under the calendar's lock, and answers its number.
pub async fn insert(
    tx: &mut HotelTx,
    change: &NewChange<'_>,
    outcome: &Outcome,
) -> Result<i64, StoreError> {
    let hotel = tx.hotel();
    let (first, last) = outcome.span().ok_or(StoreError::Inconsistent {
        table: "ari_changes",
        column: "cells",
        row: change.id.to_string(),
    })?;
    let undoes = match change.kind {
        Kind::Undo(undone) => Some(undone.0),
        Kind::Edit | Kind::Derivation => None,
    };
    let number = sqlx::query_scalar!(
        r#"
        INSERT INTO ari_changes (hotel_id, id, number, kind, undoes, actor, reason, first_night, last_night, counts, cells)
        SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10
        FROM ari_changes WHERE hotel_id = $1
        RETURNING number
        "#,
        hotel.0,
        change.id.0,
        change.kind.as_str(),
        undoes,
        change.actor,
        change.reason,
        first.to_sqlx() as _,
        last.to_sqlx() as _,
        json!(outcome.counts()),
        cells_json(outcome),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(number)
}

/// The number of the newest entry; 0 without one.
pub async fn version(tx: &mut HotelTx) -> Result<i64, StoreError> {
    let hotel = tx.hotel();
    let number = sqlx::query_scalar!(
        r#"SELECT coalesce(max(number), 0) AS "number!" FROM ari_changes WHERE hotel_id = $1"#,
        hotel.0
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(number)
}

/// The newest entry after a version that touches any of these nights.
pub async fn newest_since(
    tx: &mut HotelTx,
    version: i64,
    first: Date,
    last: Date,
) -> Result<Option<i64>, StoreError> {
    let hotel = tx.hotel();
    let number = sqlx::query_scalar!(
        "SELECT max(number) FROM ari_changes
         WHERE hotel_id = $1 AND number > $2 AND first_night <= $4 AND last_night >= $3",
        hotel.0,
        version,
        first.to_sqlx() as _,
        last.to_sqlx() as _,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(number)
}

/// Entries before a number, or one entry, the newest first.
pub async fn list(
    tx: &mut HotelTx,
    before: Option<i64>,
    only: Option<AriChangeId>,
    limit: i64,
) -> Result<Vec<Change>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT id, number, kind, undoes, actor, reason, first_night, last_night, counts, at
        FROM ari_changes
        WHERE hotel_id = $1 AND ($2::bigint IS NULL OR number < $2) AND ($3::uuid IS NULL OR id = $3)
        ORDER BY number DESC LIMIT $4
        "#,
        hotel.0,
        before,
        only.map(|id| id.0),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let counts = serde_json::from_value(row.counts);
            Ok(Change {
                id: AriChangeId(row.id),
                number: row.number,
                kind: row.kind,
                undoes: row.undoes.map(AriChangeId),
                actor: row.actor,
                reason: row.reason,
                first_night: row.first_night.to_jiff(),
                last_night: row.last_night.to_jiff(),
                counts: counts.map_err(|_| StoreError::Inconsistent {
                    table: "ari_changes",
                    column: "counts",
                    row: row.id.to_string(),
                })?,
                at: row.at.to_jiff(),
            })
        })
        .collect()
}

/// What an entry's cells were and became; `None` without the entry, an empty one where that was forgotten.
pub async fn recorded(
    tx: &mut HotelTx,
    change: AriChangeId,
) -> Result<Option<Recorded>, StoreError> {
    let hotel = tx.hotel();
    let row = sqlx::query!(
        "SELECT cells FROM ari_changes WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        change.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let Some(value) = row.cells else {
        return Ok(Some(Recorded::default()));
    };
    let read: CellsJson = serde_json::from_value(value).map_err(|_| StoreError::Inconsistent {
        table: "ari_changes",
        column: "cells",
        row: change.to_string(),
    })?;
    Ok(Some(read.into()))
}

/// Forgets the cells of entries that are older than 400 days: they stay in the audit, and can no longer be undone.
pub async fn prune(tx: &mut HotelTx) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "UPDATE ari_changes SET cells = NULL
         WHERE hotel_id = $1 AND at < clock_timestamp() - interval '400 days' AND cells IS NOT NULL",
        hotel.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
