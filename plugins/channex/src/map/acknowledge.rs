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
