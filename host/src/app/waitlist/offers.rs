//! What comes free is offered to who waits, in their turn: kept for them, or only told to staff.

use std::time::Duration;

use async_trait::async_trait;

use super::{ended, locked, market_of};
use crate::app::emails;
use crate::app::{App, AppError, Verb, perform};
use crate::domain::hold::HoldState;
use crate::domain::hotel::Hotel;
use crate::domain::ids::{HoldId, WaitlistEntryId};
use crate::domain::night;
use crate::domain::quote::QuotedLine;
use crate::domain::waitlist::{self as domain, Entry, State, Wish};
use crate::store::holds::{self, Placed, Wanted};
use crate::store::waitlist::{self, Filter};
use crate::store::{HotelTx, StoreError, rules};

/// Who did it, in the history.
const ACTOR: &str = "job:waitlist";
/// How many entries are looked at together.
const PAGE: i64 = 500;

const WAITING: Filter = Filter {
    state: Some(State::NAMES[0]),
    stay: crate::store::search::Range {
        from: None,
        to: None,
    },
};

/// Ends what has ended, and offers what is for sale to who waits for it. A second run at the same time does no harm.
pub async fn serve(app: &App, hotel: &Hotel) -> Result<(), AppError> {
    settle(app, hotel).await?;
    let mut tx = app.store.begin(hotel.id).await?;
    let rules = rules::find(&mut tx).await?;
    tx.commit().await?;
    let Some(minutes) = rules.waitlist_hold_minutes else {
        for entry in perform(app, hotel.id, &Alert { hotel }).await? {
            tell(hotel, entry, "alert");
        }
        return Ok(());
    };
    let next = OfferNext {
        hotel,
        kept: Duration::from_secs(u64::from(minutes) * 60),
        notify: rules.notify_guests,
    };
    while let Some(entry) = perform(app, hotel.id, &next).await? {
        tell(hotel, entry, "offer");
    }
    Ok(())
}

/// The same by the clock, for what no change of a night tells of: days that pass, holds that were booked elsewhere.
pub async fn sweep(app: &App, hotel: &Hotel) -> Result<(), AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    let open = waitlist::is_open(&mut tx).await?;
    tx.commit().await?;
    if open {
        serve(app, hotel).await
    } else {
        Ok(())
    }
}

fn tell(hotel: &Hotel, entry: WaitlistEntryId, kind: &'static str) {
    metrics::counter!("roomwire_waitlist_offers_total", "kind" => kind).increment(1);
    let hotel = hotel.id;
    if kind == "offer" {
        tracing::warn!(hotel.id = %hotel, entry.id = %entry, "Units came free, and are kept for a guest who waited");
    } else {
        tracing::warn!(hotel.id = %hotel, entry.id = %entry, "Units came free for which a guest waits");
    }
}

/// Ends entries whose offer ended or whose day passed. What went wrong is answered after all were tried.
async fn settle(app: &App, hotel: &Hotel) -> Result<(), AppError> {
    let today = night::today(app.clock.now(), &hotel.time_zone);
    let mut tx = app.store.begin(hotel.id).await?;
    let due = waitlist::due(&mut tx, today, PAGE).await?;
    tx.commit().await?;
    let mut failed = None;
    for entry in due {
        match perform(app, hotel.id, &Settle { hotel, entry }).await {
            Ok(Some(state)) => {
                metrics::counter!("roomwire_waitlist_ended_total", "state" => state).increment(1);
            }
            Ok(None) => {}
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(()), Err)
}

/// One entry's end, if it is still due.
struct Settle<'a> {
    hotel: &'a Hotel,
    entry: WaitlistEntryId,
}

#[async_trait]
impl Verb for Settle<'_> {
    type Output = Option<&'static str>;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Self::Output, AppError> {
        let entry = locked(tx, self.entry).await?;
        let today = night::today(app.clock.now(), &self.hotel.time_zone);
        let (made, reason) = match entry.state {
            State::Waiting if entry.wish.stay.check_in() < today => {
                (None, "the arrival day passed")
            }
            State::Offered(hold) => match waitlist::outcome(tx, hold).await? {
                (HoldState::Held, _) => return Ok(None),
                (HoldState::Confirmed, Some(made)) => (Some(made), "what was kept was booked"),
                (HoldState::Confirmed, None) => return Err(unbooked(hold).into()),
                (HoldState::Released, _) => (None, "what was kept was given back"),
                (HoldState::Expired, _) => (None, "the offer ran out"),
            },
            _ => return Ok(None),
        };
        let state = match made {
            Some(made) => entry.state.fulfil(made),
            None => entry.state.lapse(),
        };
        let state = state.map_err(|state| ended(&state))?;
        waitlist::set_state(tx, self.entry, &state, ACTOR, Some(reason)).await?;
        Ok(Some(state.as_str()))
    }
}

/// A hold is only confirmed together with its reservation.
fn unbooked(hold: HoldId) -> StoreError {
    StoreError::Inconsistent {
        table: "holds",
        column: "state",
        row: hold.to_string(),
    }
}

/// Keeps units for the first who waits for what is for sale: one hold a transaction, so that locks of inventory are
/// taken in their one order. Answers who it was.
struct OfferNext<'a> {
    hotel: &'a Hotel,
    kept: Duration,
    notify: bool,
}

#[async_trait]
impl Verb for OfferNext<'_> {
    type Output = Option<WaitlistEntryId>;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Self::Output, AppError> {
        waitlist::lock_hotel(tx).await?;
        let today = night::today(app.clock.now(), &self.hotel.time_zone);
        let mut after = None;
        loop {
            let page = waitlist::list(tx, &WAITING, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(None);
            };
            after = Some(last.id);
            let wishes: Vec<&Wish> = page.iter().map(|entry| &entry.wish).collect();
            let market = market_of(tx, &wishes).await?;
            for entry in &page {
                let Some(line) = domain::fit(&market, &entry.wish, today) else {
                    continue;
                };
                if self.offer(app, tx, entry, line).await? {
                    return Ok(Some(entry.id));
                }
            }
        }
    }
}

impl OfferNext<'_> {
    /// Keeps the units of a line for an entry. Not where it waits no more, or somebody bought them just now.
    async fn offer(
        &self,
        app: &App,
        tx: &mut HotelTx,
        entry: &Entry,
        line: QuotedLine,
    ) -> Result<bool, AppError> {
        if !waitlist::claim(tx, entry.id).await? {
            return Ok(false);
        }
        let hold = HoldId::new(app.clock.now());
        // Nobody but the hotel's rule says how long: the guest cannot extend it.
        let wanted = Wanted {
            lines: &[line],
            ttl: self.kept,
            longest: self.kept,
            holder: None,
        };
        let placed = holds::place(tx, hold, wanted).await?;
        if let Placed::SoldOut { .. } = placed {
            return Ok(false);
        }
        let Ok(state) = State::Waiting.offer(hold) else {
            return Ok(false);
        };
        waitlist::set_state(tx, entry.id, &state, ACTOR, None).await?;
        if self.notify {
            emails::enqueue_offer(app, tx, entry, hold).await?;
        }
        Ok(true)
    }
}

/// Tells staff, once, of each who could have what is for sale, in their turn. Answers of whom.
struct Alert<'a> {
    hotel: &'a Hotel,
}

#[async_trait]
impl Verb for Alert<'_> {
    type Output = Vec<WaitlistEntryId>;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Self::Output, AppError> {
        waitlist::lock_hotel(tx).await?;
        let today = night::today(app.clock.now(), &self.hotel.time_zone);
        let (mut told, mut taken, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let page = waitlist::list(tx, &WAITING, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(told);
            };
            after = Some(last.id);
            let wishes: Vec<&Wish> = page.iter().map(|entry| &entry.wish).collect();
            let market = market_of(tx, &wishes).await?;
            let served = domain::turns(market, wishes, today, &mut taken);
            for (entry, served) in page.iter().zip(served) {
                // Who was told of waits for the next time once it is gone again.
                if entry.alerted == served || !waitlist::claim(tx, entry.id).await? {
                    continue;
                }
                waitlist::set_alerted(tx, entry.id, served).await?;
                if served {
                    waitlist::record(tx, entry.id, "alerted", ACTOR, None).await?;
                    told.push(entry.id);
                }
            }
        }
    }
}
