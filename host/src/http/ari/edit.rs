//! `PATCH …/ari`: a bulk edit.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use jiff::civil::Weekday;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::changes::ChangeBody;
use super::version;
use crate::app::ari::{self, AriRefusal, EditAri, Edited, Request};
use crate::domain::access::Scope;
use crate::domain::calendar::{MOST_PRICE, StockEdit, TermsEdit};
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::json_body::JsonBody;
use crate::http::problem::Problem;
use crate::http::wire::{self, LocalDate};

const MOST_UPDATES: usize = 200;
const MOST_RANGES: usize = 200;
const MOST_TARGETS: usize = 500;
const MAX_REASON: usize = 500;

/// Updates are made one after the other, all or none: a later one wins.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"updates": [{"dates": [{"from": "2026-12-24", "to": "2027-01-06"}],
    "weekdays": ["friday", "saturday"], "products": [{"room_type": "DBL", "rate_plan": "BAR"}],
    "price": 14000, "min_stay_arrival": 2, "max_stay": null}], "dry_run": true}))]
pub(in crate::http) struct EditRequest {
    pub updates: Vec<UpdateRequest>,
    /// Only tell what would change.
    #[serde(default)]
    pub dry_run: bool,
    /// Why; the audit shows it.
    pub reason: Option<String>,
}

/// Dates × weekdays × room types and products × the given fields. A field that is absent stays as it is; null takes a
/// restriction away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct UpdateRequest {
    pub dates: Vec<DatesRequest>,
    /// All days of the week where none is named.
    #[serde(default)]
    pub weekdays: Vec<WeekdayName>,
    /// Codes; for `allotment` and `overbooking`.
    #[serde(default)]
    pub room_types: Vec<String>,
    /// For price and restrictions.
    #[serde(default)]
    pub products: Vec<ProductRequest>,
    #[serde(default, deserialize_with = "number")]
    pub allotment: Option<i32>,
    /// Units to sell beyond the allotment.
    #[serde(default, deserialize_with = "number")]
    pub overbooking: Option<i32>,
    /// Minor units a night; a derived plan's comes from its parent.
    #[serde(default, deserialize_with = "number")]
    pub price: Option<i64>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i16>)]
    pub min_stay_arrival: Option<Option<i16>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i16>)]
    pub min_stay_through: Option<Option<i16>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i16>)]
    pub max_stay: Option<Option<i16>>,
    #[serde(default, deserialize_with = "flag")]
    pub closed_to_arrival: Option<bool>,
    #[serde(default, deserialize_with = "flag")]
    pub closed_to_departure: Option<bool>,
    #[serde(default, deserialize_with = "flag")]
    pub stop_sell: Option<bool>,
    /// Booked at least so many days before the arrival.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i16>)]
    pub cut_off_days: Option<Option<i16>>,
    /// Booked at most so many days before the arrival.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i16>)]
    pub max_advance_days: Option<Option<i16>>,
}

/// Tells null from absence.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i16>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Null takes a closing away, as it takes every other restriction away.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let closed: Option<bool> = Option::deserialize(deserializer)?;
    Ok(Some(closed.unwrap_or_default()))
}

/// Refuses null, which is not the same as nothing said: a night always has these.
fn number<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    match Option::deserialize(deserializer)? {
        Some(number) => Ok(Some(number)),
        None => Err(serde::de::Error::custom(
            "is a number: null takes restrictions away, and leaving it out changes nothing",
        )),
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct DatesRequest {
    pub from: LocalDate,
    /// Included.
    pub to: LocalDate,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ProductRequest {
    #[schema(examples("DBL"))]
    pub room_type: String,
    #[schema(examples("BAR"))]
    pub rate_plan: String,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum WeekdayName {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl From<WeekdayName> for Weekday {
    fn from(name: WeekdayName) -> Self {
        match name {
            WeekdayName::Monday => Self::Monday,
            WeekdayName::Tuesday => Self::Tuesday,
            WeekdayName::Wednesday => Self::Wednesday,
            WeekdayName::Thursday => Self::Thursday,
            WeekdayName::Friday => Self::Friday,
            WeekdayName::Saturday => Self::Saturday,
            WeekdayName::Sunday => Self::Sunday,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct EditedBody {
    pub dry_run: bool,
    /// How many cells change, or would, by field; prices of derived plans are counted too.
    pub cells: BTreeMap<&'static str, u64>,
    /// The entry in the audit; absent where nothing changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeBody>,
    /// Of a preview: the first cell that stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<RefusedBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct RefusedBody {
    #[schema(examples("below_sold"))]
    pub code: &'static str,
    pub detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_plan: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub night: Option<LocalDate>,
}

impl From<AriRefusal> for RefusedBody {
    fn from(refusal: AriRefusal) -> Self {
        let cell = refusal.cell();
        Self {
            code: refusal.code(),
            detail: refusal.to_string(),
            room_type: cell.map(|cell| cell.room_type.clone()),
            rate_plan: cell.and_then(|cell| cell.rate_plan.clone()),
            night: cell.map(|cell| LocalDate(cell.night)),
        }
    }
}

/// Edits the calendar in bulk, all or nothing; with `dry_run` it only tells what would change.
#[utoipa::path(patch, path = "/v1/hotels/{hotel}/ari", tag = "Calendar", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the calendar that was read")),
    request_body = EditRequest, responses(
    (status = 200, body = EditedBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`below_sold`, `no_price`, `derived_price`", body = Problem),
    (status = 412, description = "`calendar_changed`", body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(in crate::http) async fn edit_ari(
    State(state): State<HttpState>,
    at: AtHotel,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Json<EditedBody>, Problem> {
    let hotel = at.require(Scope::AriManage)?;
    let request: EditRequest = body.parse()?;
    let reason = request.reason.as_deref();
    let verb = EditAri {
        hotel,
        request: parse(&request.updates)?,
        dry_run: request.dry_run,
        version: version(&headers)?,
        actor: at.caller.actor(),
        reason: reason
            .map(|reason| wire::prose("/reason", reason, MAX_REASON))
            .transpose()?,
    };
    let Edited {
        outcome,
        change,
        refused,
    } = ari::edit(&state.app, &verb).await?;
    Ok(Json(EditedBody {
        dry_run: request.dry_run,
        cells: outcome.counts(),
        change: change.map(ChangeBody::from),
        refused: refused.map(RefusedBody::from),
    }))
}

fn parse(updates: &[UpdateRequest]) -> Result<Request, Problem> {
    if !(1..=MOST_UPDATES).contains(&updates.len()) {
        let message = format!("an edit has 1 to {MOST_UPDATES} updates");
        return Err(Problem::invalid("/updates", message));
    }
    let parsed = updates.iter().enumerate();
    parsed
        .map(|(place, update)| parse_update(update, &format!("/updates/{place}")))
        .collect::<Result<_, _>>()
        .map(Request)
}

fn parse_update(update: &UpdateRequest, pointer: &str) -> Result<ari::RequestedUpdate, Problem> {
    let refuse =
        |field: &str, message: &str| Problem::invalid(format!("{pointer}/{field}"), message);
    if !(1..=MOST_RANGES).contains(&update.dates.len()) {
        return Err(refuse("dates", "an update has 1 to 200 ranges of dates"));
    }
    if update.room_types.len() > MOST_TARGETS || update.products.len() > MOST_TARGETS {
        return Err(refuse(
            "products",
            "an update names at most 500 room types or products",
        ));
    }
    let (stock, terms) = (stock(update, pointer)?, terms(update, pointer)?);
    for (named, fields, place, words) in [
        (
            !update.room_types.is_empty(),
            stock != StockEdit::default(),
            "room_types",
            "`allotment` or `overbooking`",
        ),
        (
            !update.products.is_empty(),
            terms != TermsEdit::default(),
            "products",
            "a price or a restriction",
        ),
    ] {
        if named != fields {
            return Err(refuse(
                place,
                &format!("is needed with {words}, and only with them"),
            ));
        }
    }
    if update.room_types.is_empty() && update.products.is_empty() {
        return Err(refuse(
            "products",
            "an update names room types or products, and what of them is set",
        ));
    }
    let products = update.products.iter();
    Ok(ari::RequestedUpdate {
        ranges: update
            .dates
            .iter()
            .map(|range| (range.from.0, range.to.0))
            .collect(),
        weekdays: update.weekdays.iter().copied().map(Weekday::from).collect(),
        room_types: update.room_types.clone(),
        stock,
        products: products
            .map(|product| (product.room_type.clone(), product.rate_plan.clone()))
            .collect(),
        terms,
    })
}

/// The most units of a night, and the most nights or days of a restriction.
const MOST_UNITS: i32 = 100_000;
const MOST_DAYS: i16 = 999;

fn stock(update: &UpdateRequest, pointer: &str) -> Result<StockEdit, Problem> {
    let edit = StockEdit {
        allotment: update.allotment,
        overbooking: update.overbooking,
    };
    within(
        edit.allotment,
        0..=MOST_UNITS,
        &format!("{pointer}/allotment"),
    )?;
    within(
        edit.overbooking,
        0..=MOST_UNITS,
        &format!("{pointer}/overbooking"),
    )?;
    Ok(edit)
}

fn terms(update: &UpdateRequest, pointer: &str) -> Result<TermsEdit, Problem> {
    within(update.price, 1..=MOST_PRICE, &format!("{pointer}/price"))?;
    for (field, value, least) in [
        ("min_stay_arrival", update.min_stay_arrival, 1),
        ("min_stay_through", update.min_stay_through, 1),
        ("max_stay", update.max_stay, 1),
        ("cut_off_days", update.cut_off_days, 0),
        ("max_advance_days", update.max_advance_days, 0),
    ] {
        within(
            value.flatten(),
            least..=MOST_DAYS,
            &format!("{pointer}/{field}"),
        )?;
    }
    Ok(TermsEdit {
        price_minor: update.price,
        min_stay_arrival: update.min_stay_arrival,
        min_stay_through: update.min_stay_through,
        max_stay: update.max_stay,
        closed_to_arrival: update.closed_to_arrival,
        closed_to_departure: update.closed_to_departure,
        stop_sell: update.stop_sell,
        cut_off_days: update.cut_off_days,
        max_advance_days: update.max_advance_days,
    })
}

/// Refuses a number outside of its bounds.
fn within<T: PartialOrd + std::fmt::Display>(
    value: Option<T>,
    bounds: RangeInclusive<T>,
    pointer: &str,
) -> Result<(), Problem> {
    match value {
        Some(value) if !bounds.contains(&value) => {
            let message = format!("is not between {} and {}", bounds.start(), bounds.end());
            Err(Problem::invalid(pointer, message))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::extract::parse_json;

    fn said(fields: &str) -> TermsEdit {
        let body = format!(
            r#"{{"updates": [{{"dates": [{{"from": "2027-01-10", "to": "2027-01-10"}}],
            "products": [{{"room_type": "DBL", "rate_plan": "BAR"}}]{fields}}}]}}"#
        );
        let request: EditRequest = parse_json(body.as_bytes()).expect("a request");
        terms(&request.updates[0], "").expect("numbers within their bounds")
    }

    #[test]
    fn null_takes_every_restriction_away_and_what_is_not_named_stays() {
        let nothing = TermsEdit::default();
        assert_eq!(said(r#", "price": 1"#).price_minor, Some(1));
        for (field, expected) in [
            (
                "closed_to_arrival",
                TermsEdit {
                    closed_to_arrival: Some(false),
                    ..nothing
                },
            ),
            (
                "closed_to_departure",
                TermsEdit {
                    closed_to_departure: Some(false),
                    ..nothing
                },
            ),
            (
                "stop_sell",
                TermsEdit {
                    stop_sell: Some(false),
                    ..nothing
                },
            ),
            (
                "max_stay",
                TermsEdit {
                    max_stay: Some(None),
                    ..nothing
                },
            ),
        ] {
            assert_eq!(said(&format!(r#", "{field}": null"#)), expected, "{field}");
        }
        assert_eq!(said(""), nothing);
    }
}
