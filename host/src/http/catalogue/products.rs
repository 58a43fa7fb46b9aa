//! Products: which room type is sold under which rate plan.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::entry::{
    self, AdjustmentKind, Patch, adjustment, adjustment_kind, desk, patched, refusal, sayable,
};
use crate::app::catalogue::{self, ChangeProduct, CreateProduct, RemoveProduct};
use crate::app::perform;
use crate::domain::access::Scope;
use crate::domain::catalogue::{OccupancyPrice, ProductEntry};
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::{NoQuery, Path};
use crate::http::idempotent::Keyed;
use crate::http::problem::{Problem, success};

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"room_type": "DBL", "rate_plan": "HB",
    "occupancy_prices": [{"adults": 1, "kind": "amount", "value": -1500}]}))]
pub(in crate::http) struct ProductEntryBody {
    /// The room type's code.
    #[schema(examples("DBL"))]
    pub room_type: String,
    /// The rate plan's code.
    #[schema(examples("BAR"))]
    pub rate_plan: String,
    /// What a night costs more or less for another number of adults than the standard.
    #[serde(default)]
    pub occupancy_prices: Vec<OccupancyPriceBody>,
    #[serde(default = "entry::yes")]
    pub active: bool,
}

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct OccupancyPriceBody {
    #[schema(minimum = 1, maximum = 20)]
    pub adults: i16,
    pub kind: AdjustmentKind,
    /// Minor units a night, or hundredths of a percent of the night's price; negative is cheaper.
    #[schema(examples(-1500))]
    pub value: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ProductEntriesBody {
    pub products: Vec<ProductEntryBody>,
}

impl ProductEntryBody {
    fn parse(&self) -> Result<ProductEntry, Problem> {
        let mut seen = BTreeSet::new();
        let mut occupancy_prices = Vec::with_capacity(self.occupancy_prices.len());
        for (place, price) in self.occupancy_prices.iter().enumerate() {
            let pointer = format!("/occupancy_prices/{place}");
            entry::within(&format!("{pointer}/adults"), price.adults, 1..=20)?;
            if !seen.insert(price.adults) {
                let message = "this number of adults has a price already";
                return Err(Problem::invalid(format!("{pointer}/adults"), message));
            }
            occupancy_prices.push(OccupancyPrice {
                adults: price.adults,
                price: adjustment(&pointer, price.kind, price.value, i64::MIN)?,
            });
        }
        Ok(ProductEntry {
            room_type: entry::code("/room_type", &self.room_type)?,
            rate_plan: entry::code("/rate_plan", &self.rate_plan)?,
            occupancy_prices,
            active: self.active,
        })
    }
}

impl From<&ProductEntry> for ProductEntryBody {
    fn from(product: &ProductEntry) -> Self {
        let prices = product.occupancy_prices.iter();
        Self {
            room_type: product.room_type.clone(),
            rate_plan: product.rate_plan.clone(),
            occupancy_prices: prices
                .map(|price| OccupancyPriceBody {
                    adults: price.adults,
                    kind: adjustment_kind(price.price),
                    value: price.price.value(),
                })
                .collect(),
            active: product.active,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::http) struct ProductPath {
    room_type: String,
    rate_plan: String,
}

impl ProductPath {
    fn codes(self) -> Result<(String, String), Problem> {
        if sayable(&self.room_type) && sayable(&self.rate_plan) {
            Ok((self.room_type, self.rate_plan))
        } else {
            Err(Problem::not_found("product"))
        }
    }
}

/// Products, by code, also those that are not active.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/products", tag = "Catalogue", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id")), responses(
    (status = 200, body = ProductEntriesBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
pub(in crate::http) async fn list_hotel_products(
    State(state): State<HttpState>,
    at: AtHotel,
    _query: NoQuery,
) -> Result<Json<ProductEntriesBody>, Problem> {
    let hotel = at.require(Scope::CatalogueManage)?;
    let products = catalogue::products(&state.app, hotel).await?;
    Ok(Json(ProductEntriesBody {
        products: products.iter().map(ProductEntryBody::from).collect(),
    }))
}

/// Sells a room type under a rate plan. Under a derived one it has the prices of its parent at once.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/products", tag = "Catalogue", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("Idempotency-Key" = String, Header, description = "New for each new intention")),
    request_body = ProductEntryBody, responses(
    (status = 201, body = ProductEntryBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`code_taken`, `parent_not_sold`", body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(in crate::http) async fn create_product(
    State(state): State<HttpState>,
    at: AtHotel,
    keyed: Keyed,
) -> Result<Response, Problem> {
    let desk = desk(&at)?;
    let entry = keyed.json::<ProductEntryBody>()?.parse()?;
    let verb = CreateProduct { desk, entry };
    let shape = |product| ProductEntryBody::from(&product);
    keyed
        .once(&state, &at, success::CREATED, &verb, shape)
        .await
}

/// A product, by its codes.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/products/{room_type}/{rate_plan}", tag = "Catalogue",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("room_type" = String, Path, description = "Its code"), ("rate_plan" = String, Path, description = "Its code")),
    responses((status = 200, body = ProductEntryBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
pub(in crate::http) async fn get_product(
    State(state): State<HttpState>,
    at: AtHotel,
    _query: NoQuery,
    Path(path): Path<ProductPath>,
) -> Result<Json<ProductEntryBody>, Problem> {
    let hotel = at.require(Scope::CatalogueManage)?;
    let (room_type, rate_plan) = path.codes()?;
    let found = catalogue::find_product(&state.app, hotel, (&room_type, &rate_plan)).await?;
    Ok(Json(ProductEntryBody::from(&found)))
}

/// Changes a product's prices by occupancy, or whether it is sold.
#[utoipa::path(patch, path = "/v1/hotels/{hotel}/products/{room_type}/{rate_plan}", tag = "Catalogue",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("room_type" = String, Path, description = "Its code"), ("rate_plan" = String, Path, description = "Its code")),
    request_body(content = Object, description = "A JSON merge patch of `occupancy_prices` and `active`"),
    responses((status = 200, body = ProductEntryBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(in crate::http) async fn change_product(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ProductPath>,
    patch: Patch,
) -> Result<Json<ProductEntryBody>, Problem> {
    let desk = desk(&at)?;
    let patch = patch.parse()?;
    let change = |before: &ProductEntry| {
        patched(&ProductEntryBody::from(before), &patch)
            .and_then(|body| body.parse())
            .map_err(refusal)
    };
    let verb = ChangeProduct {
        desk,
        codes: path.codes()?,
        change: &change,
    };
    let changed = perform(&state.app, at.hotel.id, &verb).await?;
    Ok(Json(ProductEntryBody::from(&changed)))
}

/// Deletes a product that was never booked and that nothing refers to, with its prices.
#[utoipa::path(delete, path = "/v1/hotels/{hotel}/products/{room_type}/{rate_plan}", tag = "Catalogue",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("room_type" = String, Path, description = "Its code"), ("rate_plan" = String, Path, description = "Its code")),
    responses((status = 200, body = ProductEntryBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, description = "`in_use`", body = Problem)))]
pub(in crate::http) async fn delete_product(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ProductPath>,
) -> Result<Json<ProductEntryBody>, Problem> {
    let verb = RemoveProduct {
        desk: desk(&at)?,
        codes: path.codes()?,
    };
    let removed = perform(&state.app, at.hotel.id, &verb).await?;
    Ok(Json(ProductEntryBody::from(&removed)))
}
