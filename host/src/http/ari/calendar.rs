//! `GET …/ari`: what each night has and costs.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::ari::{self, Calendar};
use crate::domain::access::Scope;
use crate::domain::calendar::{Stock, Terms};
use crate::domain::ids::{RatePlanId, RoomTypeId};
use crate::domain::night::nights_between;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::wire::LocalDate;
use crate::store::calendar::Sold;

/// The most nights of one answer.
const MOST_NIGHTS: i32 = 400;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct AriQuery {
    /// The first night.
    #[param(value_type = String, format = Date, example = "2026-12-24")]
    from: LocalDate,
    /// The last night, included; 400 nights at most.
    #[param(value_type = String, format = Date, example = "2026-12-31")]
    to: LocalDate,
    /// Only this room type, by its code.
    room_type: Option<String>,
    /// Only this rate plan, by its code.
    rate_plan: Option<String>,
}

/// Nights that are not open are left out.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct AriBody {
    #[schema(examples("EUR"))]
    pub currency: &'static str,
    pub room_types: Vec<StockBody>,
    pub products: Vec<TermsBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct StockBody {
    pub room_type_id: Uuid,
    #[schema(examples("DBL"))]
    pub room_type: String,
    pub nights: Vec<StockNight>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct StockNight {
    pub night: LocalDate,
    pub allotment: i32,
    pub overbooking: i32,
    pub sold: i32,
    /// In live holds.
    pub held: i32,
    /// Below zero where a channel sold what there was not.
    pub available: i32,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct TermsBody {
    pub room_type_id: Uuid,
    pub rate_plan_id: Uuid,
    #[schema(examples("DBL"))]
    pub room_type: String,
    #[schema(examples("BAR"))]
    pub rate_plan: String,
    /// The rate plan that the prices come from, where they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub derived_from: Option<String>,
    pub nights: Vec<TermsNight>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct TermsNight {
    pub night: LocalDate,
    /// Minor units.
    pub price: i64,
    pub min_stay_arrival: Option<i16>,
    pub min_stay_through: Option<i16>,
    pub max_stay: Option<i16>,
    pub closed_to_arrival: bool,
    pub closed_to_departure: bool,
    pub stop_sell: bool,
    /// Booked at least so many days before the arrival.
    pub cut_off_days: Option<i16>,
    /// Booked at most so many days before the arrival.
    pub max_advance_days: Option<i16>,
}

impl TermsNight {
    fn new(night: Date, terms: &Terms) -> Self {
        Self {
            night: LocalDate(night),
            price: terms.price_minor,
            min_stay_arrival: terms.min_stay_arrival,
            min_stay_through: terms.min_stay_through,
            max_stay: terms.max_stay,
            closed_to_arrival: terms.closed_to_arrival,
            closed_to_departure: terms.closed_to_departure,
            stop_sell: terms.stop_sell,
            cut_off_days: terms.cut_off_days,
            max_advance_days: terms.max_advance_days,
        }
    }
}

impl StockNight {
    fn new(night: Date, stock: Stock) -> Self {
        let Stock {
            allotment,
            overbooking,
            sold,
            held,
        } = stock;
        Self {
            night: LocalDate(night),
            allotment,
            overbooking,
            sold,
            held,
            available: allotment + overbooking - sold - held,
        }
    }
}

/// The calendar: what each night has, costs and demands. Its ETag goes back as `If-Match` with an edit.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/ari", tag = "Calendar", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"), AriQuery), responses(
    (status = 200, body = AriBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(in crate::http) async fn get_ari(
    State(state): State<HttpState>,
    at: AtHotel,
    Query(query): Query<AriQuery>,
) -> Result<Response, Problem> {
    let hotel = at.require(Scope::AriManage)?;
    let (first, last) = (query.from.0, query.to.0);
    if last < first {
        return Err(Problem::invalid(
            "to",
            "is before `from`; both are included",
        ));
    }
    if nights_between(first, last) >= MOST_NIGHTS {
        let message = format!("at most {MOST_NIGHTS} nights are shown at once");
        return Err(Problem::invalid("to", message));
    }
    let calendar = ari::read(&state.app, hotel, first, last).await?;
    let body = shape(&calendar, hotel.currency.code(), &query)?;
    let json = serde_json::to_vec(&body).map_err(|_| Problem::internal())?;
    // The version is what edits compare; the rest makes the tag that of these very bytes.
    let etag = format!("\"{}-{:08x}\"", calendar.version, crc32fast::hash(&json));
    let headers = [
        (header::ETAG, etag),
        (header::CONTENT_TYPE, "application/json".to_owned()),
    ];
    Ok((headers, json).into_response())
}

fn shape(
    calendar: &Calendar,
    currency: &'static str,
    query: &AriQuery,
) -> Result<AriBody, Problem> {
    let sold = &calendar.sold;
    refuse_unknown(sold, query)?;
    let meant = |wanted: &Option<String>, code: &String| {
        wanted.as_ref().is_none_or(|wanted| wanted == code)
    };
    let (mut stock, mut terms) = by_row(calendar);
    let mut body = AriBody {
        currency,
        room_types: Vec::new(),
        products: Vec::new(),
    };
    for (id, code) in sold
        .room_types
        .iter()
        .filter(|(_, code)| meant(&query.room_type, code))
    {
        body.room_types.push(StockBody {
            room_type_id: id.0,
            room_type: code.clone(),
            nights: stock.remove(id).unwrap_or_default(),
        });
    }
    for (room_type, plan) in &sold.plans.products {
        let (room_code, plan_code) = (&sold.room_types[room_type], &sold.rate_plans[plan]);
        if !meant(&query.room_type, room_code) || !meant(&query.rate_plan, plan_code) {
            continue;
        }
        let parent = sold
            .plans
            .derived
            .get(plan)
            .map(|derivation| derivation.parent);
        body.products.push(TermsBody {
            room_type_id: room_type.0,
            rate_plan_id: plan.0,
            room_type: room_code.clone(),
            rate_plan: plan_code.clone(),
            derived_from: parent.map(|parent| sold.rate_plans[&parent].clone()),
            nights: terms.remove(&(*room_type, *plan)).unwrap_or_default(),
        });
    }
    body.room_types
        .sort_by(|left, right| left.room_type.cmp(&right.room_type));
    body.products.sort_by(|left, right| {
        (&left.room_type, &left.rate_plan).cmp(&(&right.room_type, &right.rate_plan))
    });
    Ok(body)
}

/// Refuses codes that the hotel does not have.
fn refuse_unknown(sold: &Sold, query: &AriQuery) -> Result<(), Problem> {
    let known = |wanted: &Option<String>, codes: Vec<&String>| {
        wanted.as_ref().is_none_or(|wanted| codes.contains(&wanted))
    };
    if !known(&query.room_type, sold.room_types.values().collect()) {
        let message = "the hotel has no such room type";
        return Err(Problem::invalid("room_type", message));
    }
    if !known(&query.rate_plan, sold.rate_plans.values().collect()) {
        let message = "the hotel has no such rate plan";
        return Err(Problem::invalid("rate_plan", message));
    }
    Ok(())
}

type Rows = (
    BTreeMap<RoomTypeId, Vec<StockNight>>,
    BTreeMap<(RoomTypeId, RatePlanId), Vec<TermsNight>>,
);

/// The nights of each room type and product, in order.
fn by_row(calendar: &Calendar) -> Rows {
    let (mut stock, mut terms) = Rows::default();
    for ((night, room_type), found) in &calendar.nights.stock {
        let nights = stock.entry(*room_type).or_default();
        nights.push(StockNight::new(*night, *found));
    }
    for ((night, room_type, plan), found) in &calendar.nights.terms {
        let nights = terms.entry((*room_type, *plan)).or_default();
        nights.push(TermsNight::new(*night, found));
    }
    (stock, terms)
}
