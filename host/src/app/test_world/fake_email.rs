//! An email provider in memory: the same key never sends twice, unless it is made forgetful.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use tokio::sync::Notify;

use crate::domain::connector::{CallCost, Called, Caller, ConnectorFailure, VerifiedWebhook};
use crate::domain::email::{EmailBatch, EmailEvent, EmailMessage, EmailProvider};

#[derive(Default)]
struct State {
    failures: VecDeque<ConnectorFailure>,
    /// Why single messages of a batch are not taken, by their keys.
    refused: BTreeMap<String, ConnectorFailure>,
    attempts: usize,
    /// What went under each key of a request.
    requests: BTreeMap<String, Vec<EmailMessage>>,
    batches: Vec<EmailBatch>,
    sent: BTreeMap<String, EmailMessage>,
    /// How often each message left.
    copies: BTreeMap<String, usize>,
    forgetful: bool,
    most_in_batch: Option<usize>,
    silent: bool,
}

#[derive(Default)]
pub(crate) struct FakeEmail {
    state: Mutex<State>,
    taken: Notify,
}

impl FakeEmail {
    /// The next send fails. One whose outcome is unknown has sent all the same.
    pub(crate) fn will_fail(&self, failure: ConnectorFailure) {
        self.state().failures.push_back(failure);
    }

    /// A message of this key is not taken when it comes in a batch.
    pub(crate) fn refuses(&self, key: &str, failure: ConnectorFailure) {
        self.state().refused.insert(key.to_owned(), failure);
    }

    /// From now on it does not say that it recognises a message that comes again.
    pub(crate) fn forget_keys(&self) {
        self.state().forgetful = true;
    }

    /// From now on it takes so many messages in one request.
    pub(crate) fn take_several(&self, most: usize) {
        self.state().most_in_batch = Some(most);
    }

    /// Whether it takes batches, and never answers.
    pub(crate) fn be_silent(&self, silent: bool) {
        self.state().silent = silent;
    }

    /// Waits until a batch was taken, and will not be answered.
    pub(crate) async fn has_taken(&self) {
        self.taken.notified().await;
    }

    pub(crate) fn attempts(&self) -> usize {
        self.state().attempts
    }

    /// Every message that left, by its key.
    pub(crate) fn sent(&self) -> Vec<EmailMessage> {
        self.state().sent.values().cloned().collect()
    }

    /// The batches that came, in their order.
    pub(crate) fn batches(&self) -> Vec<EmailBatch> {
        self.state().batches.clone()
    }

    /// How often the message left that left most often.
    pub(crate) fn most_copies(&self) -> usize {
        self.state().copies.values().copied().max().unwrap_or(0)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no test panics while it holds the fake")
    }
}

impl State {
    /// A request under a key: sent once, unless it is forgetful, and never with another content.
    fn take(&mut self, key: &str, messages: Vec<EmailMessage>) -> Result<(), ConnectorFailure> {
        match self.requests.get(key) {
            Some(known) if !self.forgetful && *known == messages => return Ok(()),
            Some(_) if !self.forgetful => {
                let told = format!("{key} was another request");
                return Err(ConnectorFailure::Permanent(told));
            }
            _ => {}
        }
        for message in &messages {
            let key = &message.idempotency_key;
            *self.copies.entry(key.clone()).or_default() += 1;
            self.sent.insert(key.clone(), message.clone());
        }
        self.requests.insert(key.to_owned(), messages);
        Ok(())
    }

    fn answer(&self, message: &EmailMessage) -> Result<String, ConnectorFailure> {
        let key = &message.idempotency_key;
        let refused = self.refused.get(key).cloned();
        refused.map_or_else(|| Ok(format!("message of {key}")), Err)
    }
}

fn called<T>(result: Result<T, ConnectorFailure>) -> Called<T> {
    Called {
        result,
        cost: CallCost {
            requests: 1,
            ..CallCost::default()
        },
    }
}

#[async_trait]
impl EmailProvider for FakeEmail {
    fn recognises_repeats(&self) -> bool {
        !self.state().forgetful
    }

    fn most_in_batch(&self) -> Option<usize> {
        self.state().most_in_batch
    }

    async fn send(&self, _: &Caller, message: &EmailMessage) -> Called<String> {
        let mut state = self.state();
        state.attempts += 1;
        let failure = state.failures.pop_front();
        let mut result = Ok(format!("message of {}", message.idempotency_key));
        if failure.is_none() || matches!(failure, Some(ConnectorFailure::OutcomeUnknown(_))) {
            let taken = state.take(&message.idempotency_key, vec![message.clone()]);
            result = taken.and(result);
        }
        called(failure.map_or(result, Err))
    }

    async fn send_batch(
        &self,
        _: &Caller,
        batch: &EmailBatch,
    ) -> Called<Vec<Result<String, ConnectorFailure>>> {
        let (result, silent) = {
            let mut state = self.state();
            state.attempts += 1;
            state.batches.push(batch.clone());
            let failure = state.failures.pop_front();
            let answers: Vec<_> = batch.messages.iter().map(|one| state.answer(one)).collect();
            let mut result = Ok(answers);
            if failure.is_none() || matches!(failure, Some(ConnectorFailure::OutcomeUnknown(_))) {
                let messages = batch.messages.iter().cloned();
                let good = messages.filter(|one| state.answer(one).is_ok()).collect();
                let taken = state.take(&batch.idempotency_key, good);
                result = taken.and(result);
            }
            (failure.map_or(result, Err), state.silent)
        };
        if silent {
            self.taken.notify_one();
            pending::<()>().await;
        }
        called(result)
    }

    async fn parse_events(&self, _: &Caller, _: &VerifiedWebhook) -> Called<Vec<EmailEvent>> {
        Called {
            result: Ok(Vec::new()),
            cost: CallCost::default(),
        }
    }
}
