//! From cells that changed to the updates a channel gets, and from its answers back to the cells.

mod fields;
mod occupancy;
mod plan;
mod settle;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use jiff::civil::Date;

use crate::domain::ids::{RatePlanId, RoomTypeId};

pub use fields::Fields;
pub use occupancy::Occupancy;
pub use plan::{Channel, Plan, Planned, plan};
pub use settle::{Ledger, Settled, heavier};

/// What of a hotel's nights a channel may not show yet: one night of a room type, or of one of its rate plans.
/// Availability comes first, here and on the wire: a stale price costs money, stale availability costs a guest.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Cell {
    Availability {
        room_type: RoomTypeId,
        night: Date,
    },
    Rate {
        room_type: RoomTypeId,
        rate_plan: RatePlanId,
        night: Date,
    },
}

impl Cell {
    pub fn room_type(self) -> RoomTypeId {
        match self {
            Self::Availability { room_type, .. } | Self::Rate { room_type, .. } => room_type,
        }
    }

    pub fn night(self) -> Date {
        match self {
            Self::Availability { night, .. } | Self::Rate { night, .. } => night,
        }
    }
}

/// A cell as it was marked. A later mark has a greater version, and is not cleared by an answer to this one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DirtyCell {
    pub cell: Cell,
    pub version: i64,
    /// What of a rate the channel may not show yet. Marks add to it until the cell is cleared.
    pub fields: Fields,
}

/// Price and restrictions of a product for one night.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RateNight {
    /// Minor units of the hotel's currency.
    pub price_minor: i64,
    pub min_stay_arrival: Option<u32>,
    pub min_stay_through: Option<u32>,
    pub max_stay: Option<u32>,
    /// Booked at least so many days before the arrival. How far ahead at most is the gateway's alone: contracts have no
    /// word for it.
    pub cut_off_days: Option<u32>,
    pub closed_to_arrival: bool,
    pub closed_to_departure: bool,
    pub stop_sell: bool,
}

/// What we hold now for some nights. A room type's night that is missing has nothing to sell,
/// and a product's night without a rate is closed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CurrentAri {
    /// Units left; below zero where the hotel is overbooked.
    pub availability: HashMap<(RoomTypeId, Date), i64>,
    pub rates: HashMap<(RoomTypeId, RatePlanId, Date), RateNight>,
    /// What the prices depend on; a product that is missing has one price for everybody.
    pub occupancy: HashMap<(RoomTypeId, RatePlanId), Occupancy>,
}

impl CurrentAri {
    /// Units that a channel may show: never below zero.
    pub fn units(&self, room_type: RoomTypeId, night: Date) -> u32 {
        let units = self
            .availability
            .get(&(room_type, night))
            .copied()
            .unwrap_or(0);
        u32::try_from(units.max(0)).unwrap_or(u32::MAX)
    }
}
