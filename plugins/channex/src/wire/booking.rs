//! Bookings and their revisions. Card data is in other fields, which are not read.

use std::collections::BTreeMap;

use roomwire_plugin_sdk::{Date, Decimal};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{List, or_default};

/// Revisions are read one by one, so that a broken one does not hide the others.
pub(crate) type RawPage = List<Box<RawValue>>;

/// The only part of a revision that is looked at where it is not understood.
#[derive(Debug, Deserialize)]
pub(crate) struct OnlyId {
    pub(crate) id: String,
}

/// A booking: what matters is its latest revision, which is asked for by itself.
#[derive(Debug, Deserialize)]
pub(crate) struct Booking {
    pub(crate) property_id: Option<String>,
    pub(crate) revision_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Revision {
    pub(crate) property_id: Option<String>,
    pub(crate) booking_id: String,
    pub(crate) unique_id: Option<String>,
    pub(crate) ota_reservation_code: Option<String>,
    pub(crate) ota_name: Option<String>,
    pub(crate) status: String,
    pub(crate) arrival_date: Option<Date>,
    pub(crate) departure_date: Option<Date>,
    pub(crate) arrival_hour: Option<String>,
    pub(crate) amount: Option<Decimal>,
    pub(crate) currency: Option<String>,
    pub(crate) notes: Option<String>,
    pub(crate) payment_collect: Option<String>,
    pub(crate) inserted_at: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) customer: Customer,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) rooms: Vec<Room>,
}

/// Who booked, or who stays.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Customer {
    pub(crate) name: Option<String>,
    pub(crate) surname: Option<String>,
    pub(crate) mail: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) language: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Room {
    /// Absent where the room is not mapped at Channex.
    pub(crate) room_type_id: Option<String>,
    pub(crate) rate_plan_id: Option<String>,
    pub(crate) ota_unique_id: Option<String>,
    pub(crate) checkin_date: Option<Date>,
    pub(crate) checkout_date: Option<Date>,
    pub(crate) amount: Option<Decimal>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) occupancy: Occupancy,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) days: BTreeMap<Date, Decimal>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) guests: Vec<Customer>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Occupancy {
    pub(crate) adults: Option<u16>,
    pub(crate) children: Option<u16>,
    pub(crate) infants: Option<u16>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) ages: Vec<u8>,
}

/// What a webhook carries.
#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) event: String,
    pub(crate) property_id: Option<String>,
    pub(crate) user_id: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) payload: Payload,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Payload {
    pub(crate) booking_id: Option<String>,
    pub(crate) property_id: Option<String>,
}
