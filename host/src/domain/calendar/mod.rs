//! The calendar of a hotel: what each night has and costs, edited in bulk, and undone.

mod derive;
mod edit;
mod undo;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::domain::ari::Fields;
use crate::domain::ids::{RatePlanId, RoomTypeId};

pub use derive::{Derivation, MOST_PRICE, Plans, resettle};
pub use edit::{StockEdit, TermsEdit, Update, edit};
pub use undo::{Range, cells, ranges, undo};

/// A room type's night.
pub type StockCell = (Date, RoomTypeId);
/// A product's night.
pub type TermsCell = (Date, RoomTypeId, RatePlanId);

/// What a room type's night has, and what of it is gone.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Stock {
    pub allotment: i32,
    pub overbooking: i32,
    pub sold: i32,
    pub held: i32,
}

impl Stock {
    fn limit(self) -> i32 {
        self.allotment + self.overbooking
    }

    fn taken(self) -> i32 {
        self.sold + self.held
    }
}

/// What a product's night costs, and on which terms.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Terms {
    pub price_minor: i64,
    pub min_stay_arrival: Option<i16>,
    pub min_stay_through: Option<i16>,
    pub max_stay: Option<i16>,
    pub closed_to_arrival: bool,
    pub closed_to_departure: bool,
    pub stop_sell: bool,
    pub cut_off_days: Option<i16>,
    pub max_advance_days: Option<i16>,
}

impl Terms {
    /// A price without restrictions.
    pub fn at(price_minor: i64) -> Self {
        Self {
            price_minor,
            min_stay_arrival: None,
            min_stay_through: None,
            max_stay: None,
            closed_to_arrival: false,
            closed_to_departure: false,
            stop_sell: false,
            cut_off_days: None,
            max_advance_days: None,
        }
    }

    /// What a channel would see change: contracts have no word for the advance.
    pub fn differences(&self, after: &Self) -> Fields {
        Fields::of([
            (Fields::PRICE, self.price_minor != after.price_minor),
            (
                Fields::MIN_STAY_ARRIVAL,
                self.min_stay_arrival != after.min_stay_arrival,
            ),
            (
                Fields::MIN_STAY_THROUGH,
                self.min_stay_through != after.min_stay_through,
            ),
            (Fields::MAX_STAY, self.max_stay != after.max_stay),
            (
                Fields::CUT_OFF_DAYS,
                self.cut_off_days != after.cut_off_days,
            ),
            (
                Fields::CLOSED_TO_ARRIVAL,
                self.closed_to_arrival != after.closed_to_arrival,
            ),
            (
                Fields::CLOSED_TO_DEPARTURE,
                self.closed_to_departure != after.closed_to_departure,
            ),
            (Fields::STOP_SELL, self.stop_sell != after.stop_sell),
        ])
    }
}

/// Cells as they are. A cell without a row is missing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Nights {
    pub stock: BTreeMap<StockCell, Stock>,
    pub terms: BTreeMap<TermsCell, Terms>,
}

/// A cell before and after; `None` where there is no row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Changed<C, V> {
    pub cell: C,
    pub before: Option<V>,
    pub after: Option<V>,
}

/// What an edit comes to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Outcome {
    pub stock: Vec<Changed<StockCell, Stock>>,
    pub terms: Vec<Changed<TermsCell, Terms>>,
    /// The first cell that stands in the way. An edit with one is not made.
    pub refused: Option<Refused>,
}

impl Outcome {
    pub fn is_empty(&self) -> bool {
        self.stock.is_empty() && self.terms.is_empty()
    }

    /// The first and the last night that change.
    pub fn span(&self) -> Option<(Date, Date)> {
        let nights = || {
            let stock = self.stock.iter().map(|changed| changed.cell.0);
            stock.chain(self.terms.iter().map(|changed| changed.cell.0))
        };
        Some((nights().min()?, nights().max()?))
    }

    /// How many cells change, by the API's name of the field.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        let mut count = |field, differs| {
            if differs {
                *counts.entry(field).or_insert(0) += 1;
            }
        };
        for changed in &self.stock {
            let (before, after) = (changed.before, changed.after);
            count(
                "allotment",
                before.map(|s| s.allotment) != after.map(|s| s.allotment),
            );
            let overbooking = |stock: Option<Stock>| stock.map_or(0, |stock| stock.overbooking);
            count("overbooking", overbooking(before) != overbooking(after));
        }
        for changed in &self.terms {
            let (before, after) = (changed.before, changed.after);
            count(
                "price",
                before.map(|t| t.price_minor) != after.map(|t| t.price_minor),
            );
            let plain = Terms::at(0);
            let (before, after) = (before.unwrap_or(plain), after.unwrap_or(plain));
            count(
                "min_stay_arrival",
                before.min_stay_arrival != after.min_stay_arrival,
            );
            count(
                "min_stay_through",
                before.min_stay_through != after.min_stay_through,
            );
            count("max_stay", before.max_stay != after.max_stay);
            count(
                "closed_to_arrival",
                before.closed_to_arrival != after.closed_to_arrival,
            );
            count(
                "closed_to_departure",
                before.closed_to_departure != after.closed_to_departure,
            );
            count("stop_sell", before.stop_sell != after.stop_sell);
            count("cut_off_days", before.cut_off_days != after.cut_off_days);
            count(
                "max_advance_days",
                before.max_advance_days != after.max_advance_days,
            );
        }
        counts
    }
}

/// A cell that an edit cannot have as it was asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Refused {
    pub night: Date,
    pub room_type: RoomTypeId,
    pub rate_plan: Option<RatePlanId>,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Why {
    /// More is sold and held than the new limit.
    BelowSold { taken: i32, limit: i32 },
    /// Restrictions for a night that has no price.
    NoPrice,
    /// The price comes from the parent.
    Derived { parent: RatePlanId },
    /// It is no longer as the change that should be undone left it.
    ChangedSince,
}

/// Every difference between two states, and what of it is impossible.
fn compare(before: &Nights, after: &Nights) -> Outcome {
    let mut outcome = Outcome {
        stock: differences(&before.stock, &after.stock),
        terms: differences(&before.terms, &after.terms),
        refused: None,
    };
    outcome.refused = outcome.stock.iter().find_map(|changed| {
        let (before, after) = (
            changed.before.unwrap_or_default(),
            changed.after.unwrap_or_default(),
        );
        let (taken, limit) = (before.taken(), after.limit());
        // A night that a channel overbooked may come nearer to its limit.
        (limit < taken && limit < before.limit()).then_some(Refused {
            night: changed.cell.0,
            room_type: changed.cell.1,
            rate_plan: None,
            why: Why::BelowSold { taken, limit },
        })
    });
    outcome
}

fn differences<C: Copy + Ord, V: Copy + PartialEq>(
    before: &BTreeMap<C, V>,
    after: &BTreeMap<C, V>,
) -> Vec<Changed<C, V>> {
    let cells: BTreeSet<C> = before.keys().chain(after.keys()).copied().collect();
    let each = cells.into_iter().map(|cell| Changed {
        cell,
        before: before.get(&cell).copied(),
        after: after.get(&cell).copied(),
    });
    each.filter(|changed| changed.before != changed.after)
        .collect()
}
