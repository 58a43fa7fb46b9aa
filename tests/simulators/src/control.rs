//! What the controls of all simulators answer.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

/// A refusal as `{"error": "a sentence"}`.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) StatusCode, pub(crate) String);

impl Refused {
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, message.into())
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, message.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

/// The answer to a control that changes what there is: nothing, or that the thing which it is about does not exist.
pub(crate) fn done(known: bool, what: &str) -> Result<StatusCode, Refused> {
    if known {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refused::not_found(format!(
            "the {what} does not exist here"
        )))
    }
}

/// The answer to a control that makes something: its id, and whatever else is named by it.
pub(crate) fn made(what: &Value) -> Response {
    (StatusCode::CREATED, Json(what)).into_response()
}
