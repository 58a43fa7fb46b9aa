//! The audit trail: who changed what, and why. Rows are only ever added.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::assignment::Assignment;
use crate::domain::ids::{EventId, ReservationId};
use crate::domain::reservation::{Reservation, ReservedRoom};
use crate::store::{HotelTx, StoreError, booked_extras};

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

/// Writes a line of a reservation's audit trail, in the transaction of the change that it tells of.
pub async fn record_event(
    tx: &mut HotelTx,
    reservation: ReservationId,
    event: &BookingEvent,
) -> Result<(), StoreError> {
    record(tx, reservation.0, event).await
}

/// Writes a line of the audit trail about a reservation or an entry of the catalogue; a job seals it.
pub async fn record(
    tx: &mut HotelTx,
    subject: Uuid,
    event: &BookingEvent,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        WITH event AS (
            INSERT INTO booking_events (hotel_id, id, reservation_id, kind, actor, reason, before, after, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            RETURNING hotel_id, id, sequence
        )
        INSERT INTO audit_unsealed (hotel_id, event_id, sequence) SELECT hotel_id, id, sequence FROM event
        "#,
        hotel.0,
        EventId::new(event.at).0,
        subject,
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

/// Lines about the catalogue before a sequence, the newest first, each with its own.
pub async fn of_catalogue(
    tx: &mut HotelTx,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, BookingEvent)>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT sequence, kind, actor, reason, before, after, at
        FROM booking_events
        WHERE hotel_id = $1 AND kind LIKE '%.%' AND ($2::bigint IS NULL OR sequence < $2)
        ORDER BY sequence DESC LIMIT $3
        "#,
        hotel.0,
        before,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    let events = rows.into_iter().map(|row| {
        let event = BookingEvent {
            kind: row.kind,
            actor: row.actor,
            reason: row.reason,
            before: row.before,
            after: row.after,
            at: row.at.to_jiff(),
        };
        (row.sequence, event)
    });
    Ok(events.collect())
}

/// The part of a reservation that its audit trail keeps: states and sums, no guest's name.
pub fn audited(reservation: &Reservation) -> Value {
    let span = reservation.span();
    let mut audited = json!({
        "status": reservation.status.as_str(),
        "version": reservation.version,
        "check_in": span.map(|(check_in, _)| check_in),
        "check_out": span.map(|(_, check_out)| check_out),
        "rooms": reservation.rooms.iter().map(audited_room).collect::<Vec<_>>(),
        "total_minor": reservation.total.minor,
        "currency": reservation.total.currency.code(),
        "owed_minor": reservation.owed.map(|owed| owed.minor),
    });
    if let Some(promo) = &reservation.promo {
        audited["promo_code"] = json!(promo.code);
        audited["discount_minor"] = json!(reservation.discount.map(|discount| discount.minor));
    }
    if !reservation.assigned.is_empty() {
        let assigned = reservation.assigned.iter().map(audited_assignment);
        audited["assigned"] = assigned.collect();
    }
    audited
}

/// What a reservation became. What its audit trail keeps silent about (guests, their ages, notes) is named where it
/// changed, as pointers, so that the trail tells who changed it and yet keeps nobody's name.
pub fn audited_change(before: &Reservation, after: &Reservation) -> Value {
    let mut audited = audited(after);
    let silent = silently_changed(before, after);
    if !silent.is_empty() {
        audited["also_changed"] = json!(silent);
    }
    audited
}

fn silently_changed(before: &Reservation, after: &Reservation) -> Vec<String> {
    let mut changed = Vec::new();
    if before.booker != after.booker {
        changed.push("/booker".to_owned());
    }
    if before.notes != after.notes {
        changed.push("/notes".to_owned());
    }
    for (line, (was, is)) in before.rooms.iter().zip(&after.rooms).enumerate() {
        if was.guests != is.guests {
            changed.push(format!("/rooms/{line}/guests"));
        }
        if was.children_ages != is.children_ages {
            changed.push(format!("/rooms/{line}/children_ages"));
        }
    }
    changed
}

fn audited_assignment(assigned: &Assignment) -> Value {
    json!({
        "line": assigned.line,
        "unit": assigned.unit,
        "room_id": assigned.room.0,
        "from": assigned.from,
        "until": assigned.until,
        "locked": assigned.locked,
    })
}

fn audited_room(room: &ReservedRoom) -> Value {
    let mut audited = json!({
        "room_type_id": room.product.map(|(room_type, _)| room_type.0),
        "rate_plan_id": room.product.map(|(_, rate_plan)| rate_plan.0),
        "check_in": room.stay.check_in(),
        "check_out": room.stay.check_out(),
        "units": room.units,
        "adults": room.adults,
        "children": room.children_ages.len(),
        "prices": room.prices,
        "freed_from": room.freed_from,
    });
    if !room.extras.is_empty() {
        audited["extras"] = booked_extras::write(&room.extras);
    }
    audited
}
