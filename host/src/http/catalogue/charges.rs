//! Cancellation policies, taxes and fees.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::entry::{self, EntriesBody, EntryBody, EntryPath, Patch, Wire};
use super::routes;
use crate::domain::calendar::MOST_PRICE;
use crate::domain::catalogue::{ChargeEntry, PolicyEntry};
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::Path;
use crate::http::idempotent::Keyed;
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "FLEX", "name": "Free until two days before", "free_until_hours": 48,
    "penalty": "first_night"}))]
pub(in crate::http) struct PolicyRequest {
    #[schema(examples("FLEX"))]
    pub code: String,
    #[schema(examples("Free until two days before"))]
    pub name: String,
    /// Hours before the arrival day begins at the hotel until which cancelling is free; null: it never is.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 20_000, examples(48))]
    pub free_until_hours: Option<i32>,
    /// What is owed after that: `none`, `first_night`, `percent` or `whole_stay`.
    #[schema(examples("first_night"))]
    pub penalty: String,
    /// With `percent` only.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100)]
    pub penalty_percent: Option<i16>,
}

impl Wire for PolicyEntry {
    type Request = PolicyRequest;

    fn parse(id: Uuid, request: PolicyRequest) -> Result<Self, Problem> {
        let penalties = ["none", "first_night", "percent", "whole_stay"];
        entry::one_of("/penalty", &request.penalty, &penalties)?;
        if let Some(hours) = request.free_until_hours {
            entry::within("/free_until_hours", hours, 0..=20_000)?;
        }
        if let Some(percent) = request.penalty_percent {
            entry::within("/penalty_percent", percent, 1..=100)?;
        }
        if (request.penalty == "percent") != request.penalty_percent.is_some() {
            let message = "is needed with the penalty `percent`, and only with it";
            return Err(Problem::invalid("/penalty_percent", message));
        }
        Ok(Self {
            id,
            code: entry::code("/code", &request.code)?,
            name: entry::name("/name", &request.name)?,
            free_until_hours: request.free_until_hours,
            penalty: request.penalty,
            penalty_percent: request.penalty_percent,
        })
    }

    fn request(&self) -> PolicyRequest {
        PolicyRequest {
            code: self.code.clone(),
            name: self.name.clone(),
            free_until_hours: self.free_until_hours,
            penalty: self.penalty.clone(),
            penalty_percent: self.penalty_percent,
        }
    }
}

routes!(
    PolicyEntry, PolicyRequest,
    "/v1/hotels/{hotel}/cancellation-policies", "/v1/hotels/{hotel}/cancellation-policies/{policy}", "policy",
    list_policies "Cancellation policies, by code.",
    create_policy "Adds a cancellation policy.",
    get_policy "A cancellation policy.",
    change_policy "Changes a cancellation policy.",
    delete_policy "Deletes a cancellation policy that no rate plan refers to."
);

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "CITY", "name": "City tax", "kind": "tax", "basis": "person_night", "value": 350,
    "included": false, "min_age": 10, "max_nights": 10}))]
pub(in crate::http) struct ChargeRequest {
    #[schema(examples("CITY"))]
    pub code: String,
    #[schema(examples("City tax"))]
    pub name: String,
    /// `tax` or `fee`.
    #[schema(examples("tax"))]
    pub kind: String,
    /// `stay`, `night`, `person`, `person_night`, or `percent` of the room's price.
    #[schema(examples("person_night"))]
    pub basis: String,
    /// Minor units, or hundredths of a percent.
    #[schema(minimum = 0, examples(350))]
    pub value: i64,
    /// Already in the room's price, or on top of it.
    pub included: bool,
    /// Who counts as a person: this age and older. Adults always do.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 18, examples(10))]
    pub min_age: i16,
    /// Nights of a stay beyond this are free of it; null: none is.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 90, examples(10))]
    pub max_nights: Option<i16>,
    #[serde(default = "entry::yes")]
    pub active: bool,
}

impl Wire for ChargeEntry {
    type Request = ChargeRequest;

    fn parse(id: Uuid, request: ChargeRequest) -> Result<Self, Problem> {
        let bases = ["stay", "night", "person", "person_night", "percent"];
        entry::one_of("/kind", &request.kind, &["tax", "fee"])?;
        entry::one_of("/basis", &request.basis, &bases)?;
        let most = if request.basis == "percent" {
            100_000
        } else {
            MOST_PRICE
        };
        entry::within("/value", request.value, 0..=most)?;
        entry::within("/min_age", request.min_age, 0..=18)?;
        if let Some(nights) = request.max_nights {
            entry::within("/max_nights", nights, 1..=90)?;
        }
        Ok(Self {
            id,
            code: entry::code("/code", &request.code)?,
            name: entry::name("/name", &request.name)?,
            kind: request.kind,
            basis: request.basis,
            value: request.value,
            included: request.included,
            min_age: request.min_age,
            max_nights: request.max_nights,
            active: request.active,
        })
    }

    fn request(&self) -> ChargeRequest {
        let charge = self.clone();
        ChargeRequest {
            code: charge.code,
            name: charge.name,
            kind: charge.kind,
            basis: charge.basis,
            value: charge.value,
            included: charge.included,
            min_age: charge.min_age,
            max_nights: charge.max_nights,
            active: charge.active,
        }
    }
}

routes!(
    ChargeEntry, ChargeRequest,
    "/v1/hotels/{hotel}/charges", "/v1/hotels/{hotel}/charges/{charge}", "charge",
    list_charges "Taxes and fees, by code.",
    create_charge "Adds a tax or fee.",
    get_charge "A tax or fee.",
    change_charge "Changes a tax or fee. What was quoted before keeps what it was quoted with.",
    delete_charge "Deletes a tax or fee that nothing refers to."
);
