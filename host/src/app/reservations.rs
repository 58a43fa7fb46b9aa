//! Reservations: made from a hold, then confirmed, declined or cancelled, once.

use async_trait::async_trait;

use crate::app::emails::{self, Template};
use crate::app::{App, AppError, Refusal, Verb, holds};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{HoldId, ReservationId};
use crate::domain::money::Money;
use crate::domain::pricing;
use crate::domain::quote::QuotedLine;
use crate::domain::reservation::{
    self, Guest, Origin, Reservation, ReservedRoom, Status, Transition, sold_cells,
};
use crate::store::availability::{self, Beyond};
use crate::store::reservations::{self, BookingEvent, audited};
use crate::store::{HotelTx, StoreError};

/// Makes a tentative reservation from a live hold.
#[derive(Debug)]
pub struct CreateReservation<'a> {
    pub hotel: &'a Hotel,
    pub hold: HoldId,
    pub booker: Guest,
    /// The guests of each line of the hold, in order; lines beyond have none yet.
    pub guests: Vec<Vec<Guest>>,
    pub notes: Option<String>,
    pub actor: String,
}

#[async_trait]
impl Verb for CreateReservation<'_> {
    type Output = Reservation;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Reservation, AppError> {
        let hold = crate::store::holds::find(tx, self.hold)
            .await?
            .ok_or(Refusal::NotFound { noun: "hold" })?;
        if self.guests.len() > hold.lines.len() {
            let pointer = format!("/rooms/{}", hold.lines.len());
            let message = format!(
                "the hold has {} lines, and guests are given for more",
                hold.lines.len()
            );
            return Err(Refusal::Invalid { pointer, message }.into());
        }
        crate::store::holds::confirm(tx, self.hold)
            .await?
            .map_err(holds::refusal)?;

        let now = app.clock.now();
        let id = ReservationId::new(now);
        let rooms = rooms(&hold.lines, &self.guests);
        let bill = pricing::bill(hold.lines.iter().map(QuotedLine::billed)).ok_or(
            StoreError::Inconsistent {
                table: "hold_lines",
                column: "prices",
                row: self.hold.to_string(),
            },
        )?;
        let reservation = Reservation {
            id,
            number: reservation::number(id),
            status: Status::Tentative,
            version: 1,
            origin: Origin::Gateway { hold: self.hold },
            booker: self.booker.clone(),
            rooms,
            total: Money::new(bill.total, self.hotel.currency),
            notes: self.notes.clone(),
            overbooked: false,
            unmapped: false,
            created_at: now,
            updated_at: now,
        };
        reservations::insert(tx, &reservation).await?;
        let event = BookingEvent {
            kind: "created".to_owned(),
            actor: self.actor.clone(),
            reason: None,
            before: None,
            after: Some(audited(&reservation)),
            at: now,
        };
        reservations::record_event(tx, id, &event).await?;
        emails::enqueue(app, tx, &reservation, Template::Received).await?;
        Ok(reservation)
    }
}

fn rooms(lines: &[QuotedLine], guests: &[Vec<Guest>]) -> Vec<ReservedRoom> {
    lines
        .iter()
        .enumerate()
        .map(|(number, line)| ReservedRoom {
            product: Some((line.room_type, line.rate_plan)),
            external: None,
            stay: line.stay,
            units: line.units,
            adults: line.party.adults,
            children_ages: line.party.children_ages.clone(),
            prices: line.prices.clone(),
            charges: line.charges.clone(),
            guests: guests.get(number).cloned().unwrap_or_default(),
        })
        .collect()
}

/// Moves a reservation to another status, if it is still where the caller believes.
#[derive(Debug)]
pub struct Move {
    pub reservation: ReservationId,
    pub transition: Transition,
    /// The version that the caller has seen, where it insists.
    pub version: Option<i32>,
    pub reason: Option<String>,
    pub actor: String,
}

#[async_trait]
impl Verb for Move {
    type Output = Reservation;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Reservation, AppError> {
        let before = reservations::lock(tx, self.reservation).await?;
        let before = before.ok_or(Refusal::NotFound {
            noun: "reservation",
        })?;
        if let Some(version) = self.version
            && version != before.version
        {
            return Err(Refusal::VersionChanged {
                version: before.version,
            }
            .into());
        }
        let status = self
            .transition
            .from(before.status)
            .ok_or(Refusal::Transition {
                status: before.status,
                transition: self.transition,
            })?;

        let now = app.clock.now();
        reservations::set_status(tx, &before, status, now).await?;
        if before.status.takes_inventory() && !status.takes_inventory() {
            give_back(tx, &before).await?;
        }
        let after = Reservation {
            status,
            version: before.version + 1,
            updated_at: now,
            ..before.clone()
        };
        let event = BookingEvent {
            kind: status.as_str().to_owned(),
            actor: self.actor.clone(),
            reason: self.reason.clone(),
            before: Some(audited(&before)),
            after: Some(audited(&after)),
            at: now,
        };
        reservations::record_event(tx, self.reservation, &event).await?;
        emails::enqueue(app, tx, &after, self.transition.into()).await?;
        Ok(after)
    }
}

async fn give_back(tx: &mut HotelTx, reservation: &Reservation) -> Result<(), AppError> {
    let cells = sold_cells(&reservation.rooms, -1);
    let moved = availability::move_inventory(tx, &cells, Beyond::Refuse).await?;
    if moved.moved != moved.wanted {
        let statement = "give a reservation's units back";
        let (changed, wanted) = (
            moved.moved.unsigned_abs().into(),
            moved.wanted.unsigned_abs().into(),
        );
        return Err(StoreError::Rows {
            statement,
            changed,
            wanted,
        }
        .into());
    }
    Ok(())
}

/// A reservation as it is now.
pub async fn find(app: &App, hotel: &Hotel, id: ReservationId) -> Result<Reservation, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    Ok(reservations::find(&mut tx, id)
        .await?
        .ok_or(Refusal::NotFound {
            noun: "reservation",
        })?)
}

/// A page of reservations, newest first.
pub async fn list(
    app: &App,
    hotel: &Hotel,
    status: Option<Status>,
    before: Option<ReservationId>,
    limit: u16,
) -> Result<Vec<Reservation>, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    Ok(reservations::list(&mut tx, status, before, i64::from(limit)).await?)
}

/// The audit trail of a reservation, oldest first.
pub async fn events(
    app: &App,
    hotel: &Hotel,
    id: ReservationId,
) -> Result<Vec<BookingEvent>, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    reservations::find(&mut tx, id)
        .await?
        .ok_or(Refusal::NotFound {
            noun: "reservation",
        })?;
    Ok(reservations::events(&mut tx, id).await?)
}
