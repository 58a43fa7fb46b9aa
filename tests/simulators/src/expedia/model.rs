//! What the simulated Expedia holds: properties, room types, rate plans, nights and the transactions of bookings.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// In which way a property's prices are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PricingModel {
    #[default]
    PerDayPricing,
    OccupancyBasedPricing,
}

/// One hotel as Expedia sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Property {
    pub id: String,
    pub name: String,
    /// An IANA time zone: a booking's deadline and past nights depend on it.
    pub time_zone: String,
    /// ISO 4217, three letters.
    pub currency: String,
    pub pricing_model: PricingModel,
    /// A higher minimum stay is an error.
    pub highest_min_stay: u32,
    /// A higher price, in minor units, is left out with a warning, as is one of 1.00 and less.
    pub highest_rate: i64,
}

impl Default for Property {
    fn default() -> Self {
        Self {
            id: "12345678".to_owned(),
            name: "Test Property (Simulated)".to_owned(),
            time_zone: "Europe/Rome".to_owned(),
            currency: "EUR".to_owned(),
            pricing_model: PricingModel::PerDayPricing,
            highest_min_stay: 28,
            highest_rate: 1_000_000,
        }
    }
}

/// What has availability. A new one has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoomType {
    /// A number.
    pub id: String,
    /// The property's id.
    pub property: String,
    pub name: String,
    pub adults: u16,
}

impl Default for RoomType {
    fn default() -> Self {
        Self {
            id: "201001".to_owned(),
            property: Property::default().id,
            name: "Double Room".to_owned(),
            adults: 2,
        }
    }
}

/// What has prices and restrictions: a rate plan of one room type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RatePlan {
    /// A number.
    pub id: String,
    /// The room type's id.
    pub room_type: String,
    pub name: String,
    /// The id under which it is sold for the other model of payment: it follows, and takes no prices.
    pub follower: Option<String>,
}

impl Default for RatePlan {
    fn default() -> Self {
        Self {
            id: "301001".to_owned(),
            room_type: RoomType::default().id,
            name: "Standalone".to_owned(),
            follower: None,
        }
    }
}

/// One night of one rate plan. A night that was never set has no price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Night {
    /// In minor units of the property's currency, by number of adults; 0 where the price is per day.
    pub rates: BTreeMap<u16, i64>,
    pub closed: bool,
    pub closed_to_arrival: bool,
    pub closed_to_departure: bool,
    pub min_stay: u32,
    pub max_stay: u32,
}

impl Default for Night {
    fn default() -> Self {
        Self {
            rates: BTreeMap::new(),
            closed: false,
            closed_to_arrival: false,
            closed_to_departure: false,
            min_stay: 1,
            max_stay: 28,
        }
    }
}

impl Night {
    /// The price of a day, whoever sleeps there.
    pub fn rate(&self) -> Option<i64> {
        self.rates.get(&0).copied()
    }
}

/// Who books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guest {
    pub given_name: String,
    pub surname: String,
    pub email: Option<String>,
}

impl Default for Guest {
    fn default() -> Self {
        Self {
            given_name: "Grace".to_owned(),
            surname: "Hopper".to_owned(),
            email: Some("grace@guest.example".to_owned()),
        }
    }
}

/// A guest's booking: always one room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookingRequest {
    /// A rate plan's id, or its follower's.
    pub rate_plan: String,
    pub check_in: Date,
    /// The day of departure.
    pub check_out: Date,
    /// The price a night in minor units; absent: what the calendar shows.
    #[serde(default)]
    pub price: Option<i64>,
    #[serde(default)]
    pub guest: Guest,
    #[serde(default = "two")]
    pub adults: u16,
    #[serde(default)]
    pub children_ages: Vec<u8>,
    #[serde(default)]
    pub special_request: Option<String>,
}

impl BookingRequest {
    /// For two, at the calendar's price.
    pub fn new(rate_plan: impl Into<String>, check_in: Date, check_out: Date) -> Self {
        Self {
            rate_plan: rate_plan.into(),
            check_in,
            check_out,
            price: None,
            guest: Guest::default(),
            adults: 2,
            children_ages: Vec::new(),
            special_request: None,
        }
    }
}

/// What a guest changes; absent values stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    pub rate_plan: Option<String>,
    pub check_in: Option<Date>,
    pub check_out: Option<Date>,
    /// The price a night, in minor units.
    pub price: Option<i64>,
}

/// What happened to a booking, spelled as on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Kind {
    Book,
    Modify,
    Cancel,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Book => "Book",
            Self::Modify => "Modify",
            Self::Cancel => "Cancel",
        }
    }
}

/// How far a transaction came, in small letters on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Pending,
    Retrieved,
    Confirmed,
}

impl Status {
    pub(super) const ALL: [Self; 3] = [Self::Pending, Self::Retrieved, Self::Confirmed];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Retrieved => "retrieved",
            Self::Confirmed => "confirmed",
        }
    }
}

/// One transaction: the booking in full as it was from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transaction {
    pub booking: String,
    pub property: String,
    pub kind: Kind,
    pub request: BookingRequest,
    /// The price of each night of the stay, in minor units.
    pub prices: BTreeMap<Date, i64>,
    pub created: Timestamp,
    /// From then on it is told by mail, and not here any more.
    pub expires: Timestamp,
    pub status: Status,
    /// The hotel's confirmation number, once it is told.
    pub confirm_number: Option<String>,
}

fn two() -> u16 {
    2
}
