//! Cells that channels may not show yet, and the present state of their nights.

mod marks;

pub use marks::{
    Arrears, arrears, enqueue_push, mark, mark_availability, mark_everything, mark_prices,
    mark_rates,
};

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::domain::ari::{Cell, CurrentAri, DirtyCell, Fields, RateNight};
use crate::domain::ids::{ConnectionId, RatePlanId, RoomTypeId};
use crate::store::catalogue::products;
use crate::store::{HotelTx, StoreError};

struct Row {
    lane: String,
    room_type_id: Uuid,
    rate_plan_id: Uuid,
    night: jiff_sqlx::Date,
    version: i64,
    fields: i16,
}

impl From<Row> for DirtyCell {
    fn from(row: Row) -> Self {
        let (room_type, night) = (RoomTypeId(row.room_type_id), row.night.to_jiff());
        let cell = match row.lane.as_str() {
            "availability" => Cell::Availability { room_type, night },
            // The column's check knows these two.
            _ => Cell::Rate {
                room_type,
                rate_plan: RatePlanId(row.rate_plan_id),
                night,
            },
        };
        Self {
            cell,
            version: row.version,
            fields: Fields::from_bits(row.fields),
        }
    }
}

/// The columns of cells, each as an array.
#[derive(Default)]
struct Columns {
    lanes: Vec<String>,
    room_types: Vec<Uuid>,
    rate_plans: Vec<Uuid>,
    nights: Vec<String>,
}

impl FromIterator<Cell> for Columns {
    fn from_iter<I: IntoIterator<Item = Cell>>(cells: I) -> Self {
        let mut columns = Self::default();
        for cell in cells {
            let (lane, rate_plan) = match cell {
                Cell::Availability { .. } => ("availability", Uuid::nil()),
                Cell::Rate { rate_plan, .. } => ("rates", rate_plan.0),
            };
            columns.lanes.push(lane.to_owned());
            columns.room_types.push(cell.room_type().0);
            columns.rate_plans.push(rate_plan);
            columns.nights.push(cell.night().to_string());
        }
        columns
    }
}

/// The dirty cells of a connection before a night, availability first; those that the channel refused are left out.
pub async fn dirty(
    tx: &mut HotelTx,
    connection: ConnectionId,
    before: Date,
    limit: i64,
) -> Result<Vec<DirtyCell>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT lane, room_type_id, rate_plan_id, night, version, fields
        FROM dirty_cells
        WHERE hotel_id = $1 AND connection_id = $2 AND night < $3 AND reason IS NULL
        ORDER BY lane, room_type_id, rate_plan_id, night
        LIMIT $4
        "#,
        hotel.0,
        connection.0,
        before.to_sqlx() as _,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(DirtyCell::from).collect())
}

/// Cells of nights, both included, that are on their way to a channel: what it shows there proves nothing.
/// One that waits for longer than a quarter of an hour is no longer on its way: the channel is wrong, and is told of.
pub async fn moving(
    tx: &mut HotelTx,
    connection: ConnectionId,
    first: Date,
    last: Date,
) -> Result<HashSet<Cell>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT lane, room_type_id, rate_plan_id, night, version, fields
        FROM dirty_cells
        WHERE hotel_id = $1 AND connection_id = $2 AND night BETWEEN $3 AND $4 AND reason IS NULL
            AND dirty_since > clock_timestamp() - interval '15 minutes'
        "#,
        hotel.0,
        connection.0,
        first.to_sqlx() as _,
        last.to_sqlx() as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| DirtyCell::from(row).cell)
        .collect())
}

/// What we hold now for the nights that these cells span.
pub async fn current(tx: &mut HotelTx, cells: &[DirtyCell]) -> Result<CurrentAri, StoreError> {
    let nights = || cells.iter().map(|dirty| dirty.cell.night());
    let (Some(first), Some(last)) = (nights().min(), nights().max()) else {
        return Ok(CurrentAri::default());
    };
    let room_types: BTreeSet<RoomTypeId> =
        cells.iter().map(|dirty| dirty.cell.room_type()).collect();
    current_between(tx, &Vec::from_iter(room_types), first, last).await
}

/// What we hold now of room types, both nights included. What is not active has nothing to sell.
pub async fn current_between(
    tx: &mut HotelTx,
    room_types: &[RoomTypeId],
    first: Date,
    last: Date,
) -> Result<CurrentAri, StoreError> {
    let availability = units(tx, room_types, first, last).await?;
    let rates = rates(tx, room_types, first, last).await?;
    let occupancy = products::occupancy(tx, room_types).await?;
    Ok(CurrentAri {
        availability,
        rates,
        occupancy,
    })
}

async fn units(
    tx: &mut HotelTx,
    room_types: &[RoomTypeId],
    first: Date,
    last: Date,
) -> Result<HashMap<(RoomTypeId, Date), i64>, StoreError> {
    let hotel = tx.hotel();
    let room_types: Vec<Uuid> = room_types.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        SELECT room_type_id, night, (allotment + overbooking - sold - held)::bigint AS "units!"
        FROM room_availability a
        WHERE hotel_id = $1 AND room_type_id = ANY ($2) AND night BETWEEN $3 AND $4
            AND EXISTS (SELECT FROM room_types t JOIN hotels h ON h.id = t.hotel_id AND h.active
                WHERE t.hotel_id = $1 AND t.id = a.room_type_id AND t.active)
        "#,
        hotel.0,
        &room_types,
        first.to_sqlx() as _,
        last.to_sqlx() as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            (
                (RoomTypeId(row.room_type_id), row.night.to_jiff()),
                row.units,
            )
        })
        .collect())
}

async fn rates(
    tx: &mut HotelTx,
    room_types: &[RoomTypeId],
    first: Date,
    last: Date,
) -> Result<HashMap<(RoomTypeId, RatePlanId, Date), RateNight>, StoreError> {
    let hotel = tx.hotel();
    let room_types: Vec<Uuid> = room_types.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        SELECT room_type_id, rate_plan_id, night, price_minor, min_stay_arrival, min_stay_through, max_stay,
            closed_to_arrival, closed_to_departure, stop_sell, cut_off_days
        FROM rates r
        WHERE hotel_id = $1 AND room_type_id = ANY ($2) AND night BETWEEN $3 AND $4
            AND EXISTS (SELECT FROM products s
                JOIN room_types t ON t.hotel_id = s.hotel_id AND t.id = s.room_type_id AND t.active
                JOIN rate_plans p ON p.hotel_id = s.hotel_id AND p.id = s.rate_plan_id AND p.active
                JOIN hotels h ON h.id = s.hotel_id AND h.active
                WHERE s.hotel_id = $1 AND s.room_type_id = r.room_type_id AND s.rate_plan_id = r.rate_plan_id
                    AND s.active)
        "#,
        hotel.0,
        &room_types,
        first.to_sqlx() as _,
        last.to_sqlx() as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    let nights = |value: Option<i16>| value.and_then(|nights| u32::try_from(nights).ok());
    Ok(rows
        .into_iter()
        .map(|row| {
            let key = (
                RoomTypeId(row.room_type_id),
                RatePlanId(row.rate_plan_id),
                row.night.to_jiff(),
            );
            let rate = RateNight {
                price_minor: row.price_minor,
                min_stay_arrival: nights(row.min_stay_arrival),
                min_stay_through: nights(row.min_stay_through),
                max_stay: nights(row.max_stay),
                cut_off_days: nights(row.cut_off_days),
                closed_to_arrival: row.closed_to_arrival,
                closed_to_departure: row.closed_to_departure,
                stop_sell: row.stop_sell,
            };
            (key, rate)
        })
        .collect())
}

/// Locks cells in the order in which they are marked, by a statement of its own: the statement that changes them takes
/// them as they come.
async fn lock(
    tx: &mut HotelTx,
    connection: ConnectionId,
    columns: &Columns,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        SELECT 1 AS "one!"
        FROM dirty_cells d
        JOIN unnest($3::text[], $4::uuid[], $5::uuid[], $6::text[]) AS c (lane, room_type_id, rate_plan_id, night)
            ON d.lane = c.lane AND d.room_type_id = c.room_type_id AND d.rate_plan_id = c.rate_plan_id
                AND d.night = c.night::date
        WHERE d.hotel_id = $1 AND d.connection_id = $2
        ORDER BY d.lane, d.room_type_id, d.rate_plan_id, d.night
        FOR UPDATE OF d
        "#,
        hotel.0,
        connection.0,
        &columns.lanes,
        &columns.room_types,
        &columns.rate_plans,
        &columns.nights,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets cells at exactly these versions: one that was marked again meanwhile stays. Answers how many it forgot.
pub async fn clear(
    tx: &mut HotelTx,
    connection: ConnectionId,
    cells: &[DirtyCell],
) -> Result<u64, StoreError> {
    if cells.is_empty() {
        return Ok(0);
    }
    let hotel = tx.hotel();
    let columns: Columns = cells.iter().map(|dirty| dirty.cell).collect();
    let versions: Vec<i64> = cells.iter().map(|dirty| dirty.version).collect();
    lock(tx, connection, &columns).await?;
    let done = sqlx::query!(
        r#"
        DELETE FROM dirty_cells d
        USING unnest($3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::bigint[])
            AS c (lane, room_type_id, rate_plan_id, night, version)
        WHERE d.hotel_id = $1 AND d.connection_id = $2 AND d.lane = c.lane AND d.room_type_id = c.room_type_id
            AND d.rate_plan_id = c.rate_plan_id AND d.night = c.night::date AND d.version = c.version
        "#,
        hotel.0,
        connection.0,
        &columns.lanes,
        &columns.room_types,
        &columns.rate_plans,
        &columns.nights,
        &versions,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Sets cells aside at exactly these versions, each with the channel's reason, until they are marked again.
pub async fn park(
    tx: &mut HotelTx,
    connection: ConnectionId,
    cells: &[(DirtyCell, String)],
) -> Result<u64, StoreError> {
    if cells.is_empty() {
        return Ok(0);
    }
    let hotel = tx.hotel();
    let columns: Columns = cells.iter().map(|(dirty, _)| dirty.cell).collect();
    let versions: Vec<i64> = cells.iter().map(|(dirty, _)| dirty.version).collect();
    let reasons: Vec<String> = cells.iter().map(|(_, reason)| reason.clone()).collect();
    lock(tx, connection, &columns).await?;
    let done = sqlx::query!(
        r#"
        UPDATE dirty_cells d SET reason = c.reason
        FROM unnest($3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::bigint[], $8::text[])
            AS c (lane, room_type_id, rate_plan_id, night, version, reason)
        WHERE d.hotel_id = $1 AND d.connection_id = $2 AND d.lane = c.lane AND d.room_type_id = c.room_type_id
            AND d.rate_plan_id = c.rate_plan_id AND d.night = c.night::date AND d.version = c.version
        "#,
        hotel.0,
        connection.0,
        &columns.lanes,
        &columns.room_types,
        &columns.rate_plans,
        &columns.nights,
        &versions,
        &reasons,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
