//! What became of a batch: each mail by itself in the ledger, and what is left to be done of them.

use std::time::Duration;

use super::job::{job_of_one, turned_to_one};
use super::{Answers, Handed};
use crate::app::App;
use crate::app::emails::{PATIENCE, SendError, may_have_been_sent, send, state_after};
use crate::domain::connector::{Called, ConnectorFailure};
use crate::domain::email::EmailBatch;
use crate::domain::retry::{Advice, advice};
use crate::store::emails::{self, EmailState};
use crate::store::jobs::{self, Job};
use crate::store::sync_logs::{self, Outcome};
use crate::store::{HotelTx, StoreError};

/// A mail that a batch left undone, and why.
pub(super) struct Left {
    pub(super) business_key: String,
    pub(super) state: EmailState,
    pub(super) failure: ConnectorFailure,
}

impl Left {
    /// How long a job of its own waits.
    fn pause(&self) -> Duration {
        match (self.state, advice(&self.failure)) {
            (EmailState::Unknown, _) => PATIENCE,
            (_, Advice::After(pause)) => pause,
            _ => Duration::ZERO,
        }
    }

    fn error(self) -> SendError {
        match self.state {
            EmailState::Unknown => SendError::Unknown(self.failure.class()),
            _ => SendError::Call(self.failure.into()),
        }
    }
}

/// What is left of a batch goes on mail by mail: this job is that of the first, and each of the others gets its own.
pub(super) async fn part(tx: &mut HotelTx, job: &Job, left: &[Left]) -> Result<(), StoreError> {
    let Some((first, others)) = left.split_first() else {
        return Ok(());
    };
    let hotel = tx.hotel();
    jobs::turn(tx, job, turned_to_one(hotel, &first.business_key)).await?;
    for other in others {
        let job = job_of_one(hotel, &other.business_key, other.pause());
        jobs::enqueue(tx, job).await?;
    }
    Ok(())
}

/// Takes in what the provider answered, with the row of the call.
pub(super) async fn settle(
    app: &App,
    job: &Job,
    handed: &Handed,
    called: Called<Answers>,
) -> Result<(), SendError> {
    let doubt = !handed.provider.recognises_repeats() && may_have_been_sent(&called);
    let mut tx = app.store.begin(handed.caller.hotel).await?;
    log(&mut tx, handed, &called).await?;
    match called.result {
        Ok(answers) => {
            let left = settle_each(&mut tx, &handed.batch, answers).await?;
            part(&mut tx, job, &left).await?;
            tx.commit().await?;
            app.wake.ring();
            let first = left.into_iter().next();
            first.map_or(Ok(()), |first| Err(first.error()))
        }
        Err(failure) => {
            let refused = settle_all(tx, job, &handed.batch, (&failure, doubt)).await?;
            app.wake.ring();
            match refused {
                Some(first) => send(app, handed.caller.hotel, &first).await,
                None if doubt => Err(SendError::Unknown(failure.class())),
                None => Err(SendError::Call(failure.into())),
            }
        }
    }
}

async fn log(
    tx: &mut HotelTx,
    handed: &Handed,
    called: &Called<Answers>,
) -> Result<(), StoreError> {
    let outcome = match &called.result {
        Err(failure) => Outcome::Failed(failure),
        Ok(answers) => answers
            .iter()
            .find_map(|answer| answer.as_ref().err())
            .map_or(Outcome::Succeeded, Outcome::Partial),
    };
    let entry = sync_logs::Entry {
        connection: handed.caller.connection,
        operation: "send_batch",
        items: handed.batch.messages.len(),
        outcome,
        at: handed.caller.now,
    };
    sync_logs::record(tx, entry, &called.cost).await
}

/// Notes the outcome of each mail, and gives those that are not done.
async fn settle_each(
    tx: &mut HotelTx,
    batch: &EmailBatch,
    answers: Answers,
) -> Result<Vec<Left>, StoreError> {
    let mut left = Vec::new();
    for (message, answer) in batch.messages.iter().zip(answers) {
        let business_key = message.idempotency_key.clone();
        let failure = match answer {
            Ok(message_id) => {
                emails::set_sent(tx, &business_key, &message_id).await?;
                continue;
            }
            Err(failure) => failure,
        };
        // Under its own key it would be another message, to every provider.
        let doubt = matches!(failure, ConnectorFailure::OutcomeUnknown(_));
        let state = state_after(&failure, doubt);
        emails::set_state(tx, &business_key, state, Some(failure.class())).await?;
        if matches!(state, EmailState::Unknown | EmailState::Queued) {
            left.push(Left {
                business_key,
                state,
                failure,
            });
        }
    }
    Ok(left)
}

/// Notes a failure of the whole. The same batch goes again, unless it may not, or is refused for what it is: then its
/// mails go on alone, which shows whose fault it is. Of a refused one, answers the first, which this job sends at once.
async fn settle_all(
    mut tx: HotelTx,
    job: &Job,
    batch: &EmailBatch,
    (failure, doubt): (&ConnectorFailure, bool),
) -> Result<Option<String>, StoreError> {
    let refused = !doubt && matches!(failure, ConnectorFailure::Invalid { .. });
    let state = if doubt {
        EmailState::Unknown
    } else {
        EmailState::Queued
    };
    let mut left = Vec::with_capacity(batch.messages.len());
    for message in &batch.messages {
        let business_key = message.idempotency_key.clone();
        emails::set_state(&mut tx, &business_key, state, Some(failure.class())).await?;
        left.push(Left {
            business_key,
            state,
            failure: failure.clone(),
        });
    }
    if doubt || refused {
        part(&mut tx, job, &left).await?;
    }
    tx.commit().await?;
    let first = left.into_iter().next().filter(|_| refused);
    Ok(first.map(|first| first.business_key))
}
