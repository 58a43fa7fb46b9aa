//! Booking notifications (BN): a transaction is told in SOAP with the whole booking, and the answer is its confirmation.
//!
//! The login stands in the header, as is published. The signature beside it is that of the other notifications.

#[cfg(test)]
mod tests;

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::bookings::by_mail;
use super::model::{Kind, Status, Transaction};
use super::notices::{Letter, Receiver};
use super::world::World;
use super::xml::{self, Node};
use super::{Channel, NotificationError};
use crate::delivery::{Attempt, Delivery, Manner, Webhook};
use crate::money;

const OTA: &str = "http://www.opentravel.org/OTA/2003/05";
const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// Whose number an id is: the hotel's, or Expedia's.
const OURS: &str = "3";
const EXPEDIAS: &str = "8";

/// A booking notification that was delivered, and the confirmation number that its answer holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Announced {
    pub delivery: Delivery,
    /// Absent where the answer is no confirmation: then BR tells the transaction still.
    pub confirmed: Option<String>,
}

impl Channel {
    /// Tells of transactions, in a manner of choice; the answers come in the order of the deliveries.
    pub async fn announce(
        &self,
        transactions: &[Transaction],
        receiver: Receiver<'_>,
        manner: Manner,
    ) -> Result<Vec<Announced>, NotificationError> {
        let mut made = Vec::new();
        for attempt in manner.attempts(transactions) {
            made.push(self.announced(&attempt, receiver, self.now()).await?);
        }
        Ok(made)
    }

    /// Tells of a transaction as it was signed at another time: somebody recorded it.
    pub async fn announce_signed_at(
        &self,
        transaction: &Transaction,
        receiver: Receiver<'_>,
        signed_at: Timestamp,
    ) -> Result<Announced, NotificationError> {
        let attempt = Attempt {
            subject: transaction.clone(),
            retry: 0,
            altered: false,
        };
        self.announced(&attempt, receiver, signed_at).await
    }

    async fn announced(
        &self,
        attempt: &Attempt<Transaction>,
        receiver: Receiver<'_>,
        at: Timestamp,
    ) -> Result<Announced, NotificationError> {
        let webhook = self.envelope(attempt, receiver, at)?;
        let delivery = self.courier().deliver(receiver.url, webhook).await?;
        let told = confirmation(&delivery, &attempt.subject);
        let now = self.now();
        let confirmed =
            told.filter(|number| take(&mut self.world(), &attempt.subject, (number.as_str(), now)));
        Ok(Announced {
            delivery,
            confirmed,
        })
    }

    fn envelope(
        &self,
        attempt: &Attempt<Transaction>,
        receiver: Receiver<'_>,
        at: Timestamp,
    ) -> Result<Webhook, NotificationError> {
        let one = &attempt.subject;
        let mut other = one.clone();
        // A cancellation holds nothing else that could be altered.
        other.booking.push('0');
        let text = |told: &Transaction| {
            let told = Node::new("soap:Body").containing([message(&self.world(), told)]);
            Node::new("soap:Envelope")
                .with("xmlns:soap", SOAP)
                .containing([self.header(attempt, at), told])
                .document()
        };
        let signed = text(one);
        let letter = Letter {
            id: format!("{}/{}", one.kind.as_str(), one.booking),
            media_type: "text/xml",
            sent: if attempt.altered {
                text(&other)
            } else {
                signed.clone()
            },
            signed,
        };
        receiver.signed(letter, at)
    }

    /// The login, which request it is, whether it is repeated, and until when an answer is awaited.
    fn header(&self, attempt: &Attempt<Transaction>, at: Timestamp) -> Node {
        let (username, password) = self.login();
        let one = &attempt.subject;
        let login = Node::new("Authentication")
            .with("username", username)
            .with("password", password);
        let expires = at + SignedDuration::from_mins(1);
        let payload = Node::new("PayloadInfo")
            .with(
                "RequestId",
                format!("{}-{}", one.booking, one.kind.as_str()),
            )
            .with("RetryIndicator", (attempt.retry > 0).to_string())
            .with("ExpirationDateTime", expires.to_string());
        Node::new("soap:Header").containing([login, payload])
    }
}

/// The names of the message that tells of a transaction, and of its answer.
fn names(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Book => ("OTA_HotelResNotifRQ", "OTA_HotelResNotifRS"),
        Kind::Modify => ("OTA_HotelResModifyNotifRQ", "OTA_HotelResModifyNotifRS"),
        Kind::Cancel => ("OTA_CancelRQ", "OTA_CancelRS"),
    }
}

/// The whole booking as it is from this transaction on; a cancellation names it alone.
fn message(world: &World, one: &Transaction) -> Node {
    let (name, _) = names(one.kind);
    let message = Node::new(name).with("xmlns", OTA);
    let (list, entry) = match one.kind {
        Kind::Book => ("HotelReservations", "HotelReservation"),
        Kind::Modify => ("HotelResModifies", "HotelResModify"),
        Kind::Cancel => {
            let id = Node::new("UniqueID").with("Type", "14");
            return message.containing([id.with("ID", one.booking.as_str())]);
        }
    };
    let id = Node::new("HotelReservationID")
        .with("ResID_Type", EXPEDIAS)
        .with("ResID_Value", one.booking.as_str());
    let ids = Node::new("HotelReservationIDs").containing([id]);
    let global = Node::new("ResGlobalInfo").containing([ids]);
    let stays = Node::new("RoomStays").containing([stay(world, one)]);
    let entry = Node::new(entry).containing([stays, guests(one), global]);
    message.containing([Node::new(list).containing([entry])])
}

fn stay(world: &World, one: &Transaction) -> Node {
    let request = &one.request;
    let place = world.places.get(&one.property);
    let (currency, decimals) = place.map_or(("", 2), |place| {
        (place.property.currency.as_str(), place.decimals)
    });
    let total = one.prices.values().copied().fold(0, i64::saturating_add);
    let total = money::print(total, decimals).get().to_owned();
    let room = world.room_of(&request.rate_plan).unwrap_or_default();
    let rate = Node::new("RoomRate")
        .with("RoomTypeCode", room)
        .with("RatePlanCode", request.rate_plan.as_str());
    let adults = Node::new("GuestCount")
        .with("AgeQualifyingCode", "10")
        .with("Count", request.adults.to_string());
    let dates = Node::new("TimeSpan")
        .with("Start", request.check_in.to_string())
        .with("End", request.check_out.to_string());
    // A test card: no hotel's system may keep it.
    let card = Node::new("PaymentCard")
        .with("CardCode", "VI")
        .with("CardNumber", "4111111111111111")
        .with("ExpireDate", "1230");
    let total = Node::new("Total")
        .with("AmountAfterTax", total)
        .with("CurrencyCode", currency);
    let hotel = Node::new("BasicPropertyInfo").with("HotelCode", one.property.as_str());
    Node::new("RoomStay").containing([
        Node::new("RoomRates").containing([rate]),
        Node::new("GuestCounts").containing([adults]),
        dates,
        Node::new("Guarantee").containing([card]),
        total,
        hotel,
    ])
}

fn guests(one: &Transaction) -> Node {
    let guest = &one.request.guest;
    let given = Node::new("GivenName").saying(guest.given_name.as_str());
    let surname = Node::new("Surname").saying(guest.surname.as_str());
    let name = Node::new("PersonName").containing([given, surname]);
    Node::new("ResGuests").containing([Node::new("ResGuest").containing([name])])
}

/// The hotel's number, where the answer is a confirmation of this transaction and of nothing else.
fn confirmation(answer: &Delivery, one: &Transaction) -> Option<String> {
    if answer.status != StatusCode::OK.as_u16() {
        return None;
    }
    let envelope = xml::read_soap(answer.answer.as_bytes()).ok()?;
    let (_, expected) = names(one.kind);
    let body = envelope.only("Body").ok()?;
    let told = body.only(expected).ok()?;
    let is_whole = envelope.name == "Envelope" && told.only("Success").is_ok();
    let mut ids = Vec::new();
    gather(told, &mut ids);
    let of = |kind: &str| {
        let mut all = ids
            .iter()
            .filter(|id| id.get("ResID_Type") == Some(kind))
            .filter_map(|id| id.get("ResID_Value"));
        // Two numbers would be a riddle.
        all.next().filter(|_| all.next().is_none())
    };
    let is_meant =
        is_whole && told.first("Errors").is_none() && of(EXPEDIAS) == Some(one.booking.as_str());
    let number = of(OURS).filter(|number| !number.is_empty());
    number.filter(|_| is_meant).map(str::to_owned)
}

fn gather<'a>(node: &'a Node, ids: &mut Vec<&'a Node>) {
    for child in &node.children {
        if child.name == "HotelReservationID" {
            ids.push(child);
        }
        gather(child, ids);
    }
}

/// Keeps the number, unless the time for it is over. False where the transaction is not known.
fn take(world: &mut World, told: &Transaction, (number, now): (&str, Timestamp)) -> bool {
    if by_mail(world, &told.booking, now) {
        return false;
    }
    let is_told = |one: &&mut Transaction| {
        one.booking == told.booking && one.kind == told.kind && one.created == told.created
    };
    let mut all = world.transactions.iter_mut();
    let Some(one) = all.find(is_told) else {
        return false;
    };
    one.status = Status::Confirmed;
    one.confirm_number = Some(number.to_owned());
    true
}
