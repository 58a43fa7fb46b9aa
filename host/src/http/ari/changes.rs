//! `…/ari/changes`: the audit of the calendar, and undoing.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::ari::{self, UndoAri};
use crate::domain::access::Scope;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::{Path, Query};
use crate::http::idempotent::Keyed;
use crate::http::problem::{Problem, success};
use crate::http::wire::{self, LocalDate};
use crate::store::ari_changes::Change;

const MAX_REASON: usize = 500;

/// One entry in the audit of the calendar.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ChangeBody {
    pub id: Uuid,
    /// Counts the hotel's entries; the calendar's version.
    pub number: i64,
    /// `edit`, `undo` or `derivation`.
    pub kind: String,
    /// The entry that this one undid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undoes: Option<Uuid>,
    pub actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub first_night: LocalDate,
    pub last_night: LocalDate,
    /// How many cells changed, by field.
    pub cells: BTreeMap<String, u64>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<Change> for ChangeBody {
    fn from(change: Change) -> Self {
        Self {
            id: change.id.0,
            number: change.number,
            kind: change.kind,
            undoes: change.undoes.map(|undone| undone.0),
            actor: change.actor,
            reason: change.reason,
            first_night: LocalDate(change.first_night),
            last_night: LocalDate(change.last_night),
            cells: change.counts,
            at: change.at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ChangesBody {
    pub changes: Vec<ChangeBody>,
    /// Present while there may be more: the `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct ChangesQuery {
    /// `next` of the page before.
    cursor: Option<i64>,
    #[serde(default = "fifty")]
    #[param(default = 50, minimum = 1, maximum = 100)]
    limit: u16,
}

fn fifty() -> u16 {
    50
}

/// Changes of the calendar, the newest first.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/ari/changes", tag = "Calendar", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"), ChangesQuery), responses(
    (status = 200, body = ChangesBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(in crate::http) async fn list_ari_changes(
    State(state): State<HttpState>,
    at: AtHotel,
    Query(query): Query<ChangesQuery>,
) -> Result<Json<ChangesBody>, Problem> {
    let hotel = at.require(Scope::AriManage)?;
    if !(1..=100).contains(&query.limit) {
        return Err(Problem::invalid("limit", "a page has 1 to 100 changes"));
    }
    let page = ari::changes(&state.app, hotel, query.cursor, query.limit).await?;
    let full = page.len() == usize::from(query.limit);
    let next = page.last().map(|last| last.number).filter(|_| full);
    Ok(Json(ChangesBody {
        changes: page.into_iter().map(ChangeBody::from).collect(),
        next,
    }))
}

/// Why a change is undone.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Meant for next year"}))]
pub(in crate::http) struct UndoRequest {
    pub reason: Option<String>,
}

#[derive(Deserialize)]
pub(in crate::http) struct ChangePath {
    change: String,
}

/// Takes a change back, where every cell is still as it left them. That is a change too, and can be undone.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/ari/changes/{change}/undo", tag = "Calendar",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("change" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "New for each new intention")),
    request_body = Option<UndoRequest>, responses(
    (status = 200, body = ChangeBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`changed_since`, `below_sold`, `not_undoable`", body = Problem),
    (status = 422, body = Problem)))]
pub(in crate::http) async fn undo_ari_change(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ChangePath>,
    keyed: Keyed,
) -> Result<Response, Problem> {
    at.require(Scope::AriManage)?;
    let request: UndoRequest = keyed.json_or_default()?;
    let reason = request.reason.as_deref();
    let verb = UndoAri {
        change: path
            .change
            .parse()
            .map_err(|_| Problem::not_found("change"))?,
        actor: at.caller.actor(),
        reason: reason
            .map(|reason| wire::prose("/reason", reason, MAX_REASON))
            .transpose()?,
    };
    keyed
        .once(&state, &at, success::OK, &verb, ChangeBody::from)
        .await
}
