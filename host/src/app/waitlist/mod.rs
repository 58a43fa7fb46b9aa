//! Who waits for nights that are sold out: written down, offered what comes free in their turn, booked, withdrawn.
//!
//! Locks: the hotel's waitlist where it is served or joined, then an entry, then what a booking locks.

mod book;
mod offers;

use std::time::Duration;

use async_trait::async_trait;
use jiff::civil::Date;
use serde_json::json;

use crate::app::{App, AppError, Refusal, Verb, holds};
use crate::domain::hold::{Ended, HoldState};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{RoomTypeId, WaitlistEntryId};
use crate::domain::night::{self, Stay};
use crate::domain::offer::{Market, Party};
use crate::domain::reservation::Guest;
use crate::domain::waitlist::{self as domain, Entry, State, Wish};
use crate::store::jobs::{self, NewJob};
use crate::store::waitlist::{self, Filter, WaitlistEvent};
use crate::store::{HotelTx, market};

pub use book::Book;
pub use offers::{serve, sweep};

const NOUN: &str = "entry of the waitlist";

/// How many open entries a guest may have for stays that share nights. More would only be in the way of others.
const MOST_OPEN: i64 = 5;

/// Somebody begins to wait. What is for sale now is not waited for: it would be kept for who did not book it.
#[derive(Debug)]
pub struct Join<'a> {
    pub hotel: &'a Hotel,
    /// Codes; absent: any.
    pub room_type: Option<String>,
    pub rate_plan: Option<String>,
    pub stay: Stay,
    pub units: u32,
    pub party: Party,
    pub guest: Guest,
    pub note: Option<String>,
    pub actor: String,
}

#[async_trait]
impl Verb for Join<'_> {
    type Output = Entry;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Entry, AppError> {
        let today = night::today(app.clock.now(), &self.hotel.time_zone);
        if self.stay.check_in() < today {
            return Err(invalid("/check_in", "the arrival day has passed").into());
        }
        let market = market::read(tx, self.stay.check_in(), self.stay.check_out()).await?;
        let wish = self.wish(&market)?;
        self.check_units(tx, &market, &wish).await?;
        if domain::fit(&market, &wish, today).is_some() {
            return Err(Refusal::ForSale.into());
        }
        self.check_open(tx).await?;
        let id = WaitlistEntryId::new(app.clock.now());
        waitlist::insert(tx, id, &wish, &self.guest, self.note.as_deref()).await?;
        waitlist::record(tx, id, "created", &self.actor, None).await?;
        // What came free since the look above woke nobody, for nobody waited yet.
        wake(tx).await?;
        found(tx, id).await
    }
}

impl Join<'_> {
    /// What the codes mean, or which of them means nothing here.
    fn wish(&self, market: &Market) -> Result<Wish, Refusal> {
        let mut shelves: Vec<_> = market.shelves.iter().collect();
        let (mut room_type, mut rate_plan) = (None, None);
        if let Some(code) = &self.room_type {
            shelves.retain(|shelf| shelf.product.room_type.code == *code);
            let first = shelves.first().ok_or_else(|| {
                invalid(
                    "/room_type",
                    format!("the hotel sells no room type `{code}`"),
                )
            })?;
            room_type = Some(first.product.room_type.id);
        }
        if let Some(code) = &self.rate_plan {
            shelves.retain(|shelf| shelf.product.rate_plan.code == *code);
            let first = shelves.first().ok_or_else(|| {
                let message = format!("the hotel does not sell it under a rate plan `{code}`");
                invalid("/rate_plan", message)
            })?;
            rate_plan = Some(first.product.rate_plan.id);
        }
        let most = shelves
            .iter()
            .map(|shelf| shelf.product.room_type.max_occupancy);
        if self.party.size() > usize::from(most.max().unwrap_or(0)) {
            return Err(invalid("/adults", "no such room takes so many people"));
        }
        Ok(Wish {
            room_type,
            rate_plan,
            stay: self.stay,
            units: self.units,
            party: self.party.clone(),
        })
    }

    /// Refuses more units than a room type has: they could never come free.
    async fn check_units(
        &self,
        tx: &mut HotelTx,
        market: &Market,
        wish: &Wish,
    ) -> Result<(), AppError> {
        let size = self.party.size();
        let shelves = market.shelves.iter().filter(|shelf| wish.takes(shelf));
        let fitting: Vec<RoomTypeId> = shelves
            .map(|shelf| &shelf.product.room_type)
            .filter(|room_type| size <= usize::from(room_type.max_occupancy))
            .map(|room_type| room_type.id)
            .collect();
        match waitlist::most_units(tx, &fitting, self.stay).await? {
            Some(most) if i64::from(self.units) > most => {
                let message = format!("is more than the {most} units that there are of such rooms");
                Err(invalid("/units", message).into())
            }
            _ => Ok(()),
        }
    }

    /// Refuses a guest who waits for these nights often enough. From here on nobody else joins until this is done.
    async fn check_open(&self, tx: &mut HotelTx) -> Result<(), AppError> {
        let Some(email) = &self.guest.email else {
            return Err(invalid("/guest/email", "is needed for an offer").into());
        };
        waitlist::lock_hotel(tx).await?;
        if waitlist::open_of(tx, email, self.stay).await? >= MOST_OPEN {
            return Err(Refusal::WaitlistLimit { most: MOST_OPEN }.into());
        }
        Ok(())
    }
}

fn invalid(pointer: &str, message: impl Into<String>) -> Refusal {
    Refusal::Invalid {
        pointer: pointer.to_owned(),
        message: message.into(),
    }
}

/// Somebody waits no more, and what is kept for them is free again. Withdrawing twice is no failure.
#[derive(Debug)]
pub struct Withdraw {
    pub entry: WaitlistEntryId,
    pub reason: Option<String>,
    pub actor: String,
}

#[async_trait]
impl Verb for Withdraw {
    type Output = Entry;

    async fn perform(&self, _: &App, tx: &mut HotelTx) -> Result<Entry, AppError> {
        let entry = locked(tx, self.entry).await?;
        if entry.state == State::Withdrawn {
            return Ok(entry);
        }
        if let State::Offered(hold) = entry.state {
            match crate::store::holds::release(tx, hold).await? {
                Ok(()) | Err(Ended::Already(HoldState::Released | HoldState::Expired)) => {}
                // Somebody booked it just now, and the entry will be told.
                Err(ended) => return Err(holds::refusal(ended).into()),
            }
        }
        let state = entry.state.withdraw().map_err(|state| ended(&state))?;
        waitlist::set_state(tx, self.entry, &state, &self.actor, self.reason.as_deref()).await?;
        found(tx, self.entry).await
    }
}

/// An entry with its history.
pub async fn find(
    app: &App,
    hotel: &Hotel,
    id: WaitlistEntryId,
) -> Result<(Entry, Vec<WaitlistEvent>), AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    let entry = found(&mut tx, id).await?;
    let events = waitlist::events(&mut tx, id).await?;
    Ok((entry, events))
}

/// A page of entries, who came first before the others.
pub async fn list(
    app: &App,
    hotel: &Hotel,
    filter: &Filter,
    after: Option<WaitlistEntryId>,
    limit: u16,
) -> Result<Vec<Entry>, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    Ok(waitlist::list(&mut tx, filter, after, i64::from(limit)).await?)
}

async fn found(tx: &mut HotelTx, id: WaitlistEntryId) -> Result<Entry, AppError> {
    let entry = waitlist::find(tx, id).await?;
    Ok(entry.ok_or(Refusal::NotFound { noun: NOUN })?)
}

async fn locked(tx: &mut HotelTx, id: WaitlistEntryId) -> Result<Entry, AppError> {
    let entry = waitlist::lock(tx, id).await?;
    Ok(entry.ok_or(Refusal::NotFound { noun: NOUN })?)
}

fn ended(state: &State) -> Refusal {
    Refusal::WaitlistEnded {
        state: state.as_str(),
    }
}

/// The market of every night that these wishes need.
async fn market_of(tx: &mut HotelTx, wishes: &[&Wish]) -> Result<Market, AppError> {
    let first: Option<Date> = wishes.iter().map(|wish| wish.stay.check_in()).min();
    let last = wishes.iter().map(|wish| wish.stay.check_out()).max();
    Ok(match first.zip(last) {
        Some((first, last)) => market::read(tx, first, last).await?,
        None => Market::default(),
    })
}

/// Has the hotel's waitlist served, soon after this transaction.
async fn wake(tx: &mut HotelTx) -> Result<(), AppError> {
    let hotel = tx.hotel();
    let key = format!("waitlist:{hotel}");
    let job = NewJob {
        kind: "waitlist",
        key: Some(key.clone()),
        ordering: Some(key),
        hotel: Some(hotel),
        payload: json!({}),
        priority: 0,
        delay: Duration::ZERO,
    };
    Ok(jobs::enqueue(tx, job).await?)
}
