//! `GET /products/properties/…`: the property and what it sells, with HTTP's basic authentication.

use axum::extract::{Path, Query, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Channel;
use super::model::{Property, RatePlan, RoomType};

const VERSION: &str = "application/vnd.expedia.eps.product-v2+json";

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route("/products/properties", get(properties))
        .route("/products/properties/{property}", get(property))
        .route("/products/properties/{property}/roomTypes", get(room_types))
        .route(
            "/products/properties/{property}/roomTypes/{room}/ratePlans",
            get(rate_plans),
        )
}

/// Lets a request pass that brings the login, and asks for the version that is spoken.
pub(super) async fn require_login(
    State(channel): State<Channel>,
    request: Request,
    next: Next,
) -> Response {
    let (username, password) = channel.login();
    let expected = format!(
        "Basic {}",
        BASE64_STANDARD.encode(format!("{username}:{password}"))
    );
    let headers = request.headers();
    let given = headers.get(AUTHORIZATION).map(http::HeaderValue::as_bytes);
    if given != Some(expected.as_bytes()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let accepted = headers.get(ACCEPT).map(http::HeaderValue::as_bytes);
    if accepted.is_some_and(|version| version != VERSION.as_bytes() && version != b"*/*") {
        return StatusCode::NOT_ACCEPTABLE.into_response();
    }
    next.run(request).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    #[serde(default)]
    offset: usize,
    #[serde(default = "twenty")]
    limit: usize,
}

fn twenty() -> usize {
    20
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    status: Option<String>,
}

impl Listed {
    fn is_known(&self) -> bool {
        let known = ["all", "active", "inactive"];
        self.status
            .as_deref()
            .is_none_or(|status| known.contains(&status))
    }
}

fn entity(entity: &Value) -> Response {
    Json(json!({ "entity": entity })).into_response()
}

async fn properties(State(channel): State<Channel>, Query(page): Query<Page>) -> Response {
    if !(1..=200).contains(&page.limit) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let world = channel.world();
    let all = world.places.values().skip(page.offset).take(page.limit);
    let all: Vec<Value> = all.map(|place| property_view(&place.property)).collect();
    entity(&all.into())
}

async fn property(State(channel): State<Channel>, Path(id): Path<String>) -> Response {
    match channel.world().places.get(&id) {
        Some(place) => entity(&property_view(&place.property)),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn room_types(
    State(channel): State<Channel>,
    Path(property): Path<String>,
    Query(listed): Query<Listed>,
) -> Response {
    let world = channel.world();
    if !world.places.contains_key(&property) {
        return StatusCode::NOT_FOUND.into_response();
    }
    if !listed.is_known() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let all = world
        .room_types
        .iter()
        .filter(|room| room.property == property);
    let all: Vec<Value> = all.map(room_view).collect();
    entity(&all.into())
}

async fn rate_plans(
    State(channel): State<Channel>,
    Path((property, room)): Path<(String, String)>,
    Query(listed): Query<Listed>,
) -> Response {
    let world = channel.world();
    let known = world
        .room_type(&room)
        .is_some_and(|room| room.property == property);
    if !known {
        return StatusCode::NOT_FOUND.into_response();
    }
    if !listed.is_known() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let all = world
        .rate_plans
        .iter()
        .filter(|rate| rate.room_type == room);
    let all: Vec<Value> = all.map(rate_view).collect();
    entity(&all.into())
}

/// Ids are numbers here, and texts in messages.
fn resource(id: &str) -> Value {
    id.parse::<u64>()
        .map_or_else(|_| json!(id), |number| json!(number))
}

fn property_view(property: &Property) -> Value {
    json!({
        "resourceId": resource(&property.id), "name": property.name, "status": "Active",
        "currency": property.currency, "pricingModel": property.pricing_model,
        "rateAcquisitionType": "SellLAR", "timezone": property.time_zone, "cancellationTime": "18:00",
        "reservationCutOff": { "time": "23:59", "day": "sameDay" },
    })
}

fn room_view(room: &RoomType) -> Value {
    json!({
        "resourceId": resource(&room.id), "partnerCode": room.name, "name": { "value": room.name },
        "status": "Active", "maxOccupancy": { "total": room.adults, "adults": room.adults, "children": 0 },
    })
}

fn rate_view(rate: &RatePlan) -> Value {
    let rule = |id: &str, model: &str, manageable: bool| json!({ "expediaId": id, "distributionModel": model, "manageable": manageable });
    let mut rules = vec![rule(&rate.id, "HotelCollect", true)];
    rules.extend(
        rate.follower
            .as_ref()
            .map(|id| rule(id, "ExpediaCollect", false)),
    );
    json!({
        "resourceId": resource(&rate.id), "name": rate.name, "status": "Active",
        "rateAcquisitionType": "SellLAR", "distributionRules": rules,
    })
}
