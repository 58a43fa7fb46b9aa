//! Derived rate plans: a price that is its parent's, changed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Nights, Outcome, Terms, compare};
use crate::domain::ids::{RatePlanId, RoomTypeId};
use crate::domain::pricing::Adjustment;

/// The highest price of a night, minor units; sums of stays stay far from the end of the numbers.
pub const MOST_PRICE: i64 = 1_000_000_000_000;

impl Adjustment {
    /// The derived price: rounded half up to a minor unit, and between 1 and [`MOST_PRICE`].
    pub fn apply(self, price_minor: i64) -> i64 {
        let price = i128::from(price_minor);
        let changed = match self {
            Self::Amount(amount) => price + i128::from(amount),
            Self::Percent(percent) => {
                (price * (10_000 + i128::from(percent)) + 5_000).div_euclid(10_000)
            }
        };
        let bounded = changed.clamp(1, i128::from(MOST_PRICE));
        i64::try_from(bounded).unwrap_or(MOST_PRICE)
    }
}

/// Where a plan's prices come from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Derivation {
    pub parent: RatePlanId,
    pub adjustment: Adjustment,
}

/// The derived plans of a hotel, and what is sold under which plan.
#[derive(Clone, Debug, Default)]
pub struct Plans {
    pub derived: BTreeMap<RatePlanId, Derivation>,
    pub products: BTreeSet<(RoomTypeId, RatePlanId)>,
}

impl Plans {
    /// Whether a plan derives from itself when it has this parent, over however many others.
    pub fn would_circle(&self, plan: RatePlanId, parent: RatePlanId) -> bool {
        let mut at = Some(parent);
        while let Some(ancestor) = at {
            if ancestor == plan {
                return true;
            }
            at = self
                .derived
                .get(&ancestor)
                .map(|derivation| derivation.parent);
        }
        false
    }

    pub fn children(&self, plan: RatePlanId) -> impl Iterator<Item = (RatePlanId, Derivation)> {
        let derived = self.derived.iter();
        derived
            .filter(move |(_, derivation)| derivation.parent == plan)
            .map(|(child, derivation)| (*child, *derivation))
    }

    /// A product and all that take their prices from it.
    pub fn family(&self, room_type: RoomTypeId, plan: RatePlanId) -> Vec<(RoomTypeId, RatePlanId)> {
        let mut family = vec![(room_type, plan)];
        for (child, _) in self.children(plan) {
            if self.products.contains(&(room_type, child)) {
                family.extend(self.family(room_type, child));
            }
        }
        family
    }

    /// Makes a plan's price of a night what its parent's says, where it has one, and then its children's.
    /// Restrictions are each plan's own.
    pub fn settle(
        &self,
        nights: &mut Nights,
        night: Date,
        room_type: RoomTypeId,
        plan: RatePlanId,
    ) {
        if let Some(derivation) = self.derived.get(&plan) {
            let parent = nights.terms.get(&(night, room_type, derivation.parent));
            let price = parent.map(|parent| derivation.adjustment.apply(parent.price_minor));
            let cell = (night, room_type, plan);
            match price {
                Some(price) => {
                    nights
                        .terms
                        .entry(cell)
                        .or_insert(Terms::at(price))
                        .price_minor = price;
                }
                None => {
                    nights.terms.remove(&cell);
                }
            }
        }
        for (child, _) in self.children(plan) {
            if self.products.contains(&(room_type, child)) {
                self.settle(nights, night, room_type, child);
            }
        }
    }
}

/// Decides to compute the prices of products, and of those that derive from them, anew for every night read.
pub fn resettle(current: &Nights, products: &[(RoomTypeId, RatePlanId)], plans: &Plans) -> Outcome {
    let nights: BTreeSet<Date> = current.terms.keys().map(|cell| cell.0).collect();
    let mut wanted = current.clone();
    for night in nights {
        for (room_type, rate_plan) in products {
            plans.settle(&mut wanted, night, *room_type, *rate_plan);
        }
    }
    compare(current, &wanted)
}
