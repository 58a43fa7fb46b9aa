//! Octorate's webhooks: the envelope around an event, and its delivery.

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;

use super::Channel;
use super::outbox::{Event, EventType};
use super::subscriptions::Subscription;
use super::wire::java_instant;
use crate::delivery::{Attempt, Delivery, DeliveryError, Manner, Webhook};

/// Octorate tries again after about this time.
const RETRY_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// Why a webhook was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("there is no reservation {0} to tell of: book one first")]
    UnknownReservation(u64),
    #[error("there is no event {0}: read the events' ids from the state")]
    UnknownEvent(u64),
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    #[serde(rename = "type")]
    event: EventType,
    id: u64,
    reference: String,
    create_time: String,
    retry: u32,
    next_try: String,
    subscription: Subscription,
    /// A JSON document as a string.
    content: String,
    hmac: String,
}

/// What a delivery tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    pub event: EventType,
    pub reservation: u64,
}

impl Channel {
    /// Delivers the newest event of this type about this reservation, or a new one where it never happened.
    pub async fn deliver(
        &self,
        event: EventType,
        reservation: u64,
        url: &str,
    ) -> Result<Delivery, WebhookError> {
        let event = self.event_about(Subject { event, reservation })?;
        let attempt = Attempt {
            subject: event,
            retry: 0,
            altered: false,
        };
        self.deliver_once(&attempt, url).await
    }

    /// Delivers several, in a manner of choice; the answers come in the order of the deliveries.
    pub async fn deliver_all(
        &self,
        subjects: &[Subject],
        url: &str,
        manner: Manner,
    ) -> Result<Vec<Delivery>, WebhookError> {
        let events = subjects
            .iter()
            .map(|subject| self.event_about(*subject))
            .collect::<Result<Vec<_>, _>>()?;
        self.deliver_events(&events, url, manner).await
    }

    /// Delivers events by the ids that [`Channel::events`] shows, older states included.
    pub async fn deliver_events(
        &self,
        events: &[u64],
        url: &str,
        manner: Manner,
    ) -> Result<Vec<Delivery>, WebhookError> {
        let mut deliveries = Vec::new();
        for attempt in manner.attempts(events) {
            deliveries.push(self.deliver_once(&attempt, url).await?);
        }
        Ok(deliveries)
    }

    /// Tells whoever subscribed to this type of event, and nobody else. `through` is the origin of what stands before the
    /// subscriber and takes its TLS off, such as `http://127.0.0.1:8080`.
    pub async fn announce(
        &self,
        event: EventType,
        reservation: u64,
        through: &str,
    ) -> Result<Vec<Delivery>, WebhookError> {
        let endpoints: Vec<String> = self
            .subscriptions()
            .into_iter()
            .filter(|known| known.event == event && known.enabled)
            .map(|known| known.endpoint)
            .collect();
        let mut deliveries = Vec::new();
        for endpoint in endpoints {
            let (_, rest) = endpoint.split_once("://").unwrap_or_default();
            let path = rest.find('/').map_or("", |place| &rest[place..]);
            let url = format!("{through}{path}");
            deliveries.push(self.deliver(event, reservation, &url).await?);
        }
        Ok(deliveries)
    }

    /// An empty `GET`, as Octorate sends to see whether somebody listens.
    pub async fn ping(&self, url: &str) -> Result<Delivery, DeliveryError> {
        let ping = Webhook {
            id: "ping".to_owned(),
            method: Method::GET,
            headers: HeaderMap::new(),
            body: String::new(),
        };
        self.courier().deliver(url, ping).await
    }

    /// Everything that subscribers could be told of, oldest first.
    pub fn events(&self) -> Vec<Event> {
        self.world().outbox.events().to_vec()
    }

    fn event_about(&self, subject: Subject) -> Result<u64, WebhookError> {
        let now = self.now();
        let mut world = self.world();
        if !world.reservations.contains_key(&subject.reservation) {
            return Err(WebhookError::UnknownReservation(subject.reservation));
        }
        let reference = subject.reservation.to_string();
        if let Some(known) = world.outbox.newest(subject.event, &reference) {
            return Ok(known);
        }
        let content = super::reservations::content(&world, subject.reservation);
        Ok(world.outbox.note(subject.event, reference, content, now))
    }

    async fn deliver_once(
        &self,
        attempt: &Attempt<u64>,
        url: &str,
    ) -> Result<Delivery, WebhookError> {
        let webhook = self.webhook(attempt, url)?;
        Ok(self.courier().deliver(url, webhook).await?)
    }

    fn webhook(&self, attempt: &Attempt<u64>, url: &str) -> Result<Webhook, WebhookError> {
        let mut world = self.world();
        let event = world
            .outbox
            .take_for_delivery(attempt.subject)
            .ok_or(WebhookError::UnknownEvent(attempt.subject))?;
        let subscription = world
            .subscriptions
            .iter()
            .find(|known| known.event == event.event)
            .cloned()
            .unwrap_or_else(|| Subscription::new(300, event.event, url.to_owned()));
        let tries = i32::try_from(event.deliveries + 1).unwrap_or(i32::MAX);
        let envelope = Envelope {
            event: event.event,
            id: event.id,
            reference: event.reference,
            create_time: java_instant(event.created),
            retry: event.deliveries,
            next_try: java_instant(event.created + RETRY_PAUSE * tries),
            subscription,
            hmac: stand_in_hmac(&event.content),
            content: if attempt.altered {
                altered(&event.content)
            } else {
                event.content
            },
        };
        Ok(Webhook {
            id: event.id.to_string(),
            method: Method::POST,
            headers: HeaderMap::from_iter([(
                CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            )]),
            body: serde_json::to_string(&envelope).expect("texts and numbers are always JSON"),
        })
    }
}

/// Forty hexadecimal digits, as Octorate sends; of what it is the HMAC there is unknown, so nobody can rely on it.
fn stand_in_hmac(content: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(b"simulated").expect("HMAC takes keys of every length");
    mac.update(content.as_bytes());
    let mut digits = hex::encode(mac.finalize().into_bytes());
    digits.truncate(40);
    digits
}

/// The content with the opposite status and a price of nothing.
fn altered(content: &str) -> String {
    let mut lie: Value =
        serde_json::from_str(content).expect("the content was written by this simulator");
    let cancelled = lie["status"] == "CANCELLED";
    lie["status"] = if cancelled { "CONFIRMED" } else { "CANCELLED" }.into();
    lie["totalGross"] = 0.into();
    lie.to_string()
}
