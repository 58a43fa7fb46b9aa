//! Promo codes.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::entry::{self, EntriesBody, EntryBody, EntryPath, Patch, Wire};
use super::packages::distinct;
use super::routes;
use crate::domain::calendar::MOST_PRICE;
use crate::domain::promo::{Discount, PromoEntry};
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::Path;
use crate::http::idempotent::Keyed;
use crate::http::problem::Problem;
use crate::http::wire::LocalDate;

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "SPRING", "name": "Spring offer", "kind": "percent", "value": 1500,
    "stay_from": "2026-12-24", "room_types": ["DBL"], "rate_plans": ["BAR"], "min_nights": 2, "uses_at_most": 100,
    "uses_per_guest": 1}))]
pub(in crate::http) struct PromoCodeRequest {
    /// Guests may write it in capitals or not; it is kept in capitals.
    #[schema(examples("SPRING"))]
    pub code: String,
    #[schema(examples("Spring offer"))]
    pub name: String,
    /// `percent`, `amount` or `free_nights`.
    #[schema(examples("percent"))]
    pub kind: String,
    /// Hundredths of a percent of each night, minor units off one unit's stay, or how many of every `stay_nights`
    /// nights are free: the cheapest.
    #[schema(minimum = 1, examples(1500))]
    pub value: i64,
    /// With `free_nights` only.
    #[serde(default)]
    #[schema(minimum = 2, maximum = 90)]
    pub stay_nights: Option<u16>,
    /// The first night of stays that it is for; null: no first.
    #[serde(default)]
    pub stay_from: Option<LocalDate>,
    /// The last night of stays that it is for.
    #[serde(default)]
    pub stay_until: Option<LocalDate>,
    /// The first day, at the hotel, on which it can be used.
    #[serde(default)]
    pub book_from: Option<LocalDate>,
    /// The last day on which it can be used.
    #[serde(default)]
    pub book_until: Option<LocalDate>,
    /// Codes of the room types that it is for; none: all.
    #[serde(default)]
    pub room_types: Vec<String>,
    /// Codes of the rate plans that it is for; none: all.
    #[serde(default)]
    pub rate_plans: Vec<String>,
    #[serde(default = "one")]
    #[schema(default = 1, minimum = 1, maximum = 90)]
    pub min_nights: i16,
    /// Live holds and reservations that have it, together; null: no bound.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub uses_at_most: Option<i32>,
    /// Reservations of one booker's email that have it; null: no bound.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub uses_per_guest: Option<i32>,
    /// Whether it can be used; what is held or booked with it stays.
    #[serde(default = "entry::yes")]
    pub active: bool,
}

fn one() -> i16 {
    1
}

fn discount(request: &PromoCodeRequest) -> Result<Discount, Problem> {
    entry::one_of(
        "/kind",
        &request.kind,
        &["percent", "amount", "free_nights"],
    )?;
    if (request.kind == "free_nights") != request.stay_nights.is_some() {
        let message = "is needed with the kind `free_nights`, and only with it";
        return Err(Problem::invalid("/stay_nights", message));
    }
    let Some(stay_nights) = request.stay_nights else {
        let percent = request.kind == "percent";
        let most = if percent { 10_000 } else { MOST_PRICE };
        entry::within("/value", request.value, 1..=most)?;
        return Ok(if percent {
            Discount::Percent(request.value)
        } else {
            Discount::Amount(request.value)
        });
    };
    entry::within("/stay_nights", stay_nights, 2..=90)?;
    entry::within("/value", request.value, 1..=i64::from(stay_nights))?;
    Ok(Discount::FreeNights {
        stay_nights,
        free_nights: u16::try_from(request.value).unwrap_or(stay_nights),
    })
}

fn ordered(
    pointer: &str,
    first: Option<LocalDate>,
    last: Option<LocalDate>,
) -> Result<(), Problem> {
    match first.zip(last) {
        Some((first, last)) if first.0 > last.0 => {
            Err(Problem::invalid(pointer, "must not be before the first"))
        }
        _ => Ok(()),
    }
}

impl Wire for PromoEntry {
    type Request = PromoCodeRequest;

    fn parse(id: Uuid, mut request: PromoCodeRequest) -> Result<Self, Problem> {
        let discount = discount(&request)?;
        ordered("/stay_until", request.stay_from, request.stay_until)?;
        ordered("/book_until", request.book_from, request.book_until)?;
        entry::within("/min_nights", request.min_nights, 1..=90)?;
        for (pointer, uses) in [
            ("/uses_at_most", request.uses_at_most),
            ("/uses_per_guest", request.uses_per_guest),
        ] {
            entry::within(pointer, uses.unwrap_or(1), 1..=i64::from(i32::MAX))?;
        }
        distinct("/room_types", request.room_types.iter())?;
        distinct("/rate_plans", request.rate_plans.iter())?;
        // As they are read back: by code.
        request.room_types.sort_unstable();
        request.rate_plans.sort_unstable();
        Ok(Self {
            id,
            code: entry::code("/code", &request.code)?.to_ascii_uppercase(),
            name: entry::name("/name", &request.name)?,
            discount,
            stay_from: request.stay_from.map(|date| date.0),
            stay_until: request.stay_until.map(|date| date.0),
            book_from: request.book_from.map(|date| date.0),
            book_until: request.book_until.map(|date| date.0),
            room_types: request.room_types,
            rate_plans: request.rate_plans,
            min_nights: request.min_nights,
            uses_at_most: request.uses_at_most,
            uses_per_guest: request.uses_per_guest,
            active: request.active,
        })
    }

    fn request(&self) -> PromoCodeRequest {
        let (kind, value, stay_nights) = self.discount.words();
        PromoCodeRequest {
            code: self.code.clone(),
            name: self.name.clone(),
            kind: kind.to_owned(),
            value,
            stay_nights,
            stay_from: self.stay_from.map(LocalDate),
            stay_until: self.stay_until.map(LocalDate),
            book_from: self.book_from.map(LocalDate),
            book_until: self.book_until.map(LocalDate),
            room_types: self.room_types.clone(),
            rate_plans: self.rate_plans.clone(),
            min_nights: self.min_nights,
            uses_at_most: self.uses_at_most,
            uses_per_guest: self.uses_per_guest,
            active: self.active,
        }
    }
}

routes!(
    PromoEntry, PromoCodeRequest,
    "/v1/hotels/{hotel}/promo-codes", "/v1/hotels/{hotel}/promo-codes/{promo_code}", "promo_code",
    list_promo_codes "Promo codes, by code.",
    create_promo_code "Adds a promo code.",
    get_promo_code "A promo code.",
    change_promo_code "Changes a promo code. What is held or booked with it keeps its price.",
    delete_promo_code "Deletes a promo code that nothing refers to."
);
