//! A caller of the booking gateway, whose requests and answers are shown on the terminal.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use axum::body::{Body, to_bytes};
use http::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::terminal::Terminal;

/// More of an answer than this is refused.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Longer texts are cut where people read them; an id is shorter.
const LONGEST_TEXT: usize = 48;

/// An answer takes this long at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// The gateway, called with one key.
pub(crate) struct Gateway<'a> {
    terminal: &'a Terminal,
    client: Client<HttpConnector, Body>,
    address: SocketAddr,
    key: String,
    /// Who calls, as the first part of idempotency keys.
    caller: &'static str,
    intentions: Cell<u32>,
}

impl<'a> Gateway<'a> {
    pub(crate) fn new(
        terminal: &'a Terminal,
        address: SocketAddr,
        caller: &'static str,
        key: String,
    ) -> Self {
        Self {
            terminal,
            client: Client::builder(TokioExecutor::new()).build_http(),
            address,
            key,
            caller,
            intentions: Cell::new(0),
        }
    }

    /// Reads, and shows it.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.terminal.sent(format_args!("GET {path}"));
        let begin = Instant::now();
        let (status, body) = self.send(Method::GET, path, None).await?;
        self.answered(status, &body, begin);
        expect(200, status, body)
    }

    /// Does something new, and shows it.
    pub(crate) async fn post(&self, path: &str, body: &Value, expected: u16) -> Result<Value> {
        self.terminal
            .sent(format_args!("POST {path} {}", brief(body)));
        let begin = Instant::now();
        let (status, answer) = self.send(Method::POST, path, Some(body)).await?;
        self.answered(status, &answer, begin);
        expect(expected, status, answer)
    }

    /// Reads without a word, for those that ask again and again.
    pub(crate) async fn look(&self, path: &str) -> Result<Value> {
        let (status, body) = self.send(Method::GET, path, None).await?;
        expect(200, status, body)
    }

    /// Whether anybody answers there, and is ready.
    pub(crate) async fn is_ready(&self) -> bool {
        matches!(self.send(Method::GET, "/readyz", None).await, Ok((200, _)))
    }

    fn answered(&self, status: u16, body: &Value, begin: Instant) {
        let took = begin.elapsed().as_millis();
        self.terminal
            .received(format_args!("{status} in {took} ms {}", brief(body)));
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<(u16, Value)> {
        let mut request = Request::builder()
            .method(&method)
            .uri(format!("http://{}{path}", self.address))
            .header("authorization", format!("Bearer {}", self.key));
        if method == Method::POST {
            self.intentions.set(self.intentions.get() + 1);
            let intention = format!("demo-{}-{}", self.caller, self.intentions.get());
            request = request
                .header("content-type", "application/json")
                .header("idempotency-key", intention);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let exchange = async {
            let answer = self.client.request(request.body(body)?).await?;
            let status = answer.status().as_u16();
            let bytes = to_bytes(Body::new(answer.into_body()), LARGEST_ANSWER).await?;
            anyhow::Ok((status, bytes))
        };
        let (status, bytes) = tokio::time::timeout(PATIENCE, exchange)
            .await
            .with_context(|| format!("{method} {path} was not answered"))??;
        let answer = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes)
                .with_context(|| format!("{method} {path} answered {status} without JSON"))?
        };
        Ok((status, answer))
    }
}

fn expect(expected: u16, status: u16, body: Value) -> Result<Value> {
    if status == expected {
        return Ok(body);
    }
    bail!("answered {status} instead of {expected}: {body}")
}

/// The same with long texts cut, such as a quote's signature, which say nothing to people.
fn brief(value: &Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > LONGEST_TEXT => {
            let start: String = text.chars().take(LONGEST_TEXT / 4).collect();
            Value::String(format!("{start}…"))
        }
        Value::Array(values) => values.iter().map(brief).collect(),
        Value::Object(fields) => {
            let brief = |(name, value): (&String, &Value)| (name.clone(), brief(value));
            Value::Object(fields.iter().map(brief).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// The text at a JSON pointer.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> Result<&'v str> {
    at(value, pointer)?
        .as_str()
        .with_context(|| format!("{pointer} is no text"))
}

/// The number at a JSON pointer.
pub(crate) fn number(value: &Value, pointer: &str) -> Result<i64> {
    at(value, pointer)?
        .as_i64()
        .with_context(|| format!("{pointer} is no number"))
}

/// The list at a JSON pointer.
pub(crate) fn list<'v>(value: &'v Value, pointer: &str) -> Result<&'v [Value]> {
    let list = at(value, pointer)?.as_array();
    Ok(list.with_context(|| format!("{pointer} is no list"))?)
}

fn at<'v>(value: &'v Value, pointer: &str) -> Result<&'v Value> {
    value
        .pointer(pointer)
        .with_context(|| format!("the answer has no {pointer}: {value}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn long_texts_are_cut_wherever_they_stand_and_nothing_else() {
        let long = "x".repeat(LONGEST_TEXT + 1);
        let value = json!({"quote": long, "lines": [{"units": 1, "id": "short"}, long]});
        let cut = format!("{}…", "x".repeat(12));
        let expected = json!({"quote": cut, "lines": [{"units": 1, "id": "short"}, cut]});
        assert_eq!(brief(&value), expected);
    }

    #[test]
    fn what_an_answer_lacks_is_named() {
        let answer = json!({"total": {"minor": "12"}});
        let missing = text(&answer, "/quote").expect_err("no quote");
        assert_eq!(
            missing.to_string(),
            r#"the answer has no /quote: {"total":{"minor":"12"}}"#
        );
        let wrong = number(&answer, "/total/minor").expect_err("a text");
        assert_eq!(wrong.to_string(), "/total/minor is no number");
    }

    #[test]
    fn another_status_is_a_failure_that_shows_the_answer() {
        let refused = expect(200, 409, json!({"code": "sold_out"})).expect_err("a refusal");
        assert_eq!(
            refused.to_string(),
            r#"answered 409 instead of 200: {"code":"sold_out"}"#
        );
    }
}
