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
use crate::app::calls::{self, CallError};
use crate::app::connections::Sender;
use crate::app::{App, AppError};
use crate::domain::connector::{Caller, ConnectorFailure};
use crate::domain::email::{EmailBatch, EmailMessage, EmailProvider};
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
    let written = match write(&mut tx, hotel, &pending, &sender).await {
        Err(error) if is_of_one_mail(&error) && is_first_attempt(job, &pending) => {
            return take_apart(app, tx, job, pending).await.map(|()| None);
        }
        written => written?,
    };
    let messages = note(&mut tx, &pending, written).await?;
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

/// What each of the mails says, or nothing where there is nobody to write to any more.
async fn write(
    tx: &mut HotelTx,
    hotel: &Hotel,
    mails: &[Email],
    sender: &Sender,
) -> Result<Vec<Option<EmailMessage>>, SendError> {
    let mut written = Vec::with_capacity(mails.len());
    for email in mails {
        written.push(message(tx, hotel, email, sender).await?);
    }
    Ok(written)
}

/// Notes of each mail that it is handed over now, or never.
async fn note(
    tx: &mut HotelTx,
    mails: &[Email],
    written: Vec<Option<EmailMessage>>,
) -> Result<Vec<EmailMessage>, StoreError> {
    let mut messages = Vec::with_capacity(mails.len());
    for (email, message) in mails.iter().zip(written) {
        let (state, reason) = match message {
            Some(_) => (EmailState::Sending, None),
            None => {
                let reason = "there is nobody to write to any more";
                (EmailState::Failed, Some(reason))
            }
        };
        emails::set_state(tx, &email.business_key, state, reason).await?;
        messages.extend(message);
    }
    Ok(messages)
}

/// Whether a mail cannot be read or rendered: that would never be otherwise, and says nothing of the mails beside it.
fn is_of_one_mail(error: &SendError) -> bool {
    matches!(
        error,
        SendError::Render(_)
            | SendError::Call(CallError::App(AppError::Store(
                StoreError::Inconsistent { .. }
            )))
    )
}

/// Whether the provider cannot have the batch. Under its own key a mail of one that it has would be another mail.
fn is_first_attempt(job: &Job, mails: &[Email]) -> bool {
    job.attempt <= 1 && !is_on_its_way(mails)
}

/// One of the mails keeps the batch from being made: each goes on alone, the first at once, and only that one fails.
async fn take_apart(
    app: &App,
    mut tx: HotelTx,
    job: &Job,
    mails: Vec<Email>,
) -> Result<(), SendError> {
    let hotel = tx.hotel();
    let reason = ConnectorFailure::Permanent("one of the batch cannot be made".to_owned());
    let left = each_left(mails, EmailState::Queued, &reason);
    part(&mut tx, job, &left).await?;
    tx.commit().await?;
    app.wake.ring();
    match left.first() {
        Some(first) => super::send(app, hotel, &first.business_key).await,
        None => Ok(()),
    }
}

fn each_left(mails: Vec<Email>, state: EmailState, failure: &ConnectorFailure) -> Vec<Left> {
    let left = mails.into_iter().map(|email| Left {
        business_key: email.business_key,
        state,
        failure: failure.clone(),
    });
    left.collect()
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
    let failure = ConnectorFailure::OutcomeUnknown(reason.to_owned());
    let left = each_left(pending, EmailState::Unknown, &failure);
    part(&mut tx, job, &left).await?;
    tx.commit().await?;
    Ok(SendError::Unknown(reason))
}
