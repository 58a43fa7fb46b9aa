//! Reservations.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::reservations::{self, CreateReservation, Move};
use crate::domain::access::Scope;
use crate::domain::ids::{HoldId, ReservationId};
use crate::domain::money::{Currency, Money};
use crate::domain::pricing;
use crate::domain::reservation::{Guest, Origin, Reservation, ReservedRoom, Status, Transition};
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::{Path, Query};
use crate::http::idempotent::Keyed;
use crate::http::problem::{Problem, success};
use crate::http::wire::{self, ChargeBody, GuestBody, LocalDate, MoneyBody, NightPrice};
use crate::store::reservations::BookingEvent;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReservationRequest {
    /// A live hold.
    pub hold: Uuid,
    pub booker: GuestBody,
    /// The guests of each line of the hold, in its order.
    #[serde(default)]
    pub rooms: Vec<RoomGuests>,
    pub notes: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoomGuests {
    pub guests: Vec<GuestBody>,
}

/// Why something is done to a reservation.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TransitionRequest {
    pub reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReservationBody {
    pub id: Uuid,
    /// What a guest reads out at the desk.
    #[schema(examples("7G2KQ0XW4Z"))]
    pub number: String,
    /// `tentative`, `confirmed`, `checked_in`, `checked_out`, `declined`, `expired`, `cancelled` or `no_show`.
    pub status: &'static str,
    /// Grows with every change; the ETag is this number in quotes.
    pub version: i32,
    /// `gateway`, or the name of the channel.
    pub source: String,
    pub booker: GuestBody,
    pub rooms: Vec<ReservedRoomBody>,
    /// All nights of all rooms; absent where a channel told only a total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_total: Option<MoneyBody>,
    /// Taxes and fees, one for each code.
    pub charges: Vec<ChargeBody>,
    pub total: MoneyBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// A channel sold what the hotel did not have.
    pub overbooked: bool,
    /// A channel sold what the hotel has not mapped.
    pub unmapped: bool,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReservedRoomBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_type_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_plan_id: Option<Uuid>,
    pub check_in: LocalDate,
    pub check_out: LocalDate,
    pub units: u32,
    pub adults: u16,
    pub children_ages: Vec<u8>,
    pub nights: Vec<NightPrice>,
    /// Taxes and fees of all its units, as they were when it was booked.
    pub charges: Vec<ChargeBody>,
    pub guests: Vec<GuestBody>,
}

impl ReservedRoomBody {
    fn new(room: &ReservedRoom, currency: Currency) -> Self {
        Self {
            room_type_id: room.product.map(|(room_type, _)| room_type.0),
            rate_plan_id: room.product.map(|(_, rate_plan)| rate_plan.0),
            check_in: LocalDate(room.stay.check_in()),
            check_out: LocalDate(room.stay.check_out()),
            units: room.units,
            adults: room.adults,
            children_ages: room.children_ages.clone(),
            nights: wire::night_prices(room.stay, &room.prices),
            charges: wire::charge_bodies(&room.charges, currency),
            guests: room.guests.iter().map(GuestBody::from).collect(),
        }
    }
}

impl From<Reservation> for ReservationBody {
    fn from(reservation: Reservation) -> Self {
        let currency = reservation.total.currency;
        let rooms = &reservation.rooms;
        let bill = pricing::bill(rooms.iter().map(ReservedRoom::billed));
        let priced = rooms.iter().all(|room| !room.prices.is_empty());
        Self {
            room_total: (bill.as_ref().filter(|_| priced))
                .map(|bill| Money::new(bill.rooms, currency).into()),
            charges: wire::charge_bodies(&bill.unwrap_or_default().charges, currency),
            id: reservation.id.0,
            status: reservation.status.as_str(),
            version: reservation.version,
            source: match reservation.origin {
                Origin::Gateway { .. } => "gateway".to_owned(),
                Origin::Channel { source, .. } => source,
            },
            booker: (&reservation.booker).into(),
            rooms: rooms
                .iter()
                .map(|room| ReservedRoomBody::new(room, currency))
                .collect(),
            total: reservation.total.into(),
            number: reservation.number,
            notes: reservation.notes,
            overbooked: reservation.overbooked,
            unmapped: reservation.unmapped,
            created_at: reservation.created_at,
            updated_at: reservation.updated_at,
        }
    }
}

/// The most guests that may be named for one line.
const MAX_GUESTS: usize = 100;
const MAX_NOTES: usize = 2_000;

/// Makes a tentative reservation from a live hold. Staff confirm it.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/reservations", tag = "Bookings", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("Idempotency-Key" = String, Header, description = "New for each new intention")),
    request_body = ReservationRequest, responses(
    (status = 201, body = ReservationBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 404, body = Problem), (status = 409, description = "`hold_ended`", body = Problem),
    (status = 422, body = Problem)))]
pub(super) async fn create_reservation(
    State(state): State<HttpState>,
    at: AtHotel,
    keyed: Keyed,
) -> Result<Response, Problem> {
    let hotel = at.require(Scope::BookingsWrite)?;
    let request: ReservationRequest = keyed.json()?;
    let verb = CreateReservation {
        hotel,
        hold: HoldId(request.hold),
        booker: request.booker.parse("/booker")?,
        guests: guests(&request.rooms)?,
        notes: request
            .notes
            .map(|notes| wire::bounded("/notes", &notes, MAX_NOTES))
            .transpose()?,
        actor: at.caller.actor(),
    };
    keyed
        .once(&state, &at, success::CREATED, &verb, ReservationBody::from)
        .await
}

fn guests(rooms: &[RoomGuests]) -> Result<Vec<Vec<Guest>>, Problem> {
    rooms
        .iter()
        .enumerate()
        .map(|(number, room)| {
            if room.guests.len() > MAX_GUESTS {
                let message = format!("at most {MAX_GUESTS} guests are named for a line");
                return Err(Problem::invalid(format!("/rooms/{number}/guests"), message));
            }
            let guest = |(place, guest): (usize, &GuestBody)| {
                guest.parse(&format!("/rooms/{number}/guests/{place}"))
            };
            room.guests.iter().enumerate().map(guest).collect()
        })
        .collect()
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReservationsQuery {
    /// Only those of this status.
    status: Option<String>,
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
    let status = query
        .status
        .map(|name| {
            Status::parse(&name)
                .ok_or_else(|| Problem::invalid("status", format!("`{name}` is no status")))
        })
        .transpose()?;
    let page = reservations::list(
        &state.app,
        hotel,
        status,
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

#[derive(Deserialize)]
pub(super) struct ReservationPath {
    reservation: String,
}

impl ReservationPath {
    fn id(&self) -> Result<ReservationId, Problem> {
        self.reservation
            .parse()
            .map_err(|_| Problem::not_found("reservation"))
    }
}

/// A reservation as it is now, with its version as the ETag.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/reservations/{reservation}", tag = "Reservations",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("reservation" = Uuid, Path)), responses(
    (status = 200, body = ReservationBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
pub(super) async fn get_reservation(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ReservationPath>,
) -> Result<Response, Problem> {
    let hotel = at.require(Scope::ReservationsRead)?;
    let reservation = reservations::find(&state.app, hotel, path.id()?).await?;
    let etag = format!("\"{}\"", reservation.version);
    Ok((
        [(header::ETAG, etag)],
        Json(ReservationBody::from(reservation)),
    )
        .into_response())
}

/// Staff's yes to a tentative reservation. A second one is refused.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/reservations/{reservation}/confirm", tag = "Reservations",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("reservation" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "New for each new intention"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    request_body = Option<TransitionRequest>, responses(
    (status = 200, body = ReservationBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem),
    (status = 412, description = "`version_changed`", body = Problem), (status = 422, body = Problem)))]
pub(super) async fn confirm_reservation(
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
        keyed,
        Transition::Confirm,
    )
    .await
}

/// Staff's no to a tentative reservation: its units are free again.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/reservations/{reservation}/decline", tag = "Reservations",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("reservation" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "New for each new intention"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    request_body = Option<TransitionRequest>, responses(
    (status = 200, body = ReservationBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem),
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
        keyed,
        Transition::Decline,
    )
    .await
}

/// Cancels a tentative or confirmed reservation: its units are free again.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/reservations/{reservation}/cancel", tag = "Reservations",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("reservation" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "New for each new intention"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    request_body = Option<TransitionRequest>, responses(
    (status = 200, body = ReservationBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem),
    (status = 412, description = "`version_changed`", body = Problem), (status = 422, body = Problem)))]
pub(super) async fn cancel_reservation(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ReservationPath>,
    headers: HeaderMap,
    keyed: Keyed,
) -> Result<Response, Problem> {
    transition(&state, &at, path.id()?, &headers, keyed, Transition::Cancel).await
}

const MAX_REASON: usize = 500;

async fn transition(
    state: &HttpState,
    at: &AtHotel,
    reservation: ReservationId,
    headers: &HeaderMap,
    keyed: Keyed,
    transition: Transition,
) -> Result<Response, Problem> {
    at.require(Scope::ReservationsManage)?;
    let request: TransitionRequest = keyed.json_or_default()?;
    let verb = Move {
        reservation,
        transition,
        version: version(headers)?,
        reason: request
            .reason
            .map(|reason| wire::bounded("/reason", &reason, MAX_REASON))
            .transpose()?,
        actor: at.caller.actor(),
    };
    keyed
        .once(state, at, success::OK, &verb, ReservationBody::from)
        .await
}

/// The version that `If-Match` insists on, if it does.
fn version(headers: &HeaderMap) -> Result<Option<i32>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| Problem::version_malformed())?;
    if text == "*" {
        return Ok(None);
    }
    let number = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    number
        .and_then(|number| number.parse().ok())
        .map(Some)
        .ok_or_else(Problem::version_malformed)
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
    Path(path): Path<ReservationPath>,
) -> Result<Json<EventsBody>, Problem> {
    let hotel = at.require(Scope::ReservationsRead)?;
    let events = reservations::events(&state.app, hotel, path.id()?).await?;
    Ok(Json(EventsBody {
        events: events.into_iter().map(EventBody::from).collect(),
    }))
}
