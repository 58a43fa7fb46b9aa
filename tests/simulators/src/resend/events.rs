//! Events on their way to the sender's webhook, signed with Svix's headers.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Provider;
use super::model::{Email, EventKind};
use crate::delivery::{Attempt, Delivery, DeliveryError, Manner, Webhook};
use crate::standard_webhooks::{Secret, SecretError};

/// Why an event was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    #[error("there is no email {0} in the inbox")]
    UnknownEmail(Uuid),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

/// Events of one email, to be delivered in a manner of choice.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventOrder {
    pub email: Uuid,
    /// In the order in which they happen, a second apart; the last happens now.
    pub events: Vec<EventKind>,
    pub url: String,
    /// `whsec_` and Base64.
    pub signing_secret: String,
    #[serde(default)]
    pub manner: Manner,
}

/// An event that happened to an email.
#[derive(Clone, Debug)]
struct Happened {
    /// The `svix-id`: the same for every delivery of it.
    id: String,
    kind: EventKind,
    at: Timestamp,
}

impl Provider {
    /// Delivers one event, once.
    pub async fn deliver_event(
        &self,
        kind: EventKind,
        email: Uuid,
        url: &str,
        signing_secret: &str,
    ) -> Result<Delivery, EventError> {
        let email = self.email(email).ok_or(EventError::UnknownEmail(email))?;
        let secret = Secret::parse(signing_secret)?;
        let attempt = Attempt {
            subject: self.happen(&email, &[kind]).remove(0),
            retry: 0,
            altered: false,
        };
        let webhook = webhook(&email, &attempt, &secret, self.now());
        Ok(self.courier().deliver(url, webhook).await?)
    }

    /// Delivers several events; the answers come in the order of the deliveries.
    pub async fn deliver_events(&self, order: &EventOrder) -> Result<Vec<Delivery>, EventError> {
        let email = self
            .email(order.email)
            .ok_or(EventError::UnknownEmail(order.email))?;
        let secret = Secret::parse(&order.signing_secret)?;
        let happened = self.happen(&email, &order.events);
        let mut deliveries = Vec::new();
        for attempt in order.manner.attempts(&happened) {
            let webhook = webhook(&email, &attempt, &secret, self.now());
            deliveries.push(self.courier().deliver(&order.url, webhook).await?);
        }
        Ok(deliveries)
    }

    /// Lets events happen to an email, a second apart.
    fn happen(&self, email: &Email, kinds: &[EventKind]) -> Vec<Happened> {
        let now = self.now();
        let mut memory = self.memory();
        let happened: Vec<Happened> = kinds
            .iter()
            .rev()
            .zip(0..)
            .map(|(kind, seconds_ago)| Happened {
                id: format!("msg_{}", memory.next_id(now).simple()),
                kind: *kind,
                at: now - SignedDuration::from_secs(seconds_ago),
            })
            .collect();
        if let (Some(last), Some(kept)) = (
            kinds.last(),
            memory.inbox.iter_mut().find(|kept| kept.id == email.id),
        ) {
            kept.last_event = last.word().trim_start_matches("email.").to_owned();
        }
        happened.into_iter().rev().collect()
    }
}

/// The signed webhook. An altered one carries the signature of the true body.
fn webhook(email: &Email, attempt: &Attempt<Happened>, secret: &Secret, now: Timestamp) -> Webhook {
    let happened = &attempt.subject;
    let truth = body(email, happened.kind, happened.at);
    let signature = secret.sign(&happened.id, now, &truth);
    let body = if attempt.altered {
        body(email, opposite(happened.kind), happened.at)
    } else {
        truth
    };
    let text = |text: String| HeaderValue::try_from(text).expect("ids and Base64 are plain ASCII");
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (
            HeaderName::from_static("svix-id"),
            text(happened.id.clone()),
        ),
        (
            HeaderName::from_static("svix-timestamp"),
            text(now.as_second().to_string()),
        ),
        (HeaderName::from_static("svix-signature"), text(signature)),
    ]);
    Webhook {
        id: happened.id.clone(),
        method: Method::POST,
        headers,
        body,
    }
}

fn opposite(kind: EventKind) -> EventKind {
    match kind {
        EventKind::Delivered => EventKind::Bounced,
        _ => EventKind::Delivered,
    }
}

fn body(email: &Email, kind: EventKind, at: Timestamp) -> String {
    let mut data = json!({
        "email_id": email.id,
        "created_at": email.created_at,
        "from": email.from,
        "to": email.to,
        "subject": email.subject,
        "tags": email.tags,
    });
    if let Some((field, details)) = details(kind, at) {
        data[field] = details;
    }
    json!({ "type": kind.word(), "created_at": at, "data": data }).to_string()
}

/// What an event says besides the email (<https://resend.com/docs/dashboard/webhooks/body-parameters>).
fn details(kind: EventKind, at: Timestamp) -> Option<(&'static str, Value)> {
    let bounce = |message: &str, bounce_type: &str, sub_type: &str| {
        let details = json!({ "message": message, "type": bounce_type, "subType": sub_type });
        Some(("bounce", details))
    };
    match kind {
        EventKind::Bounced => bounce("The mailbox does not exist.", "Permanent", "General"),
        EventKind::BouncedTransient => bounce("The mailbox is full.", "Transient", "MailboxFull"),
        EventKind::BouncedSuppressed => bounce(
            "The address is on the suppression list.",
            "Permanent",
            "Suppressed",
        ),
        EventKind::Clicked => Some((
            "click",
            json!({
                "ipAddress": "192.0.2.7",
                "link": "https://hotel.example/stay",
                "timestamp": at,
                "userAgent": "Simulated Browser",
            }),
        )),
        EventKind::Failed => Some(("failed", json!({ "reason": "reached_daily_quota" }))),
        EventKind::Sent
        | EventKind::Delivered
        | EventKind::DeliveryDelayed
        | EventKind::Complained
        | EventKind::Opened => None,
    }
}
