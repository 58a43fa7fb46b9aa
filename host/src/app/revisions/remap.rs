//! Rooms that no mapping named when a channel sold them, named by the mappings of now.

use async_trait::async_trait;

use crate::app::calls::CallError;
use crate::app::reach::reach;
use crate::app::{App, AppError, Verb, assignments, perform};
use crate::domain::connection::Connection;
use crate::domain::ids::{ConnectionId, HotelId, ReservationId};
use crate::domain::night;
use crate::domain::reservation::{Reservation, net};
use crate::domain::revision::renamed;
use crate::store::availability::{self, Beyond};
use crate::store::reservations::{self, BookingEvent, audited};
use crate::store::{HotelTx, connections, revisions};

/// Names the rooms of every unmapped reservation of a connection whose guests have not left, as far as its mappings
/// can, and takes their nights from inventory. Each is a transaction of its own. Answers how many changed.
pub async fn remap(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
) -> Result<usize, CallError> {
    let Some(reached) = reach(app, hotel, connection).await? else {
        return Ok(0);
    };
    let today = night::today(app.clock.now(), &reached.hotel.time_zone);
    let mut tx = app.store.begin(hotel).await?;
    let unmapped = reservations::unmapped(&mut tx, connection, today).await?;
    tx.commit().await?;
    let mut changed = 0;
    for reservation in unmapped {
        let verb = Remap {
            connection: &reached.connection,
            reservation,
        };
        changed += usize::from(perform(app, hotel, &verb).await?);
    }
    Ok(changed)
}

struct Remap<'a> {
    connection: &'a Connection,
    reservation: ReservationId,
}

#[async_trait]
impl Verb for Remap<'_> {
    type Output = bool;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<bool, AppError> {
        let Some(before) = reservations::lock(tx, self.reservation).await? else {
            return Ok(false);
        };
        let mappings = connections::mappings(tx, self.connection.id).await?;
        let (rooms, unmapped) = renamed(&before.rooms, &mappings);
        if !before.unmapped || rooms == before.rooms && unmapped {
            return Ok(false);
        }
        let after = Reservation {
            rooms,
            unmapped,
            version: before.version + 1,
            updated_at: app.clock.now(),
            ..before.clone()
        };
        let rooms = assignments::plan(tx, &before, &after).await?;
        let after = Reservation {
            assigned: rooms.kept(),
            ..after
        };
        let taken = after.taken(1);
        let changes = [taken.as_slice(), &before.taken(-1)].concat();
        availability::move_inventory(tx, &net(&changes), Beyond::Accept).await?;
        let overbooked = revisions::overbooked(tx, &taken).await?;
        if let Some((room_type, night)) = overbooked.first() {
            tracing::error!(
                hotel.id = %tx.hotel(),
                reservation.id = %after.id,
                room_type.id = %room_type,
                %night,
                "A reservation that could not be named before is of a night that is sold out: it is overbooked"
            );
        }
        let after = Reservation {
            overbooked: !overbooked.is_empty(),
            ..after
        };
        reservations::update(tx, &after).await?;
        let event = BookingEvent {
            kind: "mapped".to_owned(),
            actor: format!("connection:{}", self.connection.name),
            reason: None,
            before: Some(audited(&before)),
            after: Some(audited(&after)),
            at: after.updated_at,
        };
        reservations::record_event(tx, after.id, &event).await?;
        rooms.apply(tx, &before, &after, &event.actor).await?;
        Ok(true)
    }
}
