//! Rooms: the physical units.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::entry::{self, EntriesBody, EntryBody, EntryPath, Patch, Wire};
use super::routes;
use crate::domain::catalogue::RoomEntry;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::Path;
use crate::http::idempotent::Keyed;
use crate::http::problem::Problem;
use crate::http::wire::bounded;

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"number": "301", "room_type": "DBL"}))]
pub(in crate::http) struct RoomRequest {
    #[schema(examples("204"))]
    pub number: String,
    /// The room type's code.
    #[schema(examples("DBL"))]
    pub room_type: String,
    #[serde(default = "entry::yes")]
    pub active: bool,
}

impl Wire for RoomEntry {
    type Request = RoomRequest;

    fn parse(id: Uuid, request: RoomRequest) -> Result<Self, Problem> {
        let number = request.number.trim();
        if number.is_empty() {
            return Err(Problem::invalid("/number", "must not be empty"));
        }
        Ok(Self {
            id,
            number: bounded("/number", number, 20)?,
            room_type: entry::code("/room_type", &request.room_type)?,
            active: request.active,
        })
    }

    fn request(&self) -> RoomRequest {
        RoomRequest {
            number: self.number.clone(),
            room_type: self.room_type.clone(),
            active: self.active,
        }
    }
}

routes!(
    RoomEntry, RoomRequest,
    "/v1/hotels/{hotel}/rooms", "/v1/hotels/{hotel}/rooms/{room}", "room",
    list_rooms "Rooms, by number. Their count is not the allotment: that is the calendar's.",
    create_room "Adds a room.",
    get_room "A room, by its id or number.",
    change_room "Changes a room.",
    delete_room "Deletes a room that nothing refers to."
);
