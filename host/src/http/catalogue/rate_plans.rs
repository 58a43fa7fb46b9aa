//! Rate plans: price lists with conditions.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::entry::{self, EntriesBody, EntryBody, EntryPath, Patch, Wire};
use super::routes;
use crate::domain::catalogue::{ChildPrice, DerivedFrom, MEAL_PLANS, RatePlanEntry};
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::catalogue::entry::{AdjustmentKind, adjustment, adjustment_kind};
use crate::http::extract::Path;
use crate::http::idempotent::Keyed;
use crate::http::problem::Problem;
use crate::http::wire::bounded;

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "HB", "name": "Half board", "meal_plan": "half_board",
    "derived_from": {"rate_plan": "BAR", "kind": "amount", "value": 3000},
    "child_prices": [{"min_age": 0, "max_age": 5, "kind": "amount", "value": 0}]}))]
pub(in crate::http) struct RatePlanRequest {
    #[schema(examples("BAR"))]
    pub code: String,
    #[schema(examples("Best Available Rate"))]
    pub name: String,
    #[serde(default)]
    pub description: String,
    /// `room_only`, `breakfast`, `half_board`, `full_board` or `all_inclusive`.
    #[serde(default = "room_only")]
    #[schema(examples("breakfast"))]
    pub meal_plan: String,
    /// The policy's code.
    #[serde(default)]
    pub cancellation_policy: Option<String>,
    /// Where the prices come from, if they are not the plan's own.
    #[serde(default)]
    pub derived_from: Option<DerivedFromBody>,
    /// What children pay a night; a child of no bracket counts as an adult.
    #[serde(default)]
    pub child_prices: Vec<ChildPriceBody>,
    /// Whether it is for sale; what is booked stays.
    #[serde(default = "entry::yes")]
    pub active: bool,
}

/// A parent's price, changed. Rounded half up to a minor unit, and never below one.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct DerivedFromBody {
    /// The parent's code.
    #[schema(examples("BAR"))]
    pub rate_plan: String,
    pub kind: AdjustmentKind,
    /// Minor units a night, or hundredths of a percent; negative is cheaper.
    #[schema(examples(-1000))]
    pub value: i64,
}

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ChildPriceBody {
    #[schema(minimum = 0, maximum = 17)]
    pub min_age: i16,
    /// The last age of the bracket.
    #[schema(minimum = 0, maximum = 17)]
    pub max_age: i16,
    pub kind: AdjustmentKind,
    /// Minor units a night, or hundredths of a percent of the night's price.
    #[schema(minimum = 0)]
    pub value: i64,
}

fn room_only() -> String {
    MEAL_PLANS[0].to_owned()
}

impl Wire for RatePlanEntry {
    type Request = RatePlanRequest;

    fn parse(id: Uuid, request: RatePlanRequest) -> Result<Self, Problem> {
        entry::one_of("/meal_plan", &request.meal_plan, &MEAL_PLANS)?;
        let derived = request
            .derived_from
            .as_ref()
            .map(|derived| -> Result<_, Problem> {
                Ok(DerivedFrom {
                    parent: entry::code("/derived_from/rate_plan", &derived.rate_plan)?,
                    adjustment: adjustment("/derived_from", derived.kind, derived.value, i64::MIN)?,
                })
            });
        let policy = request.cancellation_policy.as_deref();
        Ok(Self {
            id,
            code: entry::code("/code", &request.code)?,
            name: entry::name("/name", &request.name)?,
            description: bounded("/description", &request.description, 5_000)?,
            cancellation_policy: policy
                .map(|code| entry::code("/cancellation_policy", code))
                .transpose()?,
            derived_from: derived.transpose()?,
            child_prices: child_prices(&request.child_prices)?,
            meal_plan: request.meal_plan,
            active: request.active,
        })
    }

    fn request(&self) -> RatePlanRequest {
        let plan = self.clone();
        RatePlanRequest {
            code: plan.code,
            name: plan.name,
            description: plan.description,
            meal_plan: plan.meal_plan,
            cancellation_policy: plan.cancellation_policy,
            derived_from: plan.derived_from.map(|derived| DerivedFromBody {
                rate_plan: derived.parent,
                kind: adjustment_kind(derived.adjustment),
                value: derived.adjustment.value(),
            }),
            child_prices: plan
                .child_prices
                .into_iter()
                .map(|child| ChildPriceBody {
                    min_age: child.min_age,
                    max_age: child.max_age,
                    kind: adjustment_kind(child.price),
                    value: child.price.value(),
                })
                .collect(),
            active: plan.active,
        }
    }
}

/// Brackets in order of age that do not overlap.
fn child_prices(brackets: &[ChildPriceBody]) -> Result<Vec<ChildPrice>, Problem> {
    let mut next = 0;
    let mut prices = Vec::with_capacity(brackets.len());
    for (place, bracket) in brackets.iter().enumerate() {
        let pointer = format!("/child_prices/{place}");
        entry::within(&format!("{pointer}/max_age"), bracket.max_age, 0..=17)?;
        if bracket.min_age < next || bracket.max_age < bracket.min_age {
            let message = "brackets follow each other by age and do not overlap";
            return Err(Problem::invalid(format!("{pointer}/min_age"), message));
        }
        next = bracket.max_age + 1;
        prices.push(ChildPrice {
            min_age: bracket.min_age,
            max_age: bracket.max_age,
            price: adjustment(&pointer, bracket.kind, bracket.value, 0)?,
        });
    }
    Ok(prices)
}

routes!(
    RatePlanEntry, RatePlanRequest,
    "/v1/hotels/{hotel}/rate-plans", "/v1/hotels/{hotel}/rate-plans/{rate_plan}", "rate_plan",
    list_rate_plans "Rate plans, by code, also those that are not active.",
    create_rate_plan "Adds a rate plan. It is sold once a product names it.",
    get_rate_plan "A rate plan.",
    change_rate_plan "Changes a rate plan. A new derivation changes the prices from today on, in the same transaction.",
    delete_rate_plan "Deletes a rate plan that nothing refers to."
);
