//! Webhooks on their way out: how often, in which order and how truthfully they are delivered.

use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};

/// More of an answer than this is not kept.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// How a sequence of webhooks is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// Each once, in order.
    #[default]
    Normal,
    /// Each twice, the second under the same id, as a retry after a lost answer.
    Duplicated,
    /// Each once, the last first.
    OutOfOrder,
    /// Each once, with a body that does not tell the truth (and breaks a signature, where there is one).
    Altered,
}

impl Manner {
    /// The attempts that deliver these subjects in this manner.
    pub(crate) fn attempts<S: Clone>(self, subjects: &[S]) -> Vec<Attempt<S>> {
        let attempt = |subject: &S, retry| Attempt {
            subject: subject.clone(),
            retry,
            altered: self == Self::Altered,
        };
        let once = subjects.iter().map(|subject| attempt(subject, 0));
        match self {
            Self::Normal | Self::Altered => once.collect(),
            Self::OutOfOrder => once.rev().collect(),
            Self::Duplicated => subjects
                .iter()
                .flat_map(|subject| [attempt(subject, 0), attempt(subject, 1)])
                .collect(),
        }
    }
}

/// One delivery to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt<S> {
    pub(crate) subject: S,
    /// 0 for the first of this sequence.
    pub(crate) retry: u32,
    pub(crate) altered: bool,
}

/// What the receiver answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// The webhook's id, equal for retries of the same one.
    pub webhook: String,
    pub status: u16,
    pub answer: String,
}

/// Why a webhook got no answer.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    #[error("`{url}` is no URL to deliver to: give an absolute http:// address")]
    Url { url: String, source: http::Error },
    #[error("nobody answered the webhook at {url}")]
    Unanswered {
        url: String,
        source: hyper_util::client::legacy::Error,
    },
    #[error("the answer to the webhook at {url} broke off")]
    BrokenOff { url: String, source: axum::Error },
}

/// A webhook, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// Brings webhooks to receivers over plain HTTP, and keeps connections for the next.
#[derive(Clone, Debug)]
pub(crate) struct Courier(Client<HttpConnector, Body>);

impl Courier {
    pub(crate) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    pub(crate) async fn deliver(
        &self,
        url: &str,
        webhook: Webhook,
    ) -> Result<Delivery, DeliveryError> {
        let mut request = Request::builder()
            .method(webhook.method)
            .uri(url)
            .body(Body::from(webhook.body))
            .map_err(|source| DeliveryError::Url {
                url: url.to_owned(),
                source,
            })?;
        *request.headers_mut() = webhook.headers;
        let url = url.to_owned();
        let answer = match self.0.request(request).await {
            Ok(answer) => answer,
            Err(source) => return Err(DeliveryError::Unanswered { url, source }),
        };
        let status = answer.status().as_u16();
        let body = to_bytes(Body::new(answer.into_body()), LARGEST_ANSWER)
            .await
            .map_err(|source| DeliveryError::BrokenOff { url, source })?;
        Ok(Delivery {
            webhook: webhook.id,
            status,
            answer: String::from_utf8_lossy(&body).into_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Manner;

    fn delivered(manner: Manner) -> Vec<(&'static str, u32, bool)> {
        manner
            .attempts(&["created", "cancelled"])
            .into_iter()
            .map(|attempt| (attempt.subject, attempt.retry, attempt.altered))
            .collect()
    }

    #[test]
    fn a_normal_delivery_brings_each_once_in_order() {
        assert_eq!(
            delivered(Manner::Normal),
            [("created", 0, false), ("cancelled", 0, false)]
        );
    }

    #[test]
    fn a_duplicated_delivery_brings_each_again_as_a_retry() {
        assert_eq!(
            delivered(Manner::Duplicated),
            [
                ("created", 0, false),
                ("created", 1, false),
                ("cancelled", 0, false),
                ("cancelled", 1, false)
            ]
        );
    }

    #[test]
    fn a_delivery_out_of_order_brings_the_last_first() {
        assert_eq!(
            delivered(Manner::OutOfOrder),
            [("cancelled", 0, false), ("created", 0, false)]
        );
    }

    #[test]
    fn an_altered_delivery_marks_every_body() {
        assert_eq!(
            delivered(Manner::Altered),
            [("created", 0, true), ("cancelled", 0, true)]
        );
    }
}
