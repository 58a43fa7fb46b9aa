//! Postmark's errors on the wire: `{"ErrorCode", "Message"}`.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use crate::faults::Refusal;

/// A refusal under one of the codes of <https://postmarkapp.com/developer/api/overview#error-codes>.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    status: StatusCode,
    code: u32,
    message: String,
}

impl Problem {
    fn new(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    fn unprocessable(code: u32, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// A message that cannot be sent as it is.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::unprocessable(300, message)
    }

    pub(super) fn bad_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            10,
            "The Server Token you provided in the X-Postmark-Server-Token request header was invalid.",
        )
    }

    pub(super) fn no_signature(address: &str) -> Self {
        Self::unprocessable(
            400,
            format!("The 'From' address {address} has no confirmed Sender Signature."),
        )
    }

    fn invalid_json() -> Self {
        Self::unprocessable(402, "The request body is no valid JSON.")
    }

    pub(super) fn incompatible(error: &serde_json::Error) -> Self {
        Self::unprocessable(403, format!("The JSON is not what is expected: {error}."))
    }

    pub(super) fn not_a_batch() -> Self {
        Self::unprocessable(
            403,
            "The JSON is not what is expected: a batch is an array.",
        )
    }

    /// Postmark writes the addresses into the text.
    pub(super) fn inactive(addresses: &[String]) -> Self {
        Self::unprocessable(
            406,
            format!(
                "You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: {}. \
                 Inactive recipients are ones that have generated a hard bounce, a spam complaint, or a manual suppression.",
                addresses.join(", ")
            ),
        )
    }

    pub(super) fn json_required() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            409,
            "The headers Accept and Content-Type must be application/json.",
        )
    }

    pub(super) fn too_many() -> Self {
        Self::unprocessable(410, "A batch has 500 messages at most.")
    }

    pub(super) fn no_stream(stream: &str) -> Self {
        Self::unprocessable(
            1226,
            format!("The message stream `{stream}` was not found."),
        )
    }

    pub(super) fn too_large(message: &str) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, 0, message)
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, 0, "The resource does not exist.")
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            0,
            "The resource does not know this method.",
        )
    }

    /// As it also stands among the answers of a batch.
    pub(super) fn body(&self) -> Value {
        json!({ "ErrorCode": self.code, "Message": self.message })
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, axum::Json(self.body())).into_response()
    }
}

/// Planned failures in Postmark's words.
pub(super) fn refuse(refusal: Refusal) -> Response {
    match refusal {
        Refusal::ExpiredToken => Problem::bad_token().into_response(),
        Refusal::TooManyRequests => {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, 429, "Rate limit exceeded.").into_response()
        }
        // In most cases the message is lost, says Postmark, and gives no body for it.
        Refusal::ServerError => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A body as JSON.
pub(super) fn json_body(body: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(body).map_err(|_| Problem::invalid_json())
}
