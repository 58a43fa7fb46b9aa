//! The days of extras that are counted: how many units each has, and which of them are too few.

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};

use crate::domain::catalogue::ExtraDay;
use crate::domain::extra::BookedExtra;
use crate::domain::ids::ExtraId;
use crate::store::{HotelTx, StoreError};

/// The first day, with its extra's code, that has too few units left for all of these; a look without locks, for which
/// a lapsed hold counts as free.
pub async fn first_short(
    tx: &mut HotelTx,
    extras: &[&BookedExtra],
) -> Result<Option<(String, Date)>, StoreError> {
    let cells: Vec<Value> = extras
        .iter()
        .flat_map(|extra| {
            let cell = |day| json!({"extra_id": extra.id.0, "day": day, "units": extra.units});
            extra.taken_days(None).map(cell)
        })
        .collect();
    if cells.is_empty() {
        return Ok(None);
    }
    let hotel = tx.hotel();
    let short = sqlx::query!(
        r#"
        WITH wanted AS (
            SELECT extra_id, day, sum(units) AS units
            FROM jsonb_to_recordset($2) AS c (extra_id uuid, day date, units integer) GROUP BY extra_id, day
        ), lapsed AS (
            SELECT c.room_type_id AS extra_id, c.night AS day, c.units
            FROM hold_cells($1, ARRAY(SELECT id FROM holds
                WHERE hotel_id = $1 AND state = 'held' AND expires_at <= clock_timestamp())) AS c
        )
        SELECT x.code, w.day AS "day!: jiff_sqlx::Date"
        FROM wanted w
        JOIN extras x ON x.hotel_id = $1 AND x.id = w.extra_id
        LEFT JOIN room_availability a ON a.hotel_id = $1 AND a.room_type_id = w.extra_id AND a.night = w.day
            AND a.night BETWEEN (SELECT min(day) FROM wanted) AND (SELECT max(day) FROM wanted)
        LEFT JOIN lapsed l ON l.extra_id = w.extra_id AND l.day = w.day
        WHERE coalesce(a.allotment + a.overbooking - a.sold - a.held, x.daily_capacity, 0) + coalesce(l.units, 0) < w.units
        ORDER BY w.day, x.code LIMIT 1
        "#,
        hotel.0,
        Value::Array(cells),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(short.map(|row| (row.code, row.day.to_jiff())))
}

/// The days between two that have a row, in order: one that nobody asked for yet has its extra's own capacity.
pub async fn between(
    tx: &mut HotelTx,
    extra: ExtraId,
    first: Date,
    last: Date,
) -> Result<Vec<ExtraDay>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        "SELECT night, allotment, opened, sold, held FROM room_availability
         WHERE hotel_id = $1 AND room_type_id = $2 AND night BETWEEN $3 AND $4 ORDER BY night",
        hotel.0,
        extra.0,
        first.to_sqlx() as _,
        last.to_sqlx() as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    let day = rows.into_iter().map(|row| ExtraDay {
        day: row.night.to_jiff(),
        capacity: row.allotment,
        own: row.opened,
        sold: row.sold,
        held: row.held,
    });
    Ok(day.collect())
}

/// Days of an extra, each with its capacity and whether it is the day's own.
pub type Capacities = [(Date, i32, bool)];

fn cells(extra: ExtraId, days: &Capacities) -> Value {
    days.iter()
        .map(|(day, capacity, own)| {
            json!({"room_type_id": extra.0, "night": day, "capacity": capacity, "own": own})
        })
        .collect()
}

/// Locks days, which are made where they are missing, in the one order; answers the first that has more units taken
/// than it shall have, with their number.
pub async fn lock(
    tx: &mut HotelTx,
    extra: ExtraId,
    days: &Capacities,
) -> Result<Option<(Date, i32)>, StoreError> {
    let hotel = tx.hotel();
    let cells = cells(extra, days);
    // A refusal commits too, so what is missing is made as it would be for a booking.
    sqlx::query!("SELECT open_extra_days($1, $2)", hotel.0, cells)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("SELECT lock_inventory($1, $2)", hotel.0, cells)
        .execute(&mut **tx)
        .await?;
    let beyond = sqlx::query!(
        r#"
        SELECT a.night, a.sold + a.held AS "taken!"
        FROM jsonb_to_recordset($2) AS c (room_type_id uuid, night date, capacity integer)
        JOIN room_availability a ON a.hotel_id = $1 AND a.room_type_id = c.room_type_id AND a.night = c.night
        WHERE a.sold + a.held > c.capacity
        ORDER BY a.night LIMIT 1
        "#,
        hotel.0,
        cells,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(beyond.map(|row| (row.night.to_jiff(), row.taken)))
}

/// Gives locked days their capacity.
pub async fn set(tx: &mut HotelTx, extra: ExtraId, days: &Capacities) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        UPDATE room_availability a SET allotment = c.capacity, opened = c.own
        FROM jsonb_to_recordset($2) AS c (room_type_id uuid, night date, capacity integer, own boolean)
        WHERE a.hotel_id = $1 AND a.room_type_id = c.room_type_id AND a.night = c.night
        "#,
        hotel.0,
        cells(extra, days),
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("set the capacity of days", &done, days.len() as u64)
}

/// Holds an extra against who would open a day of it, and answers its days that have no number of their own. Those
/// before yesterday are over in every time zone.
pub async fn following(tx: &mut HotelTx, extra: ExtraId) -> Result<Vec<Date>, StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "SELECT 1 AS one FROM extras WHERE hotel_id = $1 AND id = $2 FOR UPDATE",
        hotel.0,
        extra.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let days = sqlx::query_scalar!(
        "SELECT night FROM room_availability
         WHERE hotel_id = $1 AND room_type_id = $2 AND night >= current_date - 1 AND NOT opened ORDER BY night",
        hotel.0,
        extra.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(days.into_iter().map(jiff_sqlx::Date::to_jiff).collect())
}
