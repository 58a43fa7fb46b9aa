//! Channex's forms on the wire: the envelope of errors, lists with their pages, and what is refused before a handler runs.

use axum::extract::FromRequestParts;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::{Value, json};

use crate::faults::Refusal;

/// A refusal as Channex words it: `{"errors": {"code", "title", "details"?}}`.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    details: Option<Value>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self {
            status,
            code,
            title,
            details: None,
        }
    }

    fn with(self, details: Value) -> Self {
        Self {
            details: Some(details),
            ..self
        }
    }

    /// The query lacks something or says too much.
    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        let details = json!([detail.into()]);
        Self::new(StatusCode::BAD_REQUEST, "bad_request", "Bad Request").with(details)
    }

    /// The body has the wrong form; nothing of it was taken.
    pub(super) fn validation(detail: impl Into<String>) -> Self {
        let details = json!([detail.into()]);
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "validation_error",
            "Validation Error",
        )
        .with(details)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Unauthorized")
    }

    pub(super) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "resource_not_found",
            "Resource Not Found",
        )
    }

    pub(super) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "payload_too_large",
            "Payload Too Large",
        )
    }

    pub(super) fn too_many_requests() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "http_too_many_requests",
            "Too Many Requests",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut errors = json!({ "code": self.code, "title": self.title });
        if let Some(details) = self.details {
            errors["details"] = details;
        }
        (self.status, axum::Json(json!({ "errors": errors }))).into_response()
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(rejection.body_text())
    }
}

/// Planned failures in Channex's words.
pub(super) fn refuse(refusal: Refusal) -> Response {
    match refusal {
        Refusal::ExpiredToken => Problem::unauthorized(),
        Refusal::TooManyRequests => Problem::too_many_requests(),
        Refusal::ServerError => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_server_error",
            "Internal Server Error",
        ),
    }
    .into_response()
}

/// Query parameters; unknown, missing or malformed ones are a [`Problem`].
#[derive(FromRequestParts)]
#[from_request(via(Query), rejection(Problem))]
pub(super) struct Parameters<T>(pub(super) T);

/// Which page of which property's list is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    #[serde(rename = "filter[property_id]")]
    pub(super) property: Option<String>,
    #[serde(rename = "filter[inserted_at][gte]")]
    pub(super) inserted_since: Option<String>,
    #[serde(rename = "pagination[page]", default = "first")]
    page: usize,
    #[serde(rename = "pagination[limit]", default = "ten")]
    limit: usize,
}

fn first() -> usize {
    1
}

fn ten() -> usize {
    10
}

/// One page of a list, with its count.
#[derive(Serialize)]
pub(super) struct Page {
    data: Vec<Value>,
    meta: Value,
}

impl ListQuery {
    /// Cuts the wanted page out of a list.
    pub(super) fn cut(&self, all: Vec<Value>, order: &str) -> Result<Page, Problem> {
        if !(1..=100).contains(&self.limit) || self.page == 0 {
            return Err(Problem::bad_request(
                "pagination[page] counts from 1, and pagination[limit] is 1 to 100",
            ));
        }
        let total = all.len();
        let skipped = (self.page - 1).saturating_mul(self.limit);
        Ok(Page {
            data: all.into_iter().skip(skipped).take(self.limit).collect(),
            meta: json!({
                "total": total, "limit": self.limit, "page": self.page,
                "order_by": "inserted_at", "order_direction": order,
            }),
        })
    }

    pub(super) fn is_of(&self, property: &str) -> bool {
        self.property
            .as_deref()
            .is_none_or(|wanted| wanted == property)
    }
}

/// A thing in its form on the wire.
pub(super) fn item(kind: &str, id: &str, attributes: &Value) -> Value {
    json!({ "id": id, "type": kind, "attributes": attributes })
}

/// A day written exactly as `YYYY-MM-DD`.
pub(super) fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    let exact = text.len() == "2026-12-01".len();
    let parsed = exact
        .then(|| Date::strptime("%Y-%m-%d", &text).ok())
        .flatten();
    parsed.ok_or_else(|| D::Error::custom(format!("`{text}` is no day like 2026-12-01")))
}
