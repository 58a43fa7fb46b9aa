//! What a guest asked of the host, and what it was answered, in the form in which a recording keeps it.

use serde::{Deserialize, Serialize};

use super::bytes::Bytes;
use crate::plugin::v1::bindings::host::roomwire::host::http::{self, HttpError, Method};
use crate::plugin::v1::bindings::host::roomwire::host::kv::KvError;
use crate::plugin::v1::bindings::host::roomwire::host::signer::SignerError;

/// One call of a host function. The clock is none: its one instant stands in the recording's head.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(in crate::plugin) struct Event {
    pub(in crate::plugin) asked: Asked,
    /// Absent where the call ended before the answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::plugin) answer: Option<Answer>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::plugin) enum Asked {
    Http(Request),
    Random {
        length: u32,
    },
    Get {
        key: String,
    },
    Set {
        key: String,
        value: Bytes,
    },
    Delete {
        key: String,
    },
    CompareAndSet {
        key: String,
        expected: Option<Bytes>,
        value: Bytes,
    },
    Sign {
        slot: String,
        message: Bytes,
    },
    /// As it was kept: without secrets, and cut.
    Log {
        line: String,
    },
}

/// A request as the guest gave it: without what the host adds to it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(in crate::plugin) struct Request {
    pub(in crate::plugin) method: String,
    pub(in crate::plugin) host: String,
    pub(in crate::plugin) path: String,
    pub(in crate::plugin) query: Vec<(String, String)>,
    pub(in crate::plugin) headers: Vec<(String, String)>,
    pub(in crate::plugin) body: Option<Bytes>,
    pub(in crate::plugin) timeout_ms: Option<u32>,
    pub(in crate::plugin) extensions: Vec<(String, String)>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::plugin) enum Answer {
    Response(Response),
    Bytes(Bytes),
    Value(Option<Bytes>),
    Compared(bool),
    Done,
    Refused(Refused),
}

/// A response as the guest read it: without secrets.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(in crate::plugin) struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
    extensions: Vec<(String, String)>,
}

/// An error of an interface, by its name in the contract.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(in crate::plugin) struct Refused {
    class: String,
    message: String,
}

impl Asked {
    pub(in crate::plugin) fn http(request: &http::Request) -> Self {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        };
        Self::Http(Request {
            method: method.to_owned(),
            host: request.host.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            headers: request.headers.clone(),
            body: request.body.clone().map(Bytes),
            timeout_ms: request.timeout_ms,
            extensions: request.extensions.clone(),
        })
    }

    /// About how many bytes it holds.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Http(request) => {
                let Request {
                    host,
                    path,
                    query,
                    headers,
                    body,
                    extensions,
                    ..
                } = request;
                let body = body.as_ref().map_or(0, |body| body.0.len());
                host.len() + path.len() + pairs(query) + pairs(headers) + pairs(extensions) + body
            }
            Self::Random { .. } => 0,
            Self::Get { key } | Self::Delete { key } => key.len(),
            Self::Set { key, value } => key.len() + value.0.len(),
            Self::CompareAndSet {
                key,
                expected,
                value,
            } => {
                let expected = expected.as_ref().map_or(0, |expected| expected.0.len());
                key.len() + expected + value.0.len()
            }
            Self::Sign { slot, message } => slot.len() + message.0.len(),
            Self::Log { line } => line.len(),
        }
    }
}

impl Answer {
    /// About how many bytes it holds.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Response(response) => pairs(&response.headers) + response.body.0.len(),
            Self::Bytes(bytes) | Self::Value(Some(bytes)) => bytes.0.len(),
            Self::Refused(refused) => refused.message.len(),
            Self::Value(None) | Self::Compared(_) | Self::Done => 0,
        }
    }

    pub(super) fn refused(class: &str, message: &str) -> Self {
        Self::Refused(Refused {
            class: class.to_owned(),
            message: message.to_owned(),
        })
    }
}

fn pairs(pairs: &[(String, String)]) -> usize {
    pairs
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum()
}

/// What a host function answers: it can be kept, and given again as it was.
pub(in crate::plugin) trait Kept: Sized {
    fn kept(&self) -> Answer;

    /// None where the answer is one of another function.
    fn restored(answer: Answer) -> Option<Self>;
}

impl Kept for Result<http::Response, HttpError> {
    fn kept(&self) -> Answer {
        match self {
            Ok(response) => Answer::Response(Response {
                status: response.status,
                headers: response.headers.clone(),
                body: Bytes(response.body.clone()),
                extensions: response.extensions.clone(),
            }),
            Err(error) => {
                let (class, message) = match error {
                    HttpError::Denied(message) => ("denied", message),
                    HttpError::Invalid(message) => ("invalid", message),
                    HttpError::Unreachable(message) => ("unreachable", message),
                    HttpError::OutcomeUnknown(message) => ("outcome-unknown", message),
                    HttpError::Limit(message) => ("limit", message),
                    HttpError::Other(message) => ("other", message),
                };
                Answer::refused(class, message)
            }
        }
    }

    fn restored(answer: Answer) -> Option<Self> {
        match answer {
            Answer::Response(response) => Some(Ok(http::Response {
                status: response.status,
                headers: response.headers,
                body: response.body.0,
                extensions: response.extensions,
            })),
            Answer::Refused(Refused { class, message }) => Some(Err(match class.as_str() {
                "denied" => HttpError::Denied(message),
                "invalid" => HttpError::Invalid(message),
                "unreachable" => HttpError::Unreachable(message),
                "outcome-unknown" => HttpError::OutcomeUnknown(message),
                "limit" => HttpError::Limit(message),
                _ => HttpError::Other(message),
            })),
            _ => None,
        }
    }
}

impl Kept for Vec<u8> {
    fn kept(&self) -> Answer {
        Answer::Bytes(Bytes(self.clone()))
    }

    fn restored(answer: Answer) -> Option<Self> {
        match answer {
            Answer::Bytes(Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }
}

impl Kept for () {
    fn kept(&self) -> Answer {
        Answer::Done
    }

    fn restored(answer: Answer) -> Option<Self> {
        (answer == Answer::Done).then_some(())
    }
}

impl Kept for Option<Vec<u8>> {
    fn kept(&self) -> Answer {
        Answer::Value(self.clone().map(Bytes))
    }

    fn restored(answer: Answer) -> Option<Self> {
        match answer {
            Answer::Value(value) => Some(value.map(|bytes| bytes.0)),
            _ => None,
        }
    }
}

impl Kept for bool {
    fn kept(&self) -> Answer {
        Answer::Compared(*self)
    }

    fn restored(answer: Answer) -> Option<Self> {
        match answer {
            Answer::Compared(stored) => Some(stored),
            _ => None,
        }
    }
}

/// What the memory answers is what it holds, or why it cannot.
impl<T: Kept> Kept for Result<T, KvError> {
    fn kept(&self) -> Answer {
        match self {
            Ok(answer) => answer.kept(),
            Err(KvError::Limit(message)) => Answer::refused("limit", message),
            Err(KvError::Invalid(message)) => Answer::refused("invalid", message),
            Err(KvError::Unavailable(message)) => Answer::refused("unavailable", message),
            Err(KvError::Other(message)) => Answer::refused("other", message),
        }
    }

    fn restored(answer: Answer) -> Option<Self> {
        let Answer::Refused(Refused { class, message }) = answer else {
            return T::restored(answer).map(Ok);
        };
        Some(Err(match class.as_str() {
            "limit" => KvError::Limit(message),
            "invalid" => KvError::Invalid(message),
            "unavailable" => KvError::Unavailable(message),
            _ => KvError::Other(message),
        }))
    }
}

impl Kept for Result<Vec<u8>, SignerError> {
    fn kept(&self) -> Answer {
        match self {
            Ok(signature) => signature.kept(),
            Err(SignerError::UnknownSlot(message)) => Answer::refused("unknown-slot", message),
            Err(SignerError::Limit(message)) => Answer::refused("limit", message),
            Err(SignerError::Other(message)) => Answer::refused("other", message),
        }
    }

    fn restored(answer: Answer) -> Option<Self> {
        let Answer::Refused(Refused { class, message }) = answer else {
            return Vec::<u8>::restored(answer).map(Ok);
        };
        Some(Err(match class.as_str() {
            "unknown-slot" => SignerError::UnknownSlot(message),
            "limit" => SignerError::Limit(message),
            _ => SignerError::Other(message),
        }))
    }
}
