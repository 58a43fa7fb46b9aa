//! Packages: extras that are sold together with a room.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::entry::{self, EntriesBody, EntryBody, EntryPath, Patch, Wire};
use super::extras::BASES;
use super::routes;
use crate::domain::calendar::MOST_PRICE;
use crate::domain::catalogue::{PackageEntry, PackagedExtra};
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::Path;
use crate::http::idempotent::Keyed;
use crate::http::problem::Problem;
use crate::http::wire::bounded;

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "ROMANCE", "name": "Romance", "extras": [{"extra": "DINNER", "quantity": 1}],
    "rate_plans": ["BAR"], "price": 9900, "min_nights": 2}))]
pub(in crate::http) struct PackageRequest {
    #[schema(examples("ROMANCE"))]
    pub code: String,
    #[schema(examples("Romance"))]
    pub name: String,
    #[serde(default)]
    pub description: String,
    pub extras: Vec<PackedExtra>,
    /// Codes of the room types that it is booked with; none: all.
    #[serde(default)]
    pub room_types: Vec<String>,
    /// Codes of the rate plans that it is booked with; none: all.
    #[serde(default)]
    pub rate_plans: Vec<String>,
    /// Instead of its extras' own prices, minor units; null: their sum.
    #[serde(default)]
    #[schema(minimum = 0, examples(9900))]
    pub price: Option<i64>,
    /// Of that price: `stay`, `night`, `person` or `person_night`.
    #[serde(default = "stay")]
    #[schema(default = "stay")]
    pub basis: String,
    #[serde(default = "one_night")]
    #[schema(default = 1, minimum = 1, maximum = 90)]
    pub min_nights: i16,
    /// Whether it is for sale; what is booked stays.
    #[serde(default = "entry::yes")]
    pub active: bool,
}

fn stay() -> String {
    "stay".to_owned()
}

fn one_night() -> i16 {
    1
}

/// An extra of a package.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct PackedExtra {
    /// Its code.
    #[schema(examples("DINNER"))]
    pub extra: String,
    /// For each unit of its basis.
    #[serde(default = "one")]
    #[schema(default = 1, minimum = 1, maximum = 20)]
    pub quantity: i32,
}

fn one() -> i32 {
    1
}

/// The most of a kind that an entry names.
const MOST: usize = 50;

/// Refuses a list in which something stands twice, or that is too long.
pub(super) fn distinct<'a>(
    pointer: &str,
    codes: impl Iterator<Item = &'a String>,
) -> Result<(), Problem> {
    let mut codes: Vec<&String> = codes.collect();
    let all = codes.len();
    codes.sort_unstable();
    codes.dedup();
    if codes.len() == all && all <= MOST {
        return Ok(());
    }
    let message = format!("has at most {MOST} entries, each once");
    Err(Problem::invalid(pointer, message))
}

impl Wire for PackageEntry {
    type Request = PackageRequest;

    const FOR_GUESTS: Option<fn(&Self) -> bool> = Some(|package| package.active);

    fn parse(id: Uuid, request: PackageRequest) -> Result<Self, Problem> {
        distinct("/extras", request.extras.iter().map(|packed| &packed.extra))?;
        distinct("/room_types", request.room_types.iter())?;
        distinct("/rate_plans", request.rate_plans.iter())?;
        if request.extras.is_empty() {
            return Err(Problem::invalid("/extras", "a package has an extra"));
        }
        entry::one_of("/basis", &request.basis, &BASES)?;
        entry::within("/min_nights", request.min_nights, 1..=90)?;
        if let Some(price) = request.price {
            entry::within("/price", price, 0..=MOST_PRICE)?;
        }
        let packed = |(place, packed): (usize, PackedExtra)| {
            let quantity = format!("/extras/{place}/quantity");
            entry::within(&quantity, packed.quantity, 1..=20)?;
            Ok(PackagedExtra {
                extra: packed.extra,
                quantity: packed.quantity,
            })
        };
        let mut entry = Self {
            id,
            code: entry::code("/code", &request.code)?,
            name: entry::name("/name", &request.name)?,
            description: bounded("/description", &request.description, 5_000)?,
            extras: (request.extras.into_iter().enumerate())
                .map(packed)
                .collect::<Result<_, Problem>>()?,
            room_types: request.room_types,
            rate_plans: request.rate_plans,
            price_minor: request.price,
            basis: request.basis,
            min_nights: request.min_nights,
            active: request.active,
        };
        // As they are read back: by code.
        entry.extras.sort_by(|a, b| a.extra.cmp(&b.extra));
        entry.room_types.sort_unstable();
        entry.rate_plans.sort_unstable();
        Ok(entry)
    }

    fn request(&self) -> PackageRequest {
        let package = self.clone();
        let packed = |packed: PackagedExtra| PackedExtra {
            extra: packed.extra,
            quantity: packed.quantity,
        };
        PackageRequest {
            code: package.code,
            name: package.name,
            description: package.description,
            extras: package.extras.into_iter().map(packed).collect(),
            room_types: package.room_types,
            rate_plans: package.rate_plans,
            price: package.price_minor,
            basis: package.basis,
            min_nights: package.min_nights,
            active: package.active,
        }
    }
}

routes!(
    PackageEntry, PackageRequest,
    "/v1/hotels/{hotel}/packages", "/v1/hotels/{hotel}/packages/{package}", "package",
    list_packages "Packages, by code: with `offers:read` those that are for sale, with `catalogue:manage` also those \
        that are not active.",
    create_package "Adds a package: extras that are sold together with a room.",
    get_package "A package.",
    change_package "Changes a package. What is booked keeps what it was booked with.",
    delete_package "Deletes a package. What is booked of it stays."
);
