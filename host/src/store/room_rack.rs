//! The room rack: rooms against nights, and who has none yet.

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::store::{HotelTx, StoreError};

/// A physical room, as the rack lists it.
#[derive(Clone, Debug)]
pub struct RackRoom {
    pub id: Uuid,
    pub number: String,
    pub room_type_id: Uuid,
    pub room_type: String,
}

/// A unit of a reservation in the rack: in a room, or without one.
#[derive(Clone, Debug)]
pub struct RackUnit {
    pub reservation_id: Uuid,
    pub number: String,
    pub status: String,
    pub guest: String,
    pub line: i16,
    pub unit: i32,
    pub from: Date,
    pub until: Date,
}

/// A room's nights that are somebody's.
#[derive(Clone, Debug)]
pub struct RackCell {
    pub id: Uuid,
    pub room_id: Uuid,
    pub locked: bool,
    pub unit: RackUnit,
}

/// Every room of the hotel, by type and number.
pub async fn rooms(tx: &mut HotelTx) -> Result<Vec<RackRoom>, StoreError> {
    let hotel = tx.hotel();
    Ok(sqlx::query_as!(
        RackRoom,
        r#"
        SELECT r.id, r.number, r.room_type_id, t.code AS room_type
        FROM rooms r
        JOIN room_types t ON t.hotel_id = r.hotel_id AND t.id = r.room_type_id
        WHERE r.hotel_id = $1
        ORDER BY t.code, r.number, r.id
        "#,
        hotel.0
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// What of `[from, until)` is assigned, by room and night.
pub async fn cells(tx: &mut HotelTx, from: Date, until: Date) -> Result<Vec<RackCell>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT a.id, a.room_id, a.locked, a.reservation_id, a.line, a.unit, a.from_night, a.until_night, r.number,
            r.status, concat_ws(' ', r.booker ->> 'first_name', r.booker ->> 'last_name') AS "guest!"
        FROM room_assignments a
        JOIN reservations r ON r.hotel_id = $1 AND r.id = a.reservation_id
        WHERE a.hotel_id = $1 AND a.from_night < $3 AND a.until_night > $2
        ORDER BY a.room_id, a.from_night
        "#,
        hotel.0,
        from.to_sqlx() as _,
        until.to_sqlx() as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| RackCell {
            id: row.id,
            room_id: row.room_id,
            locked: row.locked,
            unit: RackUnit {
                reservation_id: row.reservation_id,
                number: row.number,
                status: row.status,
                guest: row.guest,
                line: row.line,
                unit: row.unit,
                from: row.from_night.to_jiff(),
                until: row.until_night.to_jiff(),
            },
        })
        .collect())
}

/// Units that take nights of `[from, until)` and have no room for some night of their stay, by arrival.
pub async fn unassigned(
    tx: &mut HotelTx,
    from: Date,
    until: Date,
    limit: i64,
) -> Result<Vec<RackUnit>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT r.id, r.number, r.status, l.line, u.unit AS "unit!", l.check_in,
            coalesce(l.freed_from, l.check_out) AS "until!: jiff_sqlx::Date",
            concat_ws(' ', r.booker ->> 'first_name', r.booker ->> 'last_name') AS "guest!"
        FROM reservations r
        JOIN reservation_rooms l ON l.hotel_id = $1 AND l.reservation_id = r.id
        CROSS JOIN generate_series(0, l.units - 1) AS u (unit)
        WHERE r.hotel_id = $1 AND r.status IN ('tentative', 'confirmed', 'checked_in')
            AND r.check_in < $3 AND r.check_out > $2
            AND l.check_in < $3 AND coalesce(l.freed_from, l.check_out) > $2
            AND coalesce(l.freed_from, l.check_out) - l.check_in > coalesce((
                SELECT sum(a.until_night - a.from_night) FROM room_assignments a
                WHERE a.hotel_id = $1 AND a.reservation_id = r.id AND a.line = l.line AND a.unit = u.unit), 0)
        ORDER BY l.check_in, r.id, l.line, u.unit
        LIMIT $4
        "#,
        hotel.0,
        from.to_sqlx() as _,
        until.to_sqlx() as _,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| RackUnit {
            reservation_id: row.id,
            number: row.number,
            status: row.status,
            guest: row.guest,
            line: row.line,
            unit: row.unit,
            from: row.check_in.to_jiff(),
            until: row.until.to_jiff(),
        })
        .collect())
}
