//! Rooms of reservations: given, moved, exchanged, locked and taken back, and the rack that shows them.

mod rack;
mod swap;

pub(super) use rack::*;
pub(super) use swap::*;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::assignments::{Arrange, Arrangement, RoomMove, UnitOf, WantedRoom};
use crate::domain::access::Scope;
use crate::domain::assignment::Assignment;
use crate::domain::ids::{ReservationId, RoomId};
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::Path;
use crate::http::idempotent::Keyed;
use crate::http::problem::{Problem, success};
use crate::http::reservations::{ReservationBody, ReservationPath};
use crate::http::step::step;
use crate::http::transitions::version;
use crate::http::wire::{self, LocalDate};

/// A room that a unit has for some nights.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AssignedBody {
    /// What two of are exchanged by.
    pub id: Uuid,
    /// Which of the line's units, from zero.
    pub unit: u32,
    pub room_id: Uuid,
    /// What stands on the room's door.
    #[schema(examples("204"))]
    pub room: String,
    /// Another than the line's where the guest was given a better one.
    pub room_type_id: Uuid,
    /// The first night.
    pub from: LocalDate,
    /// The day after the last night.
    pub until: LocalDate,
    /// Nothing but staff's own word moves it.
    pub locked: bool,
}

impl AssignedBody {
    pub(super) fn of_line(assigned: &[Assignment], line: usize) -> Vec<Self> {
        let of_line = assigned.iter().filter(|one| one.line == line);
        let body = |one: &Assignment| Self {
            id: one.id.0,
            unit: one.unit,
            room_id: one.room.0,
            room: one.number.clone(),
            room_type_id: one.room_type.0,
            from: LocalDate(one.from),
            until: LocalDate(one.until),
            locked: one.locked,
        };
        of_line.map(body).collect()
    }
}

/// How rooms are found for a reservation.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"split": false}))]
pub(super) struct AssignRequest {
    /// Where no room is free for all nights, a unit may move from one to another during its stay.
    #[serde(default)]
    pub split: bool,
    pub reason: Option<String>,
}

/// Where a unit is to sleep. Of `room` and `room_id` there is exactly one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"line": 0, "unit": 0, "room": "101", "lock": true, "reason": "asked for the ground floor"}))]
pub(super) struct MoveRequest {
    /// From zero, in the order of the reservation's `rooms`.
    pub line: u16,
    /// From zero, below the line's `units`.
    #[serde(default)]
    pub unit: u32,
    /// The number on the door.
    pub room: Option<String>,
    pub room_id: Option<Uuid>,
    /// The first night there; the whole stay where nothing is said.
    pub from: Option<LocalDate>,
    /// Whether it is locked there at once.
    #[serde(default)]
    pub lock: bool,
    pub reason: Option<String>,
}

/// Which units are meant: one, or all where no line is said.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"line": 0, "unit": 0, "reason": "promised to the guest"}))]
pub(super) struct UnitsRequest {
    /// From zero, in the order of the reservation's `rooms`.
    pub line: Option<u16>,
    /// From zero, with `line` only; the line's first where nothing is said.
    pub unit: Option<u32>,
    pub reason: Option<String>,
}

impl UnitsRequest {
    fn unit(&self) -> Result<Option<UnitOf>, Problem> {
        match (self.line, self.unit) {
            (None, Some(_)) => Err(Problem::invalid("/line", "a unit is one of a line")),
            (line, unit) => Ok(line.map(|line| UnitOf {
                line: usize::from(line),
                unit: unit.unwrap_or(0),
            })),
        }
    }
}

step!(
    assign_rooms "Gives every unit a room of its type for its nights, where one is free; what has one keeps it.",
    "/v1/hotels/{hotel}/reservations/{reservation}/rooms/auto", "Rooms",
    [Option<AssignRequest>], "`not_modifiable`",
    assign
);

step!(
    move_room "Gives a unit a room that somebody chose, also of another type, from a night on or for its whole stay.",
    "/v1/hotels/{hotel}/reservations/{reservation}/rooms/move", "Rooms",
    [MoveRequest], "`room_taken`, `assignment_locked`, `not_modifiable`",
    move_unit
);

step!(
    lock_rooms "Locks the rooms of a unit, or of all: nothing but staff's own word moves it.",
    "/v1/hotels/{hotel}/reservations/{reservation}/rooms/lock", "Rooms",
    [Option<UnitsRequest>], "`not_modifiable`",
    lock with true
);

step!(
    unlock_rooms "Unlocks the rooms of a unit, or of all.",
    "/v1/hotels/{hotel}/reservations/{reservation}/rooms/unlock", "Rooms",
    [Option<UnitsRequest>], "`not_modifiable`",
    lock with false
);

step!(
    unassign_rooms "Takes the rooms of a unit, or of all, back. Nights that were slept keep theirs.",
    "/v1/hotels/{hotel}/reservations/{reservation}/rooms/unassign", "Rooms",
    [Option<UnitsRequest>], "`assignment_locked`, `not_modifiable`",
    unassign
);

/// Of which reservation, and the headers that it was asked with.
type Asked<'a> = (ReservationId, &'a HeaderMap);

async fn assign(
    state: &HttpState,
    at: &AtHotel,
    asked: Asked<'_>,
    keyed: Keyed,
) -> Result<Response, Problem> {
    let request: AssignRequest = keyed.json_or_default()?;
    let split = request.split;
    let arrangement = (Arrangement::Auto { split }, request.reason);
    arrange(state, at, asked, keyed, arrangement).await
}

async fn move_unit(
    state: &HttpState,
    at: &AtHotel,
    asked: Asked<'_>,
    keyed: Keyed,
) -> Result<Response, Problem> {
    let request: MoveRequest = keyed.json()?;
    let wanted = RoomMove {
        unit: UnitOf {
            line: usize::from(request.line),
            unit: request.unit,
        },
        room: wanted_room(&request)?,
        from: request.from.map(|night| night.0),
        lock: request.lock,
    };
    let arrangement = (Arrangement::Move(wanted), request.reason);
    arrange(state, at, asked, keyed, arrangement).await
}

async fn lock(
    state: &HttpState,
    at: &AtHotel,
    asked: Asked<'_>,
    keyed: Keyed,
    locked: bool,
) -> Result<Response, Problem> {
    let request: UnitsRequest = keyed.json_or_default()?;
    let unit = request.unit()?;
    let arrangement = (Arrangement::Lock { unit, locked }, request.reason);
    arrange(state, at, asked, keyed, arrangement).await
}

async fn unassign(
    state: &HttpState,
    at: &AtHotel,
    asked: Asked<'_>,
    keyed: Keyed,
) -> Result<Response, Problem> {
    let request: UnitsRequest = keyed.json_or_default()?;
    let unit = request.unit()?;
    let arrangement = (Arrangement::Unassign { unit }, request.reason);
    arrange(state, at, asked, keyed, arrangement).await
}

async fn arrange(
    state: &HttpState,
    at: &AtHotel,
    (reservation, headers): Asked<'_>,
    keyed: Keyed,
    (arrangement, reason): (Arrangement, Option<String>),
) -> Result<Response, Problem> {
    let verb = Arrange {
        hotel: &at.hotel,
        reservation,
        version: version(headers)?.unwrap_or_default(),
        arrangement,
        reason: wire::reason("/reason", reason.as_deref())?,
        actor: at.caller.actor(),
    };
    keyed
        .once(state, at, success::OK, &verb, ReservationBody::from)
        .await
}

fn wanted_room(request: &MoveRequest) -> Result<WantedRoom, Problem> {
    match (&request.room, request.room_id) {
        (Some(number), None) => Ok(WantedRoom::Number(wire::bounded("/room", number, 64)?)),
        (None, Some(id)) => Ok(WantedRoom::Id(RoomId(id))),
        _ => Err(Problem::invalid(
            "/room",
            "say exactly one of `room` and `room_id`",
        )),
    }
}
