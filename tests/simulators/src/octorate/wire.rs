//! Octorate's forms on the wire: problems, days, instants and what is refused before a handler runs.

use axum::extract::rejection::{FormRejection, JsonRejection, QueryRejection};
use axum::extract::{Form, FromRequest, FromRequestParts, Query};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::faults::Refusal;

/// A refusal as Octorate words it: `{"type", "message"}`.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            message: message.into(),
        }
    }

    /// A parameter failed validation; nothing was applied.
    pub(super) fn parameters(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ApiParamsExemption", message)
    }

    pub(super) fn login_expired() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "ApiLoginExpired",
            "The access token is expired or unknown",
        )
    }

    pub(super) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "ApiUnauthorized", message)
    }

    pub(super) fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "ApiForbidden",
            "Caller not in requested role",
        )
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    fn of_extraction(status: StatusCode, message: String) -> Self {
        if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            Self::new(status, "UnsupportedMediaType", message)
        } else {
            Self::parameters(message)
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "type": self.kind, "message": self.message });
        (self.status, axum::Json(body)).into_response()
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::of_extraction(rejection.status(), rejection.body_text())
    }
}

impl From<FormRejection> for Problem {
    fn from(rejection: FormRejection) -> Self {
        Self::of_extraction(rejection.status(), rejection.body_text())
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::of_extraction(rejection.status(), rejection.body_text())
    }
}

/// Planned failures in Octorate's words.
pub(super) fn refuse(refusal: Refusal) -> Response {
    match refusal {
        Refusal::ExpiredToken => Problem::login_expired(),
        Refusal::TooManyRequests => Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "ApiTooManyRequests",
            "Too many requests",
        ),
        Refusal::ServerError => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "ApiInternalError",
            "Internal error",
        ),
    }
    .into_response()
}

/// Query parameters; unknown, missing or malformed ones are a [`Problem`].
#[derive(FromRequestParts)]
#[from_request(via(Query), rejection(Problem))]
pub(super) struct Parameters<T>(pub(super) T);

/// A form-encoded body.
#[derive(FromRequest)]
#[from_request(via(Form), rejection(Problem))]
pub(super) struct FormBody<T>(pub(super) T);

/// A JSON body, sent as `application/json`.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub(super) struct JsonBody<T>(pub(super) T);

/// One page of a list. The base of `page` is an option of the simulator.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<T> {
    pub(super) data: Vec<T>,
    pub(super) page: u32,
    pub(super) total_pages: u32,
}

/// Which page is wanted, as the query says.
#[derive(Clone, Copy)]
pub(super) struct PageRequest {
    size: usize,
    page: u32,
    first_page: u32,
}

impl PageRequest {
    /// A page before the first counts as the first: the answer's `page` tells which one it is.
    pub(super) fn new(
        size: Option<usize>,
        page: Option<u32>,
        first_page: u32,
    ) -> Result<Self, Problem> {
        let size = size.unwrap_or(20);
        if !(1..=100).contains(&size) {
            return Err(Problem::parameters("size must be between 1 and 100"));
        }
        Ok(Self {
            size,
            page: page.unwrap_or(first_page).max(first_page),
            first_page,
        })
    }

    pub(super) fn cut<T>(self, all: Vec<T>) -> Page<T> {
        let pages = all.len().div_ceil(self.size);
        let skipped = usize::try_from(self.page - self.first_page)
            .unwrap_or(usize::MAX)
            .saturating_mul(self.size);
        Page {
            data: all.into_iter().skip(skipped).take(self.size).collect(),
            page: self.page,
            total_pages: u32::try_from(pages).unwrap_or(u32::MAX),
        }
    }
}

/// The Java zoned form of an instant, `2026-12-01T23:00:00Z[UTC]`: not RFC 3339.
pub(super) fn java_instant(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ[UTC]").to_string()
}

/// A local day as the UTC instant of its midnight in the accommodation's zone: Octorate's date trap.
pub(super) fn java_midnight(day: Date, zone: &TimeZone) -> String {
    let midnight = day
        .to_zoned(zone.clone())
        .expect("a day that a reservation may have is far from the ends of time");
    java_instant(midnight.timestamp())
}

/// A day written exactly as `YYYY-MM-DD`.
pub(super) fn parse_day(text: &str) -> Option<Date> {
    let exact = text.len() == "2026-12-01".len();
    exact.then(|| Date::strptime("%Y-%m-%d", text).ok())?
}

pub(super) fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_day(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is no day like 2026-12-01")))
}
