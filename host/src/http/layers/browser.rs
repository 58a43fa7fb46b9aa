//! Web pages of other origins (CORS).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Edge;
use crate::http::problem::{Problem, success};

const METHODS: &str = "GET, HEAD, POST, PATCH, PUT, DELETE";
const HEADERS: &str =
    "authorization, content-type, guest-session, idempotency-key, if-match, x-request-id";
const EXPOSED: &str =
    "etag, location, idempotent-replayed, ratelimit, ratelimit-policy, retry-after, x-request-id";

/// Answers browsers' questions, and tells them which pages may read an answer.
///
/// Whether a page may use its key is decided with the key: here are no keys, since browsers ask without them.
pub(super) async fn cross_origin(
    State(edge): State<Arc<Edge>>,
    request: Request,
    next: Next,
) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let allowed = origin.filter(|origin| is_allowed(&edge.server.allowed_origins, origin));
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if preflight {
        return match allowed {
            Some(origin) => granted(&origin),
            None => Problem::origin_not_allowed().into_response(),
        };
    }
    let mut response = next.run(request).await;
    if !edge.server.allowed_origins.is_empty() {
        vary(response.headers_mut());
    }
    if let Some(origin) = allowed {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED),
        );
    }
    response
}

fn is_allowed(allowed: &[String], origin: &HeaderValue) -> bool {
    allowed
        .iter()
        .any(|allowed| allowed == "*" || allowed.as_bytes() == origin.as_bytes())
}

/// Caches must not give one page's answer to another.
fn vary(headers: &mut HeaderMap) {
    headers.append(header::VARY, HeaderValue::from_static("origin"));
}

fn granted(origin: &HeaderValue) -> Response {
    let mut response = success::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    vary(headers);
    response
}
