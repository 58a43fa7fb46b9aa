//! Bodies are gathered before anything is waited for or looked up, so that a slow one holds nothing but itself.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Edge, route_of};
use crate::app::webhooks;
use crate::http::extract::{JSON_LIMIT, read_body};
use crate::http::problem::Problem;

/// The largest body of a route.
fn limit_of(route: &str) -> usize {
    if route.starts_with("/v1/webhooks/") {
        webhooks::MAX_BODY
    } else {
        JSON_LIMIT
    }
}

/// Reads the whole body, or refuses it by what it says of its length, its length, or its pace.
pub(super) async fn gather(
    State(edge): State<Arc<Edge>>,
    request: Request,
    next: Next,
) -> Response {
    let limit = limit_of(&route_of(&request));
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return closing(Problem::body_too_large(limit));
    }
    if announced.is_none() && matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let gathered = tokio::time::timeout(edge.server.body_timeout, read_body(body, limit)).await;
    match gathered {
        Ok(Ok(bytes)) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Ok(Err(problem)) => closing(problem),
        Err(_) => closing(Problem::body_timeout()),
    }
}

/// What is left of such a body is not read, so the connection cannot be used again.
fn closing(problem: Problem) -> Response {
    let mut response = problem.into_response();
    response.headers_mut().insert(
        header::CONNECTION,
        axum::http::HeaderValue::from_static("close"),
    );
    response
}
