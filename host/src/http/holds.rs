//! Holds.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::holds::{self, ExtendHold, PlaceHold, ReleaseHold};
use crate::app::{self, quotes};
use crate::domain::access::Scope;
use crate::domain::hold::{Hold, Holder};
use crate::domain::ids::HoldId;
use crate::domain::money::Currency;
use crate::domain::pricing;
use crate::domain::quote::QuotedLine;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::{NoQuery, Path};
use crate::http::guest_session::GuestSession;
use crate::http::idempotent::Keyed;
use crate::http::json_body::NoBody;
use crate::http::problem::{Problem, success};
use crate::http::wire::{self, BillBody, LineBody, MoneyBody};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quote": "the `quote` of the answer of `quotes`"}))]
pub(super) struct HoldRequest {
    /// A quote's token, as `quotes` gave it.
    pub quote: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HoldBody {
    pub id: Uuid,
    /// `held`, `confirmed`, `released` or `expired`.
    pub state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    pub lines: Vec<LineBody>,
    /// The promo code that it was priced with, of which it has a use while it lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promo_code: Option<String>,
    /// What it takes off the nights of all lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<MoneyBody>,
    #[serde(flatten)]
    pub bill: BillBody,
}

impl HoldBody {
    /// Holds are of quotes, whose sums were checked.
    fn new(hold: &Hold, currency: Currency) -> Self {
        let lines = hold.lines.iter();
        let bill = pricing::bill(lines.clone().map(QuotedLine::billed)).unwrap_or_default();
        Self {
            id: hold.id.0,
            state: hold.state.as_str(),
            expires_at: hold.expires_at,
            lines: lines.map(|line| LineBody::new(line, currency)).collect(),
            promo_code: hold.promo.as_ref().map(|promo| promo.code.clone()),
            discount: wire::discount_of(&hold.lines, currency),
            bill: BillBody::new(&bill, currency),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct HoldPath {
    hold: String,
}

impl HoldPath {
    fn id(&self) -> Result<HoldId, Problem> {
        self.hold.parse().map_err(|_| Problem::not_found("hold"))
    }
}

/// Takes the units of every line of a quote for a short time, or none of them.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/holds", tag = "Bookings", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("Idempotency-Key" = String, Header, description = "New for each new intention"),
        ("Guest-Session" = Option<String>, Header,
            description = "What your web site calls its guest's session: the same for all holds of one guest. \
            Random, since only its hash is kept")),
    request_body = HoldRequest, responses(
    (status = 201, body = HoldBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`sold_out`, `quote_changed`, `quote_expired`, `not_sellable`, `promo_code_invalid`, \
        `promo_code_used_up`", body = Problem),
    (status = 422, body = Problem),
    (status = 429, description = "`too_many_holds` of the key or the session, which `errors` names by its header; \
        `rate_limited`, `overloaded`", body = Problem)))]
pub(super) async fn place_hold(
    State(state): State<HttpState>,
    at: AtHotel,
    guest: GuestSession,
    keyed: Keyed,
) -> Result<Response, Problem> {
    let hotel = at.require(Scope::BookingsWrite)?;
    let request: HoldRequest = keyed.json()?;
    let quote = match quotes::verify(&state.app.gateway, hotel, &request.quote) {
        Ok(quote) => quote,
        Err(refusal) => return keyed.answered_or(&state, &at, refusal.into()).await,
    };
    let verb = PlaceHold {
        hotel,
        quote,
        holder: Holder::new(at.caller.key.credential, guest.0.as_deref()),
    };
    keyed
        .once(&state, &at, success::CREATED, &verb, |hold| {
            HoldBody::new(&hold, hotel.currency)
        })
        .await
}

/// A hold as it is now.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/holds/{hold}", tag = "Bookings", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"), ("hold" = Uuid, Path)), responses(
    (status = 200, body = HoldBody), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn get_hold(
    State(state): State<HttpState>,
    at: AtHotel,
    _query: NoQuery,
    Path(path): Path<HoldPath>,
) -> Result<Json<HoldBody>, Problem> {
    let hotel = at.require(Scope::BookingsWrite)?;
    let hold = holds::find(&state.app, hotel, path.id()?).await?;
    Ok(Json(HoldBody::new(&hold, hotel.currency)))
}

/// Gives a live hold its full time again, up to the longest that a hold may live.
#[utoipa::path(patch, path = "/v1/hotels/{hotel}/holds/{hold}", tag = "Bookings", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"), ("hold" = Uuid, Path)), responses(
    (status = 200, body = HoldBody), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`hold_ended` or `hold_limit`", body = Problem),
    (status = 422, description = "a body that says something", body = Problem)))]
pub(super) async fn extend_hold(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<HoldPath>,
    body: NoBody,
) -> Result<Json<HoldBody>, Problem> {
    let hotel = at.require(Scope::BookingsWrite)?;
    body.check()?;
    let hold = app::perform(&state.app, hotel.id, &ExtendHold(path.id()?)).await?;
    Ok(Json(HoldBody::new(&hold, hotel.currency)))
}

/// Gives the units of a hold back. Releasing twice is no failure.
#[utoipa::path(delete, path = "/v1/hotels/{hotel}/holds/{hold}", tag = "Bookings", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"), ("hold" = Uuid, Path)), responses(
    (status = 200, body = HoldBody), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`hold_ended`: it has become a reservation", body = Problem)))]
pub(super) async fn release_hold(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<HoldPath>,
) -> Result<Json<HoldBody>, Problem> {
    let hotel = at.require(Scope::BookingsWrite)?;
    let hold = app::perform(&state.app, hotel.id, &ReleaseHold(path.id()?)).await?;
    Ok(Json(HoldBody::new(&hold, hotel.currency)))
}
