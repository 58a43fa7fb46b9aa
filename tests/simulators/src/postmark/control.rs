//! The simulated Postmark's own controls, below `/_control`.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Provider;
use super::address;
use super::events::{EventError, EventOrder};
use super::model::{Email, SuppressionReason};
use crate::control::Refused;
use crate::delivery::Delivery;

impl From<EventError> for Refused {
    fn from(error: EventError) -> Self {
        let status = match error {
            EventError::UnknownEmail(_) => StatusCode::NOT_FOUND,
            EventError::Login => StatusCode::BAD_REQUEST,
            EventError::Delivery(_) => StatusCode::BAD_GATEWAY,
        };
        Self(status, error.to_string())
    }
}

/// As method and path, for people.
pub(crate) const CONTROLS: &[&str] = &[
    "GET /state",
    "GET /inbox",
    "DELETE /inbox",
    "POST /suppressions",
    "POST /deliveries",
];

pub(super) fn routes() -> Router<Provider> {
    Router::new()
        .route("/state", get(state))
        .route("/inbox", get(inbox).delete(clear_inbox))
        .route("/suppressions", post(suppress))
        .route("/deliveries", post(deliver))
}

/// An address that becomes inactive.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuppressionOrder {
    stream: String,
    address: String,
    reason: SuppressionReason,
}

async fn state(State(provider): State<Provider>) -> Json<Value> {
    let suppressions: serde_json::Map<String, Value> = provider
        .options()
        .streams
        .iter()
        .map(|stream| (stream.clone(), json!(provider.suppressions(stream))))
        .collect();
    Json(json!({ "inbox": provider.inbox(), "suppressions": suppressions }))
}

async fn inbox(State(provider): State<Provider>) -> Json<Vec<Email>> {
    Json(provider.inbox())
}

async fn clear_inbox(State(provider): State<Provider>) -> StatusCode {
    provider.clear_inbox();
    StatusCode::NO_CONTENT
}

async fn suppress(
    State(provider): State<Provider>,
    Json(order): Json<SuppressionOrder>,
) -> Result<StatusCode, Refused> {
    if provider.check_stream(&order.stream).is_err() {
        return Err(Refused::not_found("there is no such stream"));
    }
    let address = address::bare(&order.address)
        .ok_or_else(|| Refused::invalid("`address` must be an email address"))?;
    provider.suppress(&order.stream, &address, order.reason);
    Ok(StatusCode::NO_CONTENT)
}

async fn deliver(
    State(provider): State<Provider>,
    Json(order): Json<EventOrder>,
) -> Result<Json<Vec<Delivery>>, Refused> {
    if order.events.is_empty() {
        return Err(Refused::invalid("give one or more `events`"));
    }
    Ok(Json(provider.deliver_events(&order).await?))
}
