//! What every request to Postmark must bring: JSON in both directions, and the server's token.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, Method};

use super::wire::Problem;
use super::{Provider, TEST_TOKEN};

/// The request came with the test token: what it asks for is checked and not done.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnlyChecked(pub(super) bool);

/// Lets a request pass that brings a token.
pub(super) async fn require_token(
    State(provider): State<Provider>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let token = headers
        .get("x-postmark-server-token")
        .and_then(|value| value.to_str().ok());
    let only_checked = match token {
        Some(TEST_TOKEN) => true,
        Some(token) if token == provider.options().server_token => false,
        _ => return Problem::bad_token().into_response(),
    };
    let takes_json = is_json(headers, ACCEPT);
    let brings_json = request.method() != Method::POST || is_json(headers, CONTENT_TYPE);
    if !(takes_json && brings_json) {
        return Problem::json_required().into_response();
    }
    request.extensions_mut().insert(OnlyChecked(only_checked));
    next.run(request).await
}

fn is_json(headers: &HeaderMap, name: HeaderName) -> bool {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}
