//! What guests intended and what they were told: written down on this side, which is not killed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Answer, Client};

/// A request that was answered for good.
#[derive(Clone, Debug)]
pub(super) struct Acknowledged {
    pub(super) path: &'static str,
    pub(super) body: Value,
    pub(super) key: String,
    pub(super) answer: Answer,
}

#[derive(Debug, Default)]
pub(super) struct Journal {
    intentions: Mutex<Vec<String>>,
    acknowledged: Mutex<Vec<Acknowledged>>,
}

impl Journal {
    /// Repeats a request under its key until it is decided, and writes down what was intended and what was answered.
    pub(super) async fn perform(
        &self,
        client: &Client,
        path: &'static str,
        body: Value,
        key: String,
    ) -> Answer {
        lock(&self.intentions).push(key.clone());
        loop {
            let attempt = client
                .post(path, &body)
                .idempotency_key(&key)
                .attempt()
                .await;
            let undecided = |answer: &Answer| {
                answer.status == 503 || answer.text().contains("idempotency_key_in_flight")
            };
            if let Some(answer) = attempt.filter(|answer| !undecided(answer)) {
                assert!(answer.status < 500, "{}", answer.text());
                lock(&self.acknowledged).push(Acknowledged {
                    path,
                    body,
                    key,
                    answer: answer.clone(),
                });
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(super) fn acknowledged(&self) -> Vec<Acknowledged> {
        lock(&self.acknowledged).clone()
    }

    pub(super) fn intended(&self, key: &str) -> bool {
        lock(&self.intentions)
            .iter()
            .any(|intention| intention == key)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
