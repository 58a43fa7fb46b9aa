//! A reservation moves from one status to the next: compared with what the caller believes, then set, once.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::app::emails::{self, Template};
use crate::app::{App, AppError, Refusal, Verb};
use crate::domain::cancellation;
use crate::domain::hotel::Hotel;
use crate::domain::ids::ReservationId;
use crate::domain::night;
use crate::domain::reservation::{Checklist, Reservation, ReservedRoom, Status, Transition, net};
use crate::domain::rules::{BookingRules, NoShowKeeps};
use crate::store::availability::{self, Beyond};
use crate::store::reservations::{self, BookingEvent, audited};
use crate::store::{HotelTx, StoreError, rules};

/// Moves a reservation to another status, if it is still where the caller believes.
#[derive(Debug)]
pub struct Move<'a> {
    pub hotel: &'a Hotel,
    pub reservation: ReservationId,
    pub transition: Transition,
    /// The version that the caller has seen, where it insists.
    pub version: Option<i32>,
    pub reason: Option<String>,
    pub actor: String,
    /// What staff noted; kept where they confirm.
    pub checklist: Checklist,
    /// Whether the guest is written to; the hotel's rule decides where nobody says.
    pub notify_guest: Option<bool>,
}

#[async_trait]
impl Verb for Move<'_> {
    type Output = Reservation;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Reservation, AppError> {
        let before = locked(tx, self.reservation, self.version).await?;
        let status = self
            .transition
            .from(before.status)
            .ok_or(Refusal::Transition {
                status: before.status,
                transition: self.transition,
            })?;
        let now = app.clock.now();
        let today = night::today(now, &self.hotel.time_zone);
        if let Some(span) = before.span() {
            self.transition.on(today, span).map_err(Refusal::WrongDay)?;
        }
        let rules = rules::find(tx).await?;
        let notify = self.notify_guest.unwrap_or(rules.notify_guests);
        let after = Reservation {
            rooms: self.rooms(&before, today, &rules),
            ..self.after(&before, status, now, notify)
        };

        reservations::set_status(tx, &before, &after).await?;
        if after.rooms != before.rooms {
            reservations::set_freed(tx, &after).await?;
        }
        give_back(tx, &before, &after).await?;
        let event = BookingEvent {
            kind: status.as_str().to_owned(),
            actor: self.actor.clone(),
            reason: self.reason.clone(),
            before: Some(audited(&before)),
            after: Some(audited(&after)),
            at: now,
        };
        reservations::record_event(tx, self.reservation, &event).await?;
        if let Some(template) = Template::of(self.transition).filter(|_| notify) {
            emails::enqueue(app, tx, &after, template).await?;
        }
        Ok(after)
    }
}

impl Move<'_> {
    fn after(
        &self,
        before: &Reservation,
        status: Status,
        now: Timestamp,
        notify: bool,
    ) -> Reservation {
        let owed = match status {
            Status::Cancelled | Status::NoShow => {
                cancellation::owed(before, now, &self.hotel.time_zone)
            }
            _ => before.owed,
        };
        let noted = (self.transition == Transition::Confirm).then(|| Checklist {
            guest_notified: notify,
            ..self.checklist.clone()
        });
        Reservation {
            status,
            version: before.version + 1,
            updated_at: now,
            owed,
            checklist: noted.or_else(|| before.checklist.clone()),
            promo: None,
            tentative_since: None,
            ..before.clone()
        }
    }

    /// The lines with the nights that nobody will sleep in given back. Nights that have passed stay as they were, and
    /// so does the first of a guest who came.
    fn rooms(&self, before: &Reservation, today: Date, rules: &BookingRules) -> Vec<ReservedRoom> {
        let frees = match self.transition {
            Transition::CheckOut => true,
            Transition::NoShow => rules.no_show_keeps == NoShowKeeps::FirstNight,
            _ => false,
        };
        let Some((arrival, _)) = before.span().filter(|_| frees) else {
            return before.rooms.clone();
        };
        let second_night = arrival.tomorrow().unwrap_or(Date::MAX);
        let from = today.max(second_night);
        before
            .rooms
            .iter()
            .map(|room| room.free_from(from))
            .collect()
    }
}

/// A reservation that nobody else changes, at the version that the caller insists on.
pub(super) async fn locked(
    tx: &mut HotelTx,
    id: ReservationId,
    version: Option<i32>,
) -> Result<Reservation, AppError> {
    let found = reservations::lock(tx, id).await?;
    let found = found.ok_or(Refusal::NotFound {
        noun: "reservation",
    })?;
    match version {
        Some(version) if version != found.version => Err(Refusal::VersionChanged {
            version: found.version,
        }
        .into()),
        _ => Ok(found),
    }
}

/// Gives back what a reservation took before and does not take after.
async fn give_back(
    tx: &mut HotelTx,
    before: &Reservation,
    after: &Reservation,
) -> Result<(), AppError> {
    let mut cells = before.taken(-1);
    cells.extend(after.taken(1));
    let cells = net(&cells);
    let moved = availability::move_inventory(tx, &cells, Beyond::Refuse).await?;
    if moved.moved == moved.wanted {
        return Ok(());
    }
    Err(StoreError::Rows {
        statement: "give a reservation's units back",
        changed: moved.moved.unsigned_abs().into(),
        wanted: moved.wanted.unsigned_abs().into(),
    }
    .into())
}
