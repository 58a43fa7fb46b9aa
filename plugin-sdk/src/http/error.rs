//! Why no answer came, or none that can be read.

use std::fmt;

use super::Method;
use super::request::Source;
use crate::bindings::host::roomwire::host::http::HttpError;

/// `request` is the method, the host and the path. `?` turns it into the fitting [`crate::Failure`].
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// Nothing was sent: no address, no connection.
    Unreachable { request: String, message: String },
    /// It was sent, and no complete answer came: it may have been applied.
    OutcomeUnknown {
        method: Method,
        request: String,
        message: String,
    },
    /// The host refused to send it: a grant, a malformed part or a limit of this call.
    Refused { request: String, message: String },
    /// The answer's body has another shape than expected.
    Body {
        method: Method,
        request: String,
        message: String,
    },
}

impl Error {
    pub(super) fn new(source: Source, error: HttpError) -> Self {
        let Source { method, request } = source;
        match error {
            HttpError::Unreachable(message) => Self::Unreachable { request, message },
            HttpError::OutcomeUnknown(message) => Self::OutcomeUnknown {
                method,
                request,
                message,
            },
            HttpError::Denied(message)
            | HttpError::Invalid(message)
            | HttpError::Limit(message)
            | HttpError::Other(message) => Self::Refused { request, message },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { request, message } => {
                write!(formatter, "{request} was not sent: {message}")
            }
            Self::OutcomeUnknown {
                request, message, ..
            } => {
                write!(formatter, "{request} was sent and not answered: {message}")
            }
            Self::Refused { request, message } => {
                write!(formatter, "the host refuses {request}: {message}")
            }
            Self::Body {
                request, message, ..
            } => write!(
                formatter,
                "the answer of {request} is not understood: {message}"
            ),
        }
    }
}

impl std::error::Error for Error {}
