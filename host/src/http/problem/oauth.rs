//! Refusals of the token endpoint, in the words of OAuth 2.0 (RFC 6749, section 5.2).

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::StatusCode;

const CONTENT_TYPE: &str = "application/json;charset=UTF-8";

/// Why no token is issued.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub(in crate::http) struct TokenRefusal {
    /// `invalid_request`, `invalid_client` or `unsupported_grant_type`.
    pub error: &'static str,
    /// For people.
    pub error_description: &'static str,
    #[serde(skip)]
    status: u16,
}

impl TokenRefusal {
    pub(in crate::http) fn invalid_request(error_description: &'static str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            error_description,
        )
    }

    pub(in crate::http) fn unsupported_grant_type() -> Self {
        let description = "the only grant_type is client_credentials";
        Self::new(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            description,
        )
    }

    /// No detail: it would help to guess.
    pub(in crate::http) fn invalid_client() -> Self {
        let description = "the client's id and secret are not those of this endpoint";
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", description)
    }

    fn new(status: StatusCode, error: &'static str, error_description: &'static str) -> Self {
        Self {
            error,
            error_description,
            status: status.as_u16(),
        }
    }
}

impl IntoResponse for TokenRefusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).expect("a refusal has only strings");
        let headers = [
            (header::CONTENT_TYPE, CONTENT_TYPE),
            (header::CACHE_CONTROL, "no-store"),
            (header::PRAGMA, "no-cache"),
        ];
        let mut response = (status, headers, body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"roomwire\""),
            );
        }
        response
    }
}
