//! Who waits for nights that are sold out.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app;
use crate::app::waitlist::{Book, Join, Withdraw, find, list};
use crate::domain::access::Scope;
use crate::domain::ids::WaitlistEntryId;
use crate::domain::waitlist::{Entry, State as EntryState};
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::{NoQuery, Path, Query};
use crate::http::idempotent::Keyed;
use crate::http::problem::{Problem, success};
use crate::http::reservations::{MAX_NOTES, ReservationBody};
use crate::http::wire::{self, GuestBody, LocalDate};
use crate::store::search::Range;
use crate::store::waitlist::{Filter, WaitlistEvent};

/// What somebody waits for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"room_type": "DBL", "check_in": "2026-12-24", "check_out": "2026-12-26", "adults": 2,
    "guest": {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@guest.example"}}))]
pub(super) struct WaitlistRequest {
    /// A code; any room type where nothing is said.
    #[schema(examples("DBL"))]
    pub room_type: Option<String>,
    /// A code; the cheapest rate plan where nothing is said.
    #[schema(examples("BAR"))]
    pub rate_plan: Option<String>,
    pub check_in: LocalDate,
    /// The day of departure.
    pub check_out: LocalDate,
    #[serde(default = "one")]
    #[schema(default = 1, minimum = 1, maximum = 100)]
    pub units: u32,
    /// In each unit.
    #[schema(minimum = 1)]
    pub adults: u16,
    #[serde(default)]
    pub children_ages: Vec<u8>,
    /// Whoever is written to: an `email` is needed.
    pub guest: GuestBody,
    pub note: Option<String>,
}

fn one() -> u32 {
    1
}

/// Why somebody waits no more.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "found another hotel"}))]
pub(super) struct WithdrawRequest {
    pub reason: Option<String>,
}

/// How a reservation is made for who waits.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "the guest called back", "notes": "late arrival"}))]
pub(super) struct WaitlistBookRequest {
    pub reason: Option<String>,
    /// Kept with the reservation.
    pub notes: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WaitlistBody {
    pub id: Uuid,
    /// `waiting`, `offered`, `fulfilled`, `withdrawn` or `lapsed`.
    pub state: &'static str,
    /// Absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_type_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_plan_id: Option<Uuid>,
    pub check_in: LocalDate,
    pub check_out: LocalDate,
    pub units: u32,
    pub adults: u16,
    pub children_ages: Vec<u8>,
    pub guest: GuestBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What is kept for it, while it is `offered`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<WaitlistOfferBody>,
    /// What came of it, where it is `fulfilled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reservation_id: Option<Uuid>,
    /// Its turn.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WaitlistOfferBody {
    pub hold_id: Uuid,
    /// Then it lapses, and the next is offered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

impl From<Entry> for WaitlistBody {
    fn from(entry: Entry) -> Self {
        let wish = entry.wish;
        Self {
            id: entry.id.0,
            state: entry.state.as_str(),
            room_type_id: wish.room_type.map(|id| id.0),
            rate_plan_id: wish.rate_plan.map(|id| id.0),
            check_in: LocalDate(wish.stay.check_in()),
            check_out: LocalDate(wish.stay.check_out()),
            units: wish.units,
            adults: wish.party.adults,
            children_ages: wish.party.children_ages,
            guest: (&entry.guest).into(),
            note: entry.note,
            offer: match entry.state {
                EntryState::Offered(hold) => Some(WaitlistOfferBody {
                    hold_id: hold.0,
                    until: entry.offered_until,
                }),
                _ => None,
            },
            reservation_id: match entry.state {
                EntryState::Fulfilled(reservation) => Some(reservation.0),
                _ => None,
            },
            created_at: entry.created_at,
        }
    }
}

/// An entry with what happened to it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WaitlistEntryBody {
    #[serde(flatten)]
    pub entry: WaitlistBody,
    /// Oldest first.
    pub history: Vec<WaitlistEventBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WaitlistEventBody {
    /// `created`, `alerted`, `offered`, `fulfilled`, `withdrawn` or `lapsed`.
    pub kind: String,
    /// Who: an API key or a job.
    pub actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<WaitlistEvent> for WaitlistEventBody {
    fn from(event: WaitlistEvent) -> Self {
        Self {
            kind: event.kind,
            actor: event.actor,
            reason: event.reason,
            at: event.at,
        }
    }
}

/// Begins to wait for nights that are sold out.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/waitlist", tag = "Waitlist", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("Idempotency-Key" = String, Header, description = "New for each new intention")),
    request_body = WaitlistRequest, responses(
    (status = 201, body = WaitlistBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`for_sale`: it can be booked now; `waitlist_limit`", body = Problem), (status = 422, body = Problem)))]
pub(super) async fn join_waitlist(
    State(state): State<HttpState>,
    at: AtHotel,
    keyed: Keyed,
) -> Result<Response, Problem> {
    let hotel = at.require(Scope::BookingsWrite)?;
    let request: WaitlistRequest = keyed.json()?;
    wire::units("/", request.units)?;
    let code = |pointer: &str, code: Option<&String>| {
        code.map(|code| wire::bounded(pointer, code, 64))
            .transpose()
    };
    let guest = request.guest.parse("/guest")?;
    if guest.email.is_none() {
        return Err(Problem::invalid("/guest/email", "is needed for an offer"));
    }
    let note = request
        .note
        .map(|note| wire::prose("/note", &note, MAX_NOTES));
    let verb = Join {
        hotel,
        room_type: code("/room_type", request.room_type.as_ref())?,
        rate_plan: code("/rate_plan", request.rate_plan.as_ref())?,
        stay: wire::stay("/", request.check_in, request.check_out)?,
        units: request.units,
        party: wire::party("/", request.adults, request.children_ages)?,
        guest,
        note: note.transpose()?,
        actor: at.caller.actor(),
    };
    keyed
        .once(&state, &at, success::CREATED, &verb, WaitlistBody::from)
        .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WaitlistQuery {
    /// Only those of this state.
    state: Option<String>,
    /// Stays that take this night or a later one.
    stay_from: Option<LocalDate>,
    /// Stays that take this night or an earlier one.
    stay_to: Option<LocalDate>,
    /// The `next` of the page before.
    cursor: Option<Uuid>,
    /// At most 100.
    #[serde(default = "fifty")]
    #[param(default = 50, minimum = 1, maximum = 100)]
    limit: u16,
}

fn fifty() -> u16 {
    50
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WaitlistPageBody {
    pub entries: Vec<WaitlistBody>,
    /// Present while there is more: the `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}

/// Who waits, in their turn.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/waitlist", tag = "Waitlist", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"), WaitlistQuery), responses(
    (status = 200, body = WaitlistPageBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list_waitlist(
    State(state): State<HttpState>,
    at: AtHotel,
    Query(query): Query<WaitlistQuery>,
) -> Result<Json<WaitlistPageBody>, Problem> {
    let hotel = at.require(Scope::ReservationsRead)?;
    if !(1..=100).contains(&query.limit) {
        return Err(Problem::invalid("limit", "a page has 1 to 100 entries"));
    }
    let named = query.state.as_ref().map(|name| {
        let known = EntryState::NAMES.into_iter().find(|known| known == name);
        known.ok_or_else(|| Problem::invalid("state", format!("`{name}` is no state")))
    });
    let filter = Filter {
        state: named.transpose()?,
        stay: Range {
            from: query.stay_from.map(|day| day.0),
            to: query.stay_to.map(|day| day.0),
        },
    };
    let cursor = query.cursor.map(WaitlistEntryId);
    let page = list(&state.app, hotel, &filter, cursor, query.limit).await?;
    let next = (page.len() == usize::from(query.limit))
        .then(|| page.last().map(|last| last.id.0))
        .flatten();
    Ok(Json(WaitlistPageBody {
        entries: page.into_iter().map(WaitlistBody::from).collect(),
        next,
    }))
}

#[derive(Deserialize)]
pub(super) struct WaitlistPath {
    entry: String,
}

impl WaitlistPath {
    fn id(&self) -> Result<WaitlistEntryId, Problem> {
        let id = self.entry.parse();
        id.map_err(|_| Problem::not_found("entry of the waitlist"))
    }
}

/// An entry of the waitlist, with its history.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/waitlist/{entry}", tag = "Waitlist", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"), ("entry" = Uuid, Path)), responses(
    (status = 200, body = WaitlistEntryBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
pub(super) async fn get_waitlist_entry(
    State(state): State<HttpState>,
    at: AtHotel,
    _query: NoQuery,
    Path(path): Path<WaitlistPath>,
) -> Result<Json<WaitlistEntryBody>, Problem> {
    let hotel = at.require(Scope::ReservationsRead)?;
    let (entry, events) = find(&state.app, hotel, path.id()?).await?;
    Ok(Json(WaitlistEntryBody {
        entry: entry.into(),
        history: events.into_iter().map(WaitlistEventBody::from).collect(),
    }))
}

/// Ends somebody's waiting; what is kept for them is free again. Withdrawing twice is no failure.
#[utoipa::path(delete, path = "/v1/hotels/{hotel}/waitlist/{entry}", tag = "Waitlist", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"), ("entry" = Uuid, Path)), responses(
    (status = 200, body = WaitlistBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`waitlist_ended`, `hold_ended`", body = Problem)))]
pub(super) async fn delete_waitlist_entry(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<WaitlistPath>,
) -> Result<Json<WaitlistBody>, Problem> {
    let hotel = at.require(Scope::ReservationsManage)?;
    let verb = Withdraw {
        entry: path.id()?,
        reason: None,
        actor: at.caller.actor(),
    };
    let entry = app::perform(&state.app, hotel.id, &verb).await?;
    Ok(Json(entry.into()))
}

/// Ends somebody's waiting, and says why.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/waitlist/{entry}/withdraw", tag = "Waitlist",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("entry" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "New for each new intention")),
    request_body = Option<WithdrawRequest>, responses(
    (status = 200, body = WaitlistBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`waitlist_ended`, `hold_ended`", body = Problem), (status = 422, body = Problem)))]
pub(super) async fn withdraw_waitlist_entry(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<WaitlistPath>,
    keyed: Keyed,
) -> Result<Response, Problem> {
    at.require(Scope::ReservationsManage)?;
    let request: WithdrawRequest = keyed.json_or_default()?;
    let verb = Withdraw {
        entry: path.id()?,
        reason: wire::reason("/reason", request.reason.as_deref())?,
        actor: at.caller.actor(),
    };
    keyed
        .once(&state, &at, success::OK, &verb, WaitlistBody::from)
        .await
}

/// Makes the reservation of somebody who waits: of what is kept for them, or of what is for sale now.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/waitlist/{entry}/book", tag = "Waitlist",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("entry" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "New for each new intention")),
    request_body = Option<WaitlistBookRequest>, responses(
    (status = 200, body = ReservationBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`sold_out`, `not_sellable`, `waitlist_ended`, `hold_ended`", body = Problem),
    (status = 422, body = Problem)))]
pub(super) async fn book_waitlist_entry(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<WaitlistPath>,
    keyed: Keyed,
) -> Result<Response, Problem> {
    let hotel = at.require(Scope::ReservationsManage)?;
    let request: WaitlistBookRequest = keyed.json_or_default()?;
    let notes = request
        .notes
        .map(|notes| wire::prose("/notes", &notes, MAX_NOTES));
    let verb = Book {
        hotel,
        entry: path.id()?,
        reason: wire::reason("/reason", request.reason.as_deref())?,
        notes: notes.transpose()?,
        actor: at.caller.actor(),
    };
    keyed
        .once(&state, &at, success::OK, &verb, ReservationBody::from)
        .await
}
