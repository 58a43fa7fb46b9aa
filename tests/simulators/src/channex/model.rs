//! What the simulated Channex holds: properties, room types, rate plans, nights and bookings.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One hotel as Channex sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    pub id: String,
    pub title: String,
    /// An IANA time zone: past nights are those before its today.
    pub time_zone: String,
    /// ISO 4217, three letters.
    pub currency: String,
}

impl Default for Property {
    fn default() -> Self {
        Self {
            id: "716305c4-561a-4561-a187-7f5b8aeb5920".to_owned(),
            title: "Test Property – (Simulated)".to_owned(),
            time_zone: "Europe/Rome".to_owned(),
            currency: "EUR".to_owned(),
        }
    }
}

/// What has availability. A new one has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoomType {
    pub id: String,
    /// The property's id.
    pub property: String,
    pub title: String,
    pub adults: u16,
}

impl Default for RoomType {
    fn default() -> Self {
        Self {
            id: "994d1375-dbbd-4072-8724-b2ab32ce781b".to_owned(),
            property: Property::default().id,
            title: "Twin".to_owned(),
            adults: 2,
        }
    }
}

/// What has prices and restrictions: a rate plan of one room type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RatePlan {
    pub id: String,
    /// The room type's id.
    pub room_type: String,
    pub title: String,
    pub occupancy: u16,
    /// Whether it has a price for each number of people up to the occupancy, or one for the room.
    pub per_person: bool,
}

impl Default for RatePlan {
    fn default() -> Self {
        Self {
            id: "bab451e7-9ab1-4cc4-aa16-107bf7bbabb2".to_owned(),
            room_type: RoomType::default().id,
            title: "Best Available Rate".to_owned(),
            occupancy: 2,
            per_person: false,
        }
    }
}

/// One night of one rate plan. A night that was never set has no price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Night {
    /// In minor units of the property's currency.
    pub rate: Option<i64>,
    /// The same by number of people, where the rate plan is sold per person.
    pub rates: BTreeMap<u16, i64>,
    pub min_stay_arrival: u32,
    pub min_stay_through: u32,
    /// 0: any.
    pub max_stay: u32,
    pub closed_to_arrival: bool,
    pub closed_to_departure: bool,
    pub stop_sell: bool,
}

impl Default for Night {
    fn default() -> Self {
        Self {
            rate: None,
            rates: BTreeMap::new(),
            min_stay_arrival: 1,
            min_stay_through: 1,
            max_stay: 0,
            closed_to_arrival: false,
            closed_to_departure: false,
            stop_sell: false,
        }
    }
}

/// Who books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guest {
    pub name: String,
    pub surname: String,
    pub mail: Option<String>,
    pub phone: Option<String>,
    pub country: Option<String>,
    pub language: Option<String>,
}

impl Default for Guest {
    fn default() -> Self {
        Self {
            name: "Grace".to_owned(),
            surname: "Hopper".to_owned(),
            mail: Some("grace@guest.example".to_owned()),
            phone: Some("+1 202 555 0100".to_owned()),
            country: Some("US".to_owned()),
            language: Some("en".to_owned()),
        }
    }
}

/// How much of what a guest booked Channex can name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mapped {
    /// The room type and the rate plan.
    #[default]
    Whole,
    /// The room type: the rate plan is null.
    RoomType,
    /// Neither.
    Nothing,
}

/// A guest's booking at an OTA behind Channex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookingRequest {
    pub rate_plan: String,
    pub check_in: Date,
    /// The day of departure.
    pub check_out: Date,
    /// Rooms of the rate plan, each a line of its own; 1 where not given.
    #[serde(default = "one")]
    pub rooms: u32,
    /// A room's price a night in minor units; absent: what the calendar shows.
    #[serde(default)]
    pub price: Option<i64>,
    #[serde(default)]
    pub guest: Guest,
    #[serde(default = "two")]
    pub adults: u16,
    #[serde(default)]
    pub mapped: Mapped,
    #[serde(default)]
    pub notes: Option<String>,
}

impl BookingRequest {
    /// One room for two, for the calendar's price.
    pub fn new(rate_plan: impl Into<String>, check_in: Date, check_out: Date) -> Self {
        Self {
            rate_plan: rate_plan.into(),
            check_in,
            check_out,
            rooms: 1,
            price: None,
            guest: Guest::default(),
            adults: 2,
            mapped: Mapped::Whole,
            notes: None,
        }
    }
}

/// What a guest changes; absent values stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    pub check_in: Option<Date>,
    pub check_out: Option<Date>,
    pub rooms: Option<u32>,
    /// A room's price a night, in minor units.
    pub price: Option<i64>,
}

/// On the wire in small letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    New,
    Modified,
    Cancelled,
}

/// A booking as it was at one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    pub id: String,
    pub property: String,
    pub status: Status,
    pub request: BookingRequest,
    /// A room's price for each night of the stay, in minor units.
    pub prices: BTreeMap<Date, i64>,
    pub made_at: Timestamp,
}

/// A version of a booking, which waits for its acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub id: String,
    pub booking: Booking,
    pub inserted_at: Timestamp,
    pub acknowledged_at: Option<Timestamp>,
}

/// The nights of a stay: the day of departure is none of them.
pub(super) fn nights(check_in: Date, check_out: Date) -> impl Iterator<Item = Date> {
    check_in
        .series(jiff::ToSpan::day(1))
        .take_while(move |night| *night < check_out)
}

fn one() -> u32 {
    1
}

fn two() -> u16 {
    2
}
