//! Changing a reservation: previewed with its new price, then done as a whole or not at all.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::changes::{self, Change, LineChange, Modified};
use crate::app::quotes::MAX_LINES;
use crate::app::{self};
use crate::domain::access::Scope;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::Path;
use crate::http::json_body::JsonBody;
use crate::http::problem::Problem;
use crate::http::reservation_request::guests_of;
use crate::http::reservations::{MAX_NOTES, ReservationBody, ReservationPath};
use crate::http::transitions::version;
use crate::http::wire::{self, GuestBody, LocalDate, MoneyBody};

/// What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"rooms": [{"line": 0, "check_out": "2026-12-28"}], "dry_run": true}))]
pub(super) struct ChangeRequest {
    pub booker: Option<GuestBody>,
    /// An empty text takes the notes away.
    pub notes: Option<String>,
    /// Lines that change, each by its place in the reservation.
    #[serde(default)]
    pub rooms: Vec<RoomChange>,
    /// Nights that stay as they were booked keep their price, unless this is true.
    #[serde(default)]
    pub reprice: bool,
    /// Restrictions of the nights, such as a least stay, do not count; inventory always does.
    #[serde(default)]
    pub skip_restrictions: bool,
    /// A locked room that no longer fits is given up; otherwise the change is refused.
    #[serde(default)]
    pub release_locked_rooms: bool,
    /// Nothing is changed: the answer tells what would be.
    #[serde(default)]
    pub dry_run: bool,
    /// Whether the guest is written to; the hotel's rule decides where nothing is said.
    pub notify_guest: Option<bool>,
    pub reason: Option<String>,
}

/// A change of one line.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoomChange {
    /// From zero, in the order of the reservation's `rooms`.
    pub line: u16,
    pub room_type: Option<String>,
    pub rate_plan: Option<String>,
    pub check_in: Option<LocalDate>,
    pub check_out: Option<LocalDate>,
    pub units: Option<u32>,
    pub adults: Option<u16>,
    pub children_ages: Option<Vec<u8>>,
    /// In place of those who were named.
    pub guests: Option<Vec<GuestBody>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangeBody {
    /// Whether this only tells what would be.
    pub dry_run: bool,
    pub total_before: MoneyBody,
    /// What it costs more, or, negative, less.
    pub difference: MoneyBody,
    pub reservation: ReservationBody,
}

/// Changes dates, products, parties, guests and notes: all of it, or nothing.
#[utoipa::path(patch, path = "/v1/hotels/{hotel}/reservations/{reservation}", tag = "Reservations",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("reservation" = Uuid, Path),
        ("If-Match" = String, Header, description = "The ETag that was read, or `*`")),
    request_body = ChangeRequest, responses(
    (status = 200, body = ChangeBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`sold_out`, `not_sellable`, `not_modifiable`, `assignment_locked`", body = Problem),
    (status = 412, description = "`version_changed`", body = Problem), (status = 422, body = Problem),
    (status = 428, description = "`if_match_missing`", body = Problem)))]
pub(super) async fn change_reservation(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ReservationPath>,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Problem> {
    let hotel = at.require(Scope::ReservationsManage)?;
    let request: ChangeRequest = body.parse()?;
    let version = version(&headers)?.ok_or_else(Problem::version_missing)?;
    let notes = request.notes.as_deref();
    let booker = request.booker.as_ref();
    let change = Change {
        hotel,
        reservation: path.id()?,
        version,
        booker: booker.map(|booker| booker.parse("/booker")).transpose()?,
        notes: notes
            .map(|notes| wire::prose("/notes", notes, MAX_NOTES))
            .transpose()?,
        lines: lines(&request.rooms)?,
        reprice: request.reprice,
        skip_restrictions: request.skip_restrictions,
        release_locked_rooms: request.release_locked_rooms,
        notify_guest: request.notify_guest,
        reason: wire::reason("/reason", request.reason.as_deref())?,
        actor: at.caller.actor(),
    };
    let modified = if request.dry_run {
        changes::preview(&state.app, &change).await?
    } else {
        app::perform(&state.app, hotel.id, &change).await?
    };
    let etag = format!(
        "\"{}\"",
        if request.dry_run {
            &modified.before
        } else {
            &modified.after
        }
        .version
    );
    let answer = axum::Json(answer(request.dry_run, modified));
    Ok(([(header::ETAG, etag)], answer).into_response())
}

fn answer(dry_run: bool, modified: Modified) -> ChangeBody {
    ChangeBody {
        dry_run,
        total_before: modified.before.total.into(),
        difference: modified.difference().into(),
        reservation: modified.after.into(),
    }
}

fn lines(rooms: &[RoomChange]) -> Result<Vec<LineChange>, Problem> {
    if rooms.len() > MAX_LINES {
        let message = format!("at most {MAX_LINES} lines change at once");
        return Err(Problem::invalid("/rooms", message));
    }
    let mut lines: Vec<LineChange> = Vec::with_capacity(rooms.len());
    for (number, room) in rooms.iter().enumerate() {
        let line = line(number, room)?;
        if lines.iter().any(|before| before.line == line.line) {
            let message = "a line changes once";
            return Err(Problem::invalid(format!("/rooms/{number}/line"), message));
        }
        lines.push(line);
    }
    Ok(lines)
}

fn line(number: usize, room: &RoomChange) -> Result<LineChange, Problem> {
    let at = format!("/rooms/{number}/");
    let code = |field: &str, code: &Option<String>| {
        let code = code.as_deref();
        code.map(|code| wire::bounded(&format!("{at}{field}"), code, 64))
            .transpose()
    };
    if let Some(units) = room.units {
        wire::units(&at, units)?;
    }
    // Whether both fit into one room is decided with what stays.
    wire::party(
        &at,
        room.adults.unwrap_or(1),
        room.children_ages.clone().unwrap_or_default(),
    )?;
    let named = room.guests.as_deref();
    let named = named.map(|named| guests_of(number, named));
    Ok(LineChange {
        place: number,
        line: usize::from(room.line),
        room_type: code("room_type", &room.room_type)?,
        rate_plan: code("rate_plan", &room.rate_plan)?,
        check_in: room.check_in.map(|date| date.0),
        check_out: room.check_out.map(|date| date.0),
        units: room.units,
        adults: room.adults,
        children_ages: room.children_ages.clone(),
        guests: named.transpose()?,
    })
}
