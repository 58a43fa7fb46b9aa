//! The calendar's cells: locked, read, written, and marked for the channels.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::ari::Fields;
use crate::domain::calendar::{
    Changed, Derivation, Nights, Outcome, Plans, Stock, StockCell, Terms, TermsCell,
};
use crate::domain::ids::{RatePlanId, RoomTypeId};
use crate::domain::pricing::Adjustment;
use crate::store::{HotelTx, StoreError, cells};

/// What a hotel sells, by the codes that callers say.
#[derive(Clone, Debug, Default)]
pub struct Sold {
    pub room_types: BTreeMap<RoomTypeId, String>,
    pub rate_plans: BTreeMap<RatePlanId, String>,
    pub plans: Plans,
}

/// Which cells are read: nights, both included, of these room types and of all that is sold of them.
#[derive(Clone, Debug)]
pub struct Window {
    pub room_types: Vec<RoomTypeId>,
    pub first: Date,
    pub last: Date,
}

impl Window {
    fn ids(&self) -> Vec<Uuid> {
        self.room_types.iter().map(|id| id.0).collect()
    }
}

/// Lets one change of the calendar be made at a time, until the transaction ends.
pub async fn lock(tx: &mut HotelTx) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!("SELECT lock_calendar($1)", hotel.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The first month between two nights that has no partition yet.
pub async fn first_closed_month(
    tx: &mut HotelTx,
    first: Date,
    last: Date,
) -> Result<Option<Date>, StoreError> {
    let month = sqlx::query_scalar!(
        "SELECT first_closed_month($1, $2)",
        first.to_sqlx() as _,
        last.to_sqlx() as _
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(month.map(jiff_sqlx::Date::to_jiff))
}

/// Every room type, plan and product, also those that are no longer active: they can be opened again.
pub async fn sold(tx: &mut HotelTx) -> Result<Sold, StoreError> {
    let hotel = tx.hotel();
    let mut sold = Sold::default();
    let room_types = sqlx::query!(
        "SELECT id, code FROM room_types WHERE hotel_id = $1",
        hotel.0
    )
    .fetch_all(&mut **tx)
    .await?;
    sold.room_types = room_types
        .into_iter()
        .map(|row| (RoomTypeId(row.id), row.code))
        .collect();
    let rate_plans = sqlx::query!(
        "SELECT id, code, parent_id, derivation, derivation_value FROM rate_plans WHERE hotel_id = $1",
        hotel.0
    )
    .fetch_all(&mut **tx)
    .await?;
    for row in rate_plans {
        let id = RatePlanId(row.id);
        sold.rate_plans.insert(id, row.code);
        if let (Some(parent), Some(kind), Some(value)) =
            (row.parent_id, row.derivation, row.derivation_value)
        {
            let adjustment =
                Adjustment::parse(&kind, value).ok_or_else(|| StoreError::Inconsistent {
                    table: "rate_plans",
                    column: "derivation",
                    row: id.to_string(),
                })?;
            let parent = RatePlanId(parent);
            let derivation = Derivation { parent, adjustment };
            sold.plans.derived.insert(id, derivation);
        }
    }
    let products = sqlx::query!(
        "SELECT room_type_id, rate_plan_id FROM products WHERE hotel_id = $1",
        hotel.0
    )
    .fetch_all(&mut **tx)
    .await?;
    sold.plans.products = products
        .into_iter()
        .map(|row| (RoomTypeId(row.room_type_id), RatePlanId(row.rate_plan_id)))
        .collect();
    Ok(sold)
}

/// Locks inventory rows in the one order, by a statement of its own.
pub async fn lock_stock(
    tx: &mut HotelTx,
    cells: impl Iterator<Item = StockCell>,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!("SELECT lock_inventory($1, $2)", hotel.0, stock_json(cells))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn stock_json(cells: impl Iterator<Item = StockCell>) -> Value {
    cells
        .map(|(night, room_type)| json!({"room_type_id": room_type.0, "night": night}))
        .collect()
}

/// The cells of a window as they are now.
pub async fn nights(tx: &mut HotelTx, window: &Window) -> Result<Nights, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT room_type_id, night, allotment, overbooking, sold, held FROM room_availability
        WHERE hotel_id = $1 AND room_type_id = ANY ($2) AND night BETWEEN $3 AND $4
        "#,
        hotel.0,
        &window.ids(),
        window.first.to_sqlx() as _,
        window.last.to_sqlx() as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    let stock = rows.into_iter().map(|row| {
        let cell = (row.night.to_jiff(), RoomTypeId(row.room_type_id));
        let stock = Stock {
            allotment: row.allotment,
            overbooking: row.overbooking,
            sold: row.sold,
            held: row.held,
        };
        (cell, stock)
    });
    Ok(Nights {
        stock: stock.collect(),
        terms: terms(tx, window).await?,
    })
}

async fn terms(
    tx: &mut HotelTx,
    window: &Window,
) -> Result<BTreeMap<TermsCell, Terms>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT room_type_id, rate_plan_id, night, price_minor, min_stay_arrival, min_stay_through, max_stay,
            closed_to_arrival, closed_to_departure, stop_sell, cut_off_days, max_advance_days
        FROM rates
        WHERE hotel_id = $1 AND room_type_id = ANY ($2) AND night BETWEEN $3 AND $4
        "#,
        hotel.0,
        &window.ids(),
        window.first.to_sqlx() as _,
        window.last.to_sqlx() as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    let terms = rows.into_iter().map(|row| {
        let product = (RoomTypeId(row.room_type_id), RatePlanId(row.rate_plan_id));
        let terms = Terms {
            price_minor: row.price_minor,
            min_stay_arrival: row.min_stay_arrival,
            min_stay_through: row.min_stay_through,
            max_stay: row.max_stay,
            closed_to_arrival: row.closed_to_arrival,
            closed_to_departure: row.closed_to_departure,
            stop_sell: row.stop_sell,
            cut_off_days: row.cut_off_days,
            max_advance_days: row.max_advance_days,
        };
        ((row.night.to_jiff(), product.0, product.1), terms)
    });
    Ok(terms.collect())
}

/// Units in lapsed holds that nobody swept yet: they count as free.
pub async fn lapsed(
    tx: &mut HotelTx,
    first: Date,
    last: Date,
) -> Result<BTreeMap<StockCell, i32>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT c.room_type_id AS "room_type_id!", c.night AS "night!: jiff_sqlx::Date", c.units AS "units!"
        FROM hold_cells($1, ARRAY(SELECT id FROM holds
            WHERE hotel_id = $1 AND state = 'held' AND expires_at <= clock_timestamp())) AS c
        WHERE c.night BETWEEN $2 AND $3
        "#,
        hotel.0,
        first.to_sqlx() as _,
        last.to_sqlx() as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            (
                (row.night.to_jiff(), RoomTypeId(row.room_type_id)),
                row.units,
            )
        })
        .collect())
}

/// Writes what an edit came to, and marks exactly these cells for the channels.
/// The calendar and the inventory rows are locked, and the cells were read since.
pub async fn write(tx: &mut HotelTx, outcome: &Outcome) -> Result<(), StoreError> {
    write_stock(tx, &outcome.stock).await?;
    write_terms(tx, &outcome.terms).await?;
    let stock = outcome.stock.iter().map(|changed| changed.cell);
    cells::mark_availability(tx, &Vec::from_iter(stock)).await?;
    let marked: Vec<_> = outcome
        .terms
        .iter()
        .map(|changed| {
            let (night, room_type, rate_plan) = changed.cell;
            (room_type, rate_plan, night, seen(changed))
        })
        .filter(|(.., fields)| !fields.is_empty())
        .collect();
    cells::mark_rates(tx, &marked).await
}

/// What of a product's night channels are told anew: of one that comes or goes everything.
fn seen(changed: &Changed<TermsCell, Terms>) -> Fields {
    match (changed.before, changed.after) {
        (Some(before), Some(after)) => before.differences(&after),
        _ => Fields::ALL,
    }
}

type StockChanges<'a> = Vec<&'a Changed<StockCell, Stock>>;

async fn write_stock(
    tx: &mut HotelTx,
    changes: &[Changed<StockCell, Stock>],
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let Some((first, last)) = span(changes.iter().map(|changed| changed.cell.0)) else {
        return Ok(());
    };
    let (opened, rest): (StockChanges<'_>, StockChanges<'_>) =
        changes.iter().partition(|one| one.before.is_none());
    let (closed, kept): (StockChanges<'_>, StockChanges<'_>) =
        rest.into_iter().partition(|one| one.after.is_none());
    let done = sqlx::query!(
        r#"
        UPDATE room_availability a
        SET allotment = c.allotment, overbooking = c.overbooking,
            overbooked = least(a.overbooked, greatest(0, a.sold + a.held - c.allotment - c.overbooking))
        FROM jsonb_to_recordset($2) AS c (room_type_id uuid, night date, allotment integer, overbooking integer)
        WHERE a.hotel_id = $1 AND a.room_type_id = c.room_type_id AND a.night = c.night AND a.night BETWEEN $3 AND $4
        "#,
        hotel.0,
        stock_rows(&kept),
        first.to_sqlx() as _,
        last.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("edit room_availability", &done, kept.len() as u64)?;
    open_stock(tx, &opened).await?;
    let done = sqlx::query!(
        r#"
        DELETE FROM room_availability a
        USING jsonb_to_recordset($2) AS c (room_type_id uuid, night date)
        WHERE a.hotel_id = $1 AND a.room_type_id = c.room_type_id AND a.night = c.night AND a.night BETWEEN $3 AND $4
            AND a.sold = 0 AND a.held = 0
        "#,
        hotel.0,
        stock_json(closed.iter().map(|changed| changed.cell)),
        first.to_sqlx() as _,
        last.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("close room_availability", &done, closed.len() as u64)
}

/// Opens nights that had no inventory when they were read.
async fn open_stock(
    tx: &mut HotelTx,
    opened: &[&Changed<StockCell, Stock>],
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        INSERT INTO room_availability (hotel_id, room_type_id, night, allotment, overbooking)
        SELECT $1, c.room_type_id, c.night, c.allotment, c.overbooking
        FROM jsonb_to_recordset($2) AS c (room_type_id uuid, night date, allotment integer, overbooking integer)
        ORDER BY c.room_type_id, c.night
        ON CONFLICT DO NOTHING
        "#,
        hotel.0,
        stock_rows(opened),
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() != opened.len() as u64 {
        // A channel's reservation opened one of these nights since they were read.
        let lost = "another transaction opened one of the nights".to_owned();
        return Err(StoreError::Contended(sqlx::Error::Protocol(lost)));
    }
    Ok(())
}

fn stock_rows(changes: &[&Changed<StockCell, Stock>]) -> Value {
    changes
        .iter()
        .filter_map(|changed| {
            let stock = changed.after?;
            let (night, room_type) = changed.cell;
            Some(
                json!({"room_type_id": room_type.0, "night": night, "allotment": stock.allotment,
                "overbooking": stock.overbooking}),
            )
        })
        .collect()
}

fn span(nights: impl Iterator<Item = Date> + Clone) -> Option<(Date, Date)> {
    Some((nights.clone().min()?, nights.max()?))
}

async fn write_terms(
    tx: &mut HotelTx,
    changes: &[Changed<TermsCell, Terms>],
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let rows: Value = changes.iter().filter_map(terms_row).collect();
    sqlx::query!(
        r#"
        INSERT INTO rates (hotel_id, room_type_id, rate_plan_id, night, price_minor, min_stay_arrival,
            min_stay_through, max_stay, closed_to_arrival, closed_to_departure, stop_sell, cut_off_days, max_advance_days)
        SELECT $1, c.room_type_id, c.rate_plan_id, c.night, c.price_minor, c.min_stay_arrival, c.min_stay_through,
            c.max_stay, c.closed_to_arrival, c.closed_to_departure, c.stop_sell, c.cut_off_days, c.max_advance_days
        FROM jsonb_to_recordset($2) AS c (room_type_id uuid, rate_plan_id uuid, night date, price_minor bigint,
            min_stay_arrival smallint, min_stay_through smallint, max_stay smallint, closed_to_arrival boolean,
            closed_to_departure boolean, stop_sell boolean, cut_off_days smallint, max_advance_days smallint)
        ORDER BY c.room_type_id, c.rate_plan_id, c.night
        ON CONFLICT (hotel_id, room_type_id, rate_plan_id, night) DO UPDATE SET
            price_minor = excluded.price_minor, min_stay_arrival = excluded.min_stay_arrival,
            min_stay_through = excluded.min_stay_through, max_stay = excluded.max_stay,
            closed_to_arrival = excluded.closed_to_arrival, closed_to_departure = excluded.closed_to_departure,
            stop_sell = excluded.stop_sell, cut_off_days = excluded.cut_off_days,
            max_advance_days = excluded.max_advance_days
        "#,
        hotel.0,
        rows,
    )
    .execute(&mut **tx)
    .await?;
    let gone: Vec<_> = changes.iter().filter(|one| one.after.is_none()).collect();
    let cells: Value = gone
        .iter()
        .map(|changed| {
            let (night, room_type, rate_plan) = changed.cell;
            json!({"room_type_id": room_type.0, "rate_plan_id": rate_plan.0, "night": night})
        })
        .collect();
    let done = sqlx::query!(
        r#"
        DELETE FROM rates r
        USING jsonb_to_recordset($2) AS c (room_type_id uuid, rate_plan_id uuid, night date)
        WHERE r.hotel_id = $1 AND r.room_type_id = c.room_type_id AND r.rate_plan_id = c.rate_plan_id
            AND r.night = c.night
        "#,
        hotel.0,
        cells,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("close rates", &done, gone.len() as u64)
}

fn terms_row(changed: &Changed<TermsCell, Terms>) -> Option<Value> {
    let terms = changed.after?;
    let (night, room_type, rate_plan) = changed.cell;
    Some(json!({
        "room_type_id": room_type.0, "rate_plan_id": rate_plan.0, "night": night,
        "price_minor": terms.price_minor, "min_stay_arrival": terms.min_stay_arrival,
        "min_stay_through": terms.min_stay_through, "max_stay": terms.max_stay,
        "closed_to_arrival": terms.closed_to_arrival, "closed_to_departure": terms.closed_to_departure,
        "stop_sell": terms.stop_sell, "cut_off_days": terms.cut_off_days,
        "max_advance_days": terms.max_advance_days,
    }))
}

/// Marks all nights from `first` of what is for sale again, or no longer: of a room type, of a rate plan, of the
/// product of both, or of the whole hotel.
pub async fn mark_sold(
    tx: &mut HotelTx,
    room_type: Option<RoomTypeId>,
    rate_plan: Option<RatePlanId>,
    first: Date,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "SELECT mark_sold($1, $2, $3, $4)",
        hotel.0,
        room_type.map(|id| id.0) as _,
        rate_plan.map(|id| id.0) as _,
        first.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The last night of any price of these products, where there is one.
pub async fn last_priced(
    tx: &mut HotelTx,
    room_types: &BTreeSet<RoomTypeId>,
) -> Result<Option<Date>, StoreError> {
    let hotel = tx.hotel();
    let ids: Vec<Uuid> = room_types.iter().map(|id| id.0).collect();
    let last = sqlx::query_scalar!(
        "SELECT max(night) FROM rates WHERE hotel_id = $1 AND room_type_id = ANY ($2)",
        hotel.0,
        &ids
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(last.map(jiff_sqlx::Date::to_jiff))
}
