//! What a stay costs: nights, occupancy, children, taxes and fees, in integer minor units with checked sums.
//!
//! Rounding is to the nearest minor unit, halves away from zero, once for each amount: the adjustment of a night, the
//! night of a child, the charge of a unit. So a currency without decimals rounds to whole units of it.

use serde::Serialize;

use crate::domain::extra::BookedExtra;
use crate::domain::offer::Party;

/// A whole, in hundredths of a percent.
pub const WHOLE: i64 = 10_000;

/// `amount` × `part` ÷ `whole`, rounded as the module says, or `None` past `i64`. `whole` is positive.
pub fn share(amount: i64, part: i64, whole: i64) -> Option<i64> {
    let (product, whole) = (i128::from(amount) * i128::from(part), i128::from(whole));
    let rounded = (product.abs() + whole / 2) / whole;
    i64::try_from(rounded * product.signum()).ok()
}

/// More or less than a price: so much, or such a part of it. Negative is cheaper.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// Minor units.
    Amount(i64),
    /// Hundredths of a percent.
    Percent(i64),
}

impl Adjustment {
    /// The stable name.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Amount(_) => "amount",
            Self::Percent(_) => "percent",
        }
    }

    pub fn value(self) -> i64 {
        let (Self::Amount(value) | Self::Percent(value)) = self;
        value
    }

    /// Reads the kind as the database and the API name it.
    pub fn parse(kind: &str, value: i64) -> Option<Self> {
        match kind {
            "amount" => Some(Self::Amount(value)),
            "percent" => Some(Self::Percent(value)),
            _ => None,
        }
    }

    fn of(self, price: i64) -> Option<i64> {
        match self {
            Self::Amount(minor) => Some(minor),
            Self::Percent(part) => share(price, part, WHOLE),
        }
    }
}

/// What a child whose age is in a bracket pays a night.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ChildPrice {
    pub min_age: u8,
    /// The last age of the bracket.
    pub max_age: u8,
    pub price: Adjustment,
}

/// What a product's price depends on beside the night.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PriceRules {
    /// More or less a night for a number of adults. A number that is not listed pays the night's own price.
    pub occupancy: Vec<(u16, Adjustment)>,
    pub children: Vec<ChildPrice>,
}

impl PriceRules {
    /// What a night costs one unit with this party, or `None` past `i64`. Parts are of the night's own price; a child
    /// of no bracket counts as an adult; no night costs less than nothing.
    pub fn night(&self, price: i64, party: &Party) -> Option<i64> {
        let bracket = |age: u8| {
            let holds = |child: &&ChildPrice| (child.min_age..=child.max_age).contains(&age);
            self.children.iter().find(holds)
        };
        let ages = || party.children_ages.iter().copied();
        let as_adults = ages().filter(|age| bracket(*age).is_none()).count();
        let adults = usize::from(party.adults) + as_adults;
        let for_adults = self
            .occupancy
            .iter()
            .find(|(number, _)| usize::from(*number) == adults)
            .map(|(_, adjustment)| *adjustment);
        let for_children = ages().filter_map(bracket).map(|child| child.price);
        for_adults
            .into_iter()
            .chain(for_children)
            .try_fold(price, |sum, adjustment| {
                sum.checked_add(adjustment.of(price)?)
            })
            .map(|sum| sum.max(0))
    }
}

/// What a charge is counted by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Basis {
    Stay,
    Night,
    Person,
    PersonNight,
    /// Hundredths of a percent of the room's price.
    Percent,
}

impl Basis {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stay => "stay",
            Self::Night => "night",
            Self::Person => "person",
            Self::PersonNight => "person_night",
            Self::Percent => "percent",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "stay" => Some(Self::Stay),
            "night" => Some(Self::Night),
            "person" => Some(Self::Person),
            "person_night" => Some(Self::PersonNight),
            "percent" => Some(Self::Percent),
            _ => None,
        }
    }
}

/// A tax or fee of a hotel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Charge {
    pub code: String,
    pub name: String,
    pub basis: Basis,
    /// Minor units, or hundredths of a percent.
    pub value: i64,
    /// Already in the room's price, or on top of it.
    pub included: bool,
    /// Who counts as a person: this age and older. Adults always do.
    pub min_age: u8,
    /// Nights of a stay beyond this are free of it.
    pub max_nights: Option<u16>,
}

/// A charge as it came out for a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Charged {
    pub code: String,
    pub name: String,
    pub included: bool,
    /// Minor units.
    pub amount: i64,
}

/// The charges of one unit whose nights cost `prices`, or `None` past `i64`.
///
/// A percentage on top is of the room's price. One that is included is what the price contains: 10 % in 110.00 is
/// 10.00; of several such, all are taken out of the price together.
pub fn charges(charges: &[Charge], prices: &[i64], party: &Party) -> Option<Vec<Charged>> {
    let inside = charges
        .iter()
        .filter(|charge| charge.included && charge.basis == Basis::Percent)
        .try_fold(WHOLE, |sum, charge| sum.checked_add(charge.value))?;
    charges
        .iter()
        .map(|charge| {
            Some(Charged {
                code: charge.code.clone(),
                name: charge.name.clone(),
                included: charge.included,
                amount: amount(charge, prices, party, inside)?,
            })
        })
        .collect()
}

fn amount(charge: &Charge, prices: &[i64], party: &Party, inside: i64) -> Option<i64> {
    let limit = charge.max_nights.map_or(usize::MAX, usize::from);
    let taxed = &prices[..prices.len().min(limit)];
    let nights = i64::try_from(taxed.len()).ok()?;
    let children = party
        .children_ages
        .iter()
        .filter(|age| **age >= charge.min_age);
    let persons = i64::try_from(usize::from(party.adults) + children.count()).ok()?;
    match charge.basis {
        Basis::Stay => Some(charge.value),
        Basis::Night => charge.value.checked_mul(nights),
        Basis::Person => charge.value.checked_mul(persons),
        Basis::PersonNight => charge.value.checked_mul(persons)?.checked_mul(nights),
        Basis::Percent => {
            let whole = if charge.included { inside } else { WHOLE };
            share(sum(taxed)?, charge.value, whole)
        }
    }
}

fn sum(amounts: &[i64]) -> Option<i64> {
    amounts
        .iter()
        .try_fold(0_i64, |sum, amount| sum.checked_add(*amount))
}

/// The charges of so many units, or `None` past `i64`.
pub fn times(charges: Vec<Charged>, units: u32) -> Option<Vec<Charged>> {
    let times = |charge: Charged| {
        let amount = charge.amount.checked_mul(i64::from(units))?;
        Some(Charged { amount, ..charge })
    };
    charges.into_iter().map(times).collect()
}

/// What is billed of one line: each night's price of one unit, how many units, and the charges and extras of all of them.
#[derive(Clone, Copy, Debug)]
pub struct Billed<'a> {
    pub prices: &'a [i64],
    pub units: u32,
    pub charges: &'a [Charged],
    pub extras: &'a [BookedExtra],
}

/// What lines come to, in minor units.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Bill {
    /// All nights of all units.
    pub rooms: i64,
    /// One for each code.
    pub charges: Vec<Charged>,
    /// All extras.
    pub extras: i64,
    /// The rooms, the charges on top of them, and the extras.
    pub total: i64,
}

/// The bill of some lines, or `None` past `i64`.
pub fn bill<'a>(lines: impl IntoIterator<Item = Billed<'a>>) -> Option<Bill> {
    let mut bill = Bill::default();
    for line in lines {
        let rooms = sum(line.prices)?.checked_mul(i64::from(line.units))?;
        bill.rooms = bill.rooms.checked_add(rooms)?;
        bill.total = bill.total.checked_add(rooms)?;
        for extra in line.extras {
            bill.extras = bill.extras.checked_add(extra.amount)?;
            bill.total = bill.total.checked_add(extra.amount)?;
        }
        for charge in line.charges {
            if !charge.included {
                bill.total = bill.total.checked_add(charge.amount)?;
            }
            let same = |known: &&mut Charged| {
                (&known.code, known.included) == (&charge.code, charge.included)
            };
            match bill.charges.iter_mut().find(same) {
                Some(known) => known.amount = known.amount.checked_add(charge.amount)?,
                None => bill.charges.push(charge.clone()),
            }
        }
    }
    Some(bill)
}

#[cfg(test)]
mod tests;
