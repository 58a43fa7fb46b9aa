//! Sending several messages in one request.

use super::Found;
use super::mail::Post;
use crate::certify::inbox::differences;
use crate::certify::judge::{Came, Expected, Item, Observation, judge, unsent};
use crate::certify::letter::{Letter, message};
use crate::certify::proxy::Fault;
use crate::certify::report::Finding;
use crate::domain::connector::ConnectorFailure;
use crate::domain::email::EmailBatch;

/// The batch that was handed over last, and which of its messages were told as taken.
pub(super) struct LatestBatch {
    batch: EmailBatch,
    taken: Vec<bool>,
}

impl Post<'_> {
    /// Sends as many messages as one call takes. The first may be apart from the others.
    pub(super) async fn batch(
        &mut self,
        fault: Option<Fault>,
        expected: &Expected,
        first: &[String],
    ) -> Vec<Finding> {
        let most = self.ground.rig.manifest().most_in_batch().unwrap_or(1);
        let mut messages = Vec::with_capacity(most);
        for _ in 0..most {
            messages.push(message(Letter::Plain, &self.mark()));
            self.count += 1;
        }
        let batch = EmailBatch {
            idempotency_key: format!("certification/batch/{}", self.mark()),
            messages,
        };
        let taken = vec![false; most];
        let latest = LatestBatch { batch, taken };
        self.hand_over_batch(latest, fault, (expected, first)).await
    }

    pub(super) async fn batch_again(
        &mut self,
        fault: Option<Fault>,
        expected: &Expected,
    ) -> Vec<Finding> {
        match self.latest_batch.take() {
            Some(latest) => self.hand_over_batch(latest, fault, (expected, &[])).await,
            None => vec![Finding::new("a batch to send again", "there is none")],
        }
    }

    async fn hand_over_batch(
        &mut self,
        mut latest: LatestBatch,
        fault: Option<Fault>,
        (expected, first): (&Expected, &[String]),
    ) -> Vec<Finding> {
        self.ground.rig.proxy().begin(fault);
        let caller = self.ground.usual_caller();
        let called = self.provider.send_batch(&caller, &latest.batch).await;
        let mut observation = self.ground.observe(&called);
        observation.items = items(&latest.batch, &called.result);
        for (taken, item) in latest.taken.iter_mut().zip(&observation.items) {
            *taken |= item.came == Came::Taken;
        }
        self.latest_batch = Some(latest);
        let mut findings: Vec<Finding> = unsent(&observation).into_iter().collect();
        if !first.is_empty() && !observation.items.is_empty() {
            let alone = Observation {
                items: vec![observation.items.remove(0)],
                ..Observation::default()
            };
            let expected = Expected {
                each: first.to_vec(),
                ..Expected::default()
            };
            findings.extend(judge(&expected, &alone));
        }
        findings.extend(judge(expected, &observation));
        findings
    }

    /// Looks for each message of the latest batch in the inbox: so often; absent: once where it was told as taken, and
    /// not at all otherwise.
    pub(super) async fn batch_inbox(&mut self, copies: Option<usize>) -> Found {
        let inbox = match self.look().await? {
            Ok(inbox) => inbox,
            Err(finding) => return Ok(vec![finding]),
        };
        let Some(latest) = &self.latest_batch else {
            return Ok(vec![Finding::new("a batch to look for", "there is none")]);
        };
        let each = latest.batch.messages.iter().zip(&latest.taken);
        Ok(each
            .flat_map(|(message, taken)| {
                let copies = copies.unwrap_or(usize::from(*taken));
                differences(&inbox, message, copies)
            })
            .collect())
    }
}

/// What became of each message: a failure of the whole is that of each.
fn items(
    batch: &EmailBatch,
    result: &Result<Vec<Result<String, ConnectorFailure>>, ConnectorFailure>,
) -> Vec<Item> {
    let came = |place: usize| match result {
        Err(failure) => Came::from(failure),
        Ok(answers) => match answers.get(place) {
            Some(Err(failure)) => Came::from(failure),
            Some(Ok(_)) | None => Came::Taken,
        },
    };
    let messages = batch.messages.iter().enumerate();
    messages
        .map(|(place, message)| Item {
            id: message.idempotency_key.clone(),
            stranger: false,
            came: came(place),
            warned: false,
        })
        .collect()
}
