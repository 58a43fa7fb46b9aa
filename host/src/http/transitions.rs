//! What is done to a reservation: each transition compares and sets, and says why.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::moves::Move;
use crate::domain::access::Scope;
use crate::domain::ids::ReservationId;
use crate::domain::reservation::{Checklist, FileReference, Transition};
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::{Path, if_match};
use crate::http::idempotent::Keyed;
use crate::http::problem::{Problem, success};
use crate::http::reservations::{FileBody, MAX_NOTES, ReservationBody, ReservationPath};
use crate::http::step::step;
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

step!(
    confirm_reservation "Staff's yes to a tentative reservation. A second one is refused.",
    "/v1/hotels/{hotel}/reservations/{reservation}/confirm", "Reservations",
    [Option<ConfirmationRequest>], "`wrong_status`, `wrong_day`",
    confirm
);

step!(
    decline_reservation "Staff's no to a tentative reservation: its units are free again.",
    "/v1/hotels/{hotel}/reservations/{reservation}/decline", "Reservations",
    [Option<TransitionRequest>], "`wrong_status`, `wrong_day`",
    transition with Transition::Decline
);

step!(
    cancel_reservation "Cancels a tentative or confirmed reservation: its units are free again, and it says what \
        the guest owes.",
    "/v1/hotels/{hotel}/reservations/{reservation}/cancel", "Reservations",
    [Option<TransitionRequest>], "`wrong_status`, `wrong_day`",
    transition with Transition::Cancel
);

step!(
    no_show_reservation "The guest did not come: the first night stays taken, or the whole stay, by the hotel's rule.",
    "/v1/hotels/{hotel}/reservations/{reservation}/no-show", "Reservations",
    [Option<TransitionRequest>], "`wrong_status`, `wrong_day`",
    transition with Transition::NoShow
);

step!(
    check_in_reservation "The guests have arrived. Not before the arrival day at the hotel.",
    "/v1/hotels/{hotel}/reservations/{reservation}/check-in", "Reservations",
    [Option<TransitionRequest>], "`wrong_status`, `wrong_day`",
    transition with Transition::CheckIn
);

step!(
    check_out_reservation "The guests have left: nights that are left of their stay are free again.",
    "/v1/hotels/{hotel}/reservations/{reservation}/check-out", "Reservations",
    [Option<TransitionRequest>], "`wrong_status`, `wrong_day`",
    transition with Transition::CheckOut
);

async fn confirm(
    state: &HttpState,
    at: &AtHotel,
    (reservation, headers): (ReservationId, &HeaderMap),
    keyed: Keyed,
) -> Result<Response, Problem> {
    let request: ConfirmationRequest = keyed.json_or_default()?;
    let notes = request
        .notes
        .map(|notes| wire::prose("/notes", &notes, MAX_NOTES));
    let verb = Move {
        hotel: &at.hotel,
        reservation,
        transition: Transition::Confirm,
        version: version(headers)?.unwrap_or_default(),
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
        .once(state, at, success::OK, &verb, ReservationBody::from)
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

async fn transition(
    state: &HttpState,
    at: &AtHotel,
    (reservation, headers): (ReservationId, &HeaderMap),
    keyed: Keyed,
    transition: Transition,
) -> Result<Response, Problem> {
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
    let Some(text) = if_match(headers)? else {
        return Ok(None);
    };
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
