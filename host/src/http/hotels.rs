//! Hotels and what they sell.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::access::Scope;
use crate::domain::hotel::{Hotel, RatePlan, RoomType};
use crate::http::HttpState;
use crate::http::access::{AtHotel, Caller};
use crate::http::problem::Problem;
use crate::store::{catalogue, hotels};

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
}

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

/// The hotels that the key may see.
#[utoipa::path(get, path = "/v1/hotels", tag = "Hotels", security(("api_key" = [])), responses(
    (status = 200, body = HotelsBody), (status = 401, body = Problem)))]
pub(super) async fn list_hotels(
    State(state): State<HttpState>,
    caller: Caller,
) -> Result<Json<HotelsBody>, Problem> {
    caller.require(Scope::OffersRead)?;
    let hotels = hotels::list(&state.app.store).await?;
    let seen = hotels
        .iter()
        .filter(|hotel| caller.sees(hotel.id))
        .map(HotelBody::from)
        .collect();
    Ok(Json(HotelsBody { hotels: seen }))
}

/// A hotel with its products and rooms.
#[utoipa::path(get, path = "/v1/hotels/{hotel}", tag = "Hotels", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id")), responses(
    (status = 200, body = CatalogueBody), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn get_hotel(
    State(state): State<HttpState>,
    at: AtHotel,
) -> Result<Json<CatalogueBody>, Problem> {
    let hotel = at.require(Scope::OffersRead)?;
    let mut tx = state.app.store.begin(hotel.id).await?;
    let products = catalogue::products(&mut tx).await?;
    let rooms = catalogue::rooms(&mut tx).await?;
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
