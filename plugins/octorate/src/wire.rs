//! Octorate's JSON: only the fields that we use, and as lenient as its clients have to be.

use roomwire_plugin_sdk::{Date, Decimal};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// An id, which comes as a string or as a number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Id(pub(crate) String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Number(u64),
        }
        Ok(Self(match Form::deserialize(deserializer)? {
            Form::Text(text) => text,
            Form::Number(number) => number.to_string(),
        }))
    }
}

/// Java writes `null` for what is not there, where its absence would do.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// One page of a list. Whether the first page is 0 or 1 is not documented.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct Page<T> {
    #[serde(deserialize_with = "or_default")]
    pub(crate) data: Vec<T>,
    pub(crate) page: Option<u32>,
    #[serde(rename = "totalPages")]
    pub(crate) total_pages: Option<u32>,
}

/// The body of an error.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Problem {
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub(crate) kind: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) message: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accommodation {
    pub(crate) id: Option<Id>,
    pub(crate) name: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) currency: Option<String>,
}

/// One event and where it is told.
#[derive(Debug, Deserialize)]
pub(crate) struct Subscription {
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub(crate) kind: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) endpoint: String,
    pub(crate) enabled: Option<bool>,
}

/// A product with its days.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Calendar {
    pub(crate) id: Id,
    pub(crate) name: Option<String>,
    pub(crate) room_name: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) max_occupancy: Option<u16>,
    pub(crate) active: Option<bool>,
    pub(crate) parent_id: Option<Id>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) days: Vec<Day>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Day {
    pub(crate) date: Date,
    pub(crate) availability: Option<i64>,
    pub(crate) price: Option<Decimal>,
    pub(crate) min_stay: Option<u32>,
    pub(crate) max_stay: Option<u32>,
    pub(crate) close_to_arrival: Option<bool>,
    pub(crate) close_to_departure: Option<bool>,
    pub(crate) stop_sells: Option<bool>,
    pub(crate) cut_off_days: Option<u32>,
}

/// One item of `POST /calendar/bulk`; both dates are included.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BulkItem {
    /// The product's id.
    pub(crate) room: String,
    pub(crate) date_from: Date,
    pub(crate) date_to: Date,
    pub(crate) values: Values,
}

/// Absent values stay as they are.
#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Values {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) availability: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) price: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_stay: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_stay: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) close_to_arrival: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) close_to_departure: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stop_sells: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cut_off_days: Option<u32>,
}

/// The answer of `POST /calendar/bulk`: processing goes on under these job ids.
#[derive(Debug, Deserialize)]
pub(crate) struct BulkAnswer {
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) process: Vec<Id>,
    pub(crate) success: bool,
    pub(crate) message: Option<String>,
}

/// A reservation. Instants are in Java's zoned form, and most of them are local midnights.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reservation {
    pub(crate) id: Id,
    pub(crate) refer: Option<String>,
    pub(crate) channel_refer: Option<String>,
    pub(crate) channel_name: Option<String>,
    pub(crate) status: String,
    pub(crate) checkin: Option<String>,
    pub(crate) checkout: Option<String>,
    pub(crate) create_time: Option<String>,
    pub(crate) update_time: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) guests: Vec<Guest>,
    /// How many units of the product.
    pub(crate) rooms: Option<u16>,
    pub(crate) product: Id,
    pub(crate) room_gross: Option<Decimal>,
    pub(crate) total_gross: Option<Decimal>,
    pub(crate) currency: Option<String>,
    pub(crate) total_guest: Option<u16>,
    pub(crate) total_children: Option<u16>,
    pub(crate) total_infants: Option<u16>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) price_breakdown: Vec<PriceLine>,
    pub(crate) accommodation: Option<Accommodation>,
    pub(crate) notes: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Guest {
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub(crate) kind: String,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) language: Option<String>,
    /// A local date, unlike the reservation's own.
    pub(crate) checkin: Option<String>,
    pub(crate) checkout: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PriceLine {
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub(crate) kind: String,
    /// The instant of the night's local midnight.
    pub(crate) day: Option<String>,
    pub(crate) amount: Option<Decimal>,
}

/// What a webhook carries.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope {
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub(crate) kind: String,
    pub(crate) reference: Option<Id>,
    /// A JSON document as a string. Only its id is ever read, as a hint.
    pub(crate) content: Option<String>,
}

/// The only part of an envelope's content that is looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct ContentId {
    pub(crate) id: Id,
}

/// Reservations are read one by one, so that a broken one does not hide the others.
pub(crate) type ReservationPage = Page<Box<RawValue>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_as_good_as_nothing() {
        let reservation: Reservation = serde_json::from_str(
            r#"{"id": 1, "refer": null, "status": "CONFIRMED", "checkin": null, "guests": null, "rooms": null,
                "product": "9001", "totalGross": null, "totalGuest": null, "priceBreakdown": null,
                "accommodation": null, "notes": null}"#,
        )
        .expect("a reservation");
        assert!(reservation.guests.is_empty() && reservation.price_breakdown.is_empty());
        let guest: Guest =
            serde_json::from_str(r#"{"type": null, "firstName": null}"#).expect("a guest");
        assert_eq!(guest.kind, "");
        let line: PriceLine =
            serde_json::from_str(r#"{"type": null, "amount": null}"#).expect("a line");
        assert_eq!((line.kind.as_str(), line.amount), ("", None));
        let calendar: Calendar =
            serde_json::from_str(r#"{"id": 9, "days": null}"#).expect("a product");
        assert!(calendar.days.is_empty());
        let answer: BulkAnswer =
            serde_json::from_str(r#"{"process": null, "success": true, "message": null}"#)
                .expect("an answer");
        assert!(answer.process.is_empty());
        let problem: Problem =
            serde_json::from_str(r#"{"type": null, "message": null}"#).expect("a problem");
        assert_eq!((problem.kind.as_str(), problem.message.as_str()), ("", ""));
        let page: Page<Id> =
            serde_json::from_str(r#"{"data": null, "page": null, "totalPages": null}"#)
                .expect("a page");
        assert!(page.data.is_empty());
        let envelope: Envelope =
            serde_json::from_str(r#"{"type": null, "reference": null, "content": null}"#)
                .expect("an envelope");
        assert_eq!(envelope.kind, "");
    }
}
