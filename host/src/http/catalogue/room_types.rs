//! Room types: what is sold.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::entry::{self, EntriesBody, EntryBody, EntryPath, Patch, Wire};
use super::routes;
use crate::domain::catalogue::RoomTypeEntry;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::Path;
use crate::http::idempotent::Keyed;
use crate::http::problem::Problem;
use crate::http::wire::bounded;

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "TRP", "name": "Triple", "standard_occupancy": 3, "max_occupancy": 4}))]
pub(in crate::http) struct RoomTypeRequest {
    #[schema(examples("DBL"))]
    pub code: String,
    #[schema(examples("Double"))]
    pub name: String,
    #[serde(default)]
    pub description: String,
    /// How many adults the night's price is for.
    #[schema(minimum = 1, maximum = 20, examples(2))]
    pub standard_occupancy: i16,
    #[schema(minimum = 1, maximum = 20, examples(3))]
    pub max_occupancy: i16,
    #[serde(default)]
    pub accessible: bool,
    /// Whether it is for sale; what is booked stays.
    #[serde(default = "entry::yes")]
    pub active: bool,
}

impl Wire for RoomTypeEntry {
    type Request = RoomTypeRequest;

    fn parse(id: Uuid, request: RoomTypeRequest) -> Result<Self, Problem> {
        let most = i64::from(request.max_occupancy);
        entry::within("/max_occupancy", request.max_occupancy, 1..=20)?;
        entry::within("/standard_occupancy", request.standard_occupancy, 1..=most)?;
        Ok(Self {
            id,
            code: entry::code("/code", &request.code)?,
            name: entry::name("/name", &request.name)?,
            description: bounded("/description", &request.description, 5_000)?,
            standard_occupancy: request.standard_occupancy,
            max_occupancy: request.max_occupancy,
            accessible: request.accessible,
            active: request.active,
        })
    }

    fn request(&self) -> RoomTypeRequest {
        let Self {
            id: _,
            code,
            name,
            description,
            standard_occupancy,
            max_occupancy,
            accessible,
            active,
        } = self.clone();
        RoomTypeRequest {
            code,
            name,
            description,
            standard_occupancy,
            max_occupancy,
            accessible,
            active,
        }
    }
}

routes!(
    RoomTypeEntry, RoomTypeRequest,
    "/v1/hotels/{hotel}/room-types", "/v1/hotels/{hotel}/room-types/{room_type}", "room_type",
    list_room_types "Room types, by code, also those that are not active.",
    create_room_type "Adds a room type. It is sold once it has products and open nights.",
    get_room_type "A room type.",
    change_room_type "Changes a room type. An inactive one is closed at every channel; what is booked stays.",
    delete_room_type "Deletes a room type that nothing refers to, with its nights."
);
