//! Every failure that a caller sees, as `application/problem+json` (RFC 9457). The one file that knows statuses.

mod channels;
mod conflict;
mod edge;
mod holds;
mod oauth;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{AppError, Refusal};
use crate::domain::access::Scope;
use crate::http::layers::request_id;
use crate::store::StoreError;
use crate::store::idempotency::StoredAnswer;

pub(super) use conflict::Conflict;
pub(super) use edge::is_stranger;
pub(super) use oauth::TokenRefusal;

const CONTENT_TYPE: &str = "application/problem+json";

/// A failure, with a stable `code` for programs and a `detail` for people.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub(super) struct Problem {
    /// `/problems/{code}`.
    #[serde(rename = "type")]
    pub kind: Box<str>,
    pub title: &'static str,
    pub status: u16,
    /// Stable: programs decide by it.
    pub code: &'static str,
    /// A sentence that says what happened and what to do.
    pub detail: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// `/requests/{id}`: the request that failed, by the `X-Request-Id` under which our logs have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<Box<str>>,
    /// The offending fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The cell in the way, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<Box<Conflict>>,
    #[serde(skip)]
    retry_after: Option<u32>,
}

/// One field of the request.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub(super) struct FieldError {
    /// A JSON pointer into the body, or the name of a parameter or header.
    pub pointer: String,
    pub message: String,
}

impl Problem {
    /// What stands in the way as things are.
    pub(super) fn conflict(code: &'static str, title: &'static str, detail: String) -> Self {
        Self::new(StatusCode::CONFLICT, code, title, detail)
    }

    /// What was read is no longer so.
    pub(super) fn precondition_failed(
        code: &'static str,
        title: &'static str,
        detail: String,
    ) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, code, title, detail)
    }

    fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            kind: format!("/problems/{code}").into(),
            title,
            status: status.as_u16(),
            code,
            detail: detail.into(),
            retryable: false,
            instance: request_id::current().map(|id| format!("/requests/{id}").into()),
            errors: Vec::new(),
            conflict: None,
            retry_after: None,
        }
    }

    fn after(mut self, seconds: u32) -> Self {
        self.retryable = true;
        self.retry_after = Some(seconds);
        self
    }

    pub(super) fn malformed_json(detail: String) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "malformed_json",
            "The body is not JSON",
            detail,
        )
    }

    /// A field that does not make sense. `pointer` is a JSON pointer, or a parameter's name.
    pub(super) fn invalid(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let (pointer, message) = (pointer.into(), message.into());
        let detail = if pointer.is_empty() {
            message.clone()
        } else {
            format!("{pointer}: {message}")
        };
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_request",
            "The request does not make sense",
            detail,
        );
        problem.errors.push(FieldError { pointer, message });
        problem
    }

    pub(super) fn unsupported_media_type() -> Self {
        let detail = "send JSON, with `Content-Type: application/json`";
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body is not JSON",
            detail,
        )
    }

    pub(super) fn no_route() -> Self {
        let detail = "no route has this path; /openapi.json lists them all";
        Self::new(
            StatusCode::NOT_FOUND,
            "no_such_route",
            "There is nothing at this path",
            detail,
        )
    }

    pub(super) fn no_method() -> Self {
        let detail = "this path does not take this method; /openapi.json lists those it takes";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "The method is not allowed here",
            detail,
        )
    }

    pub(super) fn unauthenticated() -> Self {
        let detail = "send a live API key: `Authorization: Bearer rw_live_…`";
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "No valid API key",
            detail,
        )
    }

    pub(super) fn scope_missing(scope: Scope) -> Self {
        let detail = format!("the API key lacks the scope `{}`", scope.as_str());
        Self::new(
            StatusCode::FORBIDDEN,
            "scope_missing",
            "The API key may not do this",
            detail,
        )
    }

    pub(super) fn operator_only() -> Self {
        let detail =
            "hotels are added and set up with a key of the operator, not with a hotel's own";
        Self::new(
            StatusCode::FORBIDDEN,
            "operator_only",
            "The API key may not do this",
            detail,
        )
    }

    pub(super) fn not_found(noun: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "Not found",
            format!("there is no such {noun}"),
        )
    }

    pub(super) fn idempotency_key_missing() -> Self {
        let detail = "send an `Idempotency-Key` header, a new one for each new intention, so that a repeated request \
                      cannot book twice";
        Self::new(
            StatusCode::BAD_REQUEST,
            "idempotency_key_missing",
            "An idempotency key is required",
            detail,
        )
    }

    pub(super) fn idempotency_key_malformed() -> Self {
        let detail =
            "an `Idempotency-Key` is sent once and has 1 to 255 printable ASCII characters";
        Self::new(
            StatusCode::BAD_REQUEST,
            "idempotency_key_malformed",
            "The idempotency key is malformed",
            detail,
        )
    }

    pub(super) fn idempotency_key_reused() -> Self {
        let detail = "this key belongs to another request: use a new key for a new intention";
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "The idempotency key was used before",
            detail,
        )
    }

    pub(super) fn idempotency_key_in_flight() -> Self {
        let detail = "the first request with this key is still under way: ask again for its answer";
        Self::new(
            StatusCode::CONFLICT,
            "idempotency_key_in_flight",
            "The request is under way",
            detail,
        )
        .after(1)
    }

    pub(super) fn idempotency_key_expired() -> Self {
        let detail = "a request with this key was done more than 72 hours ago, and its answer is no longer kept";
        Self::new(
            StatusCode::CONFLICT,
            "idempotency_key_expired",
            "The answer is no longer kept",
            detail,
        )
    }

    pub(super) fn version_malformed() -> Self {
        let detail = "`If-Match` takes one ETag as we gave it, such as \"3\"";
        Self::new(
            StatusCode::BAD_REQUEST,
            "if_match_malformed",
            "The If-Match header is malformed",
            detail,
        )
    }

    pub(super) fn version_missing() -> Self {
        let detail = "send the ETag that was read as `If-Match`, so that nobody's change is lost, or `*` to insist";
        Self::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if_match_missing",
            "The If-Match header is required",
            detail,
        )
    }

    pub(super) fn unavailable() -> Self {
        let detail =
            "the service is out of reach for a moment: try again, with the same idempotency key";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Not available",
            detail,
        )
        .after(1)
    }

    pub(super) fn internal() -> Self {
        let detail = "something went wrong on our side; nothing is half done";
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Our fault",
            detail,
        )
    }

    /// The problem as an answer that can be stored under an idempotency key.
    pub(super) fn stored(&self) -> StoredAnswer {
        StoredAnswer {
            status: self.status,
            content_type: CONTENT_TYPE.to_owned(),
            headers: Vec::new(),
            body: self.json(),
        }
    }

    /// Says which cell stands in the way.
    fn about(self, conflict: Conflict) -> Self {
        Self {
            conflict: Some(Box::new(conflict)),
            ..self
        }
    }

    fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a problem has only strings and numbers")
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        let conflict = |code, title| Self::new(StatusCode::CONFLICT, code, title, detail.clone());
        match refusal {
            Refusal::NotFound { noun } => Self::not_found(noun),
            Refusal::Invalid { pointer, message } => Self::invalid(pointer, message),
            Refusal::SoldOut {
                room_type, night, ..
            } => conflict("sold_out", "Sold out").about(Conflict::of(room_type, night)),
            Refusal::ExtraSoldOut { extra, day } => {
                conflict("sold_out", "Sold out").about(Conflict::of_extra(extra, day))
            }
            Refusal::QuoteChanged(cell) | Refusal::ChargesChanged(cell) => {
                conflict("quote_changed", "The price has changed").about(cell.into())
            }
            Refusal::ExtraChanged { .. } => conflict("quote_changed", "The price has changed"),
            Refusal::NotSellable { cell, .. } => Self {
                conflict: cell.map(|cell| Box::new(cell.into())),
                ..conflict("not_sellable", "Not for sale")
            },
            Refusal::QuoteExpired => conflict("quote_expired", "The quote has expired"),
            Refusal::QuoteInvalid => Self::invalid("/quote", detail),
            Refusal::PromoCodeInvalid { .. } => {
                conflict("promo_code_invalid", "The promo code is not taken")
            }
            Refusal::PromoCodeUsedUp => conflict("promo_code_used_up", "The promo code is used up"),
            Refusal::HoldEnded { .. } => conflict("hold_ended", "The hold has ended"),
            Refusal::HoldLimit => conflict("hold_limit", "The hold cannot be extended"),
            Refusal::TooManyHolds(reached) => Self::too_many_holds(reached),
            Refusal::RoomTaken { .. } => conflict("room_taken", "The room is taken"),
            Refusal::AssignmentLocked { .. } => conflict("assignment_locked", "The room is locked"),
            Refusal::ForSale => conflict("for_sale", "The stay is for sale"),
            Refusal::WaitlistLimit { .. } => {
                conflict("waitlist_limit", "The guest waits often enough")
            }
            Refusal::WaitlistEnded { .. } => conflict("waitlist_ended", "The entry has ended"),
            Refusal::ConnectionDisabled => {
                conflict("connection_disabled", "The connection is disabled")
            }
            Refusal::NotSupported { .. } => conflict("not_supported", "It cannot be done"),
            Refusal::NotAChannel => conflict("not_a_channel", "The connection is no channel"),
            Refusal::Transition { .. } => {
                conflict("wrong_status", "The reservation's status does not allow it")
            }
            Refusal::WrongDay(_) => conflict("wrong_day", "It is not the day for it"),
            Refusal::NotModifiable { .. } => {
                conflict("not_modifiable", "The reservation cannot be changed so")
            }
            Refusal::Ari(refusal) => refusal.into(),
            Refusal::Catalogue(refusal) => conflict(refusal.code(), "The catalogue stays"),
            Refusal::VersionChanged { .. } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "version_changed",
                "The reservation has changed",
                detail,
            ),
        }
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Refused(refusal) => refusal.into(),
            AppError::Store(StoreError::Unavailable(cause) | StoreError::Contended(cause)) => {
                tracing::warn!(error = %cause, "The database did not answer a request");
                Self::unavailable()
            }
            // Whoever comes in a crowd is told to come again: it is no outage.
            AppError::Store(StoreError::Busy(cause)) => {
                tracing::warn!(error = %cause, "A request found no connection free in time");
                Self::overloaded_with_bookings()
            }
            AppError::Store(failure) => {
                let cause = std::error::Error::source(&failure).map(ToString::to_string);
                tracing::error!(error = %failure, cause, "A request failed in the store");
                Self::internal()
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        AppError::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response =
            (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], self.json()).into_response();
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The statuses of answers that are no failures.
pub(super) mod success {
    pub(in crate::http) use axum::http::StatusCode as Status;

    pub(in crate::http) const OK: Status = Status::OK;
    pub(in crate::http) const CREATED: Status = Status::CREATED;
    pub(in crate::http) const ACCEPTED: Status = Status::ACCEPTED;
    pub(in crate::http) const NO_CONTENT: Status = Status::NO_CONTENT;
}

/// An answer that was stored, as a response.
pub(super) fn replay(answer: StoredAnswer, replayed: bool) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = HeaderValue::from_str(&answer.content_type)
        .unwrap_or(HeaderValue::from_static("application/json"));
    let mut response =
        (status, [(header::CONTENT_TYPE, content_type)], answer.body).into_response();
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    if replayed {
        response
            .headers_mut()
            .insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    response
}
