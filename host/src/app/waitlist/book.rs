//! Staff book for who waits: what is kept for them, or what is for sale now.

use async_trait::async_trait;

use super::{ended, locked, market_of};
use crate::app::quotes::{self, WantedLine};
use crate::app::reservations::{CreateReservation, Source};
use crate::app::{App, AppError, Refusal, Verb};
use crate::domain::hold::HoldState;
use crate::domain::hotel::Hotel;
use crate::domain::ids::{HoldId, WaitlistEntryId};
use crate::domain::night;
use crate::domain::reservation::Reservation;
use crate::domain::waitlist::{self as domain, State, Wish};
use crate::store::{HotelTx, waitlist};

/// Makes the reservation of somebody who waits, in one transaction with the end of their waiting.
#[derive(Debug)]
pub struct Book<'a> {
    pub hotel: &'a Hotel,
    pub entry: WaitlistEntryId,
    pub reason: Option<String>,
    pub notes: Option<String>,
    pub actor: String,
}

#[async_trait]
impl Verb for Book<'_> {
    type Output = Reservation;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Reservation, AppError> {
        let entry = locked(tx, self.entry).await?;
        let source = match &entry.state {
            State::Waiting => self.lines(app, tx, &entry.wish).await?,
            State::Offered(hold) => match kept(tx, *hold).await? {
                Some(kept) => kept,
                None => self.lines(app, tx, &entry.wish).await?,
            },
            state => return Err(ended(state).into()),
        };
        let create = CreateReservation {
            hotel: self.hotel,
            source,
            booker: entry.guest,
            guests: Vec::new(),
            notes: self.notes.clone(),
            actor: self.actor.clone(),
        };
        let made = create.perform(app, tx).await?;
        let state = entry.state.fulfil(made.id).map_err(|state| ended(&state))?;
        waitlist::set_state(tx, self.entry, &state, &self.actor, self.reason.as_deref()).await?;
        Ok(made)
    }
}

/// The hold of the offer, while it lives. One that became a reservation by another way has served its guest.
async fn kept(tx: &mut HotelTx, hold: HoldId) -> Result<Option<Source>, AppError> {
    match waitlist::outcome(tx, hold).await? {
        (HoldState::Held, _) => Ok(Some(Source::Hold(hold))),
        (HoldState::Released | HoldState::Expired, _) => Ok(None),
        (HoldState::Confirmed, _) => Err(Refusal::HoldEnded {
            state: HoldState::Confirmed.as_str().to_owned(),
        }
        .into()),
    }
}

impl Book<'_> {
    /// What is for sale now, or the reason why nothing is.
    async fn lines(&self, app: &App, tx: &mut HotelTx, wish: &Wish) -> Result<Source, AppError> {
        let today = night::today(app.clock.now(), &self.hotel.time_zone);
        let market = market_of(tx, &[wish]).await?;
        let fitting = domain::fit(&market, wish, today);
        let product = match &fitting {
            Some(line) => market.find(line.room_type, line.rate_plan),
            None => market.shelves.iter().find(|shelf| wish.takes(shelf)),
        };
        let shelf = product.ok_or_else(|| Refusal::NotSellable {
            reason: "the hotel no longer sells it".to_owned(),
            cell: None,
        })?;
        if fitting.is_none() {
            return Err(match market.verdict(shelf, &wish.asked(today)) {
                Ok(_) => quotes::sold_out(&shelf.product, shelf.shortest(wish.stay)),
                Err(reasons) => quotes::refusal(&shelf.product, &reasons),
            }
            .into());
        }
        let line = WantedLine {
            room_type: shelf.product.room_type.code.clone(),
            rate_plan: shelf.product.rate_plan.code.clone(),
            stay: wish.stay,
            units: wish.units,
            party: wish.party.clone(),
            accessible: true,
            extras: Vec::new(),
            package: None,
        };
        Ok(Source::Lines {
            wanted: vec![line],
            promo_code: None,
        })
    }
}
