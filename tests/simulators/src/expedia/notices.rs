//! Expedia's notifications: signed over their time and their body, with one signature or, while a secret rotates, two.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::Sha256;

use super::Channel;
use crate::delivery::{Attempt, Delivery, DeliveryError, Manner, Webhook};

/// Milliseconds since 1970.
pub const TIMESTAMP_HEADER: &str = "x-eg-notification-timestamp";
pub const SIGNATURE_HEADER: &str = "x-eg-notification-signature-v2";

/// What a notification tells of. None is about a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventType {
    MessageThreadCreated,
    MessageReceived,
    MessageAttributesUpdated,
    PropertyStatusMinRequirementMissing,
    PropertyStatusChanged,
    GuestReviewSubmitted,
    ReviewsApproved,
    ReviewsManagementResponseApproved,
    ReviewsManagementResponseRejected,
}

/// Why a notification was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum NotificationError {
    #[error("a notification is signed with one secret or more: give `secrets`")]
    NoSecret,
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

/// Where notifications go, and the secrets that sign them: two while they rotate, the new one first.
#[derive(Clone, Copy, Debug)]
pub struct Receiver<'a> {
    pub url: &'a str,
    pub secrets: &'a [&'a str],
}

/// The Base64 of HMAC-SHA256 over `timestamp.body`; the secret's text is the key.
pub fn sign(secret: &str, milliseconds: i64, body: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(format!("{milliseconds}.{body}").as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

impl Channel {
    /// Tells of an event.
    pub async fn notify(
        &self,
        event: EventType,
        receiver: Receiver<'_>,
    ) -> Result<Delivery, NotificationError> {
        let mut made = self.notify_all(&[event], receiver, Manner::Normal).await?;
        Ok(made.remove(0))
    }

    /// Tells of several, in a manner of choice; the answers come in the order of the deliveries.
    pub async fn notify_all(
        &self,
        events: &[EventType],
        receiver: Receiver<'_>,
        manner: Manner,
    ) -> Result<Vec<Delivery>, NotificationError> {
        let mut made = Vec::new();
        for attempt in manner.attempts(events) {
            let webhook = self.told(&attempt, receiver, self.now())?;
            made.push(self.courier().deliver(receiver.url, webhook).await?);
        }
        Ok(made)
    }

    /// Tells of an event as it was signed at another time: somebody recorded it.
    pub async fn replay(
        &self,
        event: EventType,
        receiver: Receiver<'_>,
        signed_at: Timestamp,
    ) -> Result<Delivery, NotificationError> {
        let attempt = Attempt {
            subject: event,
            retry: 0,
            altered: false,
        };
        let webhook = self.told(&attempt, receiver, signed_at)?;
        Ok(self.courier().deliver(receiver.url, webhook).await?)
    }

    fn told(
        &self,
        attempt: &Attempt<EventType>,
        receiver: Receiver<'_>,
        at: Timestamp,
    ) -> Result<Webhook, NotificationError> {
        let property = self.world().places.keys().next().cloned();
        let body = |altered: bool| {
            let notification = json!({
                "notification_event_type": attempt.subject, "property_id": property, "altered": altered,
            });
            notification.to_string()
        };
        let letter = Letter {
            id: format!("{:?}", attempt.subject),
            media_type: "application/json",
            signed: body(false),
            sent: body(attempt.altered),
        };
        receiver.signed(letter, at)
    }
}

/// A body on its way, and the one that its signature is of.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) id: String,
    pub(super) media_type: &'static str,
    pub(super) signed: String,
    pub(super) sent: String,
}

impl Receiver<'_> {
    /// Signs with each of the secrets, in one list.
    pub(super) fn signed(
        self,
        letter: Letter,
        at: Timestamp,
    ) -> Result<Webhook, NotificationError> {
        let milliseconds = at.as_millisecond();
        let signatures: Vec<String> = self
            .secrets
            .iter()
            .map(|secret| sign(secret, milliseconds, &letter.signed))
            .collect();
        if signatures.is_empty() {
            return Err(NotificationError::NoSecret);
        }
        let signature = format!("sha256={}", signatures.join(","));
        let signature = HeaderValue::from_str(&signature).expect("Base64 is a header's value");
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(letter.media_type)),
            (
                HeaderName::from_static(TIMESTAMP_HEADER),
                HeaderValue::from(milliseconds),
            ),
            (HeaderName::from_static(SIGNATURE_HEADER), signature),
        ];
        Ok(Webhook {
            id: letter.id,
            method: Method::POST,
            headers: HeaderMap::from_iter(headers),
            body: letter.sent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn the_known_vector_is_reproduced() {
        let body = r#"{"notification_event_type":"test"}"#;
        let signature = sign("expedia-test-secret", 1_674_149_042_995, body);
        assert_eq!(signature, "/VRd0h+YOdnMwX2IGPNWxajZ/91SFEhdL/eG0XUhysA=");
    }
}
