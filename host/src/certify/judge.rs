//! Whether what came is what the contract promises. Nothing here runs anything.

mod amounts;

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

pub(super) use self::amounts::{says_amount, silent_on_adults};
use super::report::Finding;
use crate::domain::connector::{ConnectorFailure, ItemOutcome};

const MINUTE: SignedDuration = SignedDuration::from_secs(60);

/// What must come. Nothing said: it is taken.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Expected {
    /// What may become of each thing that was asked: `taken`, `refused` (any failure of the connector's own), `answered`
    /// (either), or the class of a failure.
    pub(super) each: Vec<String>,
    /// The same of what the channel cannot know.
    pub(super) strangers: Vec<String>,
    /// The most requests that may be sent.
    pub(super) most_requests: Option<usize>,
    /// The seconds that a rate limit must tell at least.
    pub(super) pause: Option<u32>,
}

/// What became of one thing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Came {
    Taken,
    Failed {
        class: &'static str,
        /// Whether the host stopped it, and not the connector failed.
        stopped: bool,
        message: String,
    },
}

impl From<&ConnectorFailure> for Came {
    fn from(failure: &ConnectorFailure) -> Self {
        Self::Failed {
            class: failure.class(),
            stopped: matches!(failure, ConnectorFailure::Sandbox { .. }),
            message: failure.to_string(),
        }
    }
}

impl From<&ItemOutcome> for Came {
    fn from(outcome: &ItemOutcome) -> Self {
        match outcome {
            ItemOutcome::Applied | ItemOutcome::Accepted(_) => Self::Taken,
            ItemOutcome::Rejected(failure) => failure.into(),
        }
    }
}

impl Came {
    pub(super) fn is_class(&self, wanted: &str) -> bool {
        matches!(self, Self::Failed { class, .. } if *class == wanted)
    }

    fn fits(&self, word: &str) -> bool {
        match (self, word) {
            (Self::Taken, "taken" | "answered") => true,
            (Self::Failed { stopped, .. }, "refused" | "answered") => !stopped,
            (Self::Failed { class, .. }, word) => *class == word,
            (Self::Taken, _) => false,
        }
    }

    fn in_words(&self) -> String {
        match self {
            Self::Taken => "taken".to_owned(),
            Self::Failed { class, message, .. } => format!("{class} ({message})"),
        }
    }
}

/// One thing that was asked, and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: String,
    /// Whether the channel cannot know it.
    pub(super) stranger: bool,
    pub(super) came: Came,
    /// Whether its result tells that something was left out.
    pub(super) warned: bool,
}

/// A request of the plugin's, as it passed the proxy.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// The method and the path. The query is apart, since a secret may stand there.
    pub(super) line: String,
    pub(super) query: String,
    pub(super) body: Bytes,
}

/// What came of one step.
#[derive(Clone, Debug, Default)]
pub(super) struct Observation {
    pub(super) items: Vec<Item>,
    pub(super) requests: Vec<Sent>,
    /// The seconds of the last rate limit that told some.
    pub(super) pause: Option<u32>,
}

impl Observation {
    /// Of one call without items.
    pub(super) fn call<T>(result: &Result<T, ConnectorFailure>, requests: Vec<Sent>) -> Self {
        let (came, pause) = match result {
            Ok(_) => (Came::Taken, None),
            Err(failure) => (failure.into(), pause_of(failure)),
        };
        Self {
            items: vec![Item {
                id: "the call".to_owned(),
                stranger: false,
                came,
                warned: false,
            }],
            requests,
            pause,
        }
    }
}

/// The seconds that a rate limit tells.
pub(super) fn pause_of(failure: &ConnectorFailure) -> Option<u32> {
    match failure {
        ConnectorFailure::RateLimited { after_seconds, .. } => *after_seconds,
        _ => None,
    }
}

/// Everything that is not as it must be.
pub(super) fn judge(expected: &Expected, came: &Observation) -> Vec<Finding> {
    let mut findings = Vec::new();
    for stranger in [false, true] {
        findings.extend(outcomes(expected, came, stranger));
    }
    if let Some(most) = expected.most_requests
        && came.requests.len() > most
    {
        findings.push(Finding::new(
            format!("at most {most} requests"),
            format!("{}: {}", came.requests.len(), lines(&came.requests)),
        ));
    }
    if let Some(least) = expected.pause
        && came.pause.is_none_or(|pause| pause < least)
    {
        let told = came
            .pause
            .map_or("no pause".to_owned(), |pause| format!("{pause} s"));
        findings.push(Finding::new(
            format!("a rate limit that tells a pause of {least} s, as the channel did"),
            told,
        ));
    }
    findings
}

/// The outcomes that are not allowed, each once with how many there are.
fn outcomes(expected: &Expected, came: &Observation, stranger: bool) -> Option<Finding> {
    let taken = ["taken".to_owned()];
    let refused = ["refused".to_owned()];
    let words: &[String] = match (stranger, expected) {
        (false, Expected { each, .. }) if !each.is_empty() => each,
        (true, Expected { strangers, .. }) if !strangers.is_empty() => strangers,
        (false, _) => &taken,
        (true, _) => &refused,
    };
    let mut wrong: BTreeMap<String, (usize, &str)> = BTreeMap::new();
    let items = came.items.iter().filter(|item| item.stranger == stranger);
    for item in items.filter(|item| !words.iter().any(|word| item.came.fits(word))) {
        let known = wrong
            .entry(item.came.in_words())
            .or_insert((0, item.id.as_str()));
        known.0 += 1;
    }
    if wrong.is_empty() {
        return None;
    }
    let what = if stranger {
        "codes that the channel does not know"
    } else {
        "everything that was asked"
    };
    let told: Vec<String> = wrong
        .iter()
        .take(3)
        .map(|(came, (count, first))| format!("{count} × {came}, the first is {first}"))
        .collect();
    Some(Finding::new(
        format!("{what} to be {}", words.join(" or ")),
        told.join("; "),
    ))
}

/// What is told as taken, and was never sent.
pub(super) fn unsent(came: &Observation) -> Option<Finding> {
    let taken = came.items.iter().any(|item| item.came == Came::Taken);
    (taken && came.requests.is_empty()).then(|| {
        Finding::new(
            "what is told as taken to have been sent",
            "nothing was sent",
        )
    })
}

fn lines(requests: &[Sent]) -> String {
    let mut lines: Vec<&str> = requests.iter().map(|sent| sent.line.as_str()).collect();
    let more = lines.len().saturating_sub(5);
    lines.truncate(5);
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match lines.is_empty() {
        true => "nothing was sent".to_owned(),
        false => format!("{}{more}", lines.join(", ")),
    }
}

/// The most instants of a list in order that lie within one minute.
pub(super) fn most_in_a_minute(instants: &[Timestamp]) -> usize {
    let from = |(place, first): (usize, &Timestamp)| {
        let later = instants[place..].iter();
        later
            .take_while(|instant| instant.duration_since(*first) < MINUTE)
            .count()
    };
    instants.iter().enumerate().map(from).max().unwrap_or(0)
}
