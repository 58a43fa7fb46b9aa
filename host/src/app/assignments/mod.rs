//! Rooms are given to the units of reservations: by themselves, by hand, exchanged, locked, and taken back.

mod auto;
mod follow;
mod moving;
mod rack;
mod swap;
#[cfg(test)]
mod tests;

pub use auto::{AssignArrivals, Assigned, Unassigned};
pub use moving::{RoomMove, WantedRoom};
pub use rack::{Rack, rack};
pub use swap::Swap;

pub(super) use follow::{Plan, plan};

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::app::{App, AppError, Refusal, Verb, moves};
use crate::domain::assignment::Assignment;
use crate::domain::hotel::Hotel;
use crate::domain::ids::{AssignmentId, ReservationId};
use crate::domain::night;
use crate::domain::reservation::{Reservation, Status};
use crate::store::reservations::{self, BookingEvent, audited};
use crate::store::{HotelTx, StoreError, assignments};

/// One unit of a reservation's line, both from zero.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnitOf {
    pub line: usize,
    pub unit: u32,
}

/// What is done to a reservation's rooms.
#[derive(Clone, Debug)]
pub enum Arrangement {
    /// Every night without a room gets one of its type, where one is free; those that have one keep it.
    Auto {
        split: bool,
    },
    Move(RoomMove),
    /// Locks or unlocks the rooms of a unit, or of all.
    Lock {
        unit: Option<UnitOf>,
        locked: bool,
    },
    /// Takes the rooms of a unit, or of all, back.
    Unassign {
        unit: Option<UnitOf>,
    },
}

impl Arrangement {
    fn event(&self) -> &'static str {
        match self {
            Self::Auto { .. } => "rooms_assigned",
            Self::Move(_) => "room_moved",
            Self::Lock { locked: true, .. } => "rooms_locked",
            Self::Lock { locked: false, .. } => "rooms_unlocked",
            Self::Unassign { .. } => "rooms_unassigned",
        }
    }
}

/// Arranges a reservation's rooms.
#[derive(Debug)]
pub struct Arrange<'a> {
    pub hotel: &'a Hotel,
    pub reservation: ReservationId,
    /// The version that the caller has seen, where it insists.
    pub version: Option<i32>,
    pub arrangement: Arrangement,
    pub reason: Option<String>,
    pub actor: String,
}

#[async_trait]
impl Verb for Arrange<'_> {
    type Output = Reservation;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Reservation, AppError> {
        let before = moves::locked(tx, self.reservation, self.version).await?;
        check_live(&before)?;
        let now = app.clock.now();
        let today = night::today(now, &self.hotel.time_zone);
        let changed = match &self.arrangement {
            Arrangement::Auto { split } => auto::fill(tx, &before, *split, now).await? > 0,
            Arrangement::Move(wanted) => {
                moving::move_unit(tx, &before, wanted, (today, now)).await?
            }
            Arrangement::Lock { unit, locked } => lock(tx, &before, *unit, *locked).await?,
            Arrangement::Unassign { unit } => unassign(tx, &before, *unit, today).await?,
        };
        if !changed {
            return Ok(before);
        }
        let note = Note {
            kind: self.arrangement.event(),
            reason: self.reason.as_deref(),
            actor: &self.actor,
            now,
        };
        note.of(tx, &before).await
    }
}

/// What the audit trail says of an arrangement.
#[derive(Clone, Copy)]
struct Note<'a> {
    kind: &'static str,
    reason: Option<&'a str>,
    actor: &'a str,
    now: Timestamp,
}

impl Note<'_> {
    /// Gives a reservation whose rooms have changed its new version and its line in the audit trail.
    async fn of(&self, tx: &mut HotelTx, before: &Reservation) -> Result<Reservation, AppError> {
        reservations::touch(tx, before, self.now).await?;
        let after = reservations::find(tx, before.id)
            .await?
            .ok_or_else(|| missing(before.id))?;
        let event = BookingEvent {
            kind: self.kind.to_owned(),
            actor: self.actor.to_owned(),
            reason: self.reason.map(str::to_owned),
            before: Some(audited(before)),
            after: Some(audited(&after)),
            at: self.now,
        };
        reservations::record_event(tx, after.id, &event).await?;
        Ok(after)
    }
}

fn missing(reservation: ReservationId) -> StoreError {
    StoreError::Inconsistent {
        table: "reservations",
        column: "id",
        row: reservation.to_string(),
    }
}

/// Rooms are for guests who come, or are here.
fn check_live(reservation: &Reservation) -> Result<(), Refusal> {
    match reservation.status {
        Status::Tentative | Status::Confirmed | Status::CheckedIn => Ok(()),
        ended => Err(Refusal::NotModifiable {
            reason: format!("a reservation that is {ended} gets no rooms any more"),
        }),
    }
}

/// The day before which a reservation's rooms stay as they were: guests who are here have slept there.
fn settled_before(reservation: &Reservation, today: Date) -> Option<Date> {
    (reservation.status == Status::CheckedIn).then_some(today)
}

fn chosen(one: &Assignment, unit: Option<UnitOf>) -> bool {
    unit.is_none_or(|unit| one.is_of(unit.line, unit.unit))
}

/// Refuses a unit that the reservation does not have.
fn check_unit(reservation: &Reservation, unit: Option<UnitOf>) -> Result<(), Refusal> {
    let Some(unit) = unit else {
        return Ok(());
    };
    let line = reservation.rooms.get(unit.line);
    let (pointer, what, number) = match line {
        None => (
            "/line",
            "line",
            u64::try_from(unit.line).unwrap_or(u64::MAX),
        ),
        Some(line) if unit.unit >= line.units => ("/unit", "unit", u64::from(unit.unit)),
        Some(_) => return Ok(()),
    };
    Err(Refusal::Invalid {
        pointer: pointer.to_owned(),
        message: format!("there is no {what} {number}"),
    })
}

async fn lock(
    tx: &mut HotelTx,
    before: &Reservation,
    unit: Option<UnitOf>,
    locked: bool,
) -> Result<bool, AppError> {
    check_unit(before, unit)?;
    let mut rooms = before.assigned.clone();
    for one in rooms.iter_mut().filter(|one| chosen(one, unit)) {
        one.locked = locked;
    }
    store(tx, before, &rooms).await
}

async fn unassign(
    tx: &mut HotelTx,
    before: &Reservation,
    unit: Option<UnitOf>,
    today: Date,
) -> Result<bool, AppError> {
    check_unit(before, unit)?;
    let mut rooms = Vec::new();
    for one in &before.assigned {
        if !chosen(one, unit) {
            rooms.push(one.clone());
            continue;
        }
        let (slept, rest) = match settled_before(before, today) {
            Some(today) => one.split(today, one.id),
            None => (None, Some(one.clone())),
        };
        if rest.is_some() {
            check_unlocked(one)?;
        }
        rooms.extend(slept);
    }
    store(tx, before, &rooms).await
}

fn check_unlocked(one: &Assignment) -> Result<(), Refusal> {
    if one.locked {
        let room = one.number.clone();
        return Err(Refusal::AssignmentLocked { room });
    }
    Ok(())
}

/// Writes a reservation's rooms, and answers whether they are others than before.
async fn store(
    tx: &mut HotelTx,
    before: &Reservation,
    rooms: &[Assignment],
) -> Result<bool, AppError> {
    if rooms == before.assigned {
        return Ok(false);
    }
    assignments::replace(tx, &[(before.id, rooms)]).await?;
    Ok(true)
}

fn ids(assigned: &[Assignment]) -> Vec<AssignmentId> {
    assigned.iter().map(|one| one.id).collect()
}
