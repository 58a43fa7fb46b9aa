//! Acknowledging: one request for each revision. What was told is remembered until all are, so that a call that breaks off
//! is not begun anew.

use std::collections::BTreeSet;

use roomwire_plugin_sdk::{Context, Failure, kv, log};

use crate::Settings;
use crate::client::Client;

const TOLD: &str = "acknowledged";

/// Requests of one call: the manifest allows 32.
const MOST: usize = 30;

pub(crate) fn acknowledge(
    context: &Context<Settings>,
    revisions: &[String],
) -> Result<(), Failure> {
    let before = kv::get(TOLD)?.unwrap_or_default();
    let mut told: BTreeSet<String> = serde_json::from_slice(&before).unwrap_or_default();
    let waiting: Vec<&String> = revisions
        .iter()
        .filter(|revision| !told.contains(*revision))
        .collect();
    let client = Client::new(context);
    let mut outcome = Ok(());
    for revision in waiting.iter().take(MOST) {
        outcome = tell(&client, revision);
        if outcome.is_err() {
            break;
        }
        told.insert((*revision).clone());
    }
    if outcome.is_ok() && waiting.len() > MOST {
        // The rest is another call's, at once.
        outcome = Err(Failure::rate_limited(Some(1), "acknowledgements"));
    }
    match (&outcome, before.is_empty()) {
        (Ok(()), true) => {}
        (Ok(()), false) => kv::delete(TOLD)?,
        (Err(_), _) => kv::set(TOLD, &serde_json::to_vec(&told)?)?,
    }
    outcome
}

/// What Channex does not know waits for nothing.
fn tell(client: &Client<'_>, revision: &str) -> Result<(), Failure> {
    match client.acknowledge(revision) {
        Err(Failure::NotFound(reason)) => {
            let fields = [("revision", revision), ("reason", &reason)];
            log::write(
                log::Level::Warn,
                "a revision is not known any more",
                &fields,
            );
            Ok(())
        }
        told => told,
    }
}

#[cfg(test)]
mod tests {
    use roomwire_plugin_sdk::testing::{Exchange, Host, context};
    use serde_json::json;

    use super::*;

    const HOST: &str = "app.channex.io";

    fn acknowledged(id: &str, status: u16) -> Exchange {
        Exchange::post(HOST, &format!("/api/v1/booking_revisions/{id}/ack"))
            .json(json!({}))
            .answers(status, json!({}))
    }

    #[test]
    fn what_was_told_before_a_failure_is_not_told_again() {
        let context = context::<Settings>(&json!({"property": "p"}));
        let revisions: Vec<String> = ["r-1", "r-2", "r-3"].map(str::to_owned).to_vec();
        let mut host = Host::new()
            .expect(acknowledged("r-1", 200))
            .expect(acknowledged("r-2", 500));
        assert!(host.run(|| acknowledge(&context, &revisions)).is_err());

        let mut host = host
            .expect(acknowledged("r-2", 200))
            .expect(acknowledged("r-3", 200));
        assert_eq!(host.run(|| acknowledge(&context, &revisions)), Ok(()));
        assert_eq!(host.remembered(TOLD), None, "nothing is kept for ever");
    }

    #[test]
    fn more_than_a_call_may_ask_are_told_in_two_calls() {
        let context = context::<Settings>(&json!({"property": "p"}));
        let revisions: Vec<String> = (0..40).map(|number| format!("r-{number}")).collect();
        let script = |host, range: std::ops::Range<usize>| {
            revisions[range]
                .iter()
                .fold(host, |host: Host, id| host.expect(acknowledged(id, 200)))
        };
        let mut host = script(Host::new(), 0..30);
        let first = host.run(|| acknowledge(&context, &revisions));
        assert!(matches!(first, Err(Failure::RateLimited(_))), "{first:?}");
        let mut host = script(host, 30..40);
        assert_eq!(host.run(|| acknowledge(&context, &revisions)), Ok(()));
    }
}
