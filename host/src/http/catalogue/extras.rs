//! Extras: what is sold with a room.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::entry::{self, EntriesBody, EntryBody, EntryPath, Patch, Wire};
use super::routes;
use crate::domain::calendar::MOST_PRICE;
use crate::domain::catalogue::ExtraEntry;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::Path;
use crate::http::idempotent::Keyed;
use crate::http::problem::Problem;
use crate::http::wire::bounded;

/// What a price of an extra or package is counted by.
pub(super) const BASES: [&str; 4] = ["stay", "night", "person", "person_night"];
/// The most units of a day.
pub(super) const MOST_CAPACITY: i64 = 100_000;

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "DINNER", "name": "Dinner for one", "price": 4500, "basis": "person",
    "daily_capacity": 20}))]
pub(in crate::http) struct ExtraRequest {
    #[schema(examples("DINNER"))]
    pub code: String,
    #[schema(examples("Dinner"))]
    pub name: String,
    #[serde(default)]
    pub description: String,
    /// Of one unit, minor units.
    #[schema(minimum = 0, examples(4500))]
    pub price: i64,
    /// `stay`, `night`, `person` or `person_night`: of each room, and of everybody in it with `person`.
    #[schema(examples("person"))]
    pub basis: String,
    /// `arrival` or `departure`: the day of what is used once a stay.
    #[serde(default = "arrival")]
    #[schema(default = "arrival")]
    pub used_on: String,
    /// Units on each day that has no number of its own; null: it is not counted.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100_000, examples(20))]
    pub daily_capacity: Option<i32>,
    /// Whether it is for sale; what is booked stays.
    #[serde(default = "entry::yes")]
    pub active: bool,
}

fn arrival() -> String {
    "arrival".to_owned()
}

impl Wire for ExtraEntry {
    type Request = ExtraRequest;

    const FOR_GUESTS: Option<fn(&Self) -> bool> = Some(|extra| extra.active);

    fn parse(id: Uuid, request: ExtraRequest) -> Result<Self, Problem> {
        entry::within("/price", request.price, 0..=MOST_PRICE)?;
        entry::one_of("/basis", &request.basis, &BASES)?;
        entry::one_of("/used_on", &request.used_on, &["arrival", "departure"])?;
        if let Some(capacity) = request.daily_capacity {
            entry::within("/daily_capacity", capacity, 0..=MOST_CAPACITY)?;
        }
        Ok(Self {
            id,
            code: entry::code("/code", &request.code)?,
            name: entry::name("/name", &request.name)?,
            description: bounded("/description", &request.description, 5_000)?,
            price_minor: request.price,
            basis: request.basis,
            used_on: request.used_on,
            daily_capacity: request.daily_capacity,
            active: request.active,
        })
    }

    fn request(&self) -> ExtraRequest {
        let extra = self.clone();
        ExtraRequest {
            code: extra.code,
            name: extra.name,
            description: extra.description,
            price: extra.price_minor,
            basis: extra.basis,
            used_on: extra.used_on,
            daily_capacity: extra.daily_capacity,
            active: extra.active,
        }
    }
}

routes!(
    ExtraEntry, ExtraRequest,
    "/v1/hotels/{hotel}/extras", "/v1/hotels/{hotel}/extras/{extra}", "extra",
    list_extras "Extras, by code: with `offers:read` those that are for sale, with `catalogue:manage` also those that \
        are not active.",
    create_extra "Adds an extra: what is sold with a room.",
    get_extra "An extra.",
    change_extra "Changes an extra. What is booked keeps what it was booked with; the days that have no number of their \
        own follow its capacity.",
    delete_extra "Deletes an extra of which nothing is taken and which no package has."
);
