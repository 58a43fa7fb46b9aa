//! Rooms of several reservations at once: everybody who arrives on a day, and two that change places.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::assignments::{AssignArrivals, Assigned, Swap, Unassigned};
use crate::domain::access::Scope;
use crate::domain::ids::AssignmentId;
use crate::domain::reservation::Reservation;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::idempotent::Keyed;
use crate::http::problem::{Problem, success};
use crate::http::reservations::ReservationBody;
use crate::http::wire::{self, LocalDate};

/// Whose rooms are found.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"arrival": "2026-12-24"}))]
pub(in crate::http) struct ArrivalsRequest {
    /// The day on which they arrive, in the hotel's time zone.
    pub arrival: LocalDate,
    /// Where no room is free for all nights, a unit may move from one to another during its stay.
    #[serde(default)]
    pub split: bool,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ArrivalsBody {
    /// Reservations that got a room.
    pub reservations: usize,
    /// Reservations that somebody else was changing at this moment: worth asking again.
    pub skipped: usize,
    /// Units that have nights without a room still.
    pub unassigned: Vec<UnassignedBody>,
}

/// A unit's nights for which no room was free.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct UnassignedBody {
    pub reservation: Uuid,
    pub number: String,
    pub line: usize,
    pub unit: u32,
    pub from: LocalDate,
    /// The day after the last of these nights.
    pub until: LocalDate,
}

impl From<Unassigned> for UnassignedBody {
    fn from(one: Unassigned) -> Self {
        Self {
            reservation: one.reservation.0,
            number: one.number,
            line: one.line,
            unit: one.unit,
            from: LocalDate(one.from),
            until: LocalDate(one.until),
        }
    }
}

impl From<Assigned> for ArrivalsBody {
    fn from(assigned: Assigned) -> Self {
        let unassigned = assigned.unassigned.into_iter();
        Self {
            reservations: assigned.reservations,
            skipped: assigned.skipped,
            unassigned: unassigned.map(UnassignedBody::from).collect(),
        }
    }
}

/// Gives a room of its type to everybody who arrives on a day, the longest stays first; what has one keeps it.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/assignments/auto", tag = "Rooms", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("Idempotency-Key" = String, Header, description = "New for each new intention")),
    request_body = ArrivalsRequest, responses(
    (status = 200, body = ArrivalsBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(in crate::http) async fn assign_arrivals(
    State(state): State<HttpState>,
    at: AtHotel,
    keyed: Keyed,
) -> Result<Response, Problem> {
    at.require(Scope::ReservationsManage)?;
    let request: ArrivalsRequest = keyed.json()?;
    let verb = AssignArrivals {
        arrival: request.arrival.0,
        split: request.split,
        actor: at.caller.actor(),
    };
    keyed
        .once(&state, &at, success::OK, &verb, ArrivalsBody::from)
        .await
}

/// Two assignments, by the ids that a reservation or the rack shows.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"assignments": ["0193c0f4-6d2f-7c3a-9a51-0d6f5b1c2e3f",
    "0193c0f4-6d2f-7c3a-9a51-0d6f5b1c2e40"], "reason": "the family wants the balcony"}))]
pub(in crate::http) struct SwapRequest {
    pub assignments: [Uuid; 2],
    pub reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct SwapBody {
    /// One, where both rooms are of the same reservation.
    pub reservations: Vec<ReservationBody>,
}

/// Exchanges two rooms, each unit for its own nights. Nights that were slept stay as they were.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/assignments/swap", tag = "Rooms", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("Idempotency-Key" = String, Header, description = "New for each new intention")),
    request_body = SwapRequest, responses(
    (status = 200, body = SwapBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`room_taken`, `assignment_locked`, `not_modifiable`", body = Problem),
    (status = 422, body = Problem)))]
pub(in crate::http) async fn swap_rooms(
    State(state): State<HttpState>,
    at: AtHotel,
    keyed: Keyed,
) -> Result<Response, Problem> {
    at.require(Scope::ReservationsManage)?;
    let request: SwapRequest = keyed.json()?;
    let verb = Swap {
        hotel: &at.hotel,
        assignments: request.assignments.map(AssignmentId),
        reason: wire::reason("/reason", request.reason.as_deref())?,
        actor: at.caller.actor(),
    };
    let shape = |reservations: Vec<Reservation>| SwapBody {
        reservations: reservations
            .into_iter()
            .map(ReservationBody::from)
            .collect(),
    };
    keyed.once(&state, &at, success::OK, &verb, shape).await
}
