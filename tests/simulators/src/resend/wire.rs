//! Resend's errors on the wire: `{"statusCode", "name", "message"}`.

use axum::extract::FromRequest;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::faults::Refusal;

/// A refusal under one of the names of <https://resend.com/docs/api-reference/errors>.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    status: StatusCode,
    name: &'static str,
    message: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, name: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            name,
            message: message.into(),
        }
    }

    /// A field has a value that it cannot have.
    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "validation_error",
            message,
        )
    }

    pub(super) fn missing_field(field: &str) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "missing_required_field",
            format!("Missing `{field}` field."),
        )
    }

    pub(super) fn invalid_key() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "invalid_api_key",
            "API key is invalid.",
        )
    }

    pub(super) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "The requested endpoint or email does not exist.",
        )
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This endpoint does not support the specified HTTP method.",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "statusCode": self.status.as_u16(),
            "name": self.name,
            "message": self.message,
        });
        (self.status, axum::Json(body)).into_response()
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "validation_error",
            rejection.body_text(),
        )
    }
}

/// Planned failures in Resend's words.
pub(super) fn refuse(refusal: Refusal) -> Response {
    match refusal {
        Refusal::ExpiredToken => Problem::invalid_key(),
        Refusal::TooManyRequests => Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limit_exceeded",
            "Too many requests.",
        ),
        Refusal::ServerError => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "application_error",
            "An unexpected error occurred.",
        ),
    }
    .into_response()
}

/// A JSON body, sent as `application/json`.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub(super) struct JsonBody<T>(pub(super) T);
