//! Several mails in one request. The job of the first takes over those that wait beside it, and carries their names
//! from then on: whatever breaks off, what is repeated are the same mails, under the same key.

mod job;
mod settle;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::job::most_in_batch;
use self::settle::{Left, part, settle};
use super::{SendError, message, provider};
use crate::app::{App, calls};
use crate::domain::connector::{Caller, ConnectorFailure};
use crate::domain::email::{EmailBatch, EmailProvider};
use crate::domain::hotel::Hotel;
use crate::store::emails::{self, Email, EmailState};
use crate::store::jobs::{self, Job};
use crate::store::{HotelTx, StoreError, connections};

pub use self::job::Carried;
pub(super) use self::job::job_of;

/// What became of each message of a batch.
type Answers = Vec<Result<String, ConnectorFailure>>;

/// A batch on its way, and who takes it.
struct Handed {
    caller: Caller,
    provider: Arc<dyn EmailProvider>,
    batch: EmailBatch,
}

/// Sends recorded mails in one request, unless that is done. What is promised of one mail holds for each of them: the
/// ledger decides, no transaction is open while the provider is called, and nothing is handed over again to a provider
/// that would not recognise it.
pub async fn send_batch(app: &App, job: &Job, carried: Carried) -> Result<(), SendError> {
    let hotel = calls::hotel(app, carried.hotel).await?;
    let carried = gather(app, job, carried).await?;
    if let [alone] = carried.business_keys.as_slice() {
        return super::send(app, hotel.id, alone).await;
    }
    let Some(handed) = hand_over(app, &hotel, job, &carried).await? else {
        return Ok(());
    };
    let called = handed
        .provider
        .send_batch(&handed.caller, &handed.batch)
        .await;
    settle(app, job, &handed, called).await
}

/// The mails of a job, for good: one that has not gathered yet takes over those that wait beside it.
async fn gather(app: &App, job: &Job, mut carried: Carried) -> Result<Carried, SendError> {
    let mut tx = app.store.begin(carried.hotel).await?;
    let Some(ordering) = jobs::ordering(&mut tx, job).await? else {
        return Ok(carried);
    };
    let connection = connections::find(&mut tx, carried.connection).await?;
    let most = connection.map_or(1, |found| most_in_batch(app, &found.connector));
    let others = i64::try_from(most - 1).unwrap_or(0);
    for payload in jobs::absorb(&mut tx, &ordering, others).await? {
        carried.take(&payload)?;
    }
    // Rows of the ledger are locked in this order.
    carried.business_keys.sort();
    jobs::turn(&mut tx, job, carried.turned()).await?;
    tx.commit().await?;
    // Who waits for the ordering may begin.
    app.wake.ring();
    Ok(carried)
}

/// Makes a batch of the mails that are still to be sent, and notes that they are handed over.
async fn hand_over(
    app: &App,
    hotel: &Hotel,
    job: &Job,
    carried: &Carried,
) -> Result<Option<Handed>, SendError> {
    let mut tx = app.store.begin(hotel.id).await?;
    let pending = pending(&mut tx, &carried.business_keys).await?;
    let connection = connections::find(&mut tx, carried.connection).await?;
    let (Some(sender), Some(connection)) = (app.senders.of(hotel.id), connection) else {
        let end = (EmailState::Failed, "the hotel sends no mail any more");
        set_all(&mut tx, &pending, end).await?;
        tx.commit().await?;
        return Ok(None);
    };
    let provider = provider(app, &connection.connector)?;
    if !provider.recognises_repeats() && is_on_its_way(&pending) {
        return Err(interrupted(tx, job, pending).await?);
    }
    let mut messages = Vec::with_capacity(pending.len());
    for email in &pending {
        let message = message(&mut tx, hotel, email, &sender).await?;
        let (state, reason) = match message {
            Some(_) => (EmailState::Sending, None),
            None => {
                let reason = "there is nobody to write to any more";
                (EmailState::Failed, Some(reason))
            }
        };
        emails::set_state(&mut tx, &email.business_key, state, reason).await?;
        messages.extend(message);
    }
    tx.commit().await?;
    let batch = EmailBatch {
        idempotency_key: carried.request_key(),
        messages,
    };
    Ok((!batch.messages.is_empty()).then(|| Handed {
        caller: calls::caller(app, hotel, &connection),
        provider,
        batch,
    }))
}

/// Those of the mails that the provider may not have yet.
async fn pending(tx: &mut HotelTx, business_keys: &[String]) -> Result<Vec<Email>, StoreError> {
    let mut pending = Vec::with_capacity(business_keys.len());
    for business_key in business_keys {
        let found = emails::lock(tx, business_key).await?;
        pending.extend(found.filter(|email| email.state.is_pending()));
    }
    Ok(pending)
}

fn is_on_its_way(mails: &[Email]) -> bool {
    mails.iter().any(|email| email.state == EmailState::Sending)
}

async fn set_all(
    tx: &mut HotelTx,
    mails: &[Email],
    (state, reason): (EmailState, &str),
) -> Result<(), StoreError> {
    for email in mails {
        emails::set_state(tx, &email.business_key, state, Some(reason)).await?;
    }
    Ok(())
}

/// Who was sending the mails died on the way. They had been handed over together, and may all have been sent.
async fn interrupted(
    mut tx: HotelTx,
    job: &Job,
    pending: Vec<Email>,
) -> Result<SendError, StoreError> {
    let reason = "interrupted";
    set_all(&mut tx, &pending, (EmailState::Unknown, reason)).await?;
    let left: Vec<Left> = pending
        .into_iter()
        .map(|email| Left {
            business_key: email.business_key,
            state: EmailState::Unknown,
            failure: ConnectorFailure::OutcomeUnknown(reason.to_owned()),
        })
        .collect();
    part(&mut tx, job, &left).await?;
    tx.commit().await?;
    Ok(SendError::Unknown(reason))
}
