//! Connectivity notifications: the receiver issues the token that they bring, and a refused one is asked for anew.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Channel;
use crate::delivery::{Attempt, Delivery, DeliveryError, Manner, Webhook};

/// What a notification tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Topic {
    ReservationCreated,
    ReservationModified,
    ReservationCancelled,
    MessageCreated,
}

/// Where notifications go, and what gets a token there.
#[derive(Clone, Copy, Debug)]
pub struct Receiver<'a> {
    pub url: &'a str,
    pub token_url: &'a str,
    pub client_id: &'a str,
    pub client_secret: &'a str,
}

/// Why a notification was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum NotificationError {
    #[error("the receiver gives no token: {status} {answer}")]
    NoToken { status: u16, answer: String },
    #[error("the token does not fit into a header")]
    Token(#[from] http::header::InvalidHeaderValue),
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

impl Channel {
    /// Tells of a reservation.
    pub async fn notify(
        &self,
        topic: Topic,
        reservation: u64,
        receiver: Receiver<'_>,
    ) -> Result<Delivery, NotificationError> {
        let news = [(topic, reservation)];
        let mut made = self.notify_all(&news, receiver, Manner::Normal).await?;
        Ok(made.remove(0))
    }

    /// Tells of several, in a manner of choice, with the receiver's token that is kept until it is refused.
    pub async fn notify_all(
        &self,
        news: &[(Topic, u64)],
        receiver: Receiver<'_>,
        manner: Manner,
    ) -> Result<Vec<Delivery>, NotificationError> {
        let mut made = Vec::new();
        for attempt in manner.attempts(news) {
            made.push(self.tell(&attempt, receiver).await?);
        }
        Ok(made)
    }

    /// Tells of several with a token that was obtained elsewhere.
    pub async fn deliver_all(
        &self,
        news: &[(Topic, u64)],
        (url, token): (&str, &str),
        manner: Manner,
    ) -> Result<Vec<Delivery>, NotificationError> {
        let mut made = Vec::new();
        for attempt in manner.attempts(news) {
            let webhook = self.told(&attempt, token)?;
            made.push(self.courier().deliver(url, webhook).await?);
        }
        Ok(made)
    }

    /// The token that notifications bring to this address, where one was obtained.
    pub fn notification_token(&self, url: &str) -> Option<String> {
        self.world().notification_tokens.get(url).cloned()
    }

    /// Replaces the token that notifications bring to this address.
    pub fn keep_notification_token(&self, url: &str, token: impl Into<String>) {
        let mut world = self.world();
        world
            .notification_tokens
            .insert(url.to_owned(), token.into());
    }

    /// A refused token is replaced once.
    async fn tell(
        &self,
        attempt: &Attempt<(Topic, u64)>,
        receiver: Receiver<'_>,
    ) -> Result<Delivery, NotificationError> {
        if let Some(token) = self.notification_token(receiver.url) {
            let webhook = self.told(attempt, &token)?;
            let delivery = self.courier().deliver(receiver.url, webhook).await?;
            if delivery.status != 401 {
                return Ok(delivery);
            }
        }
        let token = self.ask_for_token(receiver).await?;
        self.keep_notification_token(receiver.url, token.as_str());
        let webhook = self.told(attempt, &token)?;
        Ok(self.courier().deliver(receiver.url, webhook).await?)
    }

    async fn ask_for_token(&self, receiver: Receiver<'_>) -> Result<String, NotificationError> {
        let login = format!("{}:{}", receiver.client_id, receiver.client_secret);
        let login = format!("Basic {}", BASE64_STANDARD.encode(login));
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let request = Webhook {
            id: "token".to_owned(),
            method: Method::POST,
            headers: HeaderMap::from_iter([
                (CONTENT_TYPE, form),
                (AUTHORIZATION, HeaderValue::try_from(login)?),
            ]),
            body: "grant_type=client_credentials".to_owned(),
        };
        let Delivery { status, answer, .. } =
            self.courier().deliver(receiver.token_url, request).await?;
        let told: Value = serde_json::from_str(&answer).unwrap_or_default();
        match told["access_token"].as_str() {
            Some(token) if status == 200 => Ok(token.to_owned()),
            _ => Err(NotificationError::NoToken { status, answer }),
        }
    }

    fn told(
        &self,
        attempt: &Attempt<(Topic, u64)>,
        token: &str,
    ) -> Result<Webhook, NotificationError> {
        let (topic, reservation) = attempt.subject;
        let property = self.world().places.keys().next().cloned();
        // A lie names a reservation that does not exist.
        let named = if attempt.altered {
            reservation + 1_000_000
        } else {
            reservation
        };
        let body = json!({
            "metadata": { "uuid": format!("{topic:?}-{reservation}"), "type": topic, "payloadVersion": "1.0" },
            "payload": { "propertyId": property, "reservationId": named },
        });
        Ok(Webhook {
            id: format!("{topic:?}-{reservation}"),
            method: Method::POST,
            headers: HeaderMap::from_iter([
                (CONTENT_TYPE, HeaderValue::from_static("application/json")),
                (
                    AUTHORIZATION,
                    HeaderValue::try_from(format!("Bearer {token}"))?,
                ),
            ]),
            body: body.to_string(),
        })
    }
}
