//! What the simulated Octorate holds: accommodations, products, days and reservations.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One hotel as Octorate sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accommodation {
    pub id: String,
    pub name: String,
    /// An IANA time zone: nights are local dates there.
    pub time_zone: String,
    /// ISO 4217, three letters.
    pub currency: String,
}

impl Default for Accommodation {
    fn default() -> Self {
        Self {
            id: "123".to_owned(),
            name: "Simulated Hotel".to_owned(),
            time_zone: "Europe/Rome".to_owned(),
            currency: "EUR".to_owned(),
        }
    }
}

/// A rate plan of a room, which is what Octorate sells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Product {
    pub id: String,
    /// The accommodation's id.
    pub accommodation: String,
    pub name: String,
    pub room_name: String,
    pub max_occupancy: u16,
    /// An inactive product is listed, but takes no updates and no bookings.
    pub active: bool,
    /// The product that this one derives from.
    pub parent: Option<String>,
    /// What a night shows that was never set.
    pub usual_day: Day,
}

impl Default for Product {
    fn default() -> Self {
        Self {
            id: "9001".to_owned(),
            accommodation: Accommodation::default().id,
            name: "Double – BAR".to_owned(),
            room_name: "Double".to_owned(),
            max_occupancy: 2,
            active: true,
            parent: None,
            usual_day: Day::default(),
        }
    }
}

/// One night of one product. The default sells nothing: no units and no price.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Day {
    /// Units for sale.
    pub availability: u32,
    /// A unit's price for the night, in minor units of the accommodation's currency.
    pub price: Option<i64>,
    /// Nights that a stay arriving here must have; 0 or 1: any.
    pub min_stay: u32,
    /// Nights that a stay arriving here may have; 0: any.
    pub max_stay: u32,
    pub close_to_arrival: bool,
    pub close_to_departure: bool,
    pub stop_sells: bool,
    /// Days between booking and arrival that are needed; 0: none.
    pub cut_off_days: u32,
}

/// On the wire in capitals: `NOSHOW`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    Confirmed,
    Pending,
    Cancelled,
    NoShow,
}

impl Status {
    /// Does a reservation in this state take units from the calendar?
    pub(super) fn holds_units(self) -> bool {
        match self {
            Self::Confirmed | Self::Pending | Self::NoShow => true,
            Self::Cancelled => false,
        }
    }
}

/// Who books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guest {
    pub first_name: String,
    pub last_name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub country: Option<String>,
    pub language: Option<String>,
}

impl Default for Guest {
    fn default() -> Self {
        Self {
            first_name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            email: Some("ada@guest.example".to_owned()),
            phone: Some("+44 20 7946 0000".to_owned()),
            country: Some("GB".to_owned()),
            language: Some("en".to_owned()),
        }
    }
}

/// How many people come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Party {
    /// Everybody, children and infants included.
    pub total: u16,
    pub children: u16,
    pub infants: u16,
}

impl Default for Party {
    fn default() -> Self {
        Self {
            total: 2,
            children: 0,
            infants: 0,
        }
    }
}

/// The OTA in front of Octorate where the guest books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub id: u64,
    pub name: String,
}

impl Default for Source {
    fn default() -> Self {
        Self {
            id: 1,
            name: "Booking.com".to_owned(),
        }
    }
}

/// A guest's booking on the channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookingRequest {
    pub product: String,
    pub check_in: Date,
    /// The day of departure.
    pub check_out: Date,
    /// Units of the product; 1 where not given.
    #[serde(default = "one")]
    pub rooms: u32,
    /// A unit's price a night in minor units; absent: what the calendar shows.
    #[serde(default)]
    pub price: Option<i64>,
    #[serde(default)]
    pub guest: Guest,
    #[serde(default)]
    pub party: Party,
    #[serde(default)]
    pub source: Source,
    /// A request that awaits the hotel's answer, instead of a confirmed booking.
    #[serde(default)]
    pub pending: bool,
    #[serde(default)]
    pub notes: Option<String>,
}

impl BookingRequest {
    /// One room for two, for the calendar's price.
    pub fn new(product: impl Into<String>, check_in: Date, check_out: Date) -> Self {
        Self {
            product: product.into(),
            check_in,
            check_out,
            rooms: 1,
            price: None,
            guest: Guest::default(),
            party: Party::default(),
            source: Source::default(),
            pending: false,
            notes: None,
        }
    }
}

/// What a guest changes; absent values stay as they are.
/// A change of dates, rooms or product is priced again, by `price` or by the calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    pub check_in: Option<Date>,
    pub check_out: Option<Date>,
    pub rooms: Option<u32>,
    /// A unit's price a night, in minor units.
    pub price: Option<i64>,
    pub product: Option<String>,
}

/// A booking as the simulated Octorate keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    pub id: u64,
    pub status: Status,
    pub product: String,
    pub check_in: Date,
    pub check_out: Date,
    pub rooms: u32,
    /// A unit's price for each night of the stay, in minor units.
    pub prices: BTreeMap<Date, i64>,
    pub guest: Guest,
    pub party: Party,
    pub source: Source,
    pub notes: Option<String>,
    pub created: Timestamp,
    pub updated: Timestamp,
}

impl Reservation {
    pub(super) fn nights(&self) -> impl Iterator<Item = Date> + use<> {
        nights(self.check_in, self.check_out)
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
