//! What every request passes, from outside in: named, observed, made safe, bounded in size, time and number.

mod address;
mod body;
mod browser;
mod lanes;
pub(super) mod request_id;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

use crate::config;
use crate::http::limits::{Limits, Ticket, search_weight};
use crate::http::problem::{self, Problem};
use body::Bodies;
use lanes::{Lane, Lanes};

const LONGEST_URI: usize = 8 * 1024;
const MOST_HEADERS: usize = 64;
const LARGEST_HEADERS: usize = 16 * 1024;

/// The longest where a channel is asked meanwhile: a little more than a connector may take, so that its call is logged.
const CHANNEL_TIME_LIMIT: Duration = Duration::from_secs(40);
/// The routes that ask a channel.
const ASKING: [&str; 4] = [
    "/v1/hotels/{hotel}/connections/{connection}/test",
    "/v1/hotels/{hotel}/connections/{connection}/products",
    "/v1/hotels/{hotel}/connections/{connection}/mappings",
    "/v1/hotels/{hotel}/connections/{connection}/mappings/suggestions",
];

/// What the layers share.
pub struct Edge {
    pub(super) limits: Limits,
    lanes: Lanes,
    bodies: Bodies,
    server: config::Server,
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Edge")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Edge {
    /// `connections` are those to the database, which everything waits for in the end.
    pub fn new(server: config::Server, limits: &config::Limits, connections: u32) -> Self {
        Self {
            limits: Limits::new(limits),
            lanes: Lanes::new(&limits.lanes, connections),
            bodies: Bodies::default(),
            server,
        }
    }
}

/// Puts the layers round the routes, the outermost last.
pub(super) fn wrap(routes: Router, edge: Arc<Edge>) -> Router {
    routes
        .layer(middleware::from_fn_with_state(edge.clone(), lanes::queue))
        .layer(middleware::from_fn_with_state(edge.clone(), body::gather))
        .layer(middleware::from_fn_with_state(edge.clone(), ticket))
        .layer(middleware::from_fn_with_state(edge.clone(), bound_time))
        .layer(middleware::from_fn(bound_head))
        .layer(middleware::from_fn_with_state(
            edge.clone(),
            browser::cross_origin,
        ))
        .layer(CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| {
                tracing::error!("A request's handler panicked");
                Problem::internal().into_response()
            },
        ))
        .layer(middleware::from_fn_with_state(edge, safe_headers))
        .layer(middleware::from_fn(observe))
        .layer(middleware::from_fn(request_id::name))
}

pub(super) async fn no_route() -> Problem {
    Problem::no_route()
}

/// A path that takes no `OPTIONS` of its own tells what it takes: axum adds `Allow` to either answer.
pub(super) async fn no_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        return problem::success::NO_CONTENT.into_response();
    }
    Problem::no_method().into_response()
}

/// Addresses and headers that nobody needs so large. What is larger still never comes here: hyper refuses it.
async fn bound_head(request: Request, next: Next) -> Response {
    let uri = request
        .uri()
        .path_and_query()
        .map_or(0, |path| path.as_str().len());
    if uri > LONGEST_URI {
        return Problem::uri_too_long(LONGEST_URI).into_response();
    }
    if request.headers().len() > MOST_HEADERS || size(request.headers()) > LARGEST_HEADERS {
        return Problem::headers_too_large(MOST_HEADERS, LARGEST_HEADERS).into_response();
    }
    next.run(request).await
}

fn size(headers: &HeaderMap) -> usize {
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum()
}

async fn bound_time(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let limit = if ASKING.contains(&route_of(&request).as_str()) {
        edge.server.request_timeout.max(CHANNEL_TIME_LIMIT)
    } else {
        edge.server.request_timeout
    };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::timeout().into_response(),
    }
}

/// Finds out who calls and what it costs; tells how the budgets stand; counts those who fail as strangers.
async fn ticket(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let (lane, route) = (Lane::of(&request), route_of(&request));
    let weight = match lane {
        Some(Lane::Search) => search_weight(request.uri(), !route.contains("{hotel}")),
        _ => 1,
    };
    let address = address::client(&edge.server, &request);
    let ticket = Ticket::new(lane == Some(Lane::Booking), weight, address);
    // A channel's only credential may be the address that it calls.
    let webhook =
        (route == "/v1/webhooks/{endpoint_token}").then(|| request.uri().path().to_owned());
    if let Some(endpoint) = &webhook
        && let Err(problem) = edge.limits.look_at(&ticket, endpoint)
    {
        return problem.into_response();
    }
    request.extensions_mut().insert(ticket.clone());
    let mut response = next.run(request).await;
    let stranger = problem::is_stranger(response.status());
    match webhook {
        Some(endpoint) if response.status().is_success() && is_plain(&endpoint) => {
            edge.limits.recognised(&endpoint);
        }
        Some(_) if stranger => {
            if let Some(problem) = edge.limits.failed(address) {
                response = problem.into_response();
            }
        }
        _ => {}
    }
    ticket.tell(response.headers_mut());
    response
}

/// Whether an endpoint's address is spelled as it was given out. It has as many other spellings as somebody likes, who
/// could fill with them what is remembered of everybody.
fn is_plain(path: &str) -> bool {
    !path.contains('%')
}

/// The route's pattern, or nothing where there is no route.
fn route_of(request: &Request) -> String {
    request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str)
        .to_owned()
}

async fn safe_headers(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let always = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let unless_said = [
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ];
    for (name, value) in unless_said {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if edge.server.behind_tls {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    response
}

/// The route's pattern stands for the path: ids and tokens stay out of logs and labels.
async fn observe(request: Request, next: Next) -> Response {
    let route = match route_of(&request) {
        route if route.is_empty() => "none".to_owned(),
        route => route,
    };
    let method = known_method(request.method());
    let id = request_id::current().unwrap_or_default();
    let started = tokio::time::Instant::now();
    let span = tracing::info_span!("request", request.id = %id);
    let response = next.run(request).instrument(span).await;
    let (elapsed, status) = (started.elapsed(), response.status().as_u16());
    metrics::histogram!("http_server_request_duration_seconds",
        "http_request_method" => method, "http_route" => route.clone(),
        "http_response_status_code" => status.to_string())
    .record(elapsed.as_secs_f64());
    tracing::debug!(request.id = %id, http.method = method, http.route = route, http.status = status,
        duration_ms = elapsed.as_millis() as u64, "Answered a request");
    response
}

/// Methods that callers make up become no labels of their own; the name is that of OpenTelemetry's conventions.
fn known_method(method: &Method) -> &'static str {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    let names = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let place = known.iter().position(|known| known == method);
    place.map_or("_OTHER", |place| names[place])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_endpoints_spellings_one_is_remembered() {
        assert!(is_plain("/v1/webhooks/a-token_1"));
        assert!(!is_plain("/v1/webhooks/%61-token_1"));
    }
}
