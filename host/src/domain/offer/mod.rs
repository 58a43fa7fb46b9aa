//! Whether a product can be sold for a stay, at what price, and if not, why.

mod market;
#[cfg(test)]
mod tests;

use std::fmt;

use jiff::civil::Date;

use crate::domain::hotel::{RatePlan, RoomType};

pub use market::{Asked, Market, Sellable, Shelf};

/// Who sleeps in one room.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Party {
    pub adults: u16,
    pub children_ages: Vec<u8>,
}

impl Party {
    pub fn size(&self) -> usize {
        usize::from(self.adults) + self.children_ages.len()
    }
}

/// A room type sold under a rate plan.
#[derive(Clone, Debug)]
pub struct Product {
    pub room_type: RoomType,
    pub rate_plan: RatePlan,
}

/// Availability, rate and restrictions of a product for one night.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProductNight {
    pub night: Date,
    pub price_minor: i64,
    pub min_stay_arrival: Option<u16>,
    pub min_stay_through: Option<u16>,
    pub max_stay: Option<u16>,
    pub closed_to_arrival: bool,
    pub closed_to_departure: bool,
    pub stop_sell: bool,
    /// Arrivals on this day are booked at least so many days before it, and at most so many.
    pub cut_off_days: Option<u16>,
    pub max_advance_days: Option<u16>,
    /// Units left, lapsed holds counted as free. `None` where the hotel has opened no inventory.
    pub available: Option<i32>,
}

/// Why a product is not for sale. The first word is stable.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// The hotel, the room type or the rate plan sells nothing at present.
    Inactive,
    InThePast,
    OccupancyExceeded(u16),
    /// An accessible room type waits for those who need it, while others that fit are left.
    HeldBack,
    NotOpen(Date),
    StopSell(Date),
    ClosedToArrival(Date),
    ClosedToDeparture(Date),
    MinStayArrival(u16),
    MinStayThrough(u16),
    MaxStay(u16),
    /// Booked too late, and too early: the days before the arrival.
    CutOff(u16),
    MaxAdvance(u16),
    SoldOut(Date),
    /// The price is beyond what can be written.
    PriceOverflow,
}

impl Reason {
    /// The stable code, as the API shows it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::InThePast => "in_the_past",
            Self::OccupancyExceeded(_) => "occupancy_exceeded",
            Self::HeldBack => "held_back",
            Self::NotOpen(_) => "not_open",
            Self::StopSell(_) => "stop_sell",
            Self::ClosedToArrival(_) => "closed_to_arrival",
            Self::ClosedToDeparture(_) => "closed_to_departure",
            Self::MinStayArrival(_) => "min_stay_arrival",
            Self::MinStayThrough(_) => "min_stay_through",
            Self::MaxStay(_) => "max_stay",
            Self::CutOff(_) => "cut_off",
            Self::MaxAdvance(_) => "max_advance",
            Self::SoldOut(_) => "sold_out",
            Self::PriceOverflow => "price_overflow",
        }
    }

    /// The night that stands in the way, where one does.
    pub fn night(self) -> Option<Date> {
        match self {
            Self::NotOpen(night)
            | Self::StopSell(night)
            | Self::ClosedToArrival(night)
            | Self::ClosedToDeparture(night)
            | Self::SoldOut(night) => Some(night),
            _ => None,
        }
    }

    /// The limit that the stay or the party misses, where there is one.
    pub fn limit(self) -> Option<u16> {
        match self {
            Self::OccupancyExceeded(limit)
            | Self::MinStayArrival(limit)
            | Self::MinStayThrough(limit)
            | Self::MaxStay(limit)
            | Self::CutOff(limit)
            | Self::MaxAdvance(limit) => Some(limit),
            _ => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())?;
        match (self.night(), self.limit()) {
            (Some(night), _) => write!(formatter, " {night}"),
            (_, Some(limit)) => write!(formatter, " {limit}"),
            _ => Ok(()),
        }
    }
}
