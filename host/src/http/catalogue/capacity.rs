//! How many units of an extra there are on each day.

use axum::extract::State;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::entry::{self, EntryPath};
use super::extras::MOST_CAPACITY;
use crate::app::catalogue::{self, CapacityRange, SetCapacity};
use crate::app::perform;
use crate::domain::access::Scope;
use crate::domain::catalogue::{ExtraDay, ExtraEntry};
use crate::domain::night::nights_between;
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::{Path, Query};
use crate::http::json_body::JsonBody;
use crate::http::problem::Problem;
use crate::http::wire::LocalDate;

/// The most days of one answer.
const MOST_DAYS: i32 = 400;
const MOST_RANGES: usize = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct CapacityQuery {
    /// The first day.
    #[param(value_type = String, format = Date, example = "2026-12-24")]
    from: LocalDate,
    /// The last day, included; 400 days at most.
    #[param(value_type = String, format = Date, example = "2026-12-31")]
    to: LocalDate,
}

/// What is given to days, all of it or nothing. Of ranges that share a day, the last counts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ranges": [{"from": "2026-12-24", "to": "2026-12-26", "capacity": 12}]}))]
pub(in crate::http) struct CapacityRequest {
    pub ranges: Vec<CapacityRangeBody>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct CapacityRangeBody {
    pub from: LocalDate,
    /// The last day, included.
    pub to: LocalDate,
    /// Units of each day; null: as many as the extra's `daily_capacity`.
    #[schema(minimum = 0, maximum = 100_000)]
    pub capacity: Option<i32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CapacityBody {
    #[schema(examples("DINNER"))]
    pub extra: String,
    /// Every day, in order; none where the extra is not counted.
    pub days: Vec<CapacityDay>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CapacityDay {
    pub day: LocalDate,
    pub capacity: i32,
    /// Whether the number is the day's own, and not its extra's.
    pub own: bool,
    pub sold: i32,
    /// In live holds, and in lapsed ones that were not swept yet.
    pub held: i32,
    pub left: i32,
}

fn answer((extra, days): (ExtraEntry, Vec<ExtraDay>)) -> CapacityBody {
    let day = |day: ExtraDay| CapacityDay {
        day: LocalDate(day.day),
        capacity: day.capacity,
        own: day.own,
        sold: day.sold,
        held: day.held,
        left: day.capacity - day.sold - day.held,
    };
    CapacityBody {
        extra: extra.code,
        days: days.into_iter().map(day).collect(),
    }
}

fn check_span(pointer: &str, from: Date, to: Date) -> Result<(), Problem> {
    if to < from {
        return Err(Problem::invalid(pointer, "is before `from`"));
    }
    if to == Date::MAX {
        return Err(Problem::invalid(pointer, "is beyond every calendar"));
    }
    if nights_between(from, to) >= MOST_DAYS {
        let message = format!("is more than {MOST_DAYS} days from the first");
        return Err(Problem::invalid(pointer, message));
    }
    Ok(())
}

/// How many units of an extra there are on each day, and how many are taken.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/extras/{extra}/capacity", tag = "Catalogue", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("extra" = String, Path, description = "Its id or its code"), CapacityQuery), responses(
    (status = 200, body = CapacityBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(in crate::http) async fn get_extra_capacity(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<EntryPath>,
    Query(query): Query<CapacityQuery>,
) -> Result<axum::Json<CapacityBody>, Problem> {
    let hotel = at.require(Scope::CatalogueManage)?;
    let span = (query.from.0, query.to.0);
    check_span("to", span.0, span.1)?;
    let of = path.reference("extra")?;
    let days = catalogue::capacity(&state.app, hotel, &of, span).await?;
    Ok(axum::Json(answer(days)))
}

/// Gives days of an extra a number of their own. What is taken already is never more than that.
#[utoipa::path(patch, path = "/v1/hotels/{hotel}/extras/{extra}/capacity", tag = "Catalogue",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("extra" = String, Path, description = "Its id or its code")), request_body = CapacityRequest, responses(
    (status = 200, body = CapacityBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`below_sold`", body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(in crate::http) async fn set_extra_capacity(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<EntryPath>,
    body: JsonBody,
) -> Result<axum::Json<CapacityBody>, Problem> {
    let desk = entry::desk(&at)?;
    let request: CapacityRequest = body.parse()?;
    let verb = SetCapacity {
        desk,
        of: path.reference("extra")?,
        ranges: ranges(&request.ranges)?,
    };
    let days = perform(&state.app, at.hotel.id, &verb).await?;
    Ok(axum::Json(answer(days)))
}

fn ranges(ranges: &[CapacityRangeBody]) -> Result<Vec<CapacityRange>, Problem> {
    if !(1..=MOST_RANGES).contains(&ranges.len()) {
        let message = format!("has 1 to {MOST_RANGES} entries");
        return Err(Problem::invalid("/ranges", message));
    }
    let first = ranges.iter().map(|range| range.from.0).min();
    let mut parsed = Vec::with_capacity(ranges.len());
    for (place, range) in ranges.iter().enumerate() {
        let pointer = format!("/ranges/{place}");
        let to = format!("{pointer}/to");
        check_span(&to, range.from.0, range.to.0)?;
        check_span(&to, first.unwrap_or(range.from.0), range.to.0)?;
        if let Some(capacity) = range.capacity {
            entry::within(&format!("{pointer}/capacity"), capacity, 0..=MOST_CAPACITY)?;
        }
        parsed.push(CapacityRange {
            first: range.from.0,
            last: range.to.0,
            capacity: range.capacity,
        });
    }
    Ok(parsed)
}
