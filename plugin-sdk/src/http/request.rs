//! Building a request.

use std::time::Duration;

use serde::Serialize;

pub use crate::bindings::host::roomwire::host::http::Method;

use super::{Error, Response};
use crate::bindings::host::roomwire::host::http as wire;
use crate::imports;

impl Method {
    /// Whether repeating the request might do its work twice.
    #[must_use]
    pub fn changes_state(self) -> bool {
        self != Self::Get
    }

    /// As HTTP spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A request under construction.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    wire: wire::Request,
}

/// What a request was, for the messages about its answer.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) method: Method,
    /// Method, host and path: no query, for that may name a guest.
    pub(super) request: String,
}

impl Request {
    pub(super) fn new(method: Method, host: &str, path: impl Into<String>) -> Self {
        let wire = wire::Request {
            method,
            host: host.to_owned(),
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            timeout_ms: None,
            extensions: Vec::new(),
        };
        Self { wire }
    }

    /// Adds a pair to the query; the host encodes it.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.wire.query.push((name.into(), value.into()));
        self
    }

    /// Adds a header. `Host`, framing and credentials are the host's, and are refused.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.wire.headers.push((name.into(), value.into()));
        self
    }

    /// Sends a value as JSON.
    ///
    /// # Errors
    /// The value has no JSON form.
    pub fn json(self, body: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(self.body("application/json", serde_json::to_vec(body)?))
    }

    /// Sends a document as XML.
    ///
    /// # Errors
    /// A name in it is no name in XML.
    #[cfg(feature = "xml")]
    pub fn xml(self, document: &crate::xml::Element) -> Result<Self, crate::xml::Error> {
        Ok(self.body("application/xml", document.to_bytes()?))
    }

    pub fn body(mut self, content_type: &str, body: Vec<u8>) -> Self {
        self.wire.body = Some(body);
        self.header("content-type", content_type)
    }

    /// At most the host's own limit, which also holds where nothing is said.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.wire.timeout_ms = Some(u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX));
        self
    }

    /// # Errors
    /// No complete answer came. An answer of any status is an answer.
    pub fn send(self) -> Result<Response, Error> {
        let (source, wire) = self.into_parts();
        source.read(imports::http::send(&wire))
    }

    pub(super) fn into_parts(self) -> (Source, wire::Request) {
        let Self { wire } = self;
        let request = format!("{} {}{}", wire.method.as_str(), wire.host, wire.path);
        (
            Source {
                method: wire.method,
                request,
            },
            wire,
        )
    }
}

impl Source {
    pub(super) fn read(
        self,
        answer: Result<wire::Response, wire::HttpError>,
    ) -> Result<Response, Error> {
        match answer {
            Ok(response) => Ok(Response::new(self, response)),
            Err(error) => Err(Error::new(self, error)),
        }
    }
}
