//! What every noun of the catalogue does alike: read, check, answer.

use std::marker::PhantomData;

use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::response::Response;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::catalogue::{self, Change, Create, Desk, Entry, Remove};
use crate::app::{Refusal, perform};
use crate::domain::access::Scope;
use crate::domain::calendar::MOST_PRICE;
use crate::domain::catalogue::Reference;
use crate::domain::hotel::Hotel;
use crate::domain::ids::new_uuid;
use crate::domain::pricing::Adjustment;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::parse_json;
use crate::http::idempotent::Keyed;
use crate::http::json_body::JsonBody;
use crate::http::problem::{Problem, success};
use crate::http::wire;

/// How a noun looks in JSON.
pub(super) trait Wire: Entry {
    type Request: DeserializeOwned + Serialize + Send + Sync;

    /// Which entries guests may read too, with the scope of offers. Of most nouns, none.
    const FOR_GUESTS: Option<fn(&Self) -> bool> = None;

    /// An entry, or the field that makes no sense.
    fn parse(id: Uuid, request: Self::Request) -> Result<Self, Problem>;
    fn request(&self) -> Self::Request;
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct EntryBody<R> {
    pub id: Uuid,
    #[serde(flatten)]
    pub entry: R,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct EntriesBody<R> {
    pub entries: Vec<EntryBody<R>>,
}

fn body<E: Wire>(entry: &E) -> EntryBody<E::Request> {
    EntryBody {
        id: entry.id(),
        entry: entry.request(),
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::http) struct EntryPath {
    #[serde(
        alias = "room_type",
        alias = "room",
        alias = "rate_plan",
        alias = "policy",
        alias = "charge",
        alias = "extra",
        alias = "package",
        alias = "promo_code"
    )]
    entry: String,
}

impl EntryPath {
    pub(super) fn reference(&self, noun: &str) -> Result<Reference, Problem> {
        sayable(&self.entry)
            .then(|| Reference::parse(&self.entry))
            .ok_or_else(|| Problem::not_found(noun))
    }
}

/// Whether a text could be a code: some characters never reach the database, which refuses them.
pub(super) fn sayable(text: &str) -> bool {
    text.len() <= 200 && !text.chars().any(char::is_control)
}

/// A JSON merge patch (RFC 7396).
pub(in crate::http) struct Patch(JsonBody);

impl<S: Send + Sync> FromRequest<S> for Patch {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        JsonBody::from_request(request, state).await.map(Self)
    }
}

impl Patch {
    /// Its fields. A handler asks for them after the scope, as of every body.
    pub(in crate::http) fn parse(&self) -> Result<Map<String, Value>, Problem> {
        self.0.parse()
    }
}

fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    if let Value::Object(fields) = into {
        for (name, value) in patch {
            if value.is_null() {
                fields.remove(name);
            } else {
                merge(fields.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
    }
}

/// What a request becomes with a patch, read as strictly as a new one.
pub(in crate::http) fn patched<R: Serialize + DeserializeOwned>(
    current: &R,
    patch: &Map<String, Value>,
) -> Result<R, Problem> {
    let mut merged = serde_json::to_value(current).map_err(|_| Problem::internal())?;
    merge(&mut merged, &Value::Object(patch.clone()));
    parse_json(merged.to_string().as_bytes())
}

/// A problem of one field as the use case's own refusal.
pub(in crate::http) fn refusal(problem: Problem) -> Refusal {
    let detail = problem.detail;
    match problem.errors.into_iter().next() {
        Some(error) => Refusal::Invalid {
            pointer: error.pointer,
            message: error.message,
        },
        None => Refusal::Invalid {
            pointer: String::new(),
            message: detail,
        },
    }
}

pub(in crate::http) fn desk(at: &AtHotel) -> Result<Desk<'_>, Problem> {
    Ok(Desk {
        hotel: at.require(Scope::CatalogueManage)?,
        actor: at.caller.actor(),
    })
}

/// Which entries somebody may read.
type Shown<E> = fn(&E) -> bool;

/// The hotel, if the caller may read entries there: every one, or those that are shown.
fn reading<E: Wire>(at: &AtHotel) -> Result<(&Hotel, Option<Shown<E>>), Problem> {
    match (at.require(Scope::CatalogueManage), E::FOR_GUESTS) {
        (Ok(hotel), _) => Ok((hotel, None)),
        (Err(_), Some(shown)) => Ok((at.require(Scope::OffersRead)?, Some(shown))),
        (Err(missing), None) => Err(missing),
    }
}

pub(super) async fn list<E: Wire>(
    state: &HttpState,
    at: &AtHotel,
) -> Result<Json<EntriesBody<E::Request>>, Problem> {
    let (hotel, shown) = reading::<E>(at)?;
    let mut found: Vec<E> = catalogue::list(&state.app, hotel, &Reference::default()).await?;
    found.retain(|entry| shown.is_none_or(|shown| shown(entry)));
    Ok(Json(EntriesBody {
        entries: found.iter().map(body).collect(),
    }))
}

pub(super) async fn create<E: Wire>(
    state: &HttpState,
    at: &AtHotel,
    keyed: Keyed,
) -> Result<Response, Problem> {
    let desk = desk(at)?;
    let id = new_uuid(state.app.clock.now());
    let entry = E::parse(id, keyed.json()?)?;
    let verb = Create { desk, entry };
    keyed
        .once(state, at, success::CREATED, &verb, |entry| body(&entry))
        .await
}

pub(super) async fn get<E: Wire>(
    state: &HttpState,
    at: &AtHotel,
    path: &EntryPath,
) -> Result<Json<EntryBody<E::Request>>, Problem> {
    let (hotel, shown) = reading::<E>(at)?;
    let entry: E = catalogue::find(&state.app, hotel, &path.reference(E::NOUN)?).await?;
    if shown.is_none_or(|shown| shown(&entry)) {
        Ok(Json(body(&entry)))
    } else {
        Err(Problem::not_found(E::NOUN))
    }
}

pub(super) async fn change<E: Wire>(
    state: &HttpState,
    at: &AtHotel,
    path: &EntryPath,
    patch: &Patch,
) -> Result<Json<EntryBody<E::Request>>, Problem> {
    let desk = desk(at)?;
    let patch = patch.parse()?;
    let change = |before: &E| {
        patched(&before.request(), &patch)
            .and_then(|request| E::parse(before.id(), request))
            .map_err(refusal)
    };
    let verb = Change {
        desk,
        of: path.reference(E::NOUN)?,
        change: &change,
    };
    Ok(Json(body(&perform(&state.app, at.hotel.id, &verb).await?)))
}

pub(super) async fn remove<E: Wire>(
    state: &HttpState,
    at: &AtHotel,
    path: &EntryPath,
) -> Result<Json<EntryBody<E::Request>>, Problem> {
    let verb = Remove::<E> {
        desk: desk(at)?,
        of: path.reference(E::NOUN)?,
        noun: PhantomData,
    };
    Ok(Json(body(&perform(&state.app, at.hotel.id, &verb).await?)))
}

/// A code: 1 to 32 letters, digits, dots, dashes and underscores. It stands in paths, where an id would be taken for one
/// and clients do not send dots alone.
pub(super) fn code(pointer: &str, value: &str) -> Result<String, Problem> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ".-_".contains(letter);
    let named = !value.chars().all(|letter| letter == '.') && value.parse::<Uuid>().is_err();
    if named && value.len() <= 32 && value.chars().all(plain) {
        Ok(value.to_owned())
    } else {
        let message = "a code has 1 to 32 letters, digits, dots, dashes or underscores, not dots alone, and is no id";
        Err(Problem::invalid(pointer, message))
    }
}

/// A name that says something.
pub(in crate::http) fn name(pointer: &str, value: &str) -> Result<String, Problem> {
    let value = value.trim();
    if value.is_empty() {
        return Err(Problem::invalid(pointer, "must not be empty"));
    }
    wire::bounded(pointer, value, 200)
}

/// Refuses a number outside of its bounds.
pub(super) fn within(
    pointer: &str,
    value: impl Into<i64>,
    bounds: std::ops::RangeInclusive<i64>,
) -> Result<(), Problem> {
    if bounds.contains(&value.into()) {
        return Ok(());
    }
    let message = format!("is not between {} and {}", bounds.start(), bounds.end());
    Err(Problem::invalid(pointer, message))
}

/// Refuses a word that is none of those.
pub(in crate::http) fn one_of(pointer: &str, value: &str, words: &[&str]) -> Result<(), Problem> {
    if words.contains(&value) {
        return Ok(());
    }
    Err(Problem::invalid(
        pointer,
        format!("is one of {}", words.join(", ")),
    ))
}

/// Minor units, or hundredths of a percent.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum AdjustmentKind {
    Amount,
    Percent,
}

/// An adjustment's two fields, or the one that makes no sense. More than ten times as much is a mistake.
pub(super) fn adjustment(
    pointer: &str,
    kind: AdjustmentKind,
    value: i64,
    least: i64,
) -> Result<Adjustment, Problem> {
    let pointer = format!("{pointer}/value");
    match kind {
        AdjustmentKind::Amount => {
            within(&pointer, value, (-MOST_PRICE).max(least)..=MOST_PRICE)?;
            Ok(Adjustment::Amount(value))
        }
        AdjustmentKind::Percent => {
            within(&pointer, value, (-10_000).max(least)..=100_000)?;
            Ok(Adjustment::Percent(value))
        }
    }
}

pub(super) fn adjustment_kind(adjustment: Adjustment) -> AdjustmentKind {
    match adjustment {
        Adjustment::Amount(_) => AdjustmentKind::Amount,
        Adjustment::Percent(_) => AdjustmentKind::Percent,
    }
}

pub(in crate::http) fn yes() -> bool {
    true
}
