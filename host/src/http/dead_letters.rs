//! `…/dead-letters`: work in the background that waits for a person.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::app::dead_letters::{self, Decide, Decision};
use crate::domain::access::Scope;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::{Path, Query};
use crate::http::idempotent::Keyed;
use crate::http::problem::{Problem, success};
use crate::http::wire;
use crate::store::dead_letters::DeadLetter;

/// Work that was set aside, because it would fail again or has failed too often.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeadLetterBody {
    #[schema(examples(4711))]
    pub id: i64,
    /// What would be done, such as `email`, `process_webhook` or `fetch_reservation`.
    #[schema(examples("email"))]
    pub kind: String,
    /// The ids of what it is about.
    #[schema(value_type = Object)]
    pub about: Value,
    pub attempts: i32,
    /// Why it was set aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub died_at: Option<Timestamp>,
}

impl From<DeadLetter> for DeadLetterBody {
    fn from(letter: DeadLetter) -> Self {
        Self {
            id: letter.id,
            kind: letter.kind,
            about: letter.payload,
            attempts: letter.attempts,
            reason: letter.reason,
            created_at: letter.created_at,
            died_at: letter.died_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeadLettersBody {
    pub dead_letters: Vec<DeadLetterBody>,
    /// Present while there may be more: the `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeadLettersQuery {
    /// `next` of the page before.
    cursor: Option<i64>,
    #[serde(default = "fifty")]
    #[param(default = 50, minimum = 1, maximum = 100)]
    limit: u16,
}

fn fifty() -> u16 {
    50
}

/// The hotel's dead letters, the newest first.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/dead-letters", tag = "Channels", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"), DeadLettersQuery), responses(
    (status = 200, body = DeadLettersBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list_dead_letters(
    State(state): State<HttpState>,
    at: AtHotel,
    Query(query): Query<DeadLettersQuery>,
) -> Result<Json<DeadLettersBody>, Problem> {
    let hotel = at.require(Scope::ConnectionsManage)?;
    if !(1..=100).contains(&query.limit) {
        return Err(Problem::invalid(
            "limit",
            "a page has 1 to 100 dead letters",
        ));
    }
    let page = dead_letters::of_hotel(&state.app, hotel, query.cursor, query.limit).await?;
    let full = page.len() == usize::from(query.limit);
    let next = page.last().map(|last| last.id).filter(|_| full);
    Ok(Json(DeadLettersBody {
        dead_letters: page.into_iter().map(DeadLetterBody::from).collect(),
        next,
    }))
}

/// Why it is decided so; the audit trail keeps it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "the channel is back"}))]
pub(super) struct DecisionRequest {
    pub reason: Option<String>,
}

/// An id that cannot be one names no letter.
#[derive(Deserialize)]
pub(super) struct LetterPath {
    letter: String,
}

/// Has the work done again, from its first attempt; where the same work waits already, that one does it.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/dead-letters/{letter}/replay", tag = "Channels",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("letter" = i64, Path), ("Idempotency-Key" = String, Header, description = "New for each new intention")),
    request_body = Option<DecisionRequest>, responses(
    (status = 200, description = "What waits no longer", body = DeadLetterBody), (status = 400, body = Problem),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 422, body = Problem)))]
pub(super) async fn replay_dead_letter(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<LetterPath>,
    keyed: Keyed,
) -> Result<Response, Problem> {
    decide(&state, &at, &path, keyed, Decision::Replay).await
}

/// Gives the work up: it is never done. What would leave a channel with old availability is not given up.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/dead-letters/{letter}/discard", tag = "Channels",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("letter" = i64, Path), ("Idempotency-Key" = String, Header, description = "New for each new intention")),
    request_body = Option<DecisionRequest>, responses(
    (status = 200, description = "What waits no longer", body = DeadLetterBody), (status = 400, body = Problem),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`not_supported`: a push is done again, and never given up", body = Problem),
    (status = 422, body = Problem)))]
pub(super) async fn discard_dead_letter(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<LetterPath>,
    keyed: Keyed,
) -> Result<Response, Problem> {
    decide(&state, &at, &path, keyed, Decision::Discard).await
}

async fn decide(
    state: &HttpState,
    at: &AtHotel,
    path: &LetterPath,
    keyed: Keyed,
    decision: Decision,
) -> Result<Response, Problem> {
    at.require(Scope::ConnectionsManage)?;
    let request: DecisionRequest = keyed.json_or_default()?;
    let letter: Result<i64, _> = path.letter.parse();
    let verb = Decide {
        letter: letter.map_err(|_| Problem::not_found("dead letter"))?,
        decision,
        actor: at.caller.actor(),
        reason: wire::reason("/reason", request.reason.as_deref())?,
    };
    keyed
        .once(state, at, success::OK, &verb, DeadLetterBody::from)
        .await
}
