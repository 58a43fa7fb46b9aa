//! Hotels and what they sell.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::offers;
use crate::domain::access::Scope;
use crate::domain::hotel::{Hotel, RatePlan, RoomType};
use crate::http::HttpState;
use crate::http::access::{AtHotel, Caller};
use crate::http::extract::{NoQuery, Query};
use crate::http::problem::Problem;
use crate::http::wire;
use crate::store::hotels;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HotelBody {
    pub id: Uuid,
    #[schema(examples("aurora-rome"))]
    pub slug: String,
    pub name: String,
    #[schema(examples("Europe/Rome"))]
    pub time_zone: String,
    #[schema(examples("EUR"))]
    pub currency: String,
    pub place: String,
}

impl From<&Hotel> for HotelBody {
    fn from(hotel: &Hotel) -> Self {
        Self {
            id: hotel.id.0,
            slug: hotel.slug.clone(),
            name: hotel.name.clone(),
            time_zone: hotel.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            currency: hotel.currency.code().to_owned(),
            place: hotel.place.clone(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HotelsBody {
    pub hotels: Vec<HotelBody>,
    /// Present while there may be more: the `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HotelsQuery {
    /// The `next` of the page before.
    cursor: Option<String>,
    /// At most 100.
    #[serde(default = "fifty")]
    #[param(default = 50, minimum = 1, maximum = 100)]
    limit: u16,
}

fn fifty() -> u16 {
    50
}

/// The most characters of a slug.
const MAX_SLUG: usize = 63;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RoomTypeBody {
    pub id: Uuid,
    #[schema(examples("DBL"))]
    pub code: String,
    pub name: String,
    pub standard_occupancy: u16,
    pub max_occupancy: u16,
    pub accessible: bool,
}

impl From<&RoomType> for RoomTypeBody {
    fn from(room_type: &RoomType) -> Self {
        Self {
            id: room_type.id.0,
            code: room_type.code.clone(),
            name: room_type.name.clone(),
            standard_occupancy: room_type.standard_occupancy,
            max_occupancy: room_type.max_occupancy,
            accessible: room_type.accessible,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RatePlanBody {
    pub id: Uuid,
    #[schema(examples("BAR"))]
    pub code: String,
    pub name: String,
    #[schema(examples("room_only"))]
    pub meal_plan: String,
}

impl From<&RatePlan> for RatePlanBody {
    fn from(rate_plan: &RatePlan) -> Self {
        Self {
            id: rate_plan.id.0,
            code: rate_plan.code.clone(),
            name: rate_plan.name.clone(),
            meal_plan: rate_plan.meal_plan.clone(),
        }
    }
}

/// A room type sold under a rate plan.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProductBody {
    pub room_type: RoomTypeBody,
    pub rate_plan: RatePlanBody,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RoomBody {
    pub id: Uuid,
    pub room_type_id: Uuid,
    #[schema(examples("204"))]
    pub number: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CatalogueBody {
    #[serde(flatten)]
    pub hotel: HotelBody,
    pub products: Vec<ProductBody>,
    pub rooms: Vec<RoomBody>,
}

/// The hotels that the key may see, by slug.
#[utoipa::path(get, path = "/v1/hotels", tag = "Hotels", security(("api_key" = [])), params(HotelsQuery), responses(
    (status = 200, body = HotelsBody), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list_hotels(
    State(state): State<HttpState>,
    caller: Caller,
    Query(query): Query<HotelsQuery>,
) -> Result<Json<HotelsBody>, Problem> {
    caller.require(Scope::OffersRead)?;
    if !(1..=100).contains(&query.limit) {
        return Err(Problem::invalid("limit", "a page has 1 to 100 hotels"));
    }
    let cursor = query.cursor.as_deref();
    let after = cursor
        .map(|cursor| wire::bounded("cursor", cursor, MAX_SLUG))
        .transpose()?;
    let limit = query.limit.into();
    let page = hotels::page(&state.app.store, caller.key.hotel, after.as_deref(), limit).await?;
    let full = page.len() == usize::from(query.limit);
    let next = page.last().map(|last| last.slug.clone());
    Ok(Json(HotelsBody {
        hotels: page.iter().map(HotelBody::from).collect(),
        next: next.filter(|_| full),
    }))
}

/// A hotel with its products and rooms.
#[utoipa::path(get, path = "/v1/hotels/{hotel}", tag = "Hotels", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id")), responses(
    (status = 200, body = CatalogueBody), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn get_hotel(
    State(state): State<HttpState>,
    at: AtHotel,
    _query: NoQuery,
) -> Result<Json<CatalogueBody>, Problem> {
    let hotel = at.require(Scope::OffersRead)?;
    let (products, rooms) = offers::catalogue(&state.app, hotel).await?;
    Ok(Json(CatalogueBody {
        hotel: hotel.into(),
        products: products
            .iter()
            .map(|product| ProductBody {
                room_type: (&product.room_type).into(),
                rate_plan: (&product.rate_plan).into(),
            })
            .collect(),
        rooms: rooms
            .into_iter()
            .map(|room| RoomBody {
                id: room.id.0,
                room_type_id: room.room_type.0,
                number: room.number,
            })
            .collect(),
    }))
}
