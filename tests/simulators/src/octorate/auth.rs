//! Octorate's identity endpoints, and the token that every other call must bring.

use std::collections::BTreeMap;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::header::AUTHORIZATION;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::wire::{FormBody, Problem, java_instant};
use super::{Channel, Options};

/// An authorization code must be exchanged within this time.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(1);

/// Who may log in, and which tokens are good until when.
#[derive(Debug)]
pub(super) struct Identity {
    client_id: String,
    client_secret: String,
    refresh_token: String,
    lifetime: SignedDuration,
    tokens: BTreeMap<String, Timestamp>,
    codes: BTreeMap<String, Code>,
    issued: u64,
}

#[derive(Debug)]
struct Code {
    redirect_uri: String,
    expires: Timestamp,
}

impl Identity {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            client_id: options.client_id.clone(),
            client_secret: options.client_secret.clone(),
            refresh_token: options.refresh_token.clone(),
            lifetime: options.token_lifetime,
            tokens: BTreeMap::new(),
            codes: BTreeMap::new(),
            issued: 0,
        }
    }

    pub(super) fn expire_tokens(&mut self) {
        self.tokens.clear();
    }

    /// A code as the authorise page would hand out, to be exchanged once.
    pub(super) fn issue_code(&mut self, redirect_uri: String, now: Timestamp) -> String {
        self.issued += 1;
        let code = format!("code-{}", self.issued);
        let expires = now + CODE_LIFETIME;
        self.codes.insert(
            code.clone(),
            Code {
                redirect_uri,
                expires,
            },
        );
        code
    }

    fn check_client(&self, client_id: &str, client_secret: &str) -> Result<(), Problem> {
        if client_id == self.client_id && client_secret == self.client_secret {
            Ok(())
        } else {
            Err(Problem::unauthorized("Wrong client id or secret"))
        }
    }

    fn issue_token(&mut self, now: Timestamp) -> Token {
        self.issued += 1;
        let access_token = format!("access-{}", self.issued);
        let expires = now + self.lifetime;
        self.tokens.insert(access_token.clone(), expires);
        Token {
            access_token,
            expire_date: java_instant(expires),
            refresh_token: None,
        }
    }

    fn admits(&self, token: &str, now: Timestamp) -> bool {
        self.tokens.get(token).is_some_and(|expires| now < *expires)
    }
}

#[derive(Serialize)]
struct Token {
    access_token: String,
    #[serde(rename = "expireDate")]
    expire_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route("/identity/apilogin", post(login))
        .route("/identity/refresh", post(refresh))
        .route("/identity/token", post(exchange))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    client_id: String,
    client_secret: String,
}

async fn login(
    State(channel): State<Channel>,
    FormBody(login): FormBody<Login>,
) -> Result<Json<Token>, Problem> {
    let now = channel.now();
    let mut world = channel.world();
    world
        .identity
        .check_client(&login.client_id, &login.client_secret)?;
    Ok(Json(world.identity.issue_token(now)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refresh {
    refresh_token: String,
    client_id: String,
    client_secret: String,
}

/// Answers no new refresh token: the caller keeps the old one.
async fn refresh(
    State(channel): State<Channel>,
    FormBody(refresh): FormBody<Refresh>,
) -> Result<Json<Token>, Problem> {
    let now = channel.now();
    let mut world = channel.world();
    world
        .identity
        .check_client(&refresh.client_id, &refresh.client_secret)?;
    if refresh.refresh_token != world.identity.refresh_token {
        return Err(Problem::unauthorized("Unknown refresh token"));
    }
    Ok(Json(world.identity.issue_token(now)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    grant_type: String,
    code: String,
    client_id: String,
    client_secret: String,
    redirect_uri: String,
}

async fn exchange(
    State(channel): State<Channel>,
    FormBody(exchange): FormBody<Exchange>,
) -> Result<Json<Token>, Problem> {
    if exchange.grant_type != "code" {
        return Err(Problem::parameters("grant_type must be `code`"));
    }
    let now = channel.now();
    let mut world = channel.world();
    let identity = &mut world.identity;
    identity.check_client(&exchange.client_id, &exchange.client_secret)?;
    let good = identity
        .codes
        .remove(&exchange.code)
        .is_some_and(|code| code.redirect_uri == exchange.redirect_uri && now < code.expires);
    if !good {
        return Err(Problem::unauthorized("Unknown, used or expired code"));
    }
    let mut token = identity.issue_token(now);
    token.refresh_token = Some(identity.refresh_token.clone());
    Ok(Json(token))
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
    let Some(token) = token else {
        return Problem::unauthorized("The header `Authorization: Bearer …` is missing")
            .into_response();
    };
    let now = channel.now();
    if !channel.world().identity.admits(token, now) {
        return Problem::login_expired().into_response();
    }
    next.run(request).await
}
