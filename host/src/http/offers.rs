//! Offers of one hotel.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::offers::{self, Offer, WantedOffers};
use crate::domain::access::Scope;
use crate::domain::money::Currency;
use crate::domain::night::Stay;
use crate::domain::offer::Reason;
use crate::domain::pricing;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::Query;
use crate::http::hotels::{RatePlanBody, RoomTypeBody};
use crate::http::problem::Problem;
use crate::http::wire::{self, BillBody, LocalDate, MoneyBody, NightPrice};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OffersQuery {
    /// The day of arrival, in the hotel's time zone.
    #[param(value_type = String, format = Date, example = "2026-12-24")]
    check_in: LocalDate,
    /// The day of departure: at most 90 nights later.
    #[param(value_type = String, format = Date, example = "2026-12-26")]
    check_out: LocalDate,
    /// Adults in one room.
    #[serde(default = "two")]
    #[param(default = 2)]
    adults: u16,
    /// The ages of the children in one room, with commas: `4,11`.
    #[serde(default)]
    children_ages: String,
    /// An accessible room is needed: none is held back for those who need one.
    #[serde(default)]
    #[param(default = false)]
    accessible: bool,
    /// Prices are with it, where it is for the product and the stay.
    #[serde(default)]
    #[param(max_length = 32, example = "SPRING")]
    promo_code: Option<String>,
}

fn two() -> u16 {
    2
}

/// Why a product is not for sale.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReasonBody {
    #[schema(examples("min_stay_arrival"))]
    pub code: &'static str,
    /// The night in the way, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub night: Option<LocalDate>,
    /// The limit that is missed, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u16>,
}

impl From<Reason> for ReasonBody {
    fn from(reason: Reason) -> Self {
        Self {
            code: reason.code(),
            night: reason.night().map(LocalDate),
            limit: reason.limit(),
        }
    }
}

/// A product for the stay: with its price, or with the reasons why it is not for sale.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OfferBody {
    pub room_type: RoomTypeBody,
    pub rate_plan: RatePlanBody,
    pub sellable: bool,
    /// Units left for the whole stay; it may be gone when it is booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<i32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nights: Vec<NightPrice>,
    /// What the promo code takes off the nights of one unit: they are what is left to pay. Absent where it is for
    /// other products or stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<MoneyBody>,
    /// What one unit costs for the stay, with taxes and fees.
    #[serde(flatten)]
    pub bill: Option<BillBody>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<ReasonBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OffersBody {
    pub check_in: LocalDate,
    pub check_out: LocalDate,
    #[schema(examples("EUR"))]
    pub currency: &'static str,
    /// The promo code that was asked with, as the hotel writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("SPRING"))]
    pub promo_code: Option<String>,
    pub offers: Vec<OfferBody>,
}

/// Every product of the hotel for a stay, sellable or with the reasons why not.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/offers", tag = "Offers", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"), OffersQuery), responses(
    (status = 200, body = OffersBody), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`promo_code_invalid`, `promo_code_used_up`", body = Problem),
    (status = 422, body = Problem)))]
pub(super) async fn list_offers(
    State(state): State<HttpState>,
    at: AtHotel,
    Query(query): Query<OffersQuery>,
) -> Result<Json<OffersBody>, Problem> {
    let hotel = at.require(Scope::OffersRead)?;
    let stay = wire::stay("", query.check_in, query.check_out)?;
    let party = wire::party("", query.adults, ages(&query.children_ages)?)?;
    let wanted = WantedOffers {
        stay,
        party: &party,
        accessible: query.accessible,
        promo_code: wire::promo_code("promo_code", query.promo_code.as_deref())?,
    };
    let found = offers::offers(&state.app, hotel, &wanted).await?;
    Ok(Json(OffersBody {
        check_in: query.check_in,
        check_out: query.check_out,
        currency: hotel.currency.code(),
        promo_code: found.promo_code,
        offers: found
            .offers
            .into_iter()
            .map(|offer| body(hotel.currency, stay, offer))
            .collect(),
    }))
}

fn ages(text: &str) -> Result<Vec<u8>, Problem> {
    text.split(',')
        .filter(|age| !age.is_empty())
        .map(|age| age.trim().parse())
        .collect::<Result<_, _>>()
        .map_err(|_| Problem::invalid("children_ages", "expected ages with commas, such as 4,11"))
}

/// An offer of a hotel that sells in this currency.
pub(super) fn body(currency: Currency, stay: Stay, offer: Offer) -> OfferBody {
    let (room_type, rate_plan) = (
        (&offer.product.room_type).into(),
        (&offer.product.rate_plan).into(),
    );
    match offer.verdict {
        Ok(sellable) => {
            let bill = pricing::bill([sellable.billed()]);
            OfferBody {
                room_type,
                rate_plan,
                sellable: true,
                units: Some(sellable.units),
                nights: wire::night_prices(stay, &sellable.prices),
                discount: wire::discount(sellable.discount, currency),
                bill: bill.map(|bill| BillBody::new(&bill, currency)),
                reasons: Vec::new(),
            }
        }
        Err(reasons) => OfferBody {
            room_type,
            rate_plan,
            sellable: false,
            units: None,
            nights: Vec::new(),
            discount: None,
            bill: None,
            reasons: reasons.into_iter().map(ReasonBody::from).collect(),
        },
    }
}
