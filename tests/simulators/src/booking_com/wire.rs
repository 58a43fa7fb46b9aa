//! Booking.com's forms on the wire: frames, faults, and what a document may hold.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use jiff::civil::Date;
use roomwire_plugin_sdk::xml::Element;

use crate::faults::Refusal;

pub(super) const NAMESPACE: &str = "http://www.opentravel.org/OTA/2003/05";

/// A refusal of a whole request.
#[derive(Debug)]
pub(super) struct Fault {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Fault {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// Nothing was applied: the document is not what it must be.
    pub(super) fn schema(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "SCHEMA_ERROR", message)
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "AUTHORIZATION_REQUIRED",
            "the token is missing, unknown or expired",
        )
    }

    pub(super) fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "ACCESS_DENIED",
            "no access to this property",
        )
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "TOKEN_MISMATCH", message)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let error = complaint("Error", self.code, &self.message);
        let root = Element::new("OTA_ErrorRS")
            .attribute("xmlns", NAMESPACE)
            .child(Element::new("Errors").child(error));
        answer(self.status, &root)
    }
}

impl From<QueryRejection> for Fault {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(rejection.body_text())
    }
}

/// Query parameters; unknown, missing or malformed ones are a [`Fault`].
#[derive(FromRequestParts)]
#[from_request(via(Query), rejection(Fault))]
pub(super) struct Parameters<T>(pub(super) T);

/// Planned failures in Booking.com's words.
pub(super) fn refuse(refusal: Refusal) -> Response {
    match refusal {
        Refusal::ExpiredToken => Fault::unauthorized(),
        Refusal::TooManyRequests => Fault::new(
            StatusCode::TOO_MANY_REQUESTS,
            "TOO_MANY_REQUESTS",
            "too many requests",
        ),
        Refusal::ServerError => Fault::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL_ERROR",
            "internal error",
        ),
    }
    .into_response()
}

/// An error or a warning.
pub(super) fn complaint(tag: &str, code: &str, text: &str) -> Element {
    Element::new(tag)
        .attribute("Type", "3")
        .attribute("Code", code)
        .attribute("ShortText", text)
}

/// A document, with the id that ends every answer.
pub(super) fn answer(status: StatusCode, root: &Element) -> Response {
    static ANSWERS: AtomicU64 = AtomicU64::new(0);
    let number = ANSWERS.fetch_add(1, Ordering::Relaxed);
    let ruid = STANDARD.encode(format!("RandomIV{number}"));
    let mut body = root
        .to_bytes()
        .expect("the simulator's names are names of XML");
    body.extend_from_slice(format!("\n<!-- RUID: [{ruid}] -->").as_bytes());
    (status, [(CONTENT_TYPE, "application/xml")], body).into_response()
}

/// Reads a document that says what it is, and whose root has the one namespace.
pub(super) fn document(headers: &HeaderMap, body: &[u8]) -> Result<Element, Fault> {
    let kind = headers
        .get(CONTENT_TYPE)
        .map_or(&b""[..], http::HeaderValue::as_bytes);
    if kind != b"application/xml" {
        return Err(Fault::bad_request("Content-Type must be application/xml"));
    }
    Element::parse(body).map_err(|error| Fault::schema(error.to_string()))
}

/// Whether an element has this name, only these attributes and only these children.
pub(super) fn holds_only(
    element: &Element,
    name: &str,
    (attributes, children): (&[&str], &[&str]),
) -> Result<(), Fault> {
    if element.name() != name {
        let found = element.name();
        return Err(Fault::schema(format!("`{found}` is not `{name}`")));
    }
    if let Some((other, _)) = element
        .attributes()
        .find(|(found, _)| !attributes.contains(found))
    {
        return Err(Fault::schema(format!("`{name}` has no `{other}`")));
    }
    let mut all = element.elements().iter();
    match all.find(|child| !children.contains(&child.name())) {
        Some(other) => {
            let other = other.name();
            Err(Fault::schema(format!("`{other}` is not within `{name}`")))
        }
        None if !element.content().is_empty() && !children.is_empty() => {
            Err(Fault::schema(format!("`{name}` has text")))
        }
        None => Ok(()),
    }
}

/// The root of a message, with its frame.
pub(super) fn framed(root: &Element, name: &str, children: &[&str]) -> Result<(), Fault> {
    let frame = ["xmlns", "TimeStamp", "Version", "Target", "EchoToken"];
    holds_only(root, name, (frame.as_slice(), children))?;
    if root.get("xmlns") != Some(NAMESPACE) {
        return Err(Fault::schema("the namespace is not that of OTA 2003/05"));
    }
    required(root, "TimeStamp")?;
    required(root, "Version").map(|_| ())
}

pub(super) fn required<'a>(element: &'a Element, name: &str) -> Result<&'a str, Fault> {
    let found = element.get(name).filter(|value| !value.is_empty());
    found.ok_or_else(|| Fault::schema(format!("`{}` needs `{name}`", element.name())))
}

/// A child that must be there exactly once.
pub(super) fn only<'a>(element: &'a Element, name: &'static str) -> Result<&'a Element, Fault> {
    let mut found = element.all(name);
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(Fault::schema(format!(
            "`{}` needs one `{name}`",
            element.name()
        ))),
    }
}

/// A day written exactly as `YYYY-MM-DD`.
pub(super) fn day(text: &str) -> Result<Date, Fault> {
    let exact = text.len() == "2026-12-01".len();
    let day = exact
        .then(|| Date::strptime("%Y-%m-%d", text).ok())
        .flatten();
    day.ok_or_else(|| Fault::schema(format!("`{text}` is no day like 2026-12-01")))
}
