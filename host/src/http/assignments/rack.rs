//! The room rack: rooms against nights, and who has none yet.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::assignments::{Rack, rack};
use crate::domain::access::Scope;
use crate::domain::night::nights_between;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::wire::LocalDate;
use crate::store::room_rack::{RackCell, RackUnit};

/// The most nights that are shown at once.
const MOST_NIGHTS: i32 = 92;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct RackQuery {
    /// The first night.
    from: LocalDate,
    /// The last night; 92 at most are shown at once.
    to: LocalDate,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct RackBody {
    /// Every room of the hotel, by type and number.
    pub rooms: Vec<RackRoomBody>,
    /// Units that have no room for some night of their stay, by arrival; 500 at most.
    pub unassigned: Vec<RackUnitBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct RackRoomBody {
    pub id: Uuid,
    /// What stands on the door.
    #[schema(examples("204"))]
    pub number: String,
    pub room_type_id: Uuid,
    #[schema(examples("DBL"))]
    pub room_type: String,
    /// Who has it, in the order of the nights.
    pub assignments: Vec<RackCellBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct RackCellBody {
    /// What two of are exchanged by.
    pub id: Uuid,
    pub locked: bool,
    #[serde(flatten)]
    pub unit: RackUnitBody,
}

/// A unit of a reservation with nights.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct RackUnitBody {
    pub reservation: Uuid,
    /// What a guest reads out at the desk.
    pub reservation_number: String,
    pub status: String,
    /// The booker's name.
    pub guest: String,
    pub line: i16,
    pub unit: i32,
    /// The first night.
    pub from: LocalDate,
    /// The day after the last night.
    pub until: LocalDate,
}

impl From<RackUnit> for RackUnitBody {
    fn from(unit: RackUnit) -> Self {
        Self {
            reservation: unit.reservation_id,
            reservation_number: unit.number,
            status: unit.status,
            guest: unit.guest,
            line: unit.line,
            unit: unit.unit,
            from: LocalDate(unit.from),
            until: LocalDate(unit.until),
        }
    }
}

impl From<Rack> for RackBody {
    fn from(rack: Rack) -> Self {
        let mut rooms: Vec<RackRoomBody> = rack
            .rooms
            .into_iter()
            .map(|room| RackRoomBody {
                id: room.id,
                number: room.number,
                room_type_id: room.room_type_id,
                room_type: room.room_type,
                assignments: Vec::new(),
            })
            .collect();
        let places: std::collections::HashMap<Uuid, usize> = rooms
            .iter()
            .enumerate()
            .map(|(place, room)| (room.id, place))
            .collect();
        for RackCell {
            id,
            room_id,
            locked,
            unit,
        } in rack.cells
        {
            if let Some(place) = places.get(&room_id) {
                let unit = unit.into();
                rooms[*place]
                    .assignments
                    .push(RackCellBody { id, locked, unit });
            }
        }
        Self {
            rooms,
            unassigned: rack
                .unassigned
                .into_iter()
                .map(RackUnitBody::from)
                .collect(),
        }
    }
}

/// The room rack: every room with who has it in these nights, and who has no room yet.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/assignments", tag = "Rooms", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"), RackQuery), responses(
    (status = 200, body = RackBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(in crate::http) async fn list_assignments(
    State(state): State<HttpState>,
    at: AtHotel,
    Query(query): Query<RackQuery>,
) -> Result<Json<RackBody>, Problem> {
    let hotel = at.require(Scope::ReservationsRead)?;
    let (from, to) = (query.from.0, query.to.0);
    let shown = nights_between(from, to);
    if !(0..MOST_NIGHTS).contains(&shown) {
        let message = format!("is no night within {MOST_NIGHTS} from `from`");
        return Err(Problem::invalid("to", message));
    }
    let until = to
        .tomorrow()
        .map_err(|_| Problem::invalid("to", "is beyond every calendar"))?;
    Ok(Json(rack(&state.app, hotel, from, until).await?.into()))
}
