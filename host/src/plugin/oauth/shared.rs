//! A token that all processes share: kept by the store, sealed, and asked for by one of them at a time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::pool::Slot;
use super::request::{Prepared, TOKEN_TIME, prepare};
use super::seal::Sealer;
use super::{Token, TokenContext};
use crate::config::TokenKey;
use crate::domain::account_token::{
    AccountNames, AccountTokens, Budget, Decision, TokensUnavailable, Wish,
};
use crate::domain::connector::ConnectorFailure;
use crate::domain::random::Random;
use crate::plugin::egress::exchange::SendFailure;
use crate::plugin::manifest::secrets::TokenSource;

/// How long nobody else asks the remote: a request, and the time to write down what came of it.
const LEASE: Duration = Duration::from_secs(TOKEN_TIME.as_secs() + 5);

/// Between two looks for a token that another process asks for.
const LOOK: Duration = Duration::from_millis(100);

/// Where tokens are kept for all processes, and with which keys.
#[derive(Clone)]
pub struct SharedTokens {
    pub store: Arc<dyn AccountTokens>,
    /// The first one seals, and each of them opens. Without any, tokens stay in their process.
    pub keys: Vec<TokenKey>,
}

impl fmt::Debug for SharedTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SharedTokens")
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

/// What all accounts of a process have in common.
pub(super) struct Shared {
    store: Arc<dyn AccountTokens>,
    sealer: Sealer,
}

impl Shared {
    /// None without a key.
    pub(super) fn new(given: SharedTokens, random: Random) -> Option<Arc<Self>> {
        let sealer = Sealer::new(&given.keys, random)?;
        Some(Arc::new(Self {
            store: given.store,
            sealer,
        }))
    }
}

/// One account, as all processes know it.
pub(super) struct SharedAccount {
    shared: Arc<Shared>,
    names: AccountNames,
}

/// What the store has.
enum Found {
    Token(u64, Token),
    /// Nothing, or a version that is of no use.
    Nothing(Option<u64>),
}

impl SharedAccount {
    pub(super) fn new(shared: &Arc<Shared>, account: &[u8; 32]) -> Self {
        Self {
            shared: Arc::clone(shared),
            names: shared.sealer.names(account),
        }
    }

    /// The token that is kept, or one that this process asks for. Where another process asks, it is waited for.
    pub(super) async fn token(
        &self,
        slot: &mut Slot,
        source: &TokenSource,
        context: &TokenContext<'_>,
    ) -> Result<Token, SendFailure> {
        loop {
            let unusable = match self.find(slot.refused, context).await? {
                Found::Token(version, token) => {
                    slot.generation = version;
                    return Ok(token);
                }
                Found::Nothing(unusable) => unusable,
            };
            let prepared = prepare(source, context)?;
            let wish = Wish {
                budget: source.budget.map(|budget| Budget {
                    tokens: budget.tokens,
                    seconds: budget.seconds,
                }),
                lease: LEASE,
                unusable,
                // Whoever has the slot asks alone in this process, so this one was given up.
                abandoned: slot.under_way,
            };
            let decided = self.shared.store.decide(&self.names, wish).await;
            match decided.map_err(no_store)? {
                Decision::Ask(ticket) => return self.ask(slot, ticket, prepared, context).await,
                Decision::Kept => {}
                Decision::Busy => tokio::time::sleep(LOOK).await,
                Decision::Spent { seconds } => {
                    return Err(SendFailure::Credential(ConnectorFailure::RateLimited {
                        after_seconds: Some(seconds),
                        scope: "account".to_owned(),
                    }));
                }
            }
        }
    }

    /// Drops a token that the remote refused. Where the store cannot be told, others find out by themselves.
    pub(super) async fn forget(&self, version: u64) {
        let forgotten = self.shared.store.forget(&self.names, version).await;
        tell(
            forgotten,
            "a refused token is still kept for other processes",
        );
    }

    async fn find(
        &self,
        refused: Option<u64>,
        context: &TokenContext<'_>,
    ) -> Result<Found, SendFailure> {
        let found = self.shared.store.find(&self.names).await;
        let Some(kept) = found.map_err(no_store)? else {
            return Ok(Found::Nothing(None));
        };
        let version = kept.version;
        if refused == Some(version) {
            return Ok(Found::Nothing(Some(version)));
        }
        let Some(value) = self.shared.sealer.open(&self.names, &kept) else {
            let key_id = kept.sealed.key_id;
            tracing::warn!(key_id, "a kept token does not open, and is asked for anew");
            return Ok(Found::Nothing(Some(version)));
        };
        if kept.name != self.names.own {
            self.reseal(version, &value).await;
        }
        let fresh_until = kept
            .fresh_for
            .and_then(|left| later(context.clock.now(), left));
        Ok(Found::Token(version, Token { value, fresh_until }))
    }

    async fn ask(
        &self,
        slot: &mut Slot,
        ticket: u64,
        prepared: Prepared<'_>,
        context: &TokenContext<'_>,
    ) -> Result<Token, SendFailure> {
        slot.under_way = Some(ticket);
        let reply = prepared.send(context).await;
        let ended = match &reply.token {
            Ok(token) => self.keep(ticket, token, context.clock.now()).await,
            Err(_) => {
                let sent = !reply.uncounted;
                self.shared.store.end(&self.names, ticket, sent).await
            }
        };
        if ended.is_ok() {
            slot.under_way = None;
        }
        tell(ended, "what came of a request for a token is not kept");
        let token = reply.token?;
        slot.generation = ticket;
        Ok(token)
    }

    async fn keep(
        &self,
        ticket: u64,
        token: &Token,
        now: Timestamp,
    ) -> Result<(), TokensUnavailable> {
        let sealed = self.shared.sealer.seal(&self.names, ticket, &token.value);
        // One whose life is over already is used once, by whoever asked for it.
        let left = |until: Timestamp| Duration::try_from(until.duration_since(now));
        let fresh_for = token
            .fresh_until
            .map(|until| left(until).unwrap_or(Duration::ZERO));
        let store = &self.shared.store;
        store.keep(&self.names, ticket, &sealed, fresh_for).await
    }

    async fn reseal(&self, version: u64, token: &SecretString) {
        let sealed = self.shared.sealer.seal(&self.names, version, token);
        let store = &self.shared.store;
        let resealed = store.reseal(&self.names, version, &sealed).await;
        tell(resealed, "a token is still sealed by an older key");
    }
}

fn later(now: Timestamp, left: Duration) -> Option<Timestamp> {
    let left = SignedDuration::try_from(left).ok()?;
    now.checked_add(left).ok()
}

/// Tells of what could not be written down, which no call fails for.
fn tell(written: Result<(), TokensUnavailable>, consequence: &str) {
    if let Err(TokensUnavailable(cause)) = written {
        tracing::warn!(%cause, "the store of tokens is not available: {consequence}");
    }
}

fn no_store(TokensUnavailable(cause): TokensUnavailable) -> SendFailure {
    tracing::warn!(%cause, "the store of tokens is not available");
    SendFailure::Unreachable("no access token: the store of tokens is not available".to_owned())
}
