//! Reading an answer.

use serde::de::DeserializeOwned;

use super::request::Source;
use super::{Error, Method};
use crate::Failure;
use crate::bindings::host::roomwire::host::http as wire;
use crate::failure::describe;

/// An answer of any status.
#[derive(Clone, Debug)]
pub struct Response {
    source: Source,
    wire: wire::Response,
}

impl Response {
    pub(super) fn new(source: Source, wire: wire::Response) -> Self {
        Self { source, wire }
    }

    #[must_use]
    pub fn status(&self) -> u16 {
        self.wire.status
    }

    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.wire.body
    }

    /// The first header of this name, whatever the letter case of `name`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.wire
            .headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// `Retry-After` in seconds. Its other form, a date, is rare and counts as absent.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        self.header("retry-after")?.trim().parse().ok()
    }

    /// # Errors
    /// The body is not JSON of this shape. After a write that means that its outcome is unknown.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.wire.body).map_err(|error| Error::Body {
            method: self.source.method,
            request: self.source.request.clone(),
            message: describe(&error),
        })
    }

    /// # Errors
    /// The body is not XML. After a write that means that its outcome is unknown.
    #[cfg(feature = "xml")]
    pub fn xml(&self) -> Result<crate::xml::Element, Error> {
        crate::xml::Element::parse(&self.wire.body).map_err(|error| Error::Body {
            method: self.source.method,
            request: self.source.request.clone(),
            message: error.to_string(),
        })
    }

    /// The answer itself when its status is 2xx.
    ///
    /// # Errors
    /// What HTTP says of the status: see [`Response::failure`].
    pub fn success(self) -> Result<Self, Failure> {
        if (200..300).contains(&self.status()) {
            Ok(self)
        } else {
            Err(self.failure())
        }
    }

    /// What the status means by HTTP alone. A channel with habits of its own looks at the status and the body first.
    #[must_use]
    pub fn failure(&self) -> Failure {
        let message = self.to_string();
        match self.status() {
            401 => Failure::AuthExpired(message),
            403 => Failure::AuthRevoked(message),
            404 | 410 => Failure::NotFound(message),
            409 | 412 => Failure::Stale(message),
            400 | 413 | 422 => Failure::invalid("", "", message),
            429 => Failure::rate_limited(self.retry_after(), "account"),
            408 | 425 | 500..=599 => Failure::Retry(message),
            _ => Failure::Permanent(message),
        }
    }

    /// Which method was answered.
    #[must_use]
    pub fn method(&self) -> Method {
        self.source.method
    }
}

/// `GET api.example.com/v1/items answered 503`.
impl std::fmt::Display for Response {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} answered {}",
            self.source.request, self.wire.status
        )
    }
}
