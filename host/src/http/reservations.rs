//! Reservations.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::reservations::{self, CreateReservation};
use crate::domain::access::Scope;
use crate::domain::cancellation::{Penalty, Terms};
use crate::domain::ids::ReservationId;
use crate::domain::money::{Currency, Money};
use crate::domain::pricing;
use crate::domain::reservation::{FileReference, Origin, Reservation, ReservedRoom};
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::assignments::AssignedBody;
use crate::http::extract::{NoQuery, Path};
use crate::http::idempotent::Keyed;
use crate::http::problem::{Problem, success};
use crate::http::reservation_request::{ReservationRequest, guests, source};
use crate::http::wire::{self, ChargeBody, ExtraBody, GuestBody, LocalDate, MoneyBody, NightPrice};

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
    /// `gateway`, `staff`, `walk_in`, or the name of the channel.
    pub source: String,
    pub booker: GuestBody,
    pub rooms: Vec<ReservedRoomBody>,
    /// All nights of all rooms; absent where a channel told only a total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_total: Option<MoneyBody>,
    /// Taxes and fees, one for each code.
    pub charges: Vec<ChargeBody>,
    /// All extras; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extras_total: Option<MoneyBody>,
    pub total: MoneyBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// A channel sold what the hotel did not have.
    pub overbooked: bool,
    /// A channel sold what the hotel has not mapped.
    pub unmapped: bool,
    /// The code that it was priced with. Nights that a change adds cost the list price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promo_code: Option<String>,
    /// What the code took off the nights of all rooms when it was booked; a change leaves it as it is. Absent where it
    /// was booked before this was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<MoneyBody>,
    /// Since when it waits for staff, while it is tentative.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub tentative_since: Option<Timestamp>,
    /// What its end costs the guest by the terms it was booked under. Nothing is charged here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owed: Option<MoneyBody>,
    /// What staff noted when they confirmed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checklist: Option<ChecklistBody>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChecklistBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    pub files: Vec<FileBody>,
    pub guest_notified: bool,
}

/// A file that is kept elsewhere.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FileBody {
    #[schema(examples("passport.pdf"))]
    pub name: String,
    /// `https` only.
    #[schema(examples("https://files.example/passport.pdf"))]
    pub url: String,
}

/// The terms of cancellation that a line was booked under.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TermsBody {
    pub code: String,
    pub name: String,
    /// Hours before the arrival day begins until which cancelling is free; absent where it never is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_until_hours: Option<u32>,
    /// `none`, `first_night`, `percent` or `whole_stay`.
    pub penalty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub penalty_percent: Option<u8>,
}

impl From<&Terms> for TermsBody {
    fn from(terms: &Terms) -> Self {
        let (penalty, penalty_percent) = match terms.penalty {
            Penalty::None => ("none", None),
            Penalty::FirstNight => ("first_night", None),
            Penalty::Percent(percent) => ("percent", Some(percent)),
            Penalty::WholeStay => ("whole_stay", None),
        };
        Self {
            code: terms.code.clone(),
            name: terms.name.clone(),
            free_until_hours: terms.free_until_hours,
            penalty,
            penalty_percent,
        }
    }
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
    /// What comes with it, as it was when it was booked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extras: Vec<ExtraBody>,
    pub guests: Vec<GuestBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<TermsBody>,
    /// From this night on its units were given back: the guest left early, or never came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freed_from: Option<LocalDate>,
    /// The physical rooms that its units have, by unit and night.
    pub assigned: Vec<AssignedBody>,
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
            extras: wire::extra_bodies(&room.extras, currency),
            guests: room.guests.iter().map(GuestBody::from).collect(),
            cancellation: room.cancellation.as_ref().map(TermsBody::from),
            freed_from: room.freed_from.map(LocalDate),
            assigned: Vec::new(),
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
            extras_total: (bill.as_ref()).and_then(|bill| wire::extras_total(bill, currency)),
            charges: wire::charge_bodies(&bill.unwrap_or_default().charges, currency),
            id: reservation.id.0,
            status: reservation.status.as_str(),
            version: reservation.version,
            source: match reservation.origin {
                Origin::Gateway { .. } => "gateway".to_owned(),
                Origin::Staff { walk_in: false, .. } => "staff".to_owned(),
                Origin::Staff { walk_in: true, .. } => "walk_in".to_owned(),
                Origin::Channel { source, .. } => source,
            },
            booker: (&reservation.booker).into(),
            rooms: rooms
                .iter()
                .enumerate()
                .map(|(line, room)| ReservedRoomBody {
                    assigned: AssignedBody::of_line(&reservation.assigned, line),
                    ..ReservedRoomBody::new(room, currency)
                })
                .collect(),
            total: reservation.total.into(),
            number: reservation.number,
            notes: reservation.notes,
            overbooked: reservation.overbooked,
            unmapped: reservation.unmapped,
            promo_code: reservation.promo.map(|promo| promo.code),
            discount: reservation.discount.map(MoneyBody::from),
            tentative_since: reservation.tentative_since,
            owed: reservation.owed.map(MoneyBody::from),
            checklist: reservation.checklist.map(|checklist| ChecklistBody {
                notes: checklist.notes,
                files: checklist
                    .files
                    .into_iter()
                    .map(|FileReference { name, url }| FileBody { name, url })
                    .collect(),
                guest_notified: checklist.guest_notified,
            }),
            created_at: reservation.created_at,
            updated_at: reservation.updated_at,
        }
    }
}

pub(super) const MAX_NOTES: usize = 2_000;

/// Makes a tentative reservation from a live hold, a quote or lines; staff confirm it. Or the hotel's own booking.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/reservations", tag = "Bookings", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("Idempotency-Key" = String, Header, description = "New for each new intention")),
    request_body = ReservationRequest, responses(
    (status = 201, body = ReservationBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`hold_ended`, `sold_out`, `not_sellable`, `quote_changed`, `quote_expired`, \
        `promo_code_invalid`, `promo_code_used_up`", body = Problem),
    (status = 422, body = Problem)))]
pub(super) async fn create_reservation(
    State(state): State<HttpState>,
    at: AtHotel,
    keyed: Keyed,
) -> Result<Response, Problem> {
    let hotel = at.require(Scope::BookingsWrite)?;
    let request: ReservationRequest = keyed.json()?;
    if request.staff.is_some() {
        at.require(Scope::ReservationsManage)?;
    }
    let source = match source(&state, hotel, &request) {
        Err(refused) if request.quote.is_some() => {
            return keyed.answered_or(&state, &at, refused).await;
        }
        source => source?,
    };
    let verb = CreateReservation {
        hotel,
        source,
        booker: request.booker.parse("/booker")?,
        guests: guests(&request.rooms)?,
        notes: request
            .notes
            .map(|notes| wire::prose("/notes", &notes, MAX_NOTES))
            .transpose()?,
        actor: at.caller.actor(),
    };
    keyed
        .once(&state, &at, success::CREATED, &verb, ReservationBody::from)
        .await
}

#[derive(Deserialize)]
pub(super) struct ReservationPath {
    reservation: String,
}

impl ReservationPath {
    pub(super) fn id(&self) -> Result<ReservationId, Problem> {
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
    _query: NoQuery,
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
