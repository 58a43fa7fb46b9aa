//! OAuth tokens: fetched by the host, kept until they expire or are refused, never shown to a guest.

mod pool;
mod request;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::Mutex;

pub(super) use self::pool::TokenPool;

use self::pool::{Asked, Slot};
use super::egress::Clients;
use super::egress::exchange::{Answer, AnswerBudget, SendFailure, exchange};
use super::manifest::Manifest;
use super::manifest::secrets::{Injection, TokenRequest, TokenSource};
use crate::domain::connector::ConnectorFailure;

/// The largest answer of a token endpoint.
const MAX_ANSWER: usize = 64 * 1024;

/// A token is not used in its last minute, or in the last tenth of a short life.
const MARGIN: SignedDuration = SignedDuration::from_mins(1);

/// How long a token is used whose answer was to tell of its expiry and does not.
const UNTOLD_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// A hotel's secrets by name.
pub(super) type Secrets = HashMap<String, SecretString>;

/// The tokens of one connection, by slot.
pub(super) struct TokenCache(HashMap<String, Held>);

/// A slot's token, which connections with the same credentials share, and the last one that this connection has seen.
#[derive(Default)]
struct Held {
    slot: Arc<Mutex<Slot>>,
    seen: AtomicU64,
}

/// Which tokens a call has used: their slots and generations. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct UsedTokens(Arc<std::sync::Mutex<HashMap<String, u64>>>);

impl UsedTokens {
    /// Remembers the slot's latest token.
    pub(super) fn add(&self, slot: &str, generation: u64) {
        self.lock().insert(slot.to_owned(), generation);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Token {
    value: SecretString,
    /// Without it, the token is good until the remote refuses it.
    fresh_until: Option<Timestamp>,
}

/// What a fetch needs besides the slot.
pub(super) struct TokenContext<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) secrets: &'a Secrets,
    pub(super) clients: &'a Clients,
    pub(super) now: Timestamp,
}

/// A token, and whether the connection had none of its kind before.
pub(super) struct Obtained {
    pub(super) token: SecretString,
    pub(super) generation: u64,
    pub(super) is_new: bool,
}

impl TokenCache {
    pub(super) fn new(manifest: &Manifest, secrets: &Secrets, pool: &TokenPool) -> Self {
        let held = manifest.secrets.iter().filter_map(|slot| {
            let Injection::Oauth2(source) = &slot.inject else {
                return None;
            };
            let held = Held {
                slot: pool.slot(&manifest.id, &slot.name, source, secrets),
                seen: AtomicU64::default(),
            };
            Some((slot.name.clone(), held))
        });
        Self(held.collect())
    }

    /// The slot's token. The lock is held while one is fetched, so that callers who need it at the same time share it.
    pub(super) async fn token(
        &self,
        slot: &str,
        source: &TokenSource,
        context: TokenContext<'_>,
    ) -> Result<Obtained, SendFailure> {
        let Some(held) = self.0.get(slot) else {
            return Err(SendFailure::Invalid(format!(
                "the slot `{slot}` holds no token"
            )));
        };
        let mut cached = held.slot.lock().await;
        let is_fresh = |token: &&Token| token.fresh_until.is_none_or(|until| context.now < until);
        let token = match cached.token.as_ref().filter(is_fresh) {
            Some(token) => token.value.clone(),
            None => {
                let token = fetch(source, &context, &mut cached.asked).await?;
                let value = token.value.clone();
                cached.token = Some(token);
                cached.generation += 1;
                value
            }
        };
        let generation = cached.generation;
        Ok(Obtained {
            token,
            generation,
            is_new: held.seen.swap(generation, Ordering::Relaxed) != generation,
        })
    }

    /// Drops the tokens that a call has used and found refused, and none that came after them.
    /// False where it has used none: then another call would fare no better.
    pub(super) fn forget(&self, used: &UsedTokens) -> bool {
        let used = used.lock();
        for (slot, generation) in used.iter() {
            // Where the slot is busy, its next token is being fetched.
            let slot = self.0.get(slot).and_then(|held| held.slot.try_lock().ok());
            if let Some(mut slot) = slot.filter(|slot| slot.generation == *generation) {
                slot.token = None;
            }
        }
        !used.is_empty()
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// The first request whose credentials are all given.
pub(super) fn usable<'a>(source: &'a TokenSource, secrets: &Secrets) -> Option<&'a TokenRequest> {
    let given =
        |request: &&TokenRequest| request.credentials().all(|name| secrets.contains_key(name));
    source.token_requests.iter().find(given)
}

async fn fetch(
    source: &TokenSource,
    context: &TokenContext<'_>,
    earlier: &mut Asked,
) -> Result<Token, SendFailure> {
    let Some(asked) = usable(source, context.secrets) else {
        return Err(SendFailure::Invalid(
            "no token request has all its credentials".to_owned(),
        ));
    };
    let request = request::token_request(asked, context)?;
    if let Some(budget) = &source.budget {
        earlier
            .take(budget, context.now)
            .map_err(SendFailure::Credential)?;
    }
    let answers = AnswerBudget::new(MAX_ANSWER, MAX_ANSWER);
    let answer = exchange(context.clients, request, &answers).await;
    if source.budget.is_some() && matches!(answer, Err(SendFailure::Unreachable(_))) {
        // Nothing was sent, so nothing was counted.
        earlier.give_back();
    }
    let answer = answer.map_err(|failure| match failure {
        SendFailure::Denied(_) | SendFailure::Invalid(_) | SendFailure::Credential(_) => failure,
        // Whatever became of the token request, the guest's own was not sent.
        SendFailure::Unreachable(why)
        | SendFailure::OutcomeUnknown(why)
        | SendFailure::Limit(why) => SendFailure::Unreachable(format!("no access token: {why}")),
    })?;
    read(asked, &answer, context.now).map_err(SendFailure::Credential)
}

fn read(asked: &TokenRequest, answer: &Answer, now: Timestamp) -> Result<Token, ConnectorFailure> {
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

#[cfg(test)]
mod tests;
