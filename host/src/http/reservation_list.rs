//! Lists of reservations, and a reservation's audit trail.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::reservations;
use crate::domain::access::Scope;
use crate::domain::ids::ReservationId;
use crate::domain::reservation::Status;
use crate::domain::search;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::{NoQuery, Path, Query};
use crate::http::problem::Problem;
use crate::http::reservations::{ReservationBody, ReservationPath};
use crate::http::wire::{self, LocalDate};
use crate::store::reservations::BookingEvent;
use crate::store::search::{Filter, Range};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReservationsQuery {
    /// Only those of this status.
    status: Option<String>,
    /// Beginnings of words of a guest's name, of the number, or the last four or more digits of a telephone number.
    q: Option<String>,
    /// Arrivals on this day or later.
    arrival_from: Option<LocalDate>,
    /// Arrivals on this day or earlier.
    arrival_to: Option<LocalDate>,
    /// Departures on this day or later.
    departure_from: Option<LocalDate>,
    /// Departures on this day or earlier.
    departure_to: Option<LocalDate>,
    /// Stays that take this night or a later one.
    stay_from: Option<LocalDate>,
    /// Stays that take this night or an earlier one.
    stay_to: Option<LocalDate>,
    /// Tentative for at least so many hours.
    tentative_hours: Option<u16>,
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
pub(super) struct ReservationsBody {
    pub reservations: Vec<ReservationBody>,
    /// Present while there is more: the `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}

/// Reservations, the newest first.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/reservations", tag = "Reservations", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"), ReservationsQuery), responses(
    (status = 200, body = ReservationsBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list_reservations(
    State(state): State<HttpState>,
    at: AtHotel,
    Query(query): Query<ReservationsQuery>,
) -> Result<Json<ReservationsBody>, Problem> {
    let hotel = at.require(Scope::ReservationsRead)?;
    if !(1..=100).contains(&query.limit) {
        return Err(Problem::invalid(
            "limit",
            "a page has 1 to 100 reservations",
        ));
    }
    let filter = filter(&query)?;
    let page = reservations::list(
        &state.app,
        hotel,
        &filter,
        query.cursor.map(ReservationId),
        query.limit,
    )
    .await?;
    let next = (page.len() == usize::from(query.limit))
        .then(|| page.last().map(|last| last.id.0))
        .flatten();
    Ok(Json(ReservationsBody {
        reservations: page.into_iter().map(ReservationBody::from).collect(),
        next,
    }))
}

fn filter(query: &ReservationsQuery) -> Result<Filter, Problem> {
    let status = query.status.as_ref().map(|name| {
        Status::parse(name)
            .ok_or_else(|| Problem::invalid("status", format!("`{name}` is no status")))
    });
    let wanted = query.q.as_ref().map(|text| {
        let text = wire::bounded("q", text, 200)?;
        search::question(&text).ok_or_else(|| {
            let message = "say words of two letters or more, or four digits of a telephone number";
            Problem::invalid("q", message)
        })
    });
    let day = |date: Option<LocalDate>| date.map(|date| date.0);
    Ok(Filter {
        status: status.transpose()?,
        arrival: Range {
            from: day(query.arrival_from),
            to: day(query.arrival_to),
        },
        departure: Range {
            from: day(query.departure_from),
            to: day(query.departure_to),
        },
        stay: Range {
            from: day(query.stay_from),
            to: day(query.stay_to),
        },
        tentative_hours: query.tentative_hours.map(i32::from),
        wanted: wanted.transpose()?.unwrap_or_default(),
    })
}

/// A line of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventBody {
    #[schema(examples("confirmed"))]
    pub kind: String,
    /// Who: an API key, a connection or a job.
    pub actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<BookingEvent> for EventBody {
    fn from(event: BookingEvent) -> Self {
        let BookingEvent {
            kind,
            actor,
            reason,
            before,
            after,
            at,
        } = event;
        Self {
            kind,
            actor,
            reason,
            before,
            after,
            at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventsBody {
    pub events: Vec<EventBody>,
}

/// The audit trail of a reservation, oldest first.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/reservations/{reservation}/events", tag = "Reservations",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("reservation" = Uuid, Path)), responses(
    (status = 200, body = EventsBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
pub(super) async fn list_events(
    State(state): State<HttpState>,
    at: AtHotel,
    _query: NoQuery,
    Path(path): Path<ReservationPath>,
) -> Result<Json<EventsBody>, Problem> {
    let hotel = at.require(Scope::ReservationsRead)?;
    let events = reservations::events(&state.app, hotel, path.id()?).await?;
    Ok(Json(EventsBody {
        events: events.into_iter().map(EventBody::from).collect(),
    }))
}
