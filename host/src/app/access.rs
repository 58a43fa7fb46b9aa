//! API keys: made, rotated, recognised, and their use written down.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::app::{App, AppError};
use crate::domain::access::{ApiKey, NewApiKey, Presented, Scope};
use crate::domain::hotel::{Hotel, HotelName};
use crate::domain::ids::{ApiKeyId, HotelId};
use crate::domain::random::Random;
use crate::store::{Store, StoreError, keys};

/// Recognises a key, or `None` where it is no live one; and finds the hotel that its holder calls about, if there is one.
pub async fn recognise(
    app: &App,
    text: &str,
    at: Option<HotelName<'_>>,
) -> Result<Option<(ApiKey, Option<Hotel>)>, AppError> {
    let Some(presented) = Presented::parse(text) else {
        return Ok(None);
    };
    let found = keys::find_live_at(&app.store, &presented.prefix, at).await?;
    Ok(found.filter(|(key, _)| presented.matches(key)))
}

/// What a new key is for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub name: String,
    /// `None`: the operator's, for every hotel.
    pub hotel: Option<HotelId>,
    pub publishable: bool,
    pub scopes: Vec<Scope>,
    /// The web pages that a publishable key is bound to, if any.
    pub origins: Vec<String>,
    pub expires_at: Option<Timestamp>,
}

/// So many live keys may have one name: the one in use, and the one that takes its place.
const LIVE_OF_A_NAME: usize = 2;

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    #[error("a name has 1 to 100 letters, and no control characters")]
    Name,
    #[error("a publishable key stands in web pages, so it cannot have the scope `{}`", .0.as_str())]
    NotPublishable(Scope),
    #[error("only a publishable key is bound to web pages: a secret key must never be in one")]
    SecretWithOrigins,
    #[error(
        "two live keys are named `{name}` already ({}): revoke one of them first, with `roomwire key revoke`", .prefixes.join(", ")
    )]
    TwoAlready { name: String, prefixes: Vec<String> },
    #[error("there is no live key with the prefix `{0}`: `roomwire key list` shows those that are")]
    NoSuchKey(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a key and answers its text, which is shown once and never stored.
pub async fn create(
    store: &Store,
    now: Timestamp,
    random: &Random,
    wanted: Wanted,
) -> Result<String, NoKey> {
    check(&wanted)?;
    let mut tx = store.begin_shared().await?;
    let prefixes = keys::lock_live_of_name(&mut tx, wanted.hotel, &wanted.name).await?;
    if prefixes.len() >= LIVE_OF_A_NAME {
        let name = wanted.name;
        return Err(NoKey::TwoAlready { name, prefixes });
    }
    let (text, key) = generate(now, random, wanted, None);
    keys::insert(&mut tx, &key).await?;
    tx.commit().await?;
    Ok(text)
}

fn check(wanted: &Wanted) -> Result<(), NoKey> {
    let length = wanted.name.chars().count();
    if !(1..=100).contains(&length) || wanted.name.chars().any(char::is_control) {
        return Err(NoKey::Name);
    }
    if !wanted.publishable {
        return if wanted.origins.is_empty() {
            Ok(())
        } else {
            Err(NoKey::SecretWithOrigins)
        };
    }
    let beyond = |scope: &&Scope| !Scope::PUBLISHABLE.contains(scope);
    match wanted.scopes.iter().find(beyond) {
        Some(scope) => Err(NoKey::NotPublishable(*scope)),
        None => Ok(()),
    }
}

fn generate(
    now: Timestamp,
    random: &Random,
    wanted: Wanted,
    credential: Option<ApiKeyId>,
) -> (String, NewApiKey) {
    let (text, presented) = Presented::generate(wanted.publishable, random.bytes(), random.bytes());
    let id = ApiKeyId::new(now);
    let key = NewApiKey {
        id,
        credential: credential.unwrap_or(id),
        secret_hash: presented.secret_hash(),
        prefix: presented.prefix,
        name: wanted.name,
        hotel: wanted.hotel,
        publishable: wanted.publishable,
        scopes: wanted.scopes,
        origins: wanted.origins,
        expires_at: wanted.expires_at,
    };
    (text, key)
}

/// A key in the place of another.
#[derive(Clone, Debug)]
pub struct Rotated {
    /// The new key's text, which is shown once.
    pub text: String,
    pub expires_at: Option<Timestamp>,
    /// Until when the old one lives.
    pub old_expires_at: Timestamp,
}

/// Makes a key that may do what the one of this prefix may, which lives on for `overlap`. A key that was made to live
/// for a time gets a successor for as long.
pub async fn rotate(
    store: &Store,
    now: Timestamp,
    random: &Random,
    prefix: &str,
    overlap: Duration,
) -> Result<Rotated, NoKey> {
    let missing = || NoKey::NoSuchKey(prefix.to_owned());
    let old = keys::find_live(store, prefix).await?.ok_or_else(missing)?;
    let mut tx = store.begin_shared().await?;
    let prefixes = keys::lock_live_of_name(&mut tx, old.hotel, &old.name).await?;
    // It may have ended while the lock was waited for.
    if !prefixes.iter().any(|live| live == prefix) {
        return Err(missing());
    }
    if prefixes.len() >= LIVE_OF_A_NAME {
        let name = old.name;
        return Err(NoKey::TwoAlready { name, prefixes });
    }
    let lifetime = keys::lifetime(&mut tx, old.id).await?;
    let expires_at = lifetime
        .and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok())
        .and_then(|lifetime| now.checked_add(lifetime).ok());
    let wanted = Wanted {
        name: old.name,
        hotel: old.hotel,
        publishable: old.publishable,
        scopes: old.scopes,
        origins: old.origins,
        expires_at,
    };
    let (text, key) = generate(now, random, wanted, Some(old.credential));
    keys::insert(&mut tx, &key).await?;
    let old_expires_at = keys::expire_after(&mut tx, old.id, overlap).await?;
    tx.commit().await?;
    Ok(Rotated {
        text,
        expires_at,
        old_expires_at,
    })
}

/// Which keys were used lately; clones share it. A request only notes its key here, and never waits for the database.
#[derive(Clone, Debug, Default)]
pub struct KeyUses(Arc<Mutex<Uses>>);

#[derive(Debug, Default)]
struct Uses {
    noted: HashMap<ApiKeyId, Instant>,
    unwritten: Vec<ApiKeyId>,
}

/// A key's use is written down once in this time.
const ONCE_IN: Duration = Duration::from_secs(60);
/// Between two looks at what is to be written.
const LOOK: Duration = Duration::from_secs(1);

impl KeyUses {
    pub fn note(&self, key: ApiKeyId) {
        self.note_at(key, Instant::now());
    }

    fn note_at(&self, key: ApiKeyId, now: Instant) {
        let mut uses = self.lock();
        let lately = |at: &Instant| now.duration_since(*at) < ONCE_IN;
        if !uses.noted.get(&key).is_some_and(lately) {
            uses.noted.insert(key, now);
            uses.unwritten.push(key);
        }
    }

    /// What is to be written now; keys that nobody uses any more are forgotten.
    fn take(&self, now: Instant) -> Vec<ApiKeyId> {
        let mut uses = self.lock();
        uses.noted.retain(|_, at| now.duration_since(*at) < ONCE_IN);
        let mut keys = std::mem::take(&mut uses.unwritten);
        // Rows are locked in order, so that two processes cannot wait for each other.
        keys.sort_unstable();
        keys
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Uses> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes uses down until `stop`, and what is left then.
    pub async fn write_down(self, store: Store, stop: CancellationToken) {
        loop {
            let last = stop
                .run_until_cancelled(tokio::time::sleep(LOOK))
                .await
                .is_none();
            let keys = self.take(Instant::now());
            if !keys.is_empty()
                && let Err(error) = keys::touch(&store, &keys).await
            {
                tracing::warn!(%error, "The last use of keys could not be written");
            }
            if last {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keys_use_is_written_once_a_minute() {
        let (uses, key, now) = (
            KeyUses::default(),
            ApiKeyId(uuid::Uuid::nil()),
            Instant::now(),
        );
        uses.note_at(key, now);
        uses.note_at(key, now);
        assert_eq!(uses.take(now), [key]);
        uses.note_at(key, now);
        assert_eq!(uses.take(now), []);
        uses.note_at(key, now + ONCE_IN);
        assert_eq!(uses.take(now + ONCE_IN), [key]);
    }

    #[test]
    fn keys_that_nobody_uses_are_forgotten() {
        let (uses, now) = (KeyUses::default(), Instant::now());
        for number in 0..1000_u128 {
            uses.note_at(ApiKeyId(uuid::Uuid::from_u128(number)), now);
        }
        assert_eq!(uses.take(now).len(), 1000);
        assert_eq!(uses.take(now + ONCE_IN), []);
        assert!(uses.lock().noted.is_empty());
    }
}
