//! The record of what reached a simulator, in order of arrival.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use http::header::AUTHORIZATION;
use http::request::Parts;
use jiff::Timestamp;
use serde::Serialize;

/// Older requests than this many are forgotten, so that a long demo stays small.
const KEPT_REQUESTS: usize = 10_000;

/// One request that arrived, and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct ReceivedRequest {
    /// Counts from 0, over all requests since the start.
    pub sequence: u64,
    pub arrived: Timestamp,
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    /// Names in lower case; the values of `authorization`, of keys and of tokens are not kept.
    pub headers: Vec<(String, String)>,
    /// As text; bytes that are no UTF-8 are replaced, and a login in it is not kept.
    pub body: String,
    pub outcome: Outcome,
}

impl ReceivedRequest {
    /// The value of the first header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Still being served, or the caller went away before the answer.
    Unanswered,
    /// Answered with this status.
    Answered(u16),
    /// The connection was closed without an answer.
    Closed,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Journal(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    next: u64,
    kept: VecDeque<ReceivedRequest>,
}

impl Journal {
    pub(crate) fn record(&self, arrived: Timestamp, parts: &Parts, body: &Bytes) -> u64 {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sequence = entries.next;
        entries.next += 1;
        if entries.kept.len() == KEPT_REQUESTS {
            entries.kept.pop_front();
        }
        entries.kept.push_back(ReceivedRequest {
            sequence,
            arrived,
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: headers(parts),
            body: without_login(&String::from_utf8_lossy(body)),
            outcome: Outcome::Unanswered,
        });
        sequence
    }

    pub(crate) fn conclude(&self, sequence: u64, outcome: Outcome) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries
            .kept
            .iter_mut()
            .rev()
            .find(|entry| entry.sequence == sequence)
        {
            entry.outcome = outcome;
        }
    }

    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.kept.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.kept.clear();
    }
}

fn headers(parts: &Parts) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    parts
        .headers
        .iter()
        .map(|(name, value)| {
            let secret = name == AUTHORIZATION
                || name == crate::channex::auth::HEADER
                || name.as_str().ends_with("-token");
            let value = if secret {
                "(not kept)".to_owned()
            } else {
                text(value)
            };
            (name.as_str().to_owned(), value)
        })
        .collect()
}

/// A message in XML may hold its login in an element of its own.
fn without_login(body: &str) -> String {
    let parts = body
        .split_once("<Authentication ")
        .and_then(|(before, rest)| Some((before, rest.split_once('>')?.1)));
    match parts {
        Some((before, after)) => format!("{before}<Authentication (not kept)>{after}"),
        None => body.to_owned(),
    }
}

/// `GET` and `DELETE /requests`, the same for every simulator.
pub(crate) fn controls(journal: Journal) -> Router {
    Router::new()
        .route("/requests", get(list).delete(forget))
        .with_state(journal)
}

async fn list(State(journal): State<Journal>) -> Json<Vec<ReceivedRequest>> {
    Json(journal.requests())
}

async fn forget(State(journal): State<Journal>) -> StatusCode {
    journal.clear();
    StatusCode::NO_CONTENT
}
