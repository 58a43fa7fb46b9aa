//! A quote: what was offered, at what price, until when. Signed, so that it need not be stored.

use jiff::Timestamp;

use crate::domain::extra::BookedExtra;
use crate::domain::ids::{HotelId, RatePlanId, RoomTypeId};
use crate::domain::money::Currency;
use crate::domain::night::Stay;
use crate::domain::offer::Party;
use crate::domain::pricing::{self, Bill, Billed, Charged};

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
    /// Taxes and fees of all its units.
    pub charges: Vec<Charged>,
    /// What comes with it, of all its units.
    pub extras: Vec<BookedExtra>,
    /// What a promo code took off the nights of all its units, minor units: `prices` are what is left to pay.
    pub discount: i64,
}

impl QuotedLine {
    /// What is billed of it.
    pub fn billed(&self) -> Billed<'_> {
        Billed {
            prices: &self.prices,
            units: self.units,
            charges: &self.charges,
            extras: &self.extras,
        }
    }
}

/// What a promo code took off the nights of these lines together, or `None` past `i64`.
pub fn discount(lines: &[QuotedLine]) -> Option<i64> {
    let mut discounts = lines.iter().map(|line| line.discount);
    discounts.try_fold(0_i64, i64::checked_add)
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Quote {
    pub hotel: HotelId,
    pub currency: Currency,
    pub lines: Vec<QuotedLine>,
    pub promo_code: Option<String>,
    /// Compared with the database's clock only.
    pub expires_at: Timestamp,
}

impl Quote {
    /// What all lines come to, or `None` past `i64`.
    pub fn bill(&self) -> Option<Bill> {
        pricing::bill(self.lines.iter().map(QuotedLine::billed))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    fn line(discount: i64) -> QuotedLine {
        QuotedLine {
            room_type: RoomTypeId(Uuid::nil()),
            rate_plan: RatePlanId(Uuid::nil()),
            stay: Stay::new(date(2026, 12, 24), date(2026, 12, 25)).expect("a night"),
            units: 1,
            party: Party {
                adults: 2,
                children_ages: Vec::new(),
            },
            prices: vec![0],
            charges: Vec::new(),
            extras: Vec::new(),
            discount,
        }
    }

    #[test]
    fn what_was_taken_off_all_lines_is_their_sum_or_beyond_every_amount() {
        assert_eq!(discount(&[]), Some(0));
        assert_eq!(discount(&[line(2_400), line(0), line(1)]), Some(2_401));
        assert_eq!(discount(&[line(i64::MAX), line(1)]), None);
    }
}
