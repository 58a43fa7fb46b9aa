//! Rows of requests, what must come of each, and the run of them all in one world.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use roomwire::domain::connector::{Called, ConnectorFailure, SandboxFailure};
use serde_json::{Value, json};

use super::world::{CANARY, EgressWorld, REFLECT, Setup};
use super::{addresses, headers, hosts, requests};

/// One request of a guest's.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) request: Value,
    pub(super) expected: Expected,
    /// What its host means, look-up by look-up.
    pub(super) answers: Vec<Vec<IpAddr>>,
}

/// What must come of it.
pub(super) enum Expected {
    /// The manifest names no such host: it is not even looked up.
    NotNamed,
    /// The name leads where nothing may go: it is looked up once, and nothing is dialled.
    NotPublic,
    /// The name leads to the Internet: it is dialled, and nobody is there.
    Dialled,
    /// The name leads nowhere.
    Unreachable,
    /// Refused as it stands, with these words.
    Invalid(&'static str),
    /// The remote reads exactly this method and target.
    Sent(&'static str),
}

impl Row {
    /// A request that goes to the reflecting remote, without a secret.
    pub(super) fn for_remote(name: &str, fields: &[(&str, Value)], expected: Expected) -> Self {
        let mut request = json!({ "method": "PUT", "host": REFLECT, "path": "/" });
        for (field, value) in fields {
            request[*field] = value.clone();
        }
        Self {
            name: name.to_owned(),
            request,
            expected,
            answers: Vec::new(),
        }
    }
}

impl Expected {
    fn is_met(&self, told: &str, last: &str) -> bool {
        match self {
            Self::NotNamed => {
                told.starts_with("denied: ") && told.contains("which its manifest does not name")
            }
            Self::NotPublic => {
                told.starts_with("denied: ")
                    && told.contains("is not a public address of another machine")
            }
            Self::Dialled => {
                told.starts_with("unreachable: ") || told.ends_with("did not answer in time")
            }
            Self::Unreachable => told.starts_with("unreachable: "),
            Self::Invalid(words) => told.starts_with("invalid: ") && told.contains(words),
            Self::Sent(line) => told.starts_with("200: ") && last.starts_with(&format!("{line} ")),
        }
    }

    /// Names that are looked up, and requests that reach the remote.
    fn traffic(&self) -> (usize, usize) {
        match self {
            Self::NotNamed | Self::Invalid(_) => (0, 0),
            Self::NotPublic | Self::Dialled | Self::Unreachable => (1, 0),
            Self::Sent(_) => (0, 1),
        }
    }
}

/// What the host says of a call, or else its guest.
fn told(called: Called<String>) -> String {
    match called.result {
        Ok(text) => text,
        Err(ConnectorFailure::Sandbox {
            kind: SandboxFailure::EgressDenied,
            message,
        }) => format!("denied: {message}"),
        Err(other) => format!("{other:?}"),
    }
}

/// Sends the next row's request, and tells what is wrong with what came of it.
async fn problem(world: &EgressWorld, row: &Row) -> Option<String> {
    let before = (world.look_ups(), world.remote.requests());
    let told = told(world.next().await);
    let traffic = (
        world.look_ups() - before.0,
        world.remote.requests() - before.1,
    );
    let last = world.remote.last();
    if row.expected.is_met(&told, &last) && traffic == row.expected.traffic() {
        return None;
    }
    Some(format!(
        "{}: {}\n    came to: {told}\n    look-ups and requests: {traffic:?}; the remote's last: {last}",
        row.name, row.request
    ))
}

fn names_of(rows: &[Row]) -> HashMap<String, Vec<Vec<IpAddr>>> {
    rows.iter()
        .filter(|row| !row.answers.is_empty())
        .map(|row| {
            let host = row.request["host"].as_str().expect("a host");
            (host.to_owned(), row.answers.clone())
        })
        .collect()
}

fn all_rows() -> Vec<Row> {
    let mut rows = hosts::rows();
    rows.extend(addresses::rows());
    assert!(rows.len() >= 120, "{} hosts and addresses", rows.len());
    rows.extend(requests::rows());
    rows.extend(headers::rows());
    let mut names = HashSet::new();
    for row in &rows {
        assert!(names.insert(&row.name), "two rows are named {}", row.name);
    }
    rows
}

#[tokio::test]
async fn a_guest_reaches_what_its_manifest_names_in_no_other_form_and_nothing_of_this_network() {
    let rows = all_rows();
    let world = EgressWorld::start(Setup {
        names: names_of(&rows),
        ..Setup::default()
    })
    .await;
    let control = json!({ "method": "PUT", "host": CANARY, "path": "/" });
    let requests = rows.iter().map(|row| row.request.clone());
    world.tell(requests.chain([control]).collect());
    let mut problems = Vec::new();
    for row in &rows {
        problems.extend(problem(&world, row).await);
    }
    assert!(
        problems.is_empty(),
        "{} of {} rows:\n{}",
        problems.len(),
        rows.len(),
        problems.join("\n")
    );
    // The canary hears who does reach it. Connections come in order, so that an earlier one would have been counted.
    assert_eq!(told(world.next().await), "200: ok");
    assert_eq!(world.canary.connections(), 1);
}
