//! The simulated Resend's own controls, below `/_control`.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};

use super::Provider;
use super::events::{EventError, EventOrder};
use super::model::Email;
use crate::control::Refused;
use crate::delivery::Delivery;

impl From<EventError> for Refused {
    fn from(error: EventError) -> Self {
        let status = match error {
            EventError::UnknownEmail(_) => StatusCode::NOT_FOUND,
            EventError::Secret(_) => StatusCode::BAD_REQUEST,
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
    "POST /deliveries",
];

pub(super) fn routes() -> Router<Provider> {
    Router::new()
        .route("/state", get(state))
        .route("/inbox", get(inbox).delete(clear_inbox))
        .route("/deliveries", post(deliver))
}

async fn state(State(provider): State<Provider>) -> Json<Value> {
    Json(json!({ "inbox": provider.inbox() }))
}

async fn inbox(State(provider): State<Provider>) -> Json<Vec<Email>> {
    Json(provider.inbox())
}

async fn clear_inbox(State(provider): State<Provider>) -> StatusCode {
    provider.clear_inbox();
    StatusCode::NO_CONTENT
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
