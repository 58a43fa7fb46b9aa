//! `Idempotency-Key`: one effect and one answer for 24 hours.

use std::collections::BTreeMap;

use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::wire::Problem;

/// How long a key is remembered.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);

const LONGEST_KEY: usize = 256;

/// The answers that were given, by key.
#[derive(Debug, Default)]
pub(super) struct Replays(BTreeMap<String, Replay>);

#[derive(Debug)]
struct Replay {
    given: Timestamp,
    request: Value,
    answer: Value,
}

impl Replays {
    /// The answer that this request got before; a [`Problem`] where the key was used for another one.
    pub(super) fn find(
        &self,
        key: &str,
        request: &Value,
        now: Timestamp,
    ) -> Result<Option<Value>, Problem> {
        match self.0.get(key) {
            Some(replay) if now.duration_since(replay.given) < WINDOW => {
                if replay.request == *request {
                    Ok(Some(replay.answer.clone()))
                } else {
                    Err(Problem::new(
                        StatusCode::CONFLICT,
                        "invalid_idempotent_request",
                        "Same idempotency key used with a different request payload.",
                    ))
                }
            }
            _ => Ok(None),
        }
    }

    pub(super) fn remember(&mut self, key: String, request: Value, answer: Value, now: Timestamp) {
        let replay = Replay {
            given: now,
            request,
            answer,
        };
        self.0.insert(key, replay);
    }
}

/// The request's key, where it has one.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if (1..=LONGEST_KEY).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid_idempotency_key",
            "The key must be between 1-256 chars.",
        )),
    }
}
