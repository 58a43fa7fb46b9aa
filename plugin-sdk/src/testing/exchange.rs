//! One scripted request with its answer.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::bindings::host::roomwire::host::http as wire;
use crate::http::Method;

/// A request that the connector must send, exactly, and what it gets for it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    request: Expected,
    #[serde(default = "empty_answer")]
    answer: Answer,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    method: String,
    host: String,
    path: String,
    /// All pairs of the query.
    #[serde(default)]
    query: Map<String, Value>,
    /// Headers that must be among the request's.
    #[serde(default)]
    headers: Map<String, Value>,
    /// The JSON body; none where the request must have no body.
    #[serde(default)]
    body: Option<Value>,
}

/// What the remote says, or why it says nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, untagged)]
pub enum Answer {
    Json {
        status: u16,
        #[serde(default)]
        headers: Map<String, Value>,
        body: Value,
    },
    Text {
        status: u16,
        #[serde(default)]
        headers: Map<String, Value>,
        #[serde(default)]
        text: String,
    },
    /// Nothing was sent.
    Unreachable { unreachable: String },
    /// It was sent, and no answer came.
    OutcomeUnknown { outcome_unknown: String },
    /// The host refused to send it.
    Denied { denied: String },
}

fn empty_answer() -> Answer {
    Answer::Text {
        status: 200,
        headers: Map::new(),
        text: String::new(),
    }
}

impl Exchange {
    #[must_use]
    pub fn get(host: &str, path: &str) -> Self {
        Self::new(Method::Get, host, path)
    }

    #[must_use]
    pub fn post(host: &str, path: &str) -> Self {
        Self::new(Method::Post, host, path)
    }

    #[must_use]
    pub fn new(method: Method, host: &str, path: &str) -> Self {
        let request = Expected {
            method: method.as_str().to_owned(),
            host: host.to_owned(),
            path: path.to_owned(),
            query: Map::new(),
            headers: Map::new(),
            body: None,
        };
        Self {
            request,
            answer: empty_answer(),
        }
    }

    /// One pair of the query. The connector must send all scripted pairs and no other.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.request.query.insert(name.to_owned(), value.into());
        self
    }

    /// A header that must be among the request's.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request.headers.insert(name.to_owned(), value.into());
        self
    }

    /// The JSON body; without this call the request must have none.
    #[must_use]
    pub fn json(mut self, body: Value) -> Self {
        self.request.body = Some(body);
        self
    }

    /// Answers with JSON.
    #[must_use]
    pub fn answers(mut self, status: u16, body: Value) -> Self {
        self.answer = Answer::Json {
            status,
            headers: Map::new(),
            body,
        };
        self
    }

    /// Answers with anything else, or with nothing.
    #[must_use]
    pub fn gets(mut self, answer: Answer) -> Self {
        self.answer = answer;
        self
    }

    /// Compares the request with the script and gives the answer.
    ///
    /// # Panics
    /// The request is another one.
    pub(super) fn play(self, request: &wire::Request) -> Result<wire::Response, wire::HttpError> {
        let expected = &self.request;
        assert_eq!(
            (
                request.method.as_str(),
                request.host.as_str(),
                request.path.as_str()
            ),
            (
                expected.method.as_str(),
                expected.host.as_str(),
                expected.path.as_str()
            ),
            "the connector sent another request than scripted"
        );
        let query: Map<String, Value> = request
            .query
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        assert_eq!(query, expected.query, "the query of {self}");
        for (name, value) in &expected.headers {
            let sent = request
                .headers
                .iter()
                .find(|(sent, _)| sent.eq_ignore_ascii_case(name));
            assert_eq!(
                sent.map(|(_, sent)| sent.as_str()),
                value.as_str(),
                "the header {name} of {self}"
            );
        }
        let body = request
            .body
            .as_deref()
            .map(|body| serde_json::from_slice(body).unwrap_or_else(|_| text(body)));
        assert_eq!(body, expected.body, "the body of {self}");
        self.answer.give()
    }
}

/// A body that is no JSON is compared as text.
fn text(body: &[u8]) -> Value {
    String::from_utf8_lossy(body).into()
}

impl Answer {
    fn give(self) -> Result<wire::Response, wire::HttpError> {
        let (status, headers, body) = match self {
            Self::Json {
                status,
                headers,
                body,
            } => (status, headers, body.to_string()),
            Self::Text {
                status,
                headers,
                text,
            } => (status, headers, text),
            Self::Unreachable { unreachable } => {
                return Err(wire::HttpError::Unreachable(unreachable));
            }
            Self::OutcomeUnknown { outcome_unknown } => {
                return Err(wire::HttpError::OutcomeUnknown(outcome_unknown));
            }
            Self::Denied { denied } => return Err(wire::HttpError::Denied(denied)),
        };
        let headers = headers
            .into_iter()
            .map(|(name, value)| {
                (
                    name.to_ascii_lowercase(),
                    value.as_str().unwrap_or_default().to_owned(),
                )
            })
            .collect();
        Ok(wire::Response {
            status,
            headers,
            body: body.into_bytes(),
            extensions: Vec::new(),
        })
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Expected {
            method, host, path, ..
        } = &self.request;
        write!(formatter, "{method} {host}{path}")
    }
}
