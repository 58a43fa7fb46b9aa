//! What the simulated Booking.com holds: properties, rooms, rates, nights and reservations.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// In which way a property's prices are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pricing {
    /// One price for a room.
    #[default]
    Standard,
    /// A price for each number of guests.
    Occupancy,
}

/// One hotel as Booking.com sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// Digits.
    pub id: String,
    pub name: String,
    /// ISO 4217, three letters.
    pub currency: String,
    #[serde(default)]
    pub pricing: Pricing,
}

impl Default for Property {
    fn default() -> Self {
        Self {
            id: "8011855".to_owned(),
            name: "Simulated Aurora".to_owned(),
            currency: "EUR".to_owned(),
            pricing: Pricing::Standard,
        }
    }
}

/// What has rooms to sell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Room {
    pub id: String,
    /// The property's id.
    pub property: String,
    pub name: String,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            id: "801185501".to_owned(),
            property: Property::default().id,
            name: "Double Room".to_owned(),
        }
    }
}

/// What has prices and restrictions: a rate plan on one room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rate {
    pub id: String,
    pub room: String,
    pub name: String,
    pub max_persons: u16,
    pub active: bool,
    /// The rate that it derives from: then it takes nothing itself.
    pub parent: Option<String>,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            id: "1278608".to_owned(),
            room: Room::default().id,
            name: "Standard Rate".to_owned(),
            max_persons: 2,
            active: true,
            parent: None,
        }
    }
}

/// One night of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct RoomNight {
    pub(super) units: u32,
    pub(super) closed: bool,
}

impl Default for RoomNight {
    fn default() -> Self {
        Self {
            units: 0,
            closed: true,
        }
    }
}

/// One night of a rate on a room. A night that was never set has no price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Night {
    /// In minor units of the property's currency.
    pub price: Option<i64>,
    /// The same by number of guests, where the property is priced so.
    pub prices: BTreeMap<u16, i64>,
    pub min_stay_through: u32,
    pub min_stay_arrival: u32,
    /// 0: any.
    pub max_stay: u32,
    pub closed_to_arrival: bool,
    pub closed_to_departure: bool,
    pub closed: bool,
}

impl Default for Night {
    fn default() -> Self {
        Self {
            price: None,
            prices: BTreeMap::new(),
            min_stay_through: 1,
            min_stay_arrival: 1,
            max_stay: 0,
            closed_to_arrival: false,
            closed_to_departure: false,
            closed: false,
        }
    }
}

/// Who books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guest {
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub phone: String,
    pub country: String,
}

impl Default for Guest {
    fn default() -> Self {
        Self {
            first_name: "Grace".to_owned(),
            last_name: "Hopper".to_owned(),
            email: "grace@guest.example".to_owned(),
            phone: "+1 202 555 0100".to_owned(),
            country: "us".to_owned(),
        }
    }
}

/// A guest's booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookingRequest {
    pub room: String,
    pub rate: String,
    pub check_in: Date,
    /// The day of departure.
    pub check_out: Date,
    /// Each a line of its own; 1 where not given.
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
    pub comment: Option<String>,
}

impl BookingRequest {
    /// One room for two, for the calendar's price.
    pub fn new(room: &str, rate: &str, check_in: Date, check_out: Date) -> Self {
        Self {
            room: room.to_owned(),
            rate: rate.to_owned(),
            check_in,
            check_out,
            rooms: 1,
            price: None,
            guest: Guest::default(),
            adults: 2,
            comment: None,
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
    pub price: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    New,
    Modified,
    Cancelled,
}

/// Where a reservation waits for its acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Queue {
    New,
    Changed,
}

/// A reservation as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reservation {
    pub id: u64,
    pub property: String,
    pub status: Status,
    pub request: BookingRequest,
    /// A room's price for each night, in minor units.
    pub prices: BTreeMap<Date, i64>,
    pub made_at: Timestamp,
    /// Counts from 1, with each change.
    pub version: u32,
    pub queue: Option<Queue>,
}

impl Reservation {
    /// What an acknowledgement of this version must repeat.
    pub fn token(&self) -> String {
        format!("response-{}-{}", self.id, self.version)
    }
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
