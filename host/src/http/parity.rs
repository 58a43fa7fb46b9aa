//! Parity of a connection: where the channel shows something else than the hotel holds.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::parity;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::connections::{ConnectionPath, channel, connection};
use crate::http::extract::{NoQuery, Path};
use crate::http::json_body::NoBody;
use crate::http::problem::{Problem, success};
use crate::http::wire::LocalDate;
use crate::store::parity::KnownDrift;

/// The most drifts that are shown.
const LIMIT: i64 = 1_000;

/// A cell where the channel shows something else.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DriftBody {
    pub room_type_id: Uuid,
    /// Absent where the whole room type is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_plan_id: Option<Uuid>,
    pub night: LocalDate,
    /// What differs, such as `availability` or `price`.
    pub field: &'static str,
    /// Such as `oversold_risk`.
    pub class: &'static str,
    pub severity: &'static str,
    pub ours: String,
    pub theirs: String,
    /// How often it was seen in a row; it is believed the second time.
    pub sightings: i32,
    /// `suspected`, `open` or `repairing`.
    pub state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    pub first_seen: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub last_seen: Timestamp,
}

impl From<KnownDrift> for DriftBody {
    fn from(known: KnownDrift) -> Self {
        let drift = known.drift;
        Self {
            room_type_id: drift.spot.room_type.0,
            rate_plan_id: drift.spot.rate_plan.map(|rate_plan| rate_plan.0),
            night: LocalDate(drift.spot.night),
            field: drift.spot.field.as_str(),
            class: drift.class.as_str(),
            severity: drift.severity.as_str(),
            ours: drift.ours,
            theirs: drift.theirs,
            sightings: known.sightings,
            state: known.state.as_str(),
            first_seen: known.first_seen,
            last_seen: known.last_seen,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DriftsBody {
    /// In order of nights, from today; at most 1,000.
    pub drifts: Vec<DriftBody>,
}

/// The drifts of a connection that are not healed.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/connections/{connection}/parity", tag = "Channels",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("connection" = String, Path, description = "The connection's name or id")), responses(
    (status = 200, body = DriftsBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
pub(super) async fn list_drifts(
    State(state): State<HttpState>,
    at: AtHotel,
    _query: NoQuery,
    Path(path): Path<ConnectionPath>,
) -> Result<Json<DriftsBody>, Problem> {
    let connection = connection(&state, &at, &path).await?;
    let drifts = parity::unhealed(&state.app, &at.hotel, connection.id, LIMIT).await?;
    Ok(Json(DriftsBody {
        drifts: drifts.into_iter().map(DriftBody::from).collect(),
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ParityBody {
    /// Always `started`: the comparison runs in the background.
    pub parity: &'static str,
}

/// Compares now what the channel shows, besides the connection's schedule.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/connections/{connection}/parity", tag = "Channels",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("connection" = String, Path, description = "The connection's name or id")), responses(
    (status = 202, body = ParityBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`connection_disabled`, `not_a_channel`, `not_supported`", body = Problem),
    (status = 422, description = "a body that says something", body = Problem)))]
pub(super) async fn start_parity(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ConnectionPath>,
    body: NoBody,
) -> Result<(success::Status, Json<ParityBody>), Problem> {
    let connection = channel(&state, &at, &path).await?;
    body.check()?;
    parity::start_now(&state.app, &connection, at.hotel.id).await?;
    Ok((success::ACCEPTED, Json(ParityBody { parity: "started" })))
}
