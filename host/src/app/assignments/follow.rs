//! Rooms follow their reservation: they stretch, shrink and end with it, and are given up where they no longer fit.

use crate::app::{AppError, Refusal};
use crate::domain::assignment::{Assignment, Settled, settle};
use crate::domain::ids::RoomId;
use crate::domain::reservation::Reservation;
use crate::store::reservations::{self, BookingEvent, audited};
use crate::store::{HotelTx, assignments};

/// What becomes of a reservation's rooms with a change; decided under the rooms' locks, before anything is written.
#[derive(Debug)]
pub(in crate::app) struct Plan {
    settled: Settled,
    changed: bool,
}

/// Decides what a reservation keeps of its rooms when it becomes `after`.
pub(in crate::app) async fn plan(
    tx: &mut HotelTx,
    before: &Reservation,
    after: &Reservation,
) -> Result<Plan, AppError> {
    let Settled { kept, mut lost } = settle(before, after);
    let original = |one: &Assignment| before.assigned.iter().find(|old| old.id == one.id);
    let grows = |one: &Assignment| {
        original(one).is_none_or(|old| one.from < old.from || one.until > old.until)
    };
    let (growing, staying): (Vec<Assignment>, Vec<Assignment>) = kept.into_iter().partition(grows);
    let mut kept = staying;
    if !growing.is_empty() {
        let rooms: Vec<RoomId> = growing.iter().map(|one| one.room).collect();
        assignments::lock_rooms(tx, &rooms).await?;
    }
    let own = super::ids(&before.assigned);
    for one in growing {
        let nights = (one.from, one.until);
        let collides = kept.iter().any(|other| other.collides(&one));
        if collides
            || assignments::taken(tx, one.room, nights, &own)
                .await?
                .is_some()
        {
            lost.extend(original(&one).cloned());
        } else {
            kept.push(one);
        }
    }
    kept.sort_by_key(|one| (one.line, one.unit, one.from));
    Ok(Plan {
        changed: kept != before.assigned,
        settled: Settled { kept, lost },
    })
}

impl Plan {
    /// What stays of the rooms.
    pub(in crate::app) fn kept(&self) -> Vec<Assignment> {
        self.settled.kept.clone()
    }

    /// Refuses to give up a room that somebody locked.
    pub(in crate::app) fn keep_locked(&self) -> Result<(), Refusal> {
        match self.settled.lost.iter().find(|one| one.locked) {
            Some(one) => Err(Refusal::AssignmentLocked {
                room: one.number.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Writes it, with a line in the audit trail and an alert where a room was given up. `after` is what was written
    /// of the reservation, with the rooms that are kept.
    pub(in crate::app) async fn apply(
        self,
        tx: &mut HotelTx,
        before: &Reservation,
        after: &Reservation,
        actor: &str,
    ) -> Result<(), AppError> {
        if !self.changed {
            return Ok(());
        }
        assignments::replace(tx, &[(after.id, &self.settled.kept)]).await?;
        if self.settled.lost.is_empty() {
            return Ok(());
        }
        let rooms: Vec<&str> = self
            .settled
            .lost
            .iter()
            .map(|one| one.number.as_str())
            .collect();
        let event = BookingEvent {
            kind: "rooms_lost".to_owned(),
            actor: actor.to_owned(),
            reason: Some(format!("it no longer fits: room {}", rooms.join(", "))),
            before: Some(audited(before)),
            after: Some(audited(after)),
            at: after.updated_at,
        };
        reservations::record_event(tx, after.id, &event).await?;
        metrics::counter!("roomwire_rooms_lost_total").increment(rooms.len() as u64);
        tracing::warn!(
            hotel.id = %tx.hotel(),
            reservation.id = %after.id,
            rooms = rooms.len(),
            "A reservation changed and its room no longer fits: it has to be given another"
        );
        Ok(())
    }
}
