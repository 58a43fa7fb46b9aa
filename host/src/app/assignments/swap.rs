//! Two rooms are exchanged: each unit sleeps where the other would have.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::app::assignments::{Note, check_live, check_unlocked, settled_before};
use crate::app::{App, AppError, Refusal, Verb, moves};
use crate::domain::assignment::Assignment;
use crate::domain::hotel::Hotel;
use crate::domain::ids::{AssignmentId, ReservationId, RoomId};
use crate::domain::night;
use crate::domain::reservation::Reservation;
use crate::store::{HotelTx, assignments};

/// Exchanges the rooms of two assignments, each for its own nights.
#[derive(Debug)]
pub struct Swap<'a> {
    pub hotel: &'a Hotel,
    pub assignments: [AssignmentId; 2],
    pub reason: Option<String>,
    pub actor: String,
}

const NOT_FOUND: Refusal = Refusal::NotFound { noun: "assignment" };

#[async_trait]
impl Verb for Swap<'_> {
    type Output = Vec<Reservation>;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Vec<Reservation>, AppError> {
        let [first, second] = self.assignments;
        if first == second {
            return Err(Refusal::Invalid {
                pointer: "/assignments/1".to_owned(),
                message: "a room is exchanged for another".to_owned(),
            }
            .into());
        }
        let mut reservations: BTreeMap<ReservationId, Reservation> = BTreeMap::new();
        for id in assignments::reservations_of(tx, &self.assignments).await? {
            let reservation = moves::locked(tx, id, None).await?;
            check_live(&reservation)?;
            reservations.insert(id, reservation);
        }
        let now = app.clock.now();
        let today = night::today(now, &self.hotel.time_zone);
        let first = Side::find(&reservations, first, (today, now))?;
        let second = Side::find(&reservations, second, (today, now))?;
        if first.moving.room == second.moving.room {
            return Ok(reservations.into_values().collect());
        }
        assignments::lock_rooms(tx, &[first.moving.room, second.moving.room]).await?;
        first.check_free(tx, &second).await?;
        second.check_free(tx, &first).await?;
        self.exchange(tx, &reservations, &[&first, &second]).await?;
        self.note(tx, reservations, now).await
    }
}

impl Swap<'_> {
    async fn exchange(
        &self,
        tx: &mut HotelTx,
        reservations: &BTreeMap<ReservationId, Reservation>,
        [first, second]: &[&Side; 2],
    ) -> Result<(), AppError> {
        let mut rooms: Vec<(ReservationId, Vec<Assignment>)> = Vec::new();
        for (id, reservation) in reservations {
            let mut all = Vec::new();
            for one in &reservation.assigned {
                let sides = [(first, second), (second, first)];
                match sides.into_iter().find(|(side, _)| side.original == one.id) {
                    Some((side, other)) => {
                        all.extend(side.slept.clone());
                        all.push(side.in_room_of(other));
                    }
                    None => all.push(one.clone()),
                }
            }
            rooms.push((*id, all));
        }
        let rooms: Vec<(ReservationId, &[Assignment])> = rooms
            .iter()
            .map(|(id, rooms)| (*id, rooms.as_slice()))
            .collect();
        Ok(assignments::replace(tx, &rooms).await?)
    }

    async fn note(
        &self,
        tx: &mut HotelTx,
        reservations: BTreeMap<ReservationId, Reservation>,
        now: Timestamp,
    ) -> Result<Vec<Reservation>, AppError> {
        let note = Note {
            kind: "rooms_swapped",
            reason: self.reason.as_deref(),
            actor: &self.actor,
            now,
        };
        let mut after = Vec::with_capacity(reservations.len());
        for before in reservations.values() {
            after.push(note.of(tx, before).await?);
        }
        Ok(after)
    }
}

/// One of the two: the nights that were slept stay, the others move.
struct Side {
    original: AssignmentId,
    slept: Option<Assignment>,
    moving: Assignment,
}

impl Side {
    fn find(
        reservations: &BTreeMap<ReservationId, Reservation>,
        id: AssignmentId,
        (today, now): (Date, Timestamp),
    ) -> Result<Self, Refusal> {
        let of = |reservation: &Reservation| {
            let mut assigned = reservation.assigned.iter();
            let found = assigned.find(|one| one.id == id).cloned();
            found.map(|found| (found, settled_before(reservation, today)))
        };
        let (found, settled) = reservations.values().find_map(of).ok_or(NOT_FOUND)?;
        check_unlocked(&found)?;
        let (slept, moving) = match settled {
            Some(today) => found.split(today, AssignmentId::new(now)),
            None => (None, Some(found.clone())),
        };
        let moving = moving.ok_or_else(|| Refusal::NotModifiable {
            reason: format!("the nights in room {} have been slept", found.number),
        })?;
        Ok(Self {
            original: id,
            slept,
            moving,
        })
    }

    fn room(&self) -> RoomId {
        self.moving.room
    }

    fn in_room_of(&self, other: &Self) -> Assignment {
        Assignment {
            room: other.moving.room,
            number: other.moving.number.clone(),
            room_type: other.moving.room_type,
            ..self.moving.clone()
        }
    }

    /// The other's room must be free for this one's nights, but for what the two have there that moves.
    async fn check_free(&self, tx: &mut HotelTx, other: &Self) -> Result<(), AppError> {
        let wanted = self.in_room_of(other);
        let nights = (wanted.from, wanted.until);
        let but_for = [self.original, other.original];
        let mut night = assignments::taken(tx, other.room(), nights, &but_for).await?;
        if let Some(slept) = other.slept.as_ref().filter(|slept| slept.collides(&wanted)) {
            night = Some(slept.from.max(wanted.from));
        }
        match night {
            Some(night) => Err(Refusal::RoomTaken {
                room: wanted.number,
                night,
            }
            .into()),
            None => Ok(()),
        }
    }
}
