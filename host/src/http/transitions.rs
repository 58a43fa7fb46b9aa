//! What is done to a reservation: each transition compares and sets, and says why.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::moves::Move;
use crate::domain::access::Scope;
use crate::domain::ids::ReservationId;
use crate::domain::reservation::{Checklist, FileReference, Transition};
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::Path;
use crate::http::idempotent::Keyed;
use crate::http::problem::{Problem, success};
use crate::http::reservations::{FileBody, MAX_NOTES, ReservationBody, ReservationPath};
use crate::http::wire;

/// Why something is done to a reservation.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "the guest called"}))]
pub(super) struct TransitionRequest {
    pub reason: Option<String>,
    /// Whether the guest is written to; the hotel's rule decides where nothing is said.
    pub notify_guest: Option<bool>,
}

/// Staff's yes, with what they noted.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"notes": "late arrival, key in the box", "notify_guest": true,
    "files": [{"name": "passport.pdf", "url": "https://files.example/passport.pdf"}]}))]
pub(super) struct ConfirmationRequest {
    pub reason: Option<String>,
    /// For staff: the guest does not see them.
    pub notes: Option<String>,
    /// Files elsewhere, by reference; 20 at most.
    #[serde(default)]
    pub files: Vec<FileBody>,
    /// Whether the guest is written to; the hotel's rule decides where nothing is said.
    pub notify_guest: Option<bool>,
}

const MAX_FILES: usize = 20;
const MAX_URL: usize = 2_000;

/// Staff's yes to a tentative reservation. A second one is refused.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/reservations/{reservation}/confirm", tag = "Reservations",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("reservation" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "New for each new intention"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    request_body = Option<ConfirmationRequest>, responses(
    (status = 200, body = ReservationBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`, `wrong_day`", body = Problem),
    (status = 412, description = "`version_changed`", body = Problem), (status = 422, body = Problem)))]
pub(super) async fn confirm_reservation(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ReservationPath>,
    headers: HeaderMap,
    keyed: Keyed,
) -> Result<Response, Problem> {
    at.require(Scope::ReservationsManage)?;
    let request: ConfirmationRequest = keyed.json_or_default()?;
    let notes = request
        .notes
        .map(|notes| wire::bounded("/notes", &notes, MAX_NOTES));
    let verb = Move {
        hotel: &at.hotel,
        reservation: path.id()?,
        transition: Transition::Confirm,
        version: version(&headers)?.unwrap_or_default(),
        reason: wire::reason("/reason", request.reason.as_deref())?,
        actor: at.caller.actor(),
        checklist: Checklist {
            notes: notes.transpose()?,
            files: files(&request.files)?,
            guest_notified: false,
        },
        notify_guest: request.notify_guest,
    };
    keyed
        .once(&state, &at, success::OK, &verb, ReservationBody::from)
        .await
}

fn files(files: &[FileBody]) -> Result<Vec<FileReference>, Problem> {
    if files.len() > MAX_FILES {
        let message = format!("at most {MAX_FILES} files are noted");
        return Err(Problem::invalid("/files", message));
    }
    let file = |(number, file): (usize, &FileBody)| {
        let name = wire::bounded(&format!("/files/{number}/name"), file.name.trim(), 200)?;
        let at = format!("/files/{number}/url");
        let url = wire::bounded(&at, &file.url, MAX_URL)?;
        let host = url.strip_prefix("https://").unwrap_or_default();
        let whole = !host.is_empty()
            && !host.starts_with('/')
            && url.bytes().all(|byte| byte.is_ascii_graphic());
        if name.is_empty() {
            return Err(Problem::invalid(
                format!("/files/{number}/name"),
                "must not be empty",
            ));
        }
        if !whole {
            return Err(Problem::invalid(at, "is no `https` address"));
        }
        Ok(FileReference { name, url })
    };
    files.iter().enumerate().map(file).collect()
}

/// Staff's no to a tentative reservation: its units are free again.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/reservations/{reservation}/decline", tag = "Reservations",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("reservation" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "New for each new intention"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    request_body = Option<TransitionRequest>, responses(
    (status = 200, body = ReservationBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`, `wrong_day`", body = Problem),
    (status = 412, description = "`version_changed`", body = Problem), (status = 422, body = Problem)))]
pub(super) async fn decline_reservation(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ReservationPath>,
    headers: HeaderMap,
    keyed: Keyed,
) -> Result<Response, Problem> {
    transition(
        &state,
        &at,
        path.id()?,
        &headers,
        (keyed, Transition::Decline),
    )
    .await
}

/// Cancels a tentative or confirmed reservation: its units are free again, and it says what the guest owes.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/reservations/{reservation}/cancel", tag = "Reservations",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("reservation" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "New for each new intention"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    request_body = Option<TransitionRequest>, responses(
    (status = 200, body = ReservationBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`, `wrong_day`", body = Problem),
    (status = 412, description = "`version_changed`", body = Problem), (status = 422, body = Problem)))]
pub(super) async fn cancel_reservation(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ReservationPath>,
    headers: HeaderMap,
    keyed: Keyed,
) -> Result<Response, Problem> {
    transition(
        &state,
        &at,
        path.id()?,
        &headers,
        (keyed, Transition::Cancel),
    )
    .await
}

/// The guest did not come: the first night stays taken, or the whole stay, by the hotel's rule.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/reservations/{reservation}/no-show", tag = "Reservations",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("reservation" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "New for each new intention"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    request_body = Option<TransitionRequest>, responses(
    (status = 200, body = ReservationBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`, `wrong_day`", body = Problem),
    (status = 412, description = "`version_changed`", body = Problem), (status = 422, body = Problem)))]
pub(super) async fn no_show_reservation(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ReservationPath>,
    headers: HeaderMap,
    keyed: Keyed,
) -> Result<Response, Problem> {
    transition(
        &state,
        &at,
        path.id()?,
        &headers,
        (keyed, Transition::NoShow),
    )
    .await
}

/// The guests have arrived. Not before the arrival day at the hotel.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/reservations/{reservation}/check-in", tag = "Reservations",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("reservation" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "New for each new intention"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    request_body = Option<TransitionRequest>, responses(
    (status = 200, body = ReservationBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`, `wrong_day`", body = Problem),
    (status = 412, description = "`version_changed`", body = Problem), (status = 422, body = Problem)))]
pub(super) async fn check_in_reservation(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ReservationPath>,
    headers: HeaderMap,
    keyed: Keyed,
) -> Result<Response, Problem> {
    transition(
        &state,
        &at,
        path.id()?,
        &headers,
        (keyed, Transition::CheckIn),
    )
    .await
}

/// The guests have left: nights that are left of their stay are free again.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/reservations/{reservation}/check-out", tag = "Reservations",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("reservation" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "New for each new intention"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    request_body = Option<TransitionRequest>, responses(
    (status = 200, body = ReservationBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`, `wrong_day`", body = Problem),
    (status = 412, description = "`version_changed`", body = Problem), (status = 422, body = Problem)))]
pub(super) async fn check_out_reservation(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ReservationPath>,
    headers: HeaderMap,
    keyed: Keyed,
) -> Result<Response, Problem> {
    transition(
        &state,
        &at,
        path.id()?,
        &headers,
        (keyed, Transition::CheckOut),
    )
    .await
}

async fn transition(
    state: &HttpState,
    at: &AtHotel,
    reservation: ReservationId,
    headers: &HeaderMap,
    (keyed, transition): (Keyed, Transition),
) -> Result<Response, Problem> {
    at.require(Scope::ReservationsManage)?;
    let request: TransitionRequest = keyed.json_or_default()?;
    let verb = Move {
        hotel: &at.hotel,
        reservation,
        transition,
        version: version(headers)?.unwrap_or_default(),
        reason: wire::reason("/reason", request.reason.as_deref())?,
        actor: at.caller.actor(),
        checklist: Checklist::default(),
        notify_guest: request.notify_guest,
    };
    keyed
        .once(state, at, success::OK, &verb, ReservationBody::from)
        .await
}

/// The version that `If-Match` insists on: `None` without the header, and no version for `*`.
pub(super) fn version(headers: &HeaderMap) -> Result<Option<Option<i32>>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| Problem::version_malformed())?;
    if text == "*" {
        return Ok(Some(None));
    }
    let number = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    number
        .and_then(|number| number.parse().ok())
        .map(|number| Some(Some(number)))
        .ok_or_else(Problem::version_malformed)
}
