//! Reservations with their rooms.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::assignment::Assignment;
use crate::domain::ids::{ConnectionId, HoldId, RatePlanId, ReservationId, RoomTypeId};
use crate::domain::money::Money;
use crate::domain::night::Stay;
use crate::domain::promo::Promo;
use crate::domain::reservation::{Checklist, Guest, Origin, Reservation, ReservedRoom, Status};
use crate::store::reservation_json::{ChecklistJson, GuestJson, terms_from, terms_json};
use crate::store::{HotelTx, StoreError, assignments, booked_extras, charged, search};

pub use crate::store::booking_events::{
    BookingEvent, audited, audited_change, events, record_event,
};

/// How `source` names the staff's own bookings.
const STAFF: &str = "staff";
const WALK_IN: &str = "walk_in";

pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) number: String,
    pub(super) status: String,
    pub(super) version: i32,
    pub(super) hold_id: Option<Uuid>,
    pub(super) connection_id: Option<Uuid>,
    pub(super) source: String,
    pub(super) booker: Value,
    pub(super) total_minor: i64,
    pub(super) currency: String,
    pub(super) notes: Option<String>,
    pub(super) overbooked: bool,
    pub(super) unmapped: bool,
    pub(super) promo_code_id: Option<Uuid>,
    pub(super) promo_code: Option<String>,
    pub(super) discount_minor: Option<i64>,
    pub(super) tentative_since: Option<jiff_sqlx::Timestamp>,
    pub(super) owed_minor: Option<i64>,
    pub(super) checklist: Option<Value>,
    pub(super) created_at: jiff_sqlx::Timestamp,
    pub(super) updated_at: jiff_sqlx::Timestamp,
}

impl Row {
    fn with_rooms(
        self,
        rooms: Vec<ReservedRoom>,
        assigned: Vec<Assignment>,
    ) -> Result<Reservation, StoreError> {
        let refuse = |column| StoreError::Inconsistent {
            table: "reservations",
            column,
            row: self.id.to_string(),
        };
        let booker: GuestJson =
            serde_json::from_value(self.booker).map_err(|_| refuse("booker"))?;
        let currency = self.currency.parse().map_err(|_| refuse("currency"))?;
        let checklist: Option<ChecklistJson> = self
            .checklist
            .map(serde_json::from_value)
            .transpose()
            .map_err(|_| refuse("checklist"))?;
        let origin = match (self.hold_id, self.connection_id) {
            (Some(hold), None) => match self.source.as_str() {
                STAFF | WALK_IN => Origin::Staff {
                    hold: HoldId(hold),
                    walk_in: self.source == WALK_IN,
                },
                _ => Origin::Gateway { hold: HoldId(hold) },
            },
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
            assigned,
            total: Money::new(self.total_minor, currency),
            notes: self.notes,
            overbooked: self.overbooked,
            unmapped: self.unmapped,
            promo: self
                .promo_code_id
                .zip(self.promo_code)
                .map(|(id, code)| Promo { id, code }),
            discount: (self.discount_minor).map(|minor| Money::new(minor, currency)),
            tentative_since: self.tentative_since.map(jiff_sqlx::Timestamp::to_jiff),
            owed: self.owed_minor.map(|minor| Money::new(minor, currency)),
            checklist: checklist.map(Checklist::from),
            created_at: self.created_at.to_jiff(),
            updated_at: self.updated_at.to_jiff(),
        })
    }
}

/// Adds a reservation with its rooms, and answers it as it is stored. The id, and so the partition, is the caller's.
pub async fn insert(
    tx: &mut HotelTx,
    reservation: &Reservation,
) -> Result<Reservation, StoreError> {
    let hotel = tx.hotel();
    let (hold, connection, source) = match &reservation.origin {
        Origin::Gateway { hold } => (Some(hold.0), None, "gateway"),
        Origin::Staff { hold, walk_in } => {
            (Some(hold.0), None, if *walk_in { WALK_IN } else { STAFF })
        }
        Origin::Channel { connection, source } => (None, Some(connection.0), source.as_str()),
    };
    let (check_in, check_out) = reservation.span().ok_or(StoreError::Inconsistent {
        table: "reservation_rooms",
        column: "line",
        row: reservation.id.to_string(),
    })?;
    let stored = sqlx::query!(
        r#"
        INSERT INTO reservations (hotel_id, id, number, status, version, hold_id, connection_id, source, booker,
            total_minor, currency, notes, check_in, check_out, overbooked, unmapped, created_at, updated_at,
            promo_code_id, discount_minor, tentative_since)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
            CASE WHEN $4 = 'tentative' THEN clock_timestamp() END)
        RETURNING tentative_since, created_at AS "created_at!", updated_at AS "updated_at!"
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
        reservation.promo.as_ref().map(|promo| promo.id),
        reservation.discount.map(|discount| discount.minor),
    )
    .fetch_one(&mut **tx)
    .await?;
    search::index(tx, reservation).await?;
    insert_rooms(tx, reservation).await?;
    Ok(Reservation {
        tentative_since: stored.tentative_since.map(jiff_sqlx::Timestamp::to_jiff),
        created_at: stored.created_at.to_jiff(),
        updated_at: stored.updated_at.to_jiff(),
        ..reservation.clone()
    })
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
                "charges": charged::write(&room.charges),
                "extras": booked_extras::write(&room.extras),
                "guests": room.guests.iter().map(GuestJson::from).collect::<Vec<_>>(),
                "cancellation": room.cancellation.as_ref().map(terms_json),
                "freed_from": room.freed_from,
            })
        })
        .collect();
    let wanted = rooms.len() as u64;
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        INSERT INTO reservation_rooms (hotel_id, reservation_id, line, room_type_id, rate_plan_id, external_room,
            external_rate, check_in, check_out, units, adults, children_ages, prices, charges, extras, guests,
            cancellation, freed_from)
        SELECT $1, $2, r.line, r.room_type_id, r.rate_plan_id, r.external_room, r.external_rate, r.check_in,
            r.check_out, r.units, r.adults, r.children_ages, r.prices, r.charges, r.extras, r.guests, r.cancellation,
            r.freed_from
        FROM jsonb_to_recordset($3) AS r (line smallint, room_type_id uuid, rate_plan_id uuid, external_room text,
            external_rate text, check_in date, check_out date, units integer, adults smallint,
            children_ages smallint[], prices bigint[], charges jsonb, extras jsonb, guests jsonb, cancellation jsonb,
            freed_from date)
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
            overbooked = $10, unmapped = $11, updated_at = $12, currency = $13,
            tentative_since = CASE WHEN $4 = 'tentative' THEN coalesce(tentative_since, clock_timestamp()) END
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
    search::forget(tx, reservation.id).await?;
    search::index(tx, reservation).await?;
    insert_rooms(tx, reservation).await
}

/// Moves a reservation from one status to that of `after`, if it is still in the first at that version, with what
/// staff noted and what its end costs.
pub async fn set_status(
    tx: &mut HotelTx,
    before: &Reservation,
    after: &Reservation,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        UPDATE reservations
        SET status = $5, version = version + 1, updated_at = $6, owed_minor = $7, checklist = $8,
            tentative_since = CASE WHEN $5 = 'tentative' THEN coalesce(tentative_since, clock_timestamp()) END
        WHERE hotel_id = $1 AND id = $2 AND version = $3 AND status = $4
        "#,
        hotel.0,
        before.id.0,
        before.version,
        before.status.as_str(),
        after.status.as_str(),
        after.updated_at.to_sqlx() as _,
        after.owed.map(|owed| owed.minor),
        after.checklist.as_ref().map(|checklist| json!(ChecklistJson::from(checklist))),
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("set reservations.status", &done, 1)
}

/// Notes from which night on the units of each line are given back.
pub async fn set_freed(tx: &mut HotelTx, reservation: &Reservation) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let lines: Value = reservation
        .rooms
        .iter()
        .enumerate()
        .map(|(line, room)| json!({"line": line, "freed_from": room.freed_from}))
        .collect();
    let done = sqlx::query!(
        r#"
        UPDATE reservation_rooms r SET freed_from = l.freed_from
        FROM jsonb_to_recordset($3) AS l (line smallint, freed_from date)
        WHERE r.hotel_id = $1 AND r.reservation_id = $2 AND r.line = l.line
        "#,
        hotel.0,
        reservation.id.0,
        lines,
    )
    .execute(&mut **tx)
    .await?;
    let lines = reservation.rooms.len() as u64;
    StoreError::expect_rows("set reservation_rooms.freed_from", &done, lines)
}

/// Notes that its rooms were given out anew: one version more, and nothing else.
pub async fn touch(
    tx: &mut HotelTx,
    before: &Reservation,
    now: Timestamp,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        "UPDATE reservations SET version = version + 1, updated_at = $4
         WHERE hotel_id = $1 AND id = $2 AND version = $3",
        hotel.0,
        before.id.0,
        before.version,
        now.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("touch reservations", &done, 1)
}

/// A reservation as it is now.
pub async fn find(tx: &mut HotelTx, id: ReservationId) -> Result<Option<Reservation>, StoreError> {
    let hotel = tx.hotel();
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT id, number, status, version, hold_id, connection_id, source, booker, total_minor, currency, notes,
            overbooked, unmapped, promo_code_id, (SELECT p.code FROM promo_codes p
                WHERE p.hotel_id = reservations.hotel_id AND p.id = promo_code_id) AS promo_code,
            discount_minor, tentative_since, owed_minor, checklist, created_at, updated_at
        FROM reservations WHERE hotel_id = $1 AND id = $2
        "#,
        hotel.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let rows: Vec<Row> = row.into_iter().collect();
    Ok(with_rooms(tx, rows).await?.pop())
}

/// A reservation that nobody else changes until this transaction ends.
pub async fn lock(tx: &mut HotelTx, id: ReservationId) -> Result<Option<Reservation>, StoreError> {
    let hotel = tx.hotel();
    sqlx::query!("SELECT lock_reservation($1, $2)", hotel.0, id.0)
        .execute(&mut **tx)
        .await?;
    find(tx, id).await
}

/// A connection's reservations with a room that no mapping named, whose guests leave after this day, oldest first.
pub async fn unmapped(
    tx: &mut HotelTx,
    connection: ConnectionId,
    after: Date,
) -> Result<Vec<ReservationId>, StoreError> {
    let hotel = tx.hotel();
    let live = live();
    let ids = sqlx::query_scalar!(
        "SELECT id FROM reservations
         WHERE hotel_id = $1 AND connection_id = $2 AND unmapped AND check_out > $3 AND status = ANY ($4) ORDER BY id",
        hotel.0,
        connection.0,
        after.to_sqlx() as _,
        &live,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids.into_iter().map(ReservationId).collect())
}

/// The names of the statuses that take inventory.
fn live() -> Vec<String> {
    Status::ALL
        .into_iter()
        .filter(|status| status.takes_inventory())
        .map(|status| status.as_str().to_owned())
        .collect()
}

/// Reservations with their rooms, which are read at once.
pub(super) async fn with_rooms(
    tx: &mut HotelTx,
    rows: Vec<Row>,
) -> Result<Vec<Reservation>, StoreError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut rooms = rooms(tx, &ids).await?;
    let mut assigned = assignments::of(tx, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let rooms = rooms.remove(&row.id).unwrap_or_default();
            let assigned = assigned.remove(&row.id).unwrap_or_default();
            row.with_rooms(rooms, assigned)
        })
        .collect()
}

struct RoomRow {
    reservation_id: Uuid,
    line: i16,
    room_type_id: Option<Uuid>,
    rate_plan_id: Option<Uuid>,
    external_room: Option<String>,
    external_rate: Option<String>,
    check_in: jiff_sqlx::Date,
    check_out: jiff_sqlx::Date,
    units: i32,
    adults: i16,
    children_ages: Vec<i16>,
    prices: Vec<i64>,
    charges: Value,
    extras: Value,
    guests: Value,
    cancellation: Option<Value>,
    freed_from: Option<jiff_sqlx::Date>,
}

async fn rooms(
    tx: &mut HotelTx,
    reservations: &[Uuid],
) -> Result<HashMap<Uuid, Vec<ReservedRoom>>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query_as!(
        RoomRow,
        r#"
        SELECT reservation_id, line, room_type_id, rate_plan_id, external_room, external_rate, check_in, check_out,
            units, adults, children_ages, prices, charges, extras, guests, cancellation, freed_from
        FROM reservation_rooms WHERE hotel_id = $1 AND reservation_id = ANY ($2) ORDER BY reservation_id, line
        "#,
        hotel.0,
        reservations,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut rooms: HashMap<Uuid, Vec<ReservedRoom>> = HashMap::new();
    for row in rows {
        let of = rooms.entry(row.reservation_id).or_default();
        of.push(row.room()?);
    }
    Ok(rooms)
}

impl RoomRow {
    fn room(self) -> Result<ReservedRoom, StoreError> {
        let place = format!("{}/{}", self.reservation_id, self.line);
        let refuse = |column| StoreError::Inconsistent {
            table: "reservation_rooms",
            column,
            row: place.clone(),
        };
        let guests: Vec<GuestJson> =
            serde_json::from_value(self.guests).map_err(|_| refuse("guests"))?;
        let product = self.room_type_id.zip(self.rate_plan_id);
        Ok(ReservedRoom {
            product: product
                .map(|(room_type, rate_plan)| (RoomTypeId(room_type), RatePlanId(rate_plan))),
            external: self.external_room.map(|room| (room, self.external_rate)),
            stay: Stay::contracted(self.check_in.to_jiff(), self.check_out.to_jiff())
                .map_err(|_| refuse("check_out"))?,
            units: u32::try_from(self.units).map_err(|_| refuse("units"))?,
            adults: u16::try_from(self.adults).map_err(|_| refuse("adults"))?,
            children_ages: self
                .children_ages
                .iter()
                .map(|age| u8::try_from(*age).unwrap_or(u8::MAX))
                .collect(),
            prices: self.prices,
            charges: charged::read(self.charges).ok_or_else(|| refuse("charges"))?,
            extras: booked_extras::read(self.extras).ok_or_else(|| refuse("extras"))?,
            guests: guests.into_iter().map(Guest::from).collect(),
            cancellation: self
                .cancellation
                .map(|terms| terms_from(terms).ok_or_else(|| refuse("cancellation")))
                .transpose()?,
            freed_from: self.freed_from.map(jiff_sqlx::Date::to_jiff),
        })
    }
}
