//! One transaction per verb: performed, tried again where it was contended, and answered once per idempotency key.

use std::time::Duration;

use async_trait::async_trait;

use crate::app::{App, AppError, Refusal};
use crate::domain::ids::HotelId;
use crate::store::idempotency::{self, Claim, Scope, Stored, StoredAnswer};
use crate::store::{HotelTx, StoreError};

/// A change that a caller asks for.
///
/// A refusal is decided before anything is written, except what should stay anyway (a lapsed hold that is
/// found out is expired for good): the transaction commits in either case, with the answer that it led to.
#[async_trait]
pub trait Verb: Sync {
    type Output: Send;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Self::Output, AppError>;
}

/// How long a contended transaction is tried again. Contention is rare by design: locks are taken in one order. So
/// whoever meets it waits for others to end, and how long they take is the database's matter: a number of tries would
/// be used up in no time where it is slow.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long whoever asks is willing to be contended.
#[derive(Debug)]
pub struct Patience {
    until: tokio::time::Instant,
    tries: u32,
}

impl Patience {
    pub fn begin() -> Self {
        Self {
            until: tokio::time::Instant::now() + PATIENCE,
            tries: 0,
        }
    }

    pub fn lasts(&self) -> bool {
        tokio::time::Instant::now() < self.until
    }

    /// Waits a little longer each time, for those that are in the way.
    pub async fn pause(&mut self) {
        self.tries = (self.tries + 1).min(20);
        tokio::time::sleep(Duration::from_millis(u64::from(self.tries) * 7)).await;
    }
}

/// Performs a verb that is idempotent by nature.
pub async fn perform<V: Verb>(app: &App, hotel: HotelId, verb: &V) -> Result<V::Output, AppError> {
    let mut patience = Patience::begin();
    loop {
        match perform_once(app, hotel, verb).await {
            Err(AppError::Store(StoreError::Contended(_))) if patience.lasts() => {
                patience.pause().await;
            }
            outcome => return outcome,
        }
    }
}

async fn perform_once<V: Verb>(app: &App, hotel: HotelId, verb: &V) -> Result<V::Output, AppError> {
    let mut tx = app.store.begin(hotel).await?;
    match verb.perform(app, &mut tx).await {
        Ok(output) => {
            tx.commit().await?;
            app.wake.ring();
            Ok(output)
        }
        Err(AppError::Refused(refusal)) => {
            tx.commit().await?;
            Err(refusal.into())
        }
        Err(failure) => {
            tx.abandon().await;
            Err(failure)
        }
    }
}

/// Performs a verb and takes it back: what it would come to.
pub async fn rehearse<V: Verb>(app: &App, hotel: HotelId, verb: &V) -> Result<V::Output, AppError> {
    let mut patience = Patience::begin();
    loop {
        let mut tx = app.store.begin(hotel).await?;
        let outcome = verb.perform(app, &mut tx).await;
        tx.rollback().await?;
        match outcome {
            Err(AppError::Store(StoreError::Contended(_))) if patience.lasts() => {
                patience.pause().await;
            }
            outcome => return outcome,
        }
    }
}

/// What came of a request under an idempotency key.
#[derive(Debug)]
pub enum Idempotent {
    /// Done now.
    Fresh(StoredAnswer),
    /// Done before: the stored answer, byte for byte.
    Replayed(StoredAnswer),
    /// Another request works under the key at this moment.
    InFlight,
    /// The key belongs to another request.
    Mismatch,
    /// It was done long ago; only that is known.
    Expired,
}

/// Performs a verb at most once per key, and answers every repetition with what the first was answered.
/// Key, effect and answer commit together. `render` turns the outcome into the answer to be stored.
pub async fn once<V: Verb>(
    app: &App,
    hotel: HotelId,
    scope: &Scope,
    verb: &V,
    render: impl Fn(Result<V::Output, Refusal>) -> StoredAnswer + Send + Sync,
) -> Result<Idempotent, AppError> {
    let mut patience = Patience::begin();
    loop {
        match once_tried(app, hotel, scope, verb, &render).await {
            Err(AppError::Store(StoreError::Contended(_))) if patience.lasts() => {
                patience.pause().await;
            }
            outcome => return outcome,
        }
    }
}

async fn once_tried<V: Verb>(
    app: &App,
    hotel: HotelId,
    scope: &Scope,
    verb: &V,
    render: &(impl Fn(Result<V::Output, Refusal>) -> StoredAnswer + Send + Sync),
) -> Result<Idempotent, AppError> {
    let mut tx = app.store.begin(hotel).await?;
    match idempotency::claim(&mut tx, scope).await? {
        Claim::Mine => {}
        Claim::Busy => return Ok(Idempotent::InFlight),
        Claim::Taken(stored) => {
            tx.abandon().await;
            return Ok(recall(scope, stored));
        }
    }
    let answer = match verb.perform(app, &mut tx).await {
        Ok(output) => render(Ok(output)),
        Err(AppError::Refused(refusal)) if refusal.is_decision() => render(Err(refusal)),
        // Nothing is stored, so that a mended request may use the key again.
        Err(failure) => {
            tx.abandon().await;
            return Err(failure);
        }
    };
    if let Err(failure) = idempotency::store(&mut tx, scope, &answer).await {
        tx.abandon().await;
        return Err(failure.into());
    }
    match tx.commit().await {
        Ok(()) => {
            app.wake.ring();
            Ok(Idempotent::Fresh(answer))
        }
        Err(lost) => resolve(app, hotel, scope, lost).await,
    }
}

/// A lost COMMIT may have happened: what is stored under the key tells. While it cannot be known, the caller is told
/// to ask again with the same key, and never that it failed.
async fn resolve(
    app: &App,
    hotel: HotelId,
    scope: &Scope,
    lost: StoreError,
) -> Result<Idempotent, AppError> {
    let mut patience = Patience::begin();
    loop {
        let looked = tokio::time::timeout_at(patience.until, look(app, hotel, scope)).await;
        match looked {
            Ok(Ok(Looked::Found(stored))) => return Ok(recall(scope, stored)),
            // The first attempt is over and left nothing: a repetition is done afresh.
            Ok(Ok(Looked::Nothing)) => return Err(unknown(lost)),
            // It still holds its lock, or the database is not back yet.
            Ok(Ok(Looked::UnderWay) | Err(_)) if patience.lasts() => patience.pause().await,
            _ => return Err(unknown(lost)),
        }
    }
}

/// What a request was answered under its key before, where it was: for whoever cannot perform it any more.
pub async fn recalled(
    app: &App,
    hotel: HotelId,
    scope: &Scope,
) -> Result<Option<Idempotent>, AppError> {
    let mut tx = app.store.begin(hotel).await?;
    let stored = idempotency::find(&mut tx, scope).await?;
    Ok(stored.map(|stored| recall(scope, stored)))
}

enum Looked {
    Found(Stored),
    Nothing,
    UnderWay,
}

async fn look(app: &App, hotel: HotelId, scope: &Scope) -> Result<Looked, AppError> {
    let mut tx = app.store.begin(hotel).await?;
    if let Some(stored) = idempotency::find(&mut tx, scope).await? {
        return Ok(Looked::Found(stored));
    }
    let looked = match idempotency::claim(&mut tx, scope).await? {
        Claim::Mine => Looked::Nothing,
        Claim::Taken(stored) => Looked::Found(stored),
        Claim::Busy => Looked::UnderWay,
    };
    tx.abandon().await;
    Ok(looked)
}

/// Whatever the database said of it, the caller asks again.
fn unknown(lost: StoreError) -> AppError {
    match lost {
        StoreError::Database(cause) => StoreError::Unavailable(cause).into(),
        lost => lost.into(),
    }
}

/// What a key that was used before is answered.
pub(super) fn recall(scope: &Scope, stored: Stored) -> Idempotent {
    if stored.fingerprint != scope.fingerprint {
        return Idempotent::Mismatch;
    }
    stored
        .answer
        .map_or(Idempotent::Expired, Idempotent::Replayed)
}

#[cfg(test)]
mod tests;
