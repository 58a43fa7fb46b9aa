//! An email provider in memory: the same key never sends twice, unless it is made forgetful.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;

use crate::domain::connector::{CallCost, Called, Caller, ConnectorFailure, VerifiedWebhook};
use crate::domain::email::{EmailEvent, EmailMessage, EmailProvider};

#[derive(Default)]
struct State {
    failures: VecDeque<ConnectorFailure>,
    attempts: usize,
    sent: BTreeMap<String, EmailMessage>,
    forgetful: bool,
}

#[derive(Default)]
pub(crate) struct FakeEmail(Mutex<State>);

impl FakeEmail {
    /// The next send fails. One whose outcome is unknown has sent all the same.
    pub(crate) fn will_fail(&self, failure: ConnectorFailure) {
        self.state().failures.push_back(failure);
    }

    /// From now on it does not say that it recognises a message that comes again.
    pub(crate) fn forget_keys(&self) {
        self.state().forgetful = true;
    }

    pub(crate) fn attempts(&self) -> usize {
        self.state().attempts
    }

    /// Every message that left, by its key.
    pub(crate) fn sent(&self) -> Vec<EmailMessage> {
        self.state().sent.values().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0
            .lock()
            .expect("no test panics while it holds the fake")
    }
}

#[async_trait]
impl EmailProvider for FakeEmail {
    fn recognises_repeats(&self) -> bool {
        !self.state().forgetful
    }

    async fn send(&self, _: &Caller, message: &EmailMessage) -> Called<String> {
        let mut state = self.state();
        state.attempts += 1;
        let failure = state.failures.pop_front();
        if failure.is_none() || matches!(failure, Some(ConnectorFailure::OutcomeUnknown(_))) {
            state
                .sent
                .entry(message.idempotency_key.clone())
                .or_insert_with(|| message.clone());
        }
        let id = format!("message of {}", message.idempotency_key);
        Called {
            result: failure.map_or(Ok(id), Err),
            cost: CallCost {
                requests: 1,
                ..CallCost::default()
            },
        }
    }

    async fn parse_events(&self, _: &Caller, _: &VerifiedWebhook) -> Called<Vec<EmailEvent>> {
        Called {
            result: Ok(Vec::new()),
            cost: CallCost::default(),
        }
    }
}
