//! Quiet Harbour's JSON, as it is.

use roomwire_plugin_sdk::{Date, Decimal, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Debug, Deserialize)]
pub(crate) struct Property {
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Products {
    pub(crate) products: Vec<Product>,
}

/// One rate of a room.
#[derive(Debug, Deserialize)]
pub(crate) struct Product {
    pub(crate) room: String,
    pub(crate) room_name: String,
    pub(crate) rate: String,
    pub(crate) rate_name: String,
    pub(crate) sleeps: Option<u16>,
    pub(crate) currency: Option<String>,
    pub(crate) open: bool,
}

/// The body of `POST …/calendar`.
#[derive(Debug, Serialize)]
pub(crate) struct Changes<'a> {
    pub(crate) changes: Vec<Change<'a>>,
}

/// A field that is left out stays as it is; `null` removes a restriction.
#[derive(Debug, Serialize)]
pub(crate) struct Change<'a> {
    pub(crate) id: &'a str,
    pub(crate) room: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rate: Option<&'a str>,
    /// Both nights are included.
    pub(crate) first: Date,
    pub(crate) last: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) units: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) price: Option<Price<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_nights: Option<Option<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_nights: Option<Option<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) no_arrival: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) no_departure: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) closed: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Price<'a> {
    pub(crate) amount: Decimal,
    pub(crate) currency: &'a str,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Results {
    pub(crate) results: Vec<Taken>,
}

/// What became of one change.
#[derive(Debug, Deserialize)]
pub(crate) struct Taken {
    pub(crate) id: String,
    pub(crate) taken: bool,
    /// Where it was not taken.
    #[serde(default)]
    pub(crate) field: String,
    #[serde(default)]
    pub(crate) reason: String,
}

/// Bookings are read one by one, so that one which is broken does not hide the others.
#[derive(Debug, Deserialize)]
pub(crate) struct Bookings {
    pub(crate) bookings: Vec<Box<RawValue>>,
    pub(crate) next: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Booking {
    pub(crate) id: String,
    /// Counts up with every change.
    pub(crate) version: i64,
    pub(crate) status: String,
    pub(crate) booked_at: Timestamp,
    pub(crate) currency: String,
    pub(crate) total: Decimal,
    pub(crate) guest: Guest,
    pub(crate) remarks: Option<String>,
    pub(crate) stays: Vec<Stay>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Guest {
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
}

/// One room of a booking.
#[derive(Debug, Deserialize)]
pub(crate) struct Stay {
    pub(crate) room: String,
    pub(crate) rate: String,
    pub(crate) arrival: Date,
    pub(crate) departure: Date,
    pub(crate) adults: u16,
    #[serde(default)]
    pub(crate) children_ages: Vec<u8>,
    /// One price a night, in order.
    #[serde(default)]
    pub(crate) nights: Vec<Decimal>,
}
