//! Reservations with their rooms, and the audit trail.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::ids::{ConnectionId, EventId, HoldId, RatePlanId, ReservationId, RoomTypeId};
use crate::domain::money::Money;
use crate::domain::night::Stay;
use crate::domain::reservation::{self, Guest, Origin, Reservation, ReservedRoom, Status};
use crate::store::{HotelTx, StoreError};

/// A guest as the JSON columns hold one.
#[derive(Deserialize, Serialize)]
struct GuestJson {
    first_name: String,
    last_name: String,
    email: Option<String>,
    phone: Option<String>,
}

impl From<&Guest> for GuestJson {
    fn from(guest: &Guest) -> Self {
        let Guest {
            first_name,
            last_name,
            email,
            phone,
        } = guest.clone();
        Self {
            first_name,
            last_name,
            email,
            phone,
        }
    }
}

impl From<GuestJson> for Guest {
    fn from(guest: GuestJson) -> Self {
        let GuestJson {
            first_name,
            last_name,
            email,
            phone,
        } = guest;
        Self {
            first_name,
            last_name,
            email,
            phone,
        }
    }
}

struct Row {
    id: Uuid,
    number: String,
    status: String,
    version: i32,
    hold_id: Option<Uuid>,
    connection_id: Option<Uuid>,
    source: String,
    booker: Value,
    total_minor: i64,
    currency: String,
    notes: Option<String>,
    overbooked: bool,
    unmapped: bool,
    created_at: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
}

impl Row {
    fn with_rooms(self, rooms: Vec<ReservedRoom>) -> Result<Reservation, StoreError> {
        let refuse = |column| StoreError::Inconsistent {
            table: "reservations",
            column,
            row: self.id.to_string(),
        };
        let booker: GuestJson =
            serde_json::from_value(self.booker).map_err(|_| refuse("booker"))?;
        let currency = self.currency.parse().map_err(|_| refuse("currency"))?;
        let origin = match (self.hold_id, self.connection_id) {
            (Some(hold), None) => Origin::Gateway { hold: HoldId(hold) },
            (None, Some(connection)) => Origin::Channel {
                connection: ConnectionId(connection),
                source: self.source.clone(),
            },
            _ => return Err(refuse("source")),
        };
        Ok(Reservation {
            id: ReservationId(self.id),
            status: Status::parse(&self.status).ok_or_else(|| refuse("status"))?,
            number: self.number,
            version: self.version,
            origin,
            booker: booker.into(),
            rooms,
            total: Money::new(self.total_minor, currency),
            notes: self.notes,
            overbooked: self.overbooked,
            unmapped: self.unmapped,
            created_at: self.created_at.to_jiff(),
            updated_at: self.updated_at.to_jiff(),
        })
    }
}

/// Adds a reservation with its rooms. The id, and so the partition, is the caller's.
pub async fn insert(tx: &mut HotelTx, reservation: &Reservation) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let (hold, connection, source) = match &reservation.origin {
        Origin::Gateway { hold } => (Some(hold.0), None, "gateway"),
        Origin::Channel { connection, source } => (None, Some(connection.0), source.as_str()),
    };
    let (check_in, check_out) = reservation.span().ok_or(StoreError::Inconsistent {
        table: "reservation_rooms",
        column: "line",
        row: reservation.id.to_string(),
    })?;
    sqlx::query!(
        r#"
        INSERT INTO reservations (hotel_id, id, number, status, version, hold_id, connection_id, source, booker,
            total_minor, currency, notes, check_in, check_out, overbooked, unmapped, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
        "#,
        hotel.0,
        reservation.id.0,
        reservation.number,
        reservation.status.as_str(),
        reservation.version,
        hold,
        connection,
        source,
        json!(GuestJson::from(&reservation.booker)),
        reservation.total.minor,
        reservation.total.currency.code(),
        reservation.notes,
        check_in.to_sqlx() as _,
        check_out.to_sqlx() as _,
        reservation.overbooked,
        reservation.unmapped,
        reservation.created_at.to_sqlx() as _,
        reservation.updated_at.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    insert_rooms(tx, reservation).await
}

async fn insert_rooms(tx: &mut HotelTx, reservation: &Reservation) -> Result<(), StoreError> {
    let rooms: Vec<Value> = reservation
        .rooms
        .iter()
        .enumerate()
        .map(|(line, room)| {
            json!({
                "line": line,
                "room_type_id": room.product.map(|(room_type, _)| room_type.0),
                "rate_plan_id": room.product.map(|(_, rate_plan)| rate_plan.0),
                "external_room": room.external.as_ref().map(|(code, _)| code),
                "external_rate": room.external.as_ref().and_then(|(_, code)| code.as_ref()),
                "check_in": room.stay.check_in(),
                "check_out": room.stay.check_out(),
                "units": room.units,
                "adults": room.adults,
                "children_ages": room.children_ages,
                "prices": room.prices,
                "guests": room.guests.iter().map(GuestJson::from).collect::<Vec<_>>(),
            })
        })
        .collect();
    let wanted = rooms.len() as u64;
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        INSERT INTO reservation_rooms (hotel_id, reservation_id, line, room_type_id, rate_plan_id, external_room,
            external_rate, check_in, check_out, units, adults, children_ages, prices, guests)
        SELECT $1, $2, r.line, r.room_type_id, r.rate_plan_id, r.external_room, r.external_rate, r.check_in,
            r.check_out, r.units, r.adults, r.children_ages, r.prices, r.guests
        FROM jsonb_to_recordset($3) AS r (line smallint, room_type_id uuid, rate_plan_id uuid, external_room text,
            external_rate text, check_in date, check_out date, units integer, adults smallint,
            children_ages smallint[], prices bigint[], guests jsonb)
        "#,
        hotel.0,
        reservation.id.0,
        Value::Array(rooms),
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("insert reservation_rooms", &done, wanted)
}

/// Replaces everything but the id, the number and the origin; `version` must be one above the stored one.
pub async fn update(tx: &mut HotelTx, reservation: &Reservation) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let (check_in, check_out) = reservation.span().ok_or(StoreError::Inconsistent {
        table: "reservation_rooms",
        column: "line",
        row: reservation.id.to_string(),
    })?;
    let done = sqlx::query!(
        r#"
        UPDATE reservations
        SET status = $4, version = $3, booker = $5, total_minor = $6, notes = $7, check_in = $8, check_out = $9,
            overbooked = $10, unmapped = $11, updated_at = $12, currency = $13
        WHERE hotel_id = $1 AND id = $2 AND version = $3 - 1
        "#,
        hotel.0,
        reservation.id.0,
        reservation.version,
        reservation.status.as_str(),
        json!(GuestJson::from(&reservation.booker)),
        reservation.total.minor,
        reservation.notes,
        check_in.to_sqlx() as _,
        check_out.to_sqlx() as _,
        reservation.overbooked,
        reservation.unmapped,
        reservation.updated_at.to_sqlx() as _,
        reservation.total.currency.code(),
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("update reservations", &done, 1)?;
    sqlx::query!(
        "DELETE FROM reservation_rooms WHERE hotel_id = $1 AND reservation_id = $2",
        hotel.0,
        reservation.id.0
    )
    .execute(&mut **tx)
    .await?;
    insert_rooms(tx, reservation).await
}

/// Moves a reservation from one status to another, if it is still in the first at that version.
pub async fn set_status(
    tx: &mut HotelTx,
    reservation: &Reservation,
    status: Status,
    now: Timestamp,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        UPDATE reservations SET status = $5, version = version + 1, updated_at = $6
        WHERE hotel_id = $1 AND id = $2 AND version = $3 AND status = $4
        "#,
        hotel.0,
        reservation.id.0,
        reservation.version,
        reservation.status.as_str(),
        status.as_str(),
        now.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("set reservations.status", &done, 1)
}

/// A reservation as it is now.
pub async fn find(tx: &mut HotelTx, id: ReservationId) -> Result<Option<Reservation>, StoreError> {
    let hotel = tx.hotel();
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT id, number, status, version, hold_id, connection_id, source, booker, total_minor, currency, notes,
            overbooked, unmapped, created_at, updated_at
        FROM reservations WHERE hotel_id = $1 AND id = $2
        "#,
        hotel.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    match row {
        Some(row) => Ok(Some(row.with_rooms(rooms(tx, id).await?)?)),
        None => Ok(None),
    }
}

/// A reservation that nobody else changes until this transaction ends.
pub async fn lock(tx: &mut HotelTx, id: ReservationId) -> Result<Option<Reservation>, StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "SELECT 1 AS one FROM reservations WHERE hotel_id = $1 AND id = $2 FOR UPDATE",
        hotel.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    find(tx, id).await
}

/// A page of reservations, newest first: those before `before`, of this status where one is given.
pub async fn list(
    tx: &mut HotelTx,
    status: Option<Status>,
    before: Option<ReservationId>,
    limit: i64,
) -> Result<Vec<Reservation>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT id, number, status, version, hold_id, connection_id, source, booker, total_minor, currency, notes,
            overbooked, unmapped, created_at, updated_at
        FROM reservations
        WHERE hotel_id = $1 AND ($2::text IS NULL OR status = $2) AND ($3::uuid IS NULL OR id < $3)
        ORDER BY id DESC
        LIMIT $4
        "#,
        hotel.0,
        status.map(Status::as_str),
        before.map(|id| id.0),
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut reservations = Vec::with_capacity(rows.len());
    for row in rows {
        let rooms = rooms(tx, ReservationId(row.id)).await?;
        reservations.push(row.with_rooms(rooms)?);
    }
    Ok(reservations)
}

async fn rooms(tx: &mut HotelTx, id: ReservationId) -> Result<Vec<ReservedRoom>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT line, room_type_id, rate_plan_id, external_room, external_rate, check_in, check_out, units, adults,
            children_ages, prices, guests
        FROM reservation_rooms WHERE hotel_id = $1 AND reservation_id = $2 ORDER BY line
        "#,
        hotel.0,
        id.0
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let refuse = |column| StoreError::Inconsistent {
                table: "reservation_rooms",
                column,
                row: format!("{id}/{}", row.line),
            };
            let guests: Vec<GuestJson> =
                serde_json::from_value(row.guests).map_err(|_| refuse("guests"))?;
            Ok(ReservedRoom {
                product: row
                    .room_type_id
                    .map(RoomTypeId)
                    .zip(row.rate_plan_id.map(RatePlanId)),
                external: row.external_room.map(|room| (room, row.external_rate)),
                stay: Stay::contracted(row.check_in.to_jiff(), row.check_out.to_jiff())
                    .map_err(|_| refuse("check_out"))?,
                units: u32::try_from(row.units).map_err(|_| refuse("units"))?,
                adults: u16::try_from(row.adults).map_err(|_| refuse("adults"))?,
                children_ages: row
                    .children_ages
                    .iter()
                    .map(|age| u8::try_from(*age).unwrap_or(u8::MAX))
                    .collect(),
                prices: row.prices,
                guests: guests.into_iter().map(Guest::from).collect(),
            })
        })
        .collect()
}

/// One line of the audit trail.
#[derive(Clone, Debug)]
pub struct BookingEvent {
    pub kind: String,
    /// Who: an API key, a connection, or a job.
    pub actor: String,
    pub reason: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub at: Timestamp,
}

/// Writes a line of the audit trail, in the transaction of the change that it tells of.
pub async fn record_event(
    tx: &mut HotelTx,
    reservation: ReservationId,
    event: &BookingEvent,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        INSERT INTO booking_events (hotel_id, id, reservation_id, kind, actor, reason, before, after, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        hotel.0,
        EventId::new(event.at).0,
        reservation.0,
        event.kind,
        event.actor,
        event.reason,
        event.before,
        event.after,
        event.at.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The audit trail of a reservation, oldest first.
pub async fn events(
    tx: &mut HotelTx,
    reservation: ReservationId,
) -> Result<Vec<BookingEvent>, StoreError> {
    let hotel = tx.hotel();
    // No event is older than its reservation, so the months before it are left out.
    let first = crate::domain::ids::least_of_instant(reservation.0);
    let rows = sqlx::query!(
        r#"
        SELECT kind, actor, reason, before, after, at
        FROM booking_events WHERE hotel_id = $1 AND reservation_id = $2 AND id >= $3 ORDER BY sequence
        "#,
        hotel.0,
        reservation.0,
        first
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| BookingEvent {
            kind: row.kind,
            actor: row.actor,
            reason: row.reason,
            before: row.before,
            after: row.after,
            at: row.at.to_jiff(),
        })
        .collect())
}

/// The part of a reservation that its audit trail keeps: states and sums, no guest's name.
pub fn audited(reservation: &Reservation) -> Value {
    let span = reservation::span(&reservation.rooms);
    json!({
        "status": reservation.status.as_str(),
        "version": reservation.version,
        "check_in": span.map(|(check_in, _)| check_in),
        "check_out": span.map(|(_, check_out)| check_out),
        "rooms": reservation.rooms.len(),
        "total_minor": reservation.total.minor,
        "currency": reservation.total.currency.code(),
    })
}
