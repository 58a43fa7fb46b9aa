//! Booking notifications (BN): a transaction is told in SOAP with the whole booking, and the answer is its confirmation.
//!
//! The login stands in the header, as is published. Where secrets are given there is a signature beside it, that of the
//! other notifications, which is not published.

mod answer;
mod message;
#[cfg(test)]
mod tests;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use self::answer::{Heard, heard};
use self::message::{RESPONDER, message, names, token};
use super::bookings::by_mail;
use super::model::{Status, Transaction};
use super::notices::{Letter, Receiver};
use super::world::World;
use super::xml::Node;
use super::{Channel, NotificationError};
use crate::delivery::{Attempt, Delivery, Manner, Webhook};

const HEADER: &str = "http://www.newtrade.com/expedia/R14/header";
const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// Whose number an id is: the hotel's, or Expedia's.
const OURS: &str = "3";
const EXPEDIAS: &str = "8";

/// A booking notification that was delivered, and the confirmation number that its answer holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Announced {
    pub delivery: Delivery,
    /// Absent where the answer is no confirmation: then BR tells the transaction still, or a mail.
    pub confirmed: Option<String>,
}

/// How often a notification is sent that gets neither a confirmation nor an error.
const MOST_ATTEMPTS: u32 = 4;

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

    /// Tells of what is not confirmed of a booking, as Expedia does: one transaction after the other, each again until it
    /// is confirmed, and nothing electronically any more once one went by mail.
    pub async fn announce_in_turn(
        &self,
        booking: &str,
        receiver: Receiver<'_>,
    ) -> Result<Vec<Announced>, NotificationError> {
        let mut made = Vec::new();
        let mut all = self.transactions();
        all.retain(|one| one.booking == booking && one.status != Status::Confirmed);
        for subject in all {
            for retry in 0..MOST_ATTEMPTS {
                if by_mail(&self.world(), booking, self.now()) {
                    return Ok(made);
                }
                let attempt = Attempt {
                    subject: subject.clone(),
                    retry,
                    altered: false,
                };
                made.push(self.announced(&attempt, receiver, self.now()).await?);
                if made.last().is_some_and(|last| last.confirmed.is_some()) {
                    break;
                }
            }
            if made.last().is_none_or(|last| last.confirmed.is_none()) {
                break;
            }
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
        let now = self.now();
        let confirmed = match heard(&delivery, &attempt.subject) {
            Heard::Confirmed(number) => {
                let is_taken = take(&mut self.world(), &attempt.subject, (number.as_str(), now));
                Some(number).filter(|_| is_taken)
            }
            Heard::Refused => {
                send_by_mail(&mut self.world(), &attempt.subject, now);
                None
            }
            Heard::Nothing => None,
        };
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
        if receiver.secrets.is_empty() {
            return Ok(unsigned(letter));
        }
        receiver.signed(letter, at)
    }

    /// The login, which request it is, whether it is repeated, and until when an answer is awaited.
    fn header(&self, attempt: &Attempt<Transaction>, at: Timestamp) -> Node {
        let (username, password) = self.booking_login();
        let one = &attempt.subject;
        let (name, _) = names(one.kind);
        let login = Node::new("Authentication")
            .with("Username", username)
            .with("Password", password);
        let comm = Node::new("CommDescriptor")
            .with("SourceId", "ExpediaDC")
            .with("DestinationId", RESPONDER)
            .with("RetryIndicator", (attempt.retry > 0).to_string())
            .containing([login]);
        let reference = Node::new("PayloadReference")
            .with("SupplierHotelCode", one.property.as_str())
            .with("DistributorHotelId", one.property.as_str());
        let descriptor = Node::new("PayloadDescriptor")
            .with("Name", name)
            .with("Version", "2003A")
            .containing([reference]);
        // The published fixed time.
        let expires = at + SignedDuration::from_mins(135);
        let payload = Node::new("PayloadInfo")
            .with("RequestId", token(one))
            .with("RequestorId", "Expedia.com")
            .with("ResponderId", RESPONDER)
            .with("ExpirationDateTime", expires.to_string())
            .with("Location", "Body")
            .containing([comm, descriptor]);
        let interface = Node::new("Interface")
            .with("xmlns", HEADER)
            .with("Name", "ExpediaDirectConnect")
            .with("Version", "4.0")
            .containing([payload]);
        Node::new("soap:Header").containing([interface])
    }
}

/// As it is published: the login in it is all that proves it.
fn unsigned(letter: Letter) -> Webhook {
    let media_type = (
        CONTENT_TYPE,
        HeaderValue::from_static("text/xml; charset=UTF-8"),
    );
    Webhook {
        id: letter.id,
        method: Method::POST,
        headers: HeaderMap::from_iter([media_type]),
        body: letter.sent,
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

/// From now on the booking is told by mail, and not electronically any more.
fn send_by_mail(world: &mut World, told: &Transaction, now: Timestamp) {
    let is_told = |one: &&mut Transaction| {
        one.booking == told.booking && one.kind == told.kind && one.created == told.created
    };
    if let Some(one) = world.transactions.iter_mut().find(is_told)
        && one.status != Status::Confirmed
    {
        one.expires = now;
    }
}
