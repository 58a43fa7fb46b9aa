//! The exchange of a machine account's credentials for tokens, within its budget, and the token that every call must bring.

use std::collections::BTreeMap;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::wire::Fault;
use super::{Channel, Options};
use crate::strict::Object;

/// The span of the budget.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Who may log in, and which tokens were given when.
#[derive(Debug)]
pub(super) struct Identity {
    client_id: String,
    client_secret: String,
    budget: usize,
    lifetime: SignedDuration,
    given: Vec<(String, Timestamp)>,
    /// Those that are good, until when.
    good: BTreeMap<String, Timestamp>,
}

impl Identity {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            client_id: options.client_id.clone(),
            client_secret: options.client_secret.clone(),
            budget: options.tokens_per_hour,
            lifetime: options.token_lifetime,
            given: Vec::new(),
            good: BTreeMap::new(),
        }
    }

    pub(super) fn tokens(&self) -> Vec<String> {
        self.given.iter().map(|(token, _)| token.clone()).collect()
    }

    pub(super) fn expire_tokens(&mut self) {
        self.good.clear();
    }

    pub(super) fn rotate(&mut self, secret: String) {
        self.client_secret = secret;
    }

    /// Another token, unless this hour's are used up.
    fn issue(&mut self, now: Timestamp) -> Option<String> {
        let lately = self.given.iter();
        let lately = lately.filter(|(_, at)| now.duration_since(*at) < HOUR);
        if lately.count() >= self.budget {
            return None;
        }
        let number = self.given.len() + 1;
        let claims = json!({"sub": "simulated", "iat": now.as_second(), "jti": number});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = part(&json!({"alg": "none"}));
        let token = format!("{head}.{}.simulated-signature-{number}", part(&claims));
        self.given.push((token.clone(), now));
        self.good.insert(token.clone(), now + self.lifetime);
        Some(token)
    }

    fn admits(&self, token: &str, now: Timestamp) -> bool {
        self.good.get(token).is_some_and(|until| now < *until)
    }
}

pub(super) fn routes() -> Router<Channel> {
    Router::new().route("/token-based-authentication/exchange", post(exchange))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    client_id: String,
    client_secret: String,
}

async fn exchange(State(channel): State<Channel>, headers: HeaderMap, body: Bytes) -> Response {
    let refused = |status: StatusCode, message: &str| {
        (status, Json(json!({ "errors": [{ "message": message }] }))).into_response()
    };
    let json_body = headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let asked = serde_json::from_slice::<Object<Exchange>>(&body);
    let Some(Object(asked)) = asked.ok().filter(|_| json_body) else {
        return refused(
            StatusCode::BAD_REQUEST,
            "the body must be JSON with client_id and client_secret",
        );
    };
    let now = channel.now();
    let mut world = channel.world();
    let identity = &mut world.identity;
    if (&asked.client_id, &asked.client_secret) != (&identity.client_id, &identity.client_secret) {
        return refused(StatusCode::UNAUTHORIZED, "unknown client id or secret");
    }
    match identity.issue(now) {
        Some(token) => Json(json!({ "jwt": token, "ruid": "c2ltdWxhdGVk" })).into_response(),
        None => refused(StatusCode::TOO_MANY_REQUESTS, "too many tokens in one hour"),
    }
}

/// Lets a request pass that brings a good token.
pub(super) async fn require_token(
    State(channel): State<Channel>,
    request: Request,
    next: Next,
) -> Response {
    let token = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let now = channel.now();
    let good = token.is_some_and(|token| channel.world().identity.admits(token, now));
    if !good {
        return Fault::unauthorized().into_response();
    }
    next.run(request).await
}
