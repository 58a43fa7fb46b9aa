//! Channex's webhooks: what happened and to which booking, with a secret in a header, and no signature.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Channel;
use super::model::{Revision, Status};
use super::threads::{Thread, Written};
use crate::delivery::{Attempt, Delivery, DeliveryError, Manner, Webhook};

/// The header that a webhook's own configuration adds.
pub const SECRET_HEADER: &str = "x-channex-webhook-secret";

/// What a webhook tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    BookingNew,
    BookingModification,
    BookingCancellation,
    BookingUnmappedRoom,
    NonAckedBooking,
    Ari,
    Message,
}

impl EventType {
    /// What tells of a revision.
    pub fn of(status: Status) -> Self {
        match status {
            Status::New => Self::BookingNew,
            Status::Modified => Self::BookingModification,
            Status::Cancelled => Self::BookingCancellation,
        }
    }
}

/// Why a webhook was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("there is no revision {0} to tell of: book first")]
    UnknownRevision(String),
    #[error("there is no message {0} to tell of: have a guest write first")]
    UnknownMessage(String),
    #[error("`{0}` cannot be the value of a header")]
    Secret(String),
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

/// Where webhooks go, and the secret that was configured for them.
#[derive(Clone, Copy, Debug)]
pub struct Receiver<'a> {
    pub url: &'a str,
    pub secret: &'a str,
}

impl Channel {
    /// Tells of a revision.
    pub async fn deliver(
        &self,
        revision: &str,
        receiver: Receiver<'_>,
    ) -> Result<Delivery, WebhookError> {
        let revisions = [revision.to_owned()];
        let mut made = self
            .deliver_all(&revisions, receiver, Manner::Normal)
            .await?;
        Ok(made.remove(0))
    }

    /// Tells of several, in a manner of choice; the answers come in the order of the deliveries.
    pub async fn deliver_all(
        &self,
        revisions: &[String],
        receiver: Receiver<'_>,
        manner: Manner,
    ) -> Result<Vec<Delivery>, WebhookError> {
        let mut made = Vec::new();
        for attempt in manner.attempts(revisions) {
            let webhook = self.told(&attempt, receiver.secret)?;
            made.push(self.courier().deliver(receiver.url, webhook).await?);
        }
        Ok(made)
    }

    /// Tells of messages, in a manner of choice; the answers come in the order of the deliveries.
    pub async fn deliver_messages(
        &self,
        messages: &[String],
        receiver: Receiver<'_>,
        manner: Manner,
    ) -> Result<Vec<Delivery>, WebhookError> {
        let mut made = Vec::new();
        for attempt in manner.attempts(messages) {
            let body = self.told_message(&attempt)?;
            let webhook = webhook(attempt.subject, body, receiver.secret)?;
            made.push(self.courier().deliver(receiver.url, webhook).await?);
        }
        Ok(made)
    }

    fn told_message(&self, attempt: &Attempt<String>) -> Result<String, WebhookError> {
        let world = self.world();
        let mut all = world
            .threads
            .iter()
            .flat_map(|thread| thread.messages.iter().map(move |one| (thread, one)));
        let known = all.find(|(_, written)| written.id == attempt.subject);
        let unknown = || WebhookError::UnknownMessage(attempt.subject.clone());
        let (thread, written) = known.ok_or_else(unknown)?;
        Ok(message_body(thread, written, attempt.altered))
    }

    /// Tells of something else than a booking: the calendar, or a message.
    pub async fn deliver_event(
        &self,
        event: EventType,
        user: Option<&str>,
        receiver: Receiver<'_>,
    ) -> Result<Delivery, WebhookError> {
        let property = self.world().places.keys().next().cloned();
        let body = json!({
            "event": event, "payload": { "property_id": property }, "property_id": property, "user_id": user,
            "timestamp": self.now().to_string(),
        });
        let webhook = webhook("event".to_owned(), body.to_string(), receiver.secret)?;
        Ok(self.courier().deliver(receiver.url, webhook).await?)
    }

    fn told(&self, attempt: &Attempt<String>, secret: &str) -> Result<Webhook, WebhookError> {
        let world = self.world();
        let unknown = || WebhookError::UnknownRevision(attempt.subject.clone());
        let known = world.revisions.iter().find(|one| one.id == attempt.subject);
        let body = body(known.ok_or_else(unknown)?, attempt.altered);
        webhook(attempt.subject.clone(), body, secret)
    }
}

/// A retry has the same body, so it is stamped with the revision's own instant.
fn body(revision: &Revision, altered: bool) -> String {
    let booking = &revision.booking;
    let mut payload = json!({
        "booking_id": booking.id, "property_id": booking.property, "revision_id": revision.id,
    });
    if altered {
        payload["status"] = json!("cancelled");
        payload["amount"] = json!("0.00");
    }
    json!({
        "event": EventType::of(booking.status), "payload": payload, "property_id": booking.property,
        "user_id": null, "timestamp": revision.inserted_at.to_string(),
    })
    .to_string()
}

fn message_body(thread: &Thread, written: &Written, altered: bool) -> String {
    let text = if altered {
        "what nobody wrote"
    } else {
        &written.text
    };
    json!({
        "event": EventType::Message, "property_id": thread.property, "user_id": null,
        "payload": {
            "id": written.id, "message": text, "sender": written.sender, "property_id": thread.property,
            "booking_id": thread.booking, "message_thread_id": thread.id, "attachments": written.attachments,
            "have_attachment": !written.attachments.is_empty(),
        },
        "timestamp": written.inserted_at.to_string(),
    })
    .to_string()
}

fn webhook(id: String, body: String, secret: &str) -> Result<Webhook, WebhookError> {
    let value = HeaderValue::from_str(secret);
    let secret = value.map_err(|_| WebhookError::Secret(secret.to_owned()))?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (HeaderName::from_static(SECRET_HEADER), secret),
    ];
    Ok(Webhook {
        id,
        method: Method::POST,
        headers: HeaderMap::from_iter(headers),
        body,
    })
}
