//! A quote: what was offered, at what price, until when. Signed, so that it need not be stored.

use jiff::Timestamp;

use crate::domain::ids::{HotelId, RatePlanId, RoomTypeId};
use crate::domain::money::{Currency, Money};
use crate::domain::night::Stay;
use crate::domain::offer::Party;

/// One line of a quote, hold or reservation request: so many units of a product for a stay.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct QuotedLine {
    pub room_type: RoomTypeId,
    pub rate_plan: RatePlanId,
    pub stay: Stay,
    pub units: u32,
    pub party: Party,
    /// One price a night and unit, in order, minor units.
    pub prices: Vec<i64>,
}

impl QuotedLine {
    /// What all its units cost, or `None` past `i64`.
    pub fn total(&self, currency: Currency) -> Option<Money> {
        Money::sum(
            currency,
            self.prices.iter().map(|minor| Money::new(*minor, currency)),
        )?
        .times(self.units)
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Quote {
    pub hotel: HotelId,
    pub currency: Currency,
    pub lines: Vec<QuotedLine>,
    /// Compared with the database's clock only.
    pub expires_at: Timestamp,
}

impl Quote {
    /// What all lines cost, or `None` past `i64`.
    pub fn total(&self) -> Option<Money> {
        let totals: Option<Vec<Money>> = self
            .lines
            .iter()
            .map(|line| line.total(self.currency))
            .collect();
        Money::sum(self.currency, totals?)
    }
}
