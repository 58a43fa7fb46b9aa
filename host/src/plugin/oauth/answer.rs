//! The answer to a request for a token: the token and how long it is used, or what to do without.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Token;
use crate::domain::connector::ConnectorFailure;
use crate::plugin::egress::exchange::Answer;
use crate::plugin::manifest::secrets::TokenRequest;

/// A token is not used in its last minute, or in the last tenth of a short life.
const MARGIN: SignedDuration = SignedDuration::from_mins(1);

/// How long a token is used whose answer was to tell of its expiry and does not.
const UNTOLD_LIFE: SignedDuration = SignedDuration::from_mins(10);

pub(super) fn read(
    asked: &TokenRequest,
    answer: &Answer,
    now: Timestamp,
) -> Result<Token, ConnectorFailure> {
    let host = &asked.host;
    match answer.status {
        200..=299 => {}
        400 | 401 | 403 => {
            let status = answer.status;
            return Err(ConnectorFailure::AuthRevoked(format!(
                "`{host}` refuses the credentials (status {status} for a token): check the connection's secrets"
            )));
        }
        429 => {
            return Err(ConnectorFailure::RateLimited {
                after_seconds: retry_after(answer, now),
                scope: "account".to_owned(),
            });
        }
        status => {
            return Err(ConnectorFailure::Retry(format!(
                "`{host}` answered {status} to a request for a token"
            )));
        }
    }
    let malformed = |what: &str| {
        ConnectorFailure::Permanent(format!("`{host}` answered a request for a token {what}"))
    };
    let body: Value = serde_json::from_slice(&answer.body)
        .map_err(|_| malformed("with something that is not JSON"))?;
    let value = body
        .pointer(&asked.access_token)
        .and_then(Value::as_str)
        .filter(|token| !token.is_empty());
    let value =
        value.ok_or_else(|| malformed(&format!("without a text at {}", asked.access_token)))?;
    Ok(Token {
        value: value.into(),
        fresh_until: expiry(asked, &body, now).map(|expires| freshness(now, expires)),
    })
}

/// When the token expires, where the manifest says that the answer tells. One that does not tell after all gets the life
/// that the remote documents, or a short one: it is a good token, and the remote refuses it when it is not.
fn expiry(asked: &TokenRequest, body: &Value, now: Timestamp) -> Option<Timestamp> {
    let documented = asked
        .lives_seconds
        .map(|seconds| SignedDuration::from_secs(seconds.into()));
    if asked.expires_at.is_none() && asked.expires_in.is_none() && documented.is_none() {
        return None;
    }
    let told = |pointer: &Option<String>| body.pointer(pointer.as_deref()?);
    let at = told(&asked.expires_at)
        .and_then(Value::as_str)
        .and_then(parse_instant);
    let within = told(&asked.expires_in)
        .and_then(|value| {
            value
                .as_i64()
                .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
        })
        // A life of years is cut to one: no remote means it.
        .map(|seconds| SignedDuration::from_secs(seconds.clamp(0, 366 * 86_400)));
    at.or_else(|| {
        let life = within.or(documented).unwrap_or(UNTOLD_LIFE);
        now.checked_add(life).ok()
    })
}

/// How long to wait by the answer's `Retry-After`: seconds, or an HTTP date.
fn retry_after(answer: &Answer, now: Timestamp) -> Option<u32> {
    let (_, value) = answer
        .headers
        .iter()
        .find(|(name, _)| name == "retry-after")?;
    let value = value.trim();
    value.parse().ok().or_else(|| {
        let until = jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(value)
            .ok()?;
        u32::try_from(until.duration_since(now).as_secs().max(0)).ok()
    })
}

/// RFC 3339, also as Java's `ZonedDateTime` prints it: `2026-11-23T06:17:09.123Z[UTC]`.
fn parse_instant(text: &str) -> Option<Timestamp> {
    let instant = text.split_once('[').map_or(text, |(instant, _)| instant);
    instant.parse().ok()
}

fn freshness(now: Timestamp, expires: Timestamp) -> Timestamp {
    let tenth = expires.duration_since(now).max(SignedDuration::ZERO) / 10;
    expires.checked_sub(tenth.min(MARGIN)).unwrap_or(expires)
}
