//! Promo codes: what a stay costs less with one, and when it counts.

use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

use crate::domain::night::Stay;
use crate::domain::offer::Product;
use crate::domain::pricing::{WHOLE, share};

/// What a code takes off the nights of one unit.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(into = "Words")]
pub enum Discount {
    /// Hundredths of a percent of every night.
    Percent(i64),
    /// Minor units of the stay, spread over its nights by what they cost.
    Amount(i64),
    /// Of every so many nights the cheapest are free.
    FreeNights { stay_nights: u16, free_nights: u16 },
}

/// A discount as the audit trail writes it: in the words of the API.
#[derive(Serialize)]
struct Words {
    kind: &'static str,
    value: i64,
    stay_nights: Option<u16>,
}

impl From<Discount> for Words {
    fn from(discount: Discount) -> Self {
        let (kind, value, stay_nights) = discount.words();
        Self {
            kind,
            value,
            stay_nights,
        }
    }
}

impl Discount {
    /// Its kind, its value, and of how many nights some are free.
    pub fn words(self) -> (&'static str, i64, Option<u16>) {
        match self {
            Self::Percent(part) => ("percent", part, None),
            Self::Amount(amount) => ("amount", amount, None),
            Self::FreeNights {
                stay_nights,
                free_nights,
            } => ("free_nights", i64::from(free_nights), Some(stay_nights)),
        }
    }

    /// The nights' prices with the discount, or `None` past `i64`. None is below nothing, and what is taken off them
    /// together is exactly the discount: the amount is rounded along the running sum, never night by night.
    pub fn reduced(self, prices: &[i64]) -> Option<Vec<i64>> {
        match self {
            Self::Percent(part) => prices
                .iter()
                .map(|price| price.checked_sub(share(*price, part, WHOLE)?))
                .collect(),
            Self::Amount(amount) => less(prices, amount),
            Self::FreeNights {
                stay_nights,
                free_nights,
            } => Some(without_cheapest(
                prices,
                usize::from(stay_nights),
                usize::from(free_nights),
            )),
        }
    }
}

fn less(prices: &[i64], amount: i64) -> Option<Vec<i64>> {
    let mut whole = 0_i64;
    for price in prices {
        whole = whole.checked_add(*price)?;
    }
    if whole <= 0 {
        return Some(prices.to_vec());
    }
    let off = amount.min(whole);
    let (mut running, mut taken) = (0_i64, 0_i64);
    prices
        .iter()
        .map(|price| {
            running = running.checked_add(*price)?;
            let until = share(off, running, whole)?;
            let night = price.checked_sub(until - taken)?;
            taken = until;
            Some(night)
        })
        .collect()
}

fn without_cheapest(prices: &[i64], every: usize, free: usize) -> Vec<i64> {
    let mut reduced = prices.to_vec();
    if every == 0 {
        return reduced;
    }
    for nights in reduced.chunks_exact_mut(every) {
        let mut order: Vec<usize> = (0..nights.len()).collect();
        order.sort_by_key(|place| nights[*place]);
        for place in order.into_iter().take(free) {
            nights[place] = 0;
        }
    }
    reduced
}

/// Why a code is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unusable {
    #[error("the hotel has no such code")]
    Unknown,
    #[error("it is no longer active")]
    Inactive,
    #[error("it cannot be used yet")]
    NotYet,
    #[error("it can no longer be used")]
    Over,
    #[error("it takes nothing off these rooms and nights")]
    Elsewhere,
}

/// The code that a hold or reservation was priced with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Promo {
    pub id: Uuid,
    pub code: String,
}

/// A promo code, as staff set it up.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct PromoEntry {
    pub id: Uuid,
    /// In capitals.
    pub code: String,
    pub name: String,
    #[serde(flatten)]
    pub discount: Discount,
    /// The first and the last night of stays that it is for.
    pub stay_from: Option<Date>,
    pub stay_until: Option<Date>,
    /// The first and the last day, at the hotel, on which it can be used.
    pub book_from: Option<Date>,
    pub book_until: Option<Date>,
    /// Codes; none: all.
    pub room_types: Vec<String>,
    /// Codes; none: all.
    pub rate_plans: Vec<String>,
    pub min_nights: i16,
    pub uses_at_most: Option<i32>,
    pub uses_per_guest: Option<i32>,
    pub active: bool,
}

impl PromoEntry {
    /// Whether it can be used on this day.
    pub fn on(&self, today: Date) -> Result<(), Unusable> {
        if !self.active {
            return Err(Unusable::Inactive);
        }
        if self.book_from.is_some_and(|first| today < first) {
            return Err(Unusable::NotYet);
        }
        if self.book_until.is_some_and(|last| today > last) {
            return Err(Unusable::Over);
        }
        Ok(())
    }

    /// Whether a stay with this product is one that it is for: with every night.
    pub fn covers(&self, product: &Product, stay: Stay) -> bool {
        let names =
            |codes: &[String], code: &str| codes.is_empty() || codes.iter().any(|one| one == code);
        let of_product = names(&self.room_types, &product.room_type.code)
            && names(&self.rate_plans, &product.rate_plan.code);
        let early = self.stay_from.is_some_and(|first| stay.check_in() < first);
        let late = self.stay_until.is_some_and(|last| {
            let last_night = stay.nights().last();
            last_night.is_some_and(|night| night > last)
        });
        let long = usize::try_from(self.min_nights).unwrap_or(0);
        of_product && !early && !late && stay.nights().count() >= long
    }

    /// The nights' prices of one unit with it, and what it took off them together, or `None` past `i64`.
    pub fn reduced(&self, prices: &[i64]) -> Option<(Vec<i64>, i64)> {
        let reduced = self.discount.reduced(prices)?;
        let mut pairs = prices.iter().zip(&reduced);
        let off = pairs.try_fold(0_i64, |sum, (list, now)| {
            sum.checked_add(list.checked_sub(*now)?)
        })?;
        Some((reduced, off))
    }

    pub fn promo(&self) -> Promo {
        Promo {
            id: self.id,
            code: self.code.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
