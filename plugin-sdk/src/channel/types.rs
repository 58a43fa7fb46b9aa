//! The records of the channel contract that hold dates: the wire has text and milliseconds, authors have types.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Guest, NumberChange, OccupancyPrice, ProductCode, ReservationStatus};
use crate::bindings::channel::roomwire::channel::types as wire;
use crate::context::parse_date;
use crate::{Extensions, Failure, Money};

/// A change of one product over consecutive nights.
/// Absent values stay as they are at the channel; `clear` removes a restriction.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct AriUpdate {
    /// The host's; echoed in the item's result.
    pub id: String,
    pub target: ProductCode,
    /// The first and the last night, both included.
    pub first_night: Date,
    pub last_night: Date,
    /// Units for sale; never negative.
    #[serde(default)]
    pub availability: Option<u32>,
    /// The room's price a night, for its standard occupancy.
    #[serde(default)]
    pub price: Option<Money>,
    /// Prices by number of adults, where the manifest says `occupancy_prices`: they come with every price.
    #[serde(default)]
    pub occupancy_prices: Vec<OccupancyPrice>,
    #[serde(default = "unchanged")]
    pub min_stay_arrival: NumberChange,
    #[serde(default = "unchanged")]
    pub min_stay_through: NumberChange,
    #[serde(default = "unchanged")]
    pub max_stay: NumberChange,
    #[serde(default = "unchanged")]
    pub cut_off_days: NumberChange,
    #[serde(default)]
    pub closed_to_arrival: Option<bool>,
    #[serde(default)]
    pub closed_to_departure: Option<bool>,
    #[serde(default)]
    pub stop_sell: Option<bool>,
    #[serde(default)]
    pub extensions: Extensions,
}

impl AriUpdate {
    /// What a channel is told of it, and why not all of that. A price that is refused must not keep a night open that the
    /// hotel closed: the closing goes without it. Nothing opens at a price that is not the hotel's.
    #[must_use]
    pub fn say_or_close<Said>(
        &self,
        say: impl Fn(&Self) -> Result<Said, Failure>,
    ) -> (Option<Said>, Option<Failure>) {
        match say(self) {
            Ok(said) => (Some(said), None),
            Err(failure) if self.stop_sell == Some(true) => {
                let closing = Self {
                    price: None,
                    occupancy_prices: Vec::new(),
                    ..self.clone()
                };
                (say(&closing).ok(), Some(failure))
            }
            Err(failure) => (None, Some(failure)),
        }
    }
}

fn unchanged() -> NumberChange {
    NumberChange::Unchanged
}

/// What the channel shows for one product and night. Absent: the channel does not tell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AriNight {
    pub product: ProductCode,
    pub night: Date,
    pub availability: Option<u32>,
    pub price: Option<Money>,
    pub min_stay_arrival: Option<u32>,
    pub min_stay_through: Option<u32>,
    pub max_stay: Option<u32>,
    pub cut_off_days: Option<u32>,
    pub closed_to_arrival: Option<bool>,
    pub closed_to_departure: Option<bool>,
    pub stop_sell: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Extensions,
}

impl AriNight {
    /// A night of which nothing is known yet.
    #[must_use]
    pub fn unknown(product: ProductCode, night: Date) -> Self {
        Self {
            product,
            night,
            availability: None,
            price: None,
            min_stay_arrival: None,
            min_stay_through: None,
            max_stay: None,
            cut_off_days: None,
            closed_to_arrival: None,
            closed_to_departure: None,
            stop_sell: None,
            extensions: Vec::new(),
        }
    }
}

/// The price of one night.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NightPrice {
    pub night: Date,
    pub price: Money,
}

/// One room of a reservation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReservationRoom {
    /// The channel's id of this line, where it has one.
    pub id: Option<String>,
    pub product: ProductCode,
    pub check_in: Date,
    /// The day of departure: the night before it is the last.
    pub check_out: Date,
    pub adults: u16,
    pub children_ages: Vec<u8>,
    /// One price a night, in order; empty where the channel gives only a total.
    pub nights: Vec<NightPrice>,
    pub guests: Vec<Guest>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Extensions,
}

/// The full current state of a channel reservation. What is missing here is not part of it any more.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Revision {
    /// The channel's stable id of the reservation.
    pub reservation: String,
    /// This version's id, unique within the reservation.
    pub revision: String,
    /// A later revision's is greater. UTC milliseconds where the channel has no sequence.
    pub order: i64,
    pub status: ReservationStatus,
    /// Where the guest booked, when the channel stands between.
    pub source: Option<String>,
    pub booker: Guest,
    pub rooms: Vec<ReservationRoom>,
    pub total: Money,
    pub notes: Option<String>,
    pub booked_at: Option<Timestamp>,
    /// What `acknowledge` must say, where the channel wants an acknowledgement.
    pub acknowledgement: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Extensions,
}

/// A page of revisions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RevisionPage {
    pub revisions: Vec<Revision>,
    /// Present while there is more to read.
    pub next: Option<String>,
}

/// What a webhook hints at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum ChannelEvent {
    /// A reservation was made, changed or cancelled: the host fetches it by this reference.
    Reservation(String),
    /// The full state came with the webhook (channels that cannot be asked).
    Revision(Box<Revision>),
    /// The channel's calendar was edited there: parity should look.
    Calendar,
    /// A guest or the hotel wrote: the host pulls the messages.
    Message,
    /// A ping, or a subject that the connector does not serve.
    Ignored(String),
}

impl TryFrom<wire::AriUpdate> for AriUpdate {
    type Error = Failure;

    fn try_from(update: wire::AriUpdate) -> Result<Self, Failure> {
        Ok(Self {
            id: update.id,
            target: update.target,
            first_night: parse_date(&update.first_night)?,
            last_night: parse_date(&update.last_night)?,
            availability: update.availability,
            price: update.price,
            occupancy_prices: update.occupancy_prices,
            min_stay_arrival: update.min_stay_arrival,
            min_stay_through: update.min_stay_through,
            max_stay: update.max_stay,
            cut_off_days: update.cut_off_days,
            closed_to_arrival: update.closed_to_arrival,
            closed_to_departure: update.closed_to_departure,
            stop_sell: update.stop_sell,
            extensions: update.extensions,
        })
    }
}

impl From<AriNight> for wire::AriNight {
    fn from(night: AriNight) -> Self {
        Self {
            product: night.product,
            night: night.night.to_string(),
            availability: night.availability,
            price: night.price,
            min_stay_arrival: night.min_stay_arrival,
            min_stay_through: night.min_stay_through,
            max_stay: night.max_stay,
            cut_off_days: night.cut_off_days,
            closed_to_arrival: night.closed_to_arrival,
            closed_to_departure: night.closed_to_departure,
            stop_sell: night.stop_sell,
            extensions: night.extensions,
        }
    }
}

impl From<ReservationRoom> for wire::ReservationRoom {
    fn from(room: ReservationRoom) -> Self {
        Self {
            id: room.id,
            product: room.product,
            check_in: room.check_in.to_string(),
            check_out: room.check_out.to_string(),
            adults: room.adults,
            children_ages: room.children_ages,
            nights: room
                .nights
                .into_iter()
                .map(|night| wire::NightPrice {
                    night: night.night.to_string(),
                    price: night.price,
                })
                .collect(),
            guests: room.guests,
            extensions: room.extensions,
        }
    }
}

impl From<Revision> for wire::Revision {
    fn from(revision: Revision) -> Self {
        Self {
            reservation: revision.reservation,
            revision: revision.revision,
            order: revision.order,
            status: revision.status,
            source: revision.source,
            booker: revision.booker,
            rooms: revision.rooms.into_iter().map(Into::into).collect(),
            total: revision.total,
            notes: revision.notes,
            booked_at: revision.booked_at.map(Timestamp::as_millisecond),
            acknowledgement: revision.acknowledgement,
            extensions: revision.extensions,
        }
    }
}

impl From<RevisionPage> for wire::RevisionPage {
    fn from(page: RevisionPage) -> Self {
        Self {
            revisions: page.revisions.into_iter().map(Into::into).collect(),
            next: page.next,
        }
    }
}

impl From<ChannelEvent> for wire::ChannelEvent {
    fn from(event: ChannelEvent) -> Self {
        match event {
            ChannelEvent::Reservation(reference) => Self::Reservation(reference),
            ChannelEvent::Revision(revision) => Self::Revision((*revision).into()),
            ChannelEvent::Calendar => Self::Calendar,
            ChannelEvent::Message => Self::Other("message".to_owned()),
            ChannelEvent::Ignored(why) => Self::Ignored(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_night_that_is_closed_is_closed_also_where_its_price_is_refused() {
        let refusing = |update: &AriUpdate| match &update.price {
            Some(_) => Err(Failure::Permanent("no such price".to_owned())),
            None => Ok(update.stop_sell),
        };
        let update = |stop_sell: Option<bool>| -> AriUpdate {
            let price = json!({"minor": 100, "currency": "EUR"});
            let update = json!({"id": "1", "target": {"room": "DBL", "rate": null}, "first_night": "2026-12-01",
                "last_night": "2026-12-01", "price": price, "stop_sell": stop_sell});
            serde_json::from_value(update).expect("an update")
        };
        let (said, refusal) = update(Some(true)).say_or_close(refusing);
        assert_eq!(said, Some(Some(true)));
        assert!(refusal.is_some());
        for open in [Some(false), None] {
            let (said, refusal) = update(open).say_or_close(refusing);
            assert_eq!(said, None);
            assert!(refusal.is_some());
        }
    }
}
