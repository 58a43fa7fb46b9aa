//! OAuth tokens: fetched by the host, kept until they expire or are refused, never shown to a guest.
//!
//! `pool` has a slot for each account, which the connections with its credentials share; with keys of the operator's,
//! `shared` shares it with all processes, and `seal` keeps it from whoever reads the database.

mod answer;
mod pool;
mod request;
mod seal;
mod shared;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::Mutex;

pub(super) use self::pool::TokenPool;
pub(super) use self::request::usable;
pub use self::shared::SharedTokens;

use self::pool::Slot;
use self::shared::SharedAccount;
use super::egress::Clients;
use super::egress::exchange::SendFailure;
use super::manifest::Manifest;
use super::manifest::secrets::{Injection, TokenSource};
use crate::domain::clock::Clock;

/// A hotel's secrets by name.
pub(super) type Secrets = HashMap<String, SecretString>;

/// The tokens of one connection, by slot.
pub(super) struct TokenCache(HashMap<String, Held>);

/// A slot's token, which connections with the same credentials share, and the last one that this connection has seen.
#[derive(Default)]
struct Held {
    slot: Arc<Mutex<Slot>>,
    /// The same account as all processes know it, where they share tokens.
    shared: Option<SharedAccount>,
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
    pub(super) clock: &'a Clock,
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
            let held = pool.held(manifest, &slot.name, source, secrets);
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
        let now = context.clock.now();
        let is_fresh = |token: &&Token| token.fresh_until.is_none_or(|until| now < until);
        let token = match cached.token.as_ref().filter(is_fresh) {
            Some(token) => token.value.clone(),
            None => {
                let token = match &held.shared {
                    Some(account) => account.token(&mut cached, source, &context).await?,
                    None => fetch(source, &context, &mut cached).await?,
                };
                let value = token.value.clone();
                cached.token = Some(token);
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

    /// Drops the tokens that a call has used and found refused, for all who share them, and none that came after them.
    /// False where it has used none: then another call would fare no better.
    pub(super) async fn forget(&self, used: &UsedTokens) -> bool {
        let used = used.lock().clone();
        for (slot, generation) in &used {
            let Some(held) = self.0.get(slot) else {
                continue;
            };
            // Where the slot is busy, its next token is being fetched.
            if let Ok(mut slot) = held.slot.try_lock()
                && slot.generation == *generation
            {
                slot.token = None;
                slot.refused = Some(*generation);
            }
            if let Some(account) = &held.shared {
                account.forget(*generation).await;
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

/// Asks for a token that stays in this process.
async fn fetch(
    source: &TokenSource,
    context: &TokenContext<'_>,
    slot: &mut Slot,
) -> Result<Token, SendFailure> {
    let prepared = request::prepare(source, context)?;
    if let Some(budget) = &source.budget {
        slot.asked
            .take(budget, context.clock.now())
            .map_err(SendFailure::Credential)?;
    }
    let reply = prepared.send(context).await;
    if reply.uncounted {
        slot.asked.give_back();
    }
    let token = reply.token?;
    slot.generation += 1;
    Ok(token)
}

#[cfg(test)]
mod tests;
