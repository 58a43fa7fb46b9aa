//! Rooms given without anybody choosing: to one reservation, or to all that arrive on a day.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::app::assignments::Note;
use crate::app::{App, AppError, Verb};
use crate::domain::assignment::missing;
use crate::domain::ids::{AssignmentId, ReservationId};
use crate::domain::reservation::Reservation;
use crate::store::{HotelTx, assignments, reservations};

/// Gives every night that has no room one of its type, where one is free. Answers how many assignments were made.
/// What has a room keeps it, locked or not: nothing is moved to make place.
pub(super) async fn fill(
    tx: &mut HotelTx,
    reservation: &Reservation,
    split: bool,
    now: Timestamp,
) -> Result<usize, AppError> {
    let mut given = 0;
    for mut nights in missing(reservation) {
        while nights.from < nights.until {
            let id = AssignmentId::new(now);
            let until = assignments::give(tx, id, reservation.id, &nights, split).await?;
            let Some(until) = until else { break };
            given += 1;
            nights.from = until;
        }
    }
    Ok(given)
}

/// Gives rooms to everybody who arrives on a day.
#[derive(Debug)]
pub struct AssignArrivals {
    pub arrival: Date,
    /// Whether a stay may be split over rooms where no single one is free.
    pub split: bool,
    pub actor: String,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Assigned {
    /// Reservations that got a room.
    pub reservations: usize,
    /// Reservations that somebody else was changing at this moment: worth asking again.
    pub skipped: usize,
    /// Units that have nights without a room still.
    pub unassigned: Vec<Unassigned>,
}

/// A unit's nights for which no room was free.
#[derive(Clone, Debug)]
pub struct Unassigned {
    pub reservation: ReservationId,
    pub number: String,
    pub line: usize,
    pub unit: u32,
    pub from: Date,
    pub until: Date,
}

#[async_trait]
impl Verb for AssignArrivals {
    type Output = Assigned;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Assigned, AppError> {
        let now = app.clock.now();
        let (arrivals, skipped) = assignments::lock_arrivals(tx, self.arrival).await?;
        let mut assigned = Assigned {
            reservations: 0,
            skipped,
            unassigned: Vec::new(),
        };
        let note = Note {
            kind: "rooms_assigned",
            reason: None,
            actor: &self.actor,
            now,
        };
        for id in arrivals {
            let Some(before) = reservations::find(tx, id).await? else {
                continue;
            };
            let after = if fill(tx, &before, self.split, now).await? > 0 {
                assigned.reservations += 1;
                note.of(tx, &before).await?
            } else {
                before
            };
            assigned.unassigned.extend(left(&after));
        }
        Ok(assigned)
    }
}

fn left(reservation: &Reservation) -> impl Iterator<Item = Unassigned> + '_ {
    missing(reservation).into_iter().map(|nights| Unassigned {
        reservation: reservation.id,
        number: reservation.number.clone(),
        line: nights.line,
        unit: nights.unit,
        from: nights.from,
        until: nights.until,
    })
}
