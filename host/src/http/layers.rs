//! What every request passes: panics caught, time bounded, safe headers, one line of log and one of metrics.

use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::http::problem::Problem;

/// The longest that a request may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// The longest where a channel is asked meanwhile: a little more than a connector may take, so that its call is logged.
const CHANNEL_TIME_LIMIT: Duration = Duration::from_secs(40);
/// The routes that ask a channel.
const ASKING: [&str; 2] = [
    "/v1/hotels/{hotel}/connections/{connection}/test",
    "/v1/hotels/{hotel}/connections/{connection}/products",
];

/// Puts the layers round the routes, the outermost last.
pub(super) fn wrap(routes: Router) -> Router {
    routes
        .layer(CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| {
                tracing::error!("A request's handler panicked");
                Problem::internal().into_response()
            },
        ))
        .layer(middleware::from_fn(bound_time))
        .layer(middleware::from_fn(safe_headers))
        .layer(middleware::from_fn(observe))
}

pub(super) async fn no_route() -> Problem {
    Problem::no_route()
}

pub(super) async fn no_method() -> Problem {
    Problem::no_method()
}

async fn bound_time(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let asks = route.is_some_and(|route| ASKING.contains(&route.as_str()));
    let limit = if asks { CHANNEL_TIME_LIMIT } else { TIME_LIMIT };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::timeout().into_response(),
    }
}

async fn safe_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A method's name as a label. Anyone may invent methods, and each label is a series that is kept for ever.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "_OTHER",
    }
}

/// The route's pattern stands for the path: ids and tokens stay out of logs and labels.
async fn observe(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned();
    let method = known(request.method());
    let started = tokio::time::Instant::now();
    let response = next.run(request).await;
    let (elapsed, status) = (started.elapsed(), response.status().as_u16());
    metrics::histogram!("http_server_request_duration_seconds",
        "http_request_method" => method, "http_route" => route.clone(),
        "http_response_status_code" => status.to_string())
    .record(elapsed.as_secs_f64());
    tracing::debug!(
        http.method = method,
        http.route = route,
        http.status = status,
        duration_ms = elapsed.as_millis() as u64,
        "Answered a request"
    );
    response
}
