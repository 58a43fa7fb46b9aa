//! The property and what it sells, as Channex lists it.

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Channel;
use super::wire::{ListQuery, Page, Parameters, Problem, item};

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route("/properties/{property}", get(property))
        .route("/room_types", get(room_types))
        .route("/rate_plans", get(rate_plans))
}

async fn property(
    State(channel): State<Channel>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let world = channel.world();
    let place = world.places.get(&id).ok_or_else(Problem::not_found)?;
    let property = &place.property;
    let attributes = json!({
        "id": property.id, "title": property.title, "currency": property.currency, "timezone": property.time_zone,
    });
    let data = item("property", &property.id, &attributes);
    Ok(Json(json!({ "data": data })))
}

async fn room_types(
    State(channel): State<Channel>,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Json<Page>, Problem> {
    let world = channel.world();
    let found = world
        .room_types
        .iter()
        .filter(|room| query.is_of(&room.property));
    let found = found.map(|room| {
        let attributes = json!({ "id": room.id, "title": room.title, "occ_adults": room.adults });
        item("room_type", &room.id, &attributes)
    });
    Ok(Json(query.cut(found.collect(), "asc")?))
}

async fn rate_plans(
    State(channel): State<Channel>,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Json<Page>, Problem> {
    let world = channel.world();
    let of_property = |property: &str| query.is_of(property);
    let found = world.rate_plans.iter();
    let found = found.filter(|rate| of_property(&world.property_of(rate)));
    let found = found.map(|rate| {
        let currency = world
            .places
            .get(&world.property_of(rate))
            .map(|place| place.property.currency.clone());
        let (mode, least) = match rate.per_person {
            true => ("per_person", 1),
            false => ("per_room", rate.occupancy),
        };
        let option = |people: u16| {
            json!({ "occupancy": people, "is_primary": people == rate.occupancy, "rate": "0.00" })
        };
        let options: Vec<Value> = (least..=rate.occupancy).map(option).collect();
        let attributes = json!({
            "id": rate.id, "title": rate.title, "currency": currency, "sell_mode": mode, "rate_mode": "manual",
            "options": options,
        });
        let mut found = item("rate_plan", &rate.id, &attributes);
        found["relationships"] = json!({
            "property": { "data": { "id": world.property_of(rate), "type": "property" } },
            "room_type": { "data": { "id": rate.room_type, "type": "room_type" } },
        });
        found
    });
    Ok(Json(query.cut(found.collect(), "asc")?))
}
