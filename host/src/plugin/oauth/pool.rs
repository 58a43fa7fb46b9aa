//! Tokens belong to accounts: connections with the same credentials share one, and the account's budget of them.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError, Weak};

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::request::usable;
use super::shared::{Shared, SharedAccount};
use super::{Held, Secrets, SharedTokens, Token};
use crate::domain::connector::ConnectorFailure;
use crate::domain::random::Random;
use crate::plugin::manifest::secrets::{TokenBudget, TokenRequest, TokenSource};
use crate::plugin::manifest::{HostPattern, Manifest};

/// An account's token, and what this process knows of those before it.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) token: Option<Token>,
    /// How many tokens there were; of a token that processes share, its version.
    pub(super) generation: u64,
    /// When this process asked, where it shares nothing with others.
    pub(super) asked: Asked,
    /// The token that the remote refused last: it is not taken from the store again.
    pub(super) refused: Option<u64>,
    /// The ticket of a request whose end was not told to the store: it is under way, or its call was given up.
    pub(super) under_way: Option<u64>,
}

/// When tokens were asked for, for as long as a budget looks back.
#[derive(Debug, Default)]
pub(super) struct Asked(VecDeque<Timestamp>);

impl Asked {
    /// Takes one place of the budget, or says when there will be one.
    pub(super) fn take(
        &mut self,
        budget: &TokenBudget,
        now: Timestamp,
    ) -> Result<(), ConnectorFailure> {
        let span = SignedDuration::from_secs(budget.seconds.into());
        // What lies far ahead was written by a clock that was set back since.
        self.0
            .retain(|at| (-span..span).contains(&now.duration_since(*at)));
        let most = usize::try_from(budget.tokens).unwrap_or(usize::MAX);
        if let Some(oldest) = self.0.front().filter(|_| self.0.len() >= most) {
            let wait = span - now.duration_since(*oldest);
            let seconds = u32::try_from(wait.as_secs() + 1).unwrap_or(u32::MAX);
            return Err(ConnectorFailure::RateLimited {
                after_seconds: Some(seconds),
                scope: "account".to_owned(),
            });
        }
        self.0.push_back(now);
        Ok(())
    }

    /// Gives back the place that was taken last.
    pub(super) fn give_back(&mut self) {
        self.0.pop_back();
    }
}

/// What tells an account from others: a digest, so that no secret is kept twice.
type Account = [u8; 32];

/// The slots of all accounts, for as long as a connection uses them.
#[derive(Default)]
pub(in crate::plugin) struct TokenPool {
    slots: std::sync::Mutex<HashMap<Account, Weak<Mutex<Slot>>>>,
    shared: Option<Arc<Shared>>,
}

impl TokenPool {
    /// Without a way to share them, or without a key, tokens stay in this process.
    pub(in crate::plugin) fn new(shared: Option<SharedTokens>, random: Random) -> Self {
        Self {
            slots: std::sync::Mutex::default(),
            shared: shared.and_then(|shared| Shared::new(shared, random)),
        }
    }

    /// What a connection with these credentials at this plugin holds, while the plugin asks for tokens in this way.
    pub(super) fn held(
        &self,
        manifest: &Manifest,
        slot: &str,
        source: &TokenSource,
        secrets: &Secrets,
    ) -> Held {
        let account = account(manifest, slot, source, secrets);
        let shared = self.shared.as_ref();
        Held {
            slot: self.slot(account),
            shared: shared.map(|shared| SharedAccount::new(shared, &account)),
            seen: AtomicU64::default(),
        }
    }

    fn slot(&self, account: Account) -> Arc<Mutex<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = slots.get(&account).and_then(Weak::upgrade) {
            return known;
        }
        slots.retain(|_, slot| slot.strong_count() > 0);
        let fresh = Arc::default();
        slots.insert(account, Arc::downgrade(&fresh));
        fresh
    }
}

fn account(manifest: &Manifest, slot: &str, source: &TokenSource, secrets: &Secrets) -> Account {
    let mut digest = Sha256::new();
    let mut add = |part: &str| {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    };
    add(&manifest.id);
    add(slot);
    let names = source
        .credentials
        .iter()
        .chain(&source.optional_credentials);
    for name in names {
        add(name);
        add(secrets
            .get(name)
            .map_or("", |secret| secret.expose_secret()));
    }
    if let Some(request) = usable(source, secrets) {
        add(&form(request, manifest));
    }
    digest.finalize().into()
}

/// What decides which token is asked for and where. How long a token lives is read otherwise by another version, which
/// makes it no other account's.
fn form(request: &TokenRequest, manifest: &Manifest) -> String {
    let port = manifest.allowed_host(&request.host).map(HostPattern::port);
    let TokenRequest {
        host,
        path,
        encoding,
        form,
        login,
        access_token,
        ..
    } = request;
    serde_json::to_string(&(host, port, path, encoding, form, login, access_token))
        .expect("a token request is data")
}

impl fmt::Debug for TokenPool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenPool")
    }
}
