//! `GET /availability` and `GET /restrictions`: what the calendar shows, and `GET /tasks/{id}`.

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Channel;
use super::model::Night;
use super::wire::{self, Parameters, Problem};
use crate::money;

/// The most nights that one read may span.
const LONGEST_RANGE: i32 = 1_100;

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route("/availability", get(availability))
        .route("/restrictions", get(restrictions))
        .route("/tasks/{task}", get(task))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(rename = "filter[property_id]")]
    property: String,
    #[serde(rename = "filter[date][gte]", deserialize_with = "wire::day")]
    first: Date,
    #[serde(rename = "filter[date][lte]", deserialize_with = "wire::day")]
    last: Date,
    #[serde(rename = "filter[restrictions]")]
    restrictions: Option<String>,
}

impl Wanted {
    fn nights(&self) -> Result<Vec<Date>, Problem> {
        if self.last < self.first || (self.last - self.first).get_days() >= LONGEST_RANGE {
            return Err(Problem::bad_request("date is invalid"));
        }
        let nights = self.first.series(1.day());
        Ok(nights.take_while(|night| *night <= self.last).collect())
    }
}

async fn availability(
    State(channel): State<Channel>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Value>, Problem> {
    let nights = wanted.nights()?;
    let world = channel.world();
    world
        .places
        .get(&wanted.property)
        .ok_or_else(Problem::not_found)?;
    let mut data = Map::new();
    for room_type in &world.room_types {
        if room_type.property != wanted.property {
            continue;
        }
        let shown = nights.iter().map(|night| {
            let units = world.units(&room_type.id, *night);
            (night.to_string(), json!(units))
        });
        data.insert(room_type.id.clone(), shown.collect::<Map<_, _>>().into());
    }
    Ok(Json(json!({ "data": data })))
}

async fn restrictions(
    State(channel): State<Channel>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Value>, Problem> {
    let nights = wanted.nights()?;
    let named = wanted
        .restrictions
        .as_deref()
        .filter(|names| !names.is_empty())
        .ok_or_else(|| Problem::bad_request("restrictions is required"))?;
    let names: Vec<&str> = named.split(',').collect();
    let world = channel.world();
    let place = world
        .places
        .get(&wanted.property)
        .ok_or_else(Problem::not_found)?;
    let mut data = Map::new();
    for rate_plan in &world.rate_plans {
        if world.property_of(rate_plan) != wanted.property {
            continue;
        }
        let mut shown = Map::new();
        for night in &nights {
            let cell = world.night(&rate_plan.id, *night);
            shown.insert(night.to_string(), view(&cell, &names, place.decimals)?);
        }
        data.insert(rate_plan.id.clone(), shown.into());
    }
    Ok(Json(json!({ "data": data })))
}

fn view(night: &Night, names: &[&str], decimals: usize) -> Result<Value, Problem> {
    let mut shown = Map::new();
    for name in names {
        let value = match *name {
            // A night without a price shows a price of nothing.
            "rate" => json!(money::print(night.rate.unwrap_or(0), decimals).get()),
            "min_stay_arrival" => json!(night.min_stay_arrival),
            "min_stay_through" => json!(night.min_stay_through),
            "max_stay" => json!(night.max_stay),
            "closed_to_arrival" => json!(night.closed_to_arrival),
            "closed_to_departure" => json!(night.closed_to_departure),
            "stop_sell" => json!(night.stop_sell),
            unknown => {
                return Err(Problem::bad_request(format!(
                    "restriction {unknown} is unknown"
                )));
            }
        };
        shown.insert((*name).to_owned(), value);
    }
    Ok(shown.into())
}

async fn task(
    State(channel): State<Channel>,
    Path(task): Path<String>,
) -> Result<Json<Value>, Problem> {
    let world = channel.world();
    let known = world.messages.iter().any(|message| message.task == task);
    if !known {
        return Err(Problem::not_found());
    }
    let data = wire::item("task", &task, &json!({ "id": task, "status": "completed" }));
    Ok(Json(json!({ "data": data })))
}
