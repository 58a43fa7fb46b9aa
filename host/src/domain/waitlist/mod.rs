//! Who waits for nights that are sold out: the states of an entry, and who is offered what is for sale.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::ids::{HoldId, RatePlanId, ReservationId, RoomTypeId, WaitlistEntryId};
use crate::domain::night::Stay;
use crate::domain::offer::{Asked, Market, Party, Shelf};
use crate::domain::pricing;
use crate::domain::quote::QuotedLine;
use crate::domain::reservation::Guest;

/// Where an entry stands. A transition consumes the state that it leads out of, and gives it back where it cannot.
#[derive(Debug, Eq, PartialEq)]
pub enum State {
    Waiting,
    /// Units are kept for it.
    Offered(HoldId),
    Fulfilled(ReservationId),
    Withdrawn,
    /// Its offer ended, or its arrival day passed.
    Lapsed,
}

impl State {
    /// The stable names, as the database and the API show them.
    pub const NAMES: [&str; 5] = ["waiting", "offered", "fulfilled", "withdrawn", "lapsed"];

    /// The stable name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Offered(_) => "offered",
            Self::Fulfilled(_) => "fulfilled",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
        }
    }

    /// Units are kept for who waits. Nobody is offered anything twice.
    pub fn offer(self, hold: HoldId) -> Result<Self, Self> {
        match self {
            Self::Waiting => Ok(Self::Offered(hold)),
            ended => Err(ended),
        }
    }

    pub fn fulfil(self, reservation: ReservationId) -> Result<Self, Self> {
        match self {
            Self::Waiting | Self::Offered(_) => Ok(Self::Fulfilled(reservation)),
            ended => Err(ended),
        }
    }

    pub fn withdraw(self) -> Result<Self, Self> {
        match self {
            Self::Waiting | Self::Offered(_) => Ok(Self::Withdrawn),
            ended => Err(ended),
        }
    }

    pub fn lapse(self) -> Result<Self, Self> {
        match self {
            Self::Waiting | Self::Offered(_) => Ok(Self::Lapsed),
            ended => Err(ended),
        }
    }
}

/// What somebody waits for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wish {
    /// Absent: any.
    pub room_type: Option<RoomTypeId>,
    pub rate_plan: Option<RatePlanId>,
    pub stay: Stay,
    pub units: u32,
    /// Who sleeps in each unit.
    pub party: Party,
}

impl Wish {
    /// Whether a product is one of those that it may be.
    pub fn takes(&self, shelf: &Shelf) -> bool {
        let product = &shelf.product;
        self.room_type.is_none_or(|id| id == product.room_type.id)
            && self.rate_plan.is_none_or(|id| id == product.rate_plan.id)
    }

    /// What the market is asked. Who names an accessible room type needs it; others get it when no other is left.
    pub fn asked(&self, today: Date) -> Asked<'_> {
        Asked {
            stay: self.stay,
            party: &self.party,
            accessible: self.room_type.is_some(),
            today,
            promo: None,
        }
    }
}

/// Somebody who waits.
#[derive(Debug)]
pub struct Entry {
    pub id: WaitlistEntryId,
    pub state: State,
    pub wish: Wish,
    pub guest: Guest,
    pub note: Option<String>,
    /// Whether staff were told that its nights are for sale, where nothing is kept for it.
    pub alerted: bool,
    /// Until when its offer stands, by the database's clock; of one that ended, until when it would have stood.
    pub offered_until: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// What is for sale now that somebody waits for: the cheapest, and of equals the first by its codes.
pub fn fit(market: &Market, wish: &Wish, today: Date) -> Option<QuotedLine> {
    let asked = wish.asked(today);
    let lines = market.shelves.iter().filter_map(|shelf| {
        let sellable = Some(shelf)
            .filter(|shelf| wish.takes(shelf))
            .and_then(|shelf| market.verdict(shelf, &asked).ok())?;
        if i64::from(sellable.units) < i64::from(wish.units) {
            return None;
        }
        let line = QuotedLine {
            room_type: shelf.product.room_type.id,
            rate_plan: shelf.product.rate_plan.id,
            stay: wish.stay,
            units: wish.units,
            party: wish.party.clone(),
            prices: sellable.prices,
            charges: pricing::times(sellable.charges, wish.units)?,
            extras: Vec::new(),
            discount: 0,
        };
        let total = pricing::bill([line.billed()])?.total;
        Some((total, line))
    });
    let cheapest = lines.min_by_key(|(total, _)| *total);
    cheapest.map(|(_, line)| line)
}

/// Who could have what is for sale, in their turn: what an earlier one takes is gone for those after it. `taken` is what
/// those before these took, and then what these took too: no more than there are units.
pub fn turns<'wish>(
    mut market: Market,
    wishes: impl IntoIterator<Item = &'wish Wish>,
    today: Date,
    taken: &mut Vec<QuotedLine>,
) -> Vec<bool> {
    for line in &*taken {
        take(&mut market, line);
    }
    let mut serve = |wish: &Wish| {
        let Some(line) = fit(&market, wish, today) else {
            return false;
        };
        take(&mut market, &line);
        taken.push(line);
        true
    };
    wishes.into_iter().map(&mut serve).collect()
}

/// Counts the units of a line down, under every rate plan of its room type.
fn take(market: &mut Market, line: &QuotedLine) {
    let units = i32::try_from(line.units).unwrap_or(i32::MAX);
    let of_type = |shelf: &&mut Shelf| shelf.product.room_type.id == line.room_type;
    for shelf in market.shelves.iter_mut().filter(of_type) {
        for night in &mut shelf.nights {
            if (line.stay.check_in()..line.stay.check_out()).contains(&night.night) {
                night.available = night.available.map(|left| left.saturating_sub(units));
            }
        }
    }
}
