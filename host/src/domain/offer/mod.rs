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

/// Why a product is not for sale: a stable code for programs, a sentence for people.
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

    /// The code with its night or limit, as in `min_stay_arrival 3`.
    pub fn coded(self) -> String {
        match (self.night(), self.limit()) {
            (Some(night), _) => format!("{} {night}", self.code()),
            (_, Some(limit)) => format!("{} {limit}", self.code()),
            _ => self.code().to_owned(),
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
        match self {
            Self::Inactive => formatter.write_str("the hotel does not sell it at present"),
            Self::InThePast => formatter.write_str("the arrival day has passed"),
            Self::OccupancyExceeded(most) => {
                write!(
                    formatter,
                    "such a room takes {} at most",
                    counted(*most, "guest")
                )
            }
            Self::HeldBack => formatter.write_str(
                "accessible rooms are kept for those who ask for one, while others are left",
            ),
            Self::NotOpen(night) => write!(formatter, "the night of {night} is not open for sale"),
            Self::StopSell(night) => write!(formatter, "the night of {night} is closed"),
            Self::ClosedToArrival(day) => write!(formatter, "nobody can arrive on {day}"),
            Self::ClosedToDeparture(day) => write!(formatter, "nobody can depart on {day}"),
            Self::MinStayArrival(least) => write!(
                formatter,
                "who arrives on this day stays at least {}",
                counted(*least, "night")
            ),
            Self::MinStayThrough(least) => write!(
                formatter,
                "stays over one of these nights have at least {}",
                counted(*least, "night")
            ),
            Self::MaxStay(most) => write!(
                formatter,
                "who arrives on this day stays at most {}",
                counted(*most, "night")
            ),
            Self::CutOff(least) => write!(
                formatter,
                "it is booked at least {} before the arrival",
                counted(*least, "day")
            ),
            Self::MaxAdvance(most) => write!(
                formatter,
                "it is booked at most {} before the arrival",
                counted(*most, "day")
            ),
            Self::SoldOut(night) => write!(formatter, "nothing is left for the night of {night}"),
            Self::PriceOverflow => formatter.write_str("the price is beyond every price"),
        }
    }
}

/// A number with its noun.
fn counted(number: u16, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
