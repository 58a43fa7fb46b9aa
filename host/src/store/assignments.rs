//! Which unit of a reservation sleeps in which physical room, night by night.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::assignment::{Assignment, Missing};
use crate::domain::ids::{AssignmentId, ReservationId, RoomId, RoomTypeId};
use crate::store::{HotelTx, StoreError};

/// The rooms of some reservations, each in order of line, unit and night.
pub async fn of(
    tx: &mut HotelTx,
    reservations: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Assignment>>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT a.reservation_id, a.id, a.line, a.unit, a.room_id, r.number, r.room_type_id, a.from_night,
            a.until_night, a.locked
        FROM room_assignments a
        JOIN rooms r ON r.hotel_id = a.hotel_id AND r.id = a.room_id
        WHERE a.hotel_id = $1 AND a.reservation_id = ANY ($2)
        ORDER BY a.reservation_id, a.line, a.unit, a.from_night
        "#,
        hotel.0,
        reservations,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut assigned: HashMap<Uuid, Vec<Assignment>> = HashMap::new();
    for row in rows {
        let refuse = |column| StoreError::Inconsistent {
            table: "room_assignments",
            column,
            row: row.id.to_string(),
        };
        let of = assigned.entry(row.reservation_id).or_default();
        of.push(Assignment {
            id: AssignmentId(row.id),
            line: usize::try_from(row.line).map_err(|_| refuse("line"))?,
            unit: u32::try_from(row.unit).map_err(|_| refuse("unit"))?,
            room: RoomId(row.room_id),
            number: row.number,
            room_type: RoomTypeId(row.room_type_id),
            from: row.from_night.to_jiff(),
            until: row.until_night.to_jiff(),
            locked: row.locked,
        });
    }
    Ok(assigned)
}

/// Gives nights that have no room the one of their type that leaves the fewest nights empty. Answers until which night
/// it is theirs: the last, or with `split` an earlier one; `None` where no room is free.
pub async fn give(
    tx: &mut HotelTx,
    id: AssignmentId,
    reservation: ReservationId,
    nights: &Missing,
    split: bool,
) -> Result<Option<Date>, StoreError> {
    let hotel = tx.hotel();
    let assignment = json!({
        "id": id.0,
        "reservation_id": reservation.0,
        "line": nights.line,
        "unit": nights.unit,
    });
    let until = sqlx::query_scalar!(
        "SELECT give_room($1, $2, $3, $4, $5, $6)",
        hotel.0,
        assignment,
        nights.room_type.0,
        nights.from.to_sqlx() as _,
        nights.until.to_sqlx() as _,
        split,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(until.map(jiff_sqlx::Date::to_jiff))
}

/// A physical room, to be given to somebody.
#[derive(Clone, Debug)]
pub struct LockedRoom {
    pub id: RoomId,
    pub number: String,
    pub room_type: RoomTypeId,
}

/// Locks rooms, in the order of their ids, so that nobody else gives them away until this transaction ends.
pub async fn lock_rooms(tx: &mut HotelTx, rooms: &[RoomId]) -> Result<Vec<LockedRoom>, StoreError> {
    let hotel = tx.hotel();
    let rooms: Vec<Uuid> = rooms.iter().map(|room| room.0).collect();
    let rows = sqlx::query!(
        "SELECT id, number, room_type_id FROM rooms WHERE hotel_id = $1 AND id = ANY ($2)
         ORDER BY id FOR NO KEY UPDATE",
        hotel.0,
        &rooms,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| LockedRoom {
            id: RoomId(row.id),
            number: row.number,
            room_type: RoomTypeId(row.room_type_id),
        })
        .collect())
}

/// The room with this number on its door, if it is in use.
pub async fn numbered(tx: &mut HotelTx, number: &str) -> Result<Option<RoomId>, StoreError> {
    let hotel = tx.hotel();
    let id = sqlx::query_scalar!(
        "SELECT id FROM rooms WHERE hotel_id = $1 AND number = $2 AND active",
        hotel.0,
        number
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id.map(RoomId))
}

/// The first night of `[from, until)` on which a room is somebody else's than these assignments'.
pub async fn taken(
    tx: &mut HotelTx,
    room: RoomId,
    (from, until): (Date, Date),
    but_for: &[AssignmentId],
) -> Result<Option<Date>, StoreError> {
    let hotel = tx.hotel();
    let but_for: Vec<Uuid> = but_for.iter().map(|id| id.0).collect();
    let night = sqlx::query_scalar!(
        r#"
        SELECT greatest(min(from_night), $3) FROM room_assignments
        WHERE hotel_id = $1 AND room_id = $2 AND from_night < $4 AND until_night > $3 AND id <> ALL ($5)
        HAVING count(*) > 0
        "#,
        hotel.0,
        room.0,
        from.to_sqlx() as _,
        until.to_sqlx() as _,
        &but_for,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(night.flatten().map(jiff_sqlx::Date::to_jiff))
}

/// Replaces the rooms of some reservations, whose rows the caller has locked.
pub async fn replace(
    tx: &mut HotelTx,
    assigned: &[(ReservationId, &[Assignment])],
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let reservations: Vec<Uuid> = assigned.iter().map(|(id, _)| id.0).collect();
    sqlx::query!(
        "DELETE FROM room_assignments WHERE hotel_id = $1 AND reservation_id = ANY ($2)",
        hotel.0,
        &reservations
    )
    .execute(&mut **tx)
    .await?;
    let rows: Vec<Value> = assigned
        .iter()
        .flat_map(|(reservation, assigned)| assigned.iter().map(|one| row(*reservation, one)))
        .collect();
    let wanted = rows.len() as u64;
    let done = sqlx::query!(
        r#"
        INSERT INTO room_assignments (hotel_id, id, reservation_id, line, unit, room_id, from_night, until_night, locked)
        SELECT $1, a.id, a.reservation_id, a.line, a.unit, a.room_id, a.from_night, a.until_night, a.locked
        FROM jsonb_to_recordset($2) AS a (id uuid, reservation_id uuid, line smallint, unit integer, room_id uuid,
            from_night date, until_night date, locked boolean)
        "#,
        hotel.0,
        Value::Array(rows),
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("insert room_assignments", &done, wanted)
}

fn row(reservation: ReservationId, one: &Assignment) -> Value {
    json!({
        "id": one.id.0,
        "reservation_id": reservation.0,
        "line": one.line,
        "unit": one.unit,
        "room_id": one.room.0,
        "from_night": one.from,
        "until_night": one.until,
        "locked": one.locked,
    })
}

/// The reservations of these assignments, in the order of their ids.
pub async fn reservations_of(
    tx: &mut HotelTx,
    assignments: &[AssignmentId],
) -> Result<Vec<ReservationId>, StoreError> {
    let hotel = tx.hotel();
    let ids: Vec<Uuid> = assignments.iter().map(|id| id.0).collect();
    let found = sqlx::query_scalar!(
        "SELECT DISTINCT reservation_id FROM room_assignments WHERE hotel_id = $1 AND id = ANY ($2) ORDER BY 1",
        hotel.0,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found.into_iter().map(ReservationId).collect())
}

/// Reservations with a line that arrives on this day, the longest stays first, whose rows nobody else has locked, and
/// are locked now; and how many somebody else has.
pub async fn lock_arrivals(
    tx: &mut HotelTx,
    arrival: Date,
) -> Result<(Vec<ReservationId>, usize), StoreError> {
    let hotel = tx.hotel();
    let all = arriving(tx, arrival).await?;
    let locked = sqlx::query_scalar!(
        "SELECT id FROM reservations
         WHERE hotel_id = $1 AND id = ANY ($2) AND status IN ('tentative', 'confirmed', 'checked_in')
         ORDER BY check_out - check_in DESC, id FOR UPDATE SKIP LOCKED",
        hotel.0,
        &all,
    )
    .fetch_all(&mut **tx)
    .await?;
    let skipped = all.len().saturating_sub(locked.len());
    Ok((locked.into_iter().map(ReservationId).collect(), skipped))
}

async fn arriving(tx: &mut HotelTx, arrival: Date) -> Result<Vec<Uuid>, StoreError> {
    let hotel = tx.hotel();
    Ok(sqlx::query_scalar!(
        "SELECT r.id FROM reservations r
         WHERE r.hotel_id = $1 AND r.check_in <= $2 AND r.check_out > $2
             AND r.status IN ('tentative', 'confirmed', 'checked_in')
             AND EXISTS (SELECT FROM reservation_rooms l
                 WHERE l.hotel_id = $1 AND l.reservation_id = r.id AND l.check_in = $2)",
        hotel.0,
        arrival.to_sqlx() as _,
    )
    .fetch_all(&mut **tx)
    .await?)
}
