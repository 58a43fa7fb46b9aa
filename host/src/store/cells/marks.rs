//! Marking cells, and what a channel was not told of by itself.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};

use super::Columns;
use crate::domain::ari::{Cell, Fields};
use crate::domain::ids::{ConnectionId, RatePlanId, RoomTypeId};
use crate::store::{HotelTx, StoreError};

/// Marks cells of one connection and wakes its push.
pub async fn mark(
    tx: &mut HotelTx,
    connection: ConnectionId,
    cells: &BTreeSet<Cell>,
) -> Result<(), StoreError> {
    if cells.is_empty() {
        return Ok(());
    }
    let hotel = tx.hotel();
    let columns: Columns = cells.iter().copied().collect();
    sqlx::query!(
        r#"
        INSERT INTO dirty_cells (hotel_id, connection_id, lane, room_type_id, rate_plan_id, night, version)
        SELECT $1, $2, c.lane, c.room_type_id, c.rate_plan_id, c.night::date, nextval('cell_versions')
        FROM unnest($3::text[], $4::uuid[], $5::uuid[], $6::text[]) AS c (lane, room_type_id, rate_plan_id, night)
        ORDER BY c.lane, c.room_type_id, c.rate_plan_id, c.night
        ON CONFLICT (hotel_id, connection_id, lane, room_type_id, rate_plan_id, night) DO UPDATE
            SET version = excluded.version, reason = NULL, fields = excluded.fields
        "#,
        hotel.0,
        connection.0,
        &columns.lanes,
        &columns.room_types,
        &columns.rate_plans,
        &columns.nights,
    )
    .execute(&mut **tx)
    .await?;
    enqueue_push(tx, connection).await
}

/// Marks nights of room types whose units changed, for every channel that sells them.
/// Call it after the change, in its transaction.
pub async fn mark_availability(
    tx: &mut HotelTx,
    cells: &[(Date, RoomTypeId)],
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let cells: Value = cells
        .iter()
        .map(|(night, room_type)| json!({"room_type_id": room_type.0, "night": night}))
        .collect();
    sqlx::query!("SELECT mark_availability($1, $2)", hotel.0, cells)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Marks what changed of nights of products, for every channel that sells them.
/// Call it after the change, in its transaction.
pub async fn mark_rates(
    tx: &mut HotelTx,
    cells: &[(RoomTypeId, RatePlanId, Date, Fields)],
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let cells: Value = cells
        .iter()
        .map(|(room_type, rate_plan, night, fields)| {
            json!({"room_type_id": room_type.0, "rate_plan_id": rate_plan.0, "night": night,
                "fields": fields.bits()})
        })
        .collect();
    sqlx::query!("SELECT mark_rates($1, $2)", hotel.0, cells)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Marks the prices of a room type's products, or of one of them, from a night on: what they depend on beside the night
/// changed. Call it after the change, in its transaction.
pub async fn mark_prices(
    tx: &mut HotelTx,
    room_type: RoomTypeId,
    rate_plan: Option<RatePlanId>,
    first: Date,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        SELECT mark_rates($1, jsonb_agg(jsonb_build_object('room_type_id', r.room_type_id,
            'rate_plan_id', r.rate_plan_id, 'night', r.night, 'fields', $5::smallint)))
        FROM rates r
        WHERE r.hotel_id = $1 AND r.room_type_id = $2 AND ($3::uuid IS NULL OR r.rate_plan_id = $3) AND r.night >= $4
        HAVING count(*) > 0
        "#,
        hotel.0,
        room_type.0,
        rate_plan.map(|id| id.0) as _,
        first.to_sqlx() as _,
        Fields::PRICE.bits(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Marks all that a connection sells, `nights` from `first`, in both lanes, and wakes its push.
/// Answers how many cells these are.
pub async fn mark_everything(
    tx: &mut HotelTx,
    connection: ConnectionId,
    first: Date,
    nights: u16,
) -> Result<u64, StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        INSERT INTO dirty_cells (hotel_id, connection_id, lane, room_type_id, rate_plan_id, night, version)
        SELECT $1, $2, sold.lane, sold.room_type_id, sold.rate_plan_id, $3::date + n, nextval('cell_versions')
        FROM (
            SELECT DISTINCT 'availability' AS lane, room_type_id, '00000000-0000-0000-0000-000000000000'::uuid AS rate_plan_id
            FROM mappings WHERE hotel_id = $1 AND connection_id = $2
            UNION ALL
            SELECT 'rates', room_type_id, rate_plan_id FROM mappings WHERE hotel_id = $1 AND connection_id = $2
        ) AS sold, generate_series(0, $4::integer - 1) AS n
        ORDER BY sold.lane, sold.room_type_id, sold.rate_plan_id, n
        ON CONFLICT (hotel_id, connection_id, lane, room_type_id, rate_plan_id, night) DO UPDATE
            SET version = excluded.version, reason = NULL, fields = excluded.fields
        "#,
        hotel.0,
        connection.0,
        first.to_sqlx() as _,
        i32::from(nights),
    )
    .execute(&mut **tx)
    .await?;
    set_shown_until(
        tx,
        connection,
        first.saturating_add(i32::from(nights).days()),
    )
    .await?;
    enqueue_push(tx, connection).await?;
    Ok(done.rows_affected())
}

/// Remembers the first night that the channel has not been told of.
async fn set_shown_until(
    tx: &mut HotelTx,
    connection: ConnectionId,
    until: Date,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        "UPDATE connections SET shown_until = $3 WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        connection.0,
        until.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("update connections.shown_until", &done, 1)
}

/// What a channel was not told of by itself.
#[derive(Clone, Copy, Debug)]
pub struct Arrears {
    /// The first night that it has not been told of; absent where it was never told of any.
    pub shown_until: Option<Date>,
    /// Whether cells before the horizon wait for a push that may be tried.
    pub waiting: bool,
}

/// How far behind a channel is, whose horizon ends before this night. A push that was set aside is let be for an hour.
pub async fn arrears(
    tx: &mut HotelTx,
    connection: ConnectionId,
    horizon: Date,
) -> Result<Arrears, StoreError> {
    let hotel = tx.hotel();
    let row = sqlx::query!(
        r#"
        SELECT c.shown_until,
            EXISTS (SELECT FROM dirty_cells d
                WHERE d.hotel_id = $1 AND d.connection_id = $2 AND d.night < $3 AND d.reason IS NULL)
            AND NOT EXISTS (SELECT FROM jobs j
                WHERE j.hotel_id = $1 AND j.state = 'dead' AND j.key = 'push:' || $2::text
                    AND j.died_at > clock_timestamp() - interval '1 hour') AS "waiting!"
        FROM connections c WHERE c.hotel_id = $1 AND c.id = $2
        "#,
        hotel.0,
        connection.0,
        horizon.to_sqlx() as _,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Arrears {
        shown_until: row.shown_until.map(jiff_sqlx::Date::to_jiff),
        waiting: row.waiting,
    })
}

/// Wakes the push of a connection, a second from now, so that the changes of that second are one message.
pub async fn enqueue_push(tx: &mut HotelTx, connection: ConnectionId) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!("SELECT enqueue_push($1, $2)", hotel.0, connection.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
