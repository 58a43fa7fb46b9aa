//! Events on their way to the sender's webhook, with the login that its address names. Nothing signs the body.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{Email, EventKind, Suppression};
use super::{Provider, address};
use crate::delivery::{Attempt, Delivery, DeliveryError, Manner, Webhook};

const SERVER_ID: u32 = 23;

/// Why an event was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    #[error("there is no email {0} in the inbox")]
    UnknownEmail(Uuid),
    #[error("the login must be `user:password`")]
    Login,
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
    /// `user:password`, as it would stand in the address.
    pub login: String,
    #[serde(default)]
    pub manner: Manner,
}

/// An event that happened to an email.
#[derive(Clone, Debug)]
struct Happened {
    /// Postmark's number of it.
    id: u64,
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
        login: &str,
    ) -> Result<Delivery, EventError> {
        let order = EventOrder {
            email,
            events: vec![kind],
            url: url.to_owned(),
            login: login.to_owned(),
            manner: Manner::Normal,
        };
        Ok(self.deliver_events(&order).await?.remove(0))
    }

    /// Delivers several events; the answers come in the order of the deliveries.
    pub async fn deliver_events(&self, order: &EventOrder) -> Result<Vec<Delivery>, EventError> {
        let email = self
            .email(order.email)
            .ok_or(EventError::UnknownEmail(order.email))?;
        let (user, password) = order.login.split_once(':').ok_or(EventError::Login)?;
        if user.is_empty() || password.is_empty() {
            return Err(EventError::Login);
        }
        let happened = self.happen(&email, &order.events);
        let mut deliveries = Vec::new();
        for attempt in order.manner.attempts(&happened) {
            let webhook = webhook(&email, &attempt, &order.login);
            deliveries.push(self.courier().deliver(&order.url, webhook).await?);
        }
        Ok(deliveries)
    }

    /// Lets events happen to an email, a second apart. Who bounced or complained gets nothing any more.
    fn happen(&self, email: &Email, kinds: &[EventKind]) -> Vec<Happened> {
        let now = self.now();
        let mut memory = self.memory();
        for reason in kinds.iter().filter_map(|kind| kind.suppresses()) {
            let suppression = Suppression::new(&recipient(email), reason, now);
            memory.suppress(&email.message_stream, suppression);
        }
        let happened: Vec<Happened> = kinds
            .iter()
            .rev()
            .zip(0..)
            .map(|(kind, seconds_ago)| {
                memory.ids += 1;
                Happened {
                    id: memory.ids,
                    kind: *kind,
                    at: now - SignedDuration::from_secs(seconds_ago),
                }
            })
            .collect();
        if let (Some(last), Some(kept)) = (
            kinds.last(),
            memory.inbox.iter_mut().find(|kept| kept.id == email.id),
        ) {
            kept.last_event = last.record_type().to_owned();
        }
        happened.into_iter().rev().collect()
    }
}

/// The webhook. Who alters one does not know the login.
fn webhook(email: &Email, attempt: &Attempt<Happened>, login: &str) -> Webhook {
    let happened = &attempt.subject;
    let (login, kind) = if attempt.altered {
        (format!("{login}?"), opposite(happened.kind))
    } else {
        (login.to_owned(), happened.kind)
    };
    let authorization = format!("Basic {}", BASE64_STANDARD.encode(login));
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (USER_AGENT, HeaderValue::from_static("Postmark")),
        (
            AUTHORIZATION,
            HeaderValue::try_from(authorization).expect("Base64 is plain ASCII"),
        ),
    ]);
    Webhook {
        id: happened.id.to_string(),
        method: Method::POST,
        headers,
        body: body(email, kind, happened).to_string(),
    }
}

fn opposite(kind: EventKind) -> EventKind {
    match kind {
        EventKind::Delivery => EventKind::HardBounce,
        _ => EventKind::Delivery,
    }
}

fn recipient(email: &Email) -> String {
    email
        .to
        .first()
        .and_then(|mailbox| address::bare(mailbox))
        .unwrap_or_default()
}

/// By <https://postmarkapp.com/developer/webhooks/webhooks-overview> and the pages below it.
fn body(email: &Email, kind: EventKind, happened: &Happened) -> Value {
    let mut body = json!({
        "RecordType": kind.record_type(),
        "MessageStream": email.message_stream,
        "MessageID": email.id,
        "ServerID": SERVER_ID,
        "Tag": email.tag.clone().unwrap_or_default(),
        "Metadata": email.metadata,
    });
    let at = format!("{:.7}", happened.at);
    if let (Value::Object(body), Value::Object(details)) =
        (&mut body, details(email, kind, (happened.id, &at)))
    {
        body.extend(details);
    }
    body
}

/// What an event says besides the email.
fn details(email: &Email, kind: EventKind, (id, at): (u64, &str)) -> Value {
    let recipient = recipient(email);
    let failure = |kind: &str, code: u32, inactive: bool| {
        json!({
            "ID": id, "Type": kind, "TypeCode": code, "Name": kind, "Description": "What this kind means.",
            "Details": format!("smtp;550 <{recipient}> did not take it"), "Email": recipient, "From": email.from,
            "BouncedAt": at, "DumpAvailable": false, "Inactive": inactive, "CanActivate": inactive,
            "Subject": email.subject,
        })
    };
    match kind {
        EventKind::Delivery => json!({
            "Recipient": recipient, "DeliveredAt": at, "Details": "smtp;250 2.0.0 OK",
        }),
        EventKind::HardBounce => failure("HardBounce", 1, true),
        EventKind::SoftBounce => failure("SoftBounce", 4096, false),
        EventKind::Transient => failure("Transient", 2, false),
        EventKind::SpamComplaint => {
            let mut complaint = failure("SpamComplaint", 512, true);
            complaint["CanActivate"] = json!(false);
            complaint
        }
        EventKind::Open => json!({ "Recipient": recipient, "FirstOpen": true, "ReceivedAt": at }),
        EventKind::Click => json!({
            "Recipient": recipient, "ReceivedAt": at, "OriginalLink": "https://hotel.example/stay",
        }),
        EventKind::SubscriptionChange => json!({
            "Recipient": recipient, "ChangedAt": at, "Origin": "Recipient", "SuppressSending": true,
            "SuppressionReason": "ManualSuppression",
        }),
    }
}
