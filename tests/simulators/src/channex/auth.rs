//! The key that every call must bring, in a header of its own.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Channel;
use super::wire::Problem;

/// Where the key is. `Authorization` is not looked at.
pub(crate) const HEADER: &str = "user-api-key";

/// Lets a request pass that brings the key.
pub(super) async fn require_key(
    State(channel): State<Channel>,
    request: Request,
    next: Next,
) -> Response {
    let key = request.headers().get(HEADER);
    if key.is_none_or(|key| key.as_bytes() != channel.api_key().as_bytes()) {
        return Problem::unauthorized().into_response();
    }
    next.run(request).await
}
