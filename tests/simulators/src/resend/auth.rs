//! What every request to Resend must bring: a `User-Agent` and the API key.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderValue, StatusCode};

use super::Provider;
use super::wire::Problem;

/// Lets a request pass that says who it is.
pub(super) async fn require_key(
    State(provider): State<Provider>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    if headers.get(USER_AGENT).is_none_or(HeaderValue::is_empty) {
        // Resend's edge answers this one, in plain text (https://resend.com/docs/api-reference/introduction).
        return (StatusCode::FORBIDDEN, "error code: 1010").into_response();
    }
    let key = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    match key {
        None => Problem::new(
            StatusCode::UNAUTHORIZED,
            "missing_api_key",
            "Missing API key in the authorization header.",
        )
        .into_response(),
        Some(key) if key == provider.options().api_key => next.run(request).await,
        Some(_) => Problem::invalid_key().into_response(),
    }
}
