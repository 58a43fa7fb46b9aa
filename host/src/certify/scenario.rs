//! A scenario as data: what is asked of a connector, what goes wrong meanwhile, and what must come of it.

use jiff::civil::Time;
use serde::Deserialize;

use super::ari::Ask;
use super::judge::Expected;
use super::proxy::Fault;
use crate::plugin::manifest::Ability;

/// One file for each ability, and some for the interface that every connector has.
const FILES: [&str; 7] = [
    include_str!("scenarios/connection.toml"),
    include_str!("scenarios/ari.toml"),
    include_str!("scenarios/items.toml"),
    include_str!("scenarios/faults.toml"),
    include_str!("scenarios/credentials.toml"),
    include_str!("scenarios/reservations.toml"),
    include_str!("scenarios/webhooks.toml"),
];

/// All scenarios, in the order in which they are played.
pub(super) fn all() -> Vec<Scenario> {
    FILES
        .iter()
        .flat_map(|text| read(text).expect("a test reads the scenarios of this program"))
        .collect()
}

pub(super) fn read(text: &str) -> Result<Vec<Scenario>, toml::de::Error> {
    let file: File = toml::from_str(text)?;
    let named = file.scenarios.into_iter().map(|scenario| Scenario {
        ability: file.ability,
        ..scenario
    });
    Ok(named.collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    ability: Option<Ability>,
    scenarios: Vec<Scenario>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    /// `area/what`: unique, and what a declaration calls it.
    pub(super) name: String,
    /// The sentence that is true of a connector that passes.
    pub(super) proves: String,
    /// Where an author looks when it fails.
    pub(super) look: String,
    /// The optional interface that it is about; none: the one that every connector has.
    #[serde(skip)]
    pub(super) ability: Option<Ability>,
    #[serde(default)]
    pub(super) needs: Vec<Need>,
    /// Calls get so little time that a channel which does not answer is soon given up.
    #[serde(default)]
    pub(super) hurried: bool,
    pub(super) steps: Vec<Step>,
}

/// Without what it needs, a scenario says nothing about a connector.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Need {
    /// A channel that keeps what an update does not name.
    Merge,
    /// A token that the host fetches.
    Oauth2,
    /// Credentials that are not fetched.
    Keys,
    /// The hotel's clocks change within the channel's horizon.
    ClockChange,
    /// The simulator's clock can be put forward.
    Clock,
    /// The declaration tells how a guest books, cancels, and how the channel tells of it.
    Booking,
    Cancelling,
    Delivering,
}

/// What is done, in order. The first step that is not as it must be ends a scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Step {
    /// Are the credentials good?
    Check {
        fault: Option<Fault>,
        #[serde(default)]
        expect: Expected,
    },
    /// What does the channel sell?
    List {
        fault: Option<Fault>,
        #[serde(default)]
        expect: Expected,
    },
    Push(Box<Push>),
    /// What the channel took is what it shows, where the connector can read it.
    Read {
        fault: Option<Fault>,
        #[serde(default)]
        expect: Expected,
    },
    /// Time passes.
    Wait {
        /// So many seconds; absent: as many as the last rate limit asked for.
        seconds: Option<u32>,
        /// Until the hotel's clock shows this.
        until: Option<Time>,
    },
    /// So many guests book at the channel.
    Book {
        count: u32,
    },
    /// The first of them cancels.
    Cancel {},
    /// Everything new, page by page: every booking is among it.
    Pull {
        fault: Option<Fault>,
        #[serde(default)]
        expect: Expected,
        status: Option<String>,
    },
    /// One reservation: the first that was booked, or the one that is named here.
    Fetch {
        fault: Option<Fault>,
        #[serde(default)]
        expect: Expected,
        status: Option<String>,
        reservation: Option<String>,
    },
    /// What was pulled is safely stored.
    Acknowledge {},
    /// The channel tells of the bookings by webhook.
    Deliver {
        manner: Manner,
        /// The last booking first.
        #[serde(default)]
        reversed: bool,
    },
    /// A webhook that no channel sends.
    Parse {
        body: String,
        #[serde(default)]
        expect: Expected,
    },
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Push {
    pub(super) ask: Ask,
    pub(super) fault: Option<Fault>,
    #[serde(default)]
    pub(super) expect: Expected,
    /// Another currency than the hotel's.
    pub(super) currency: Option<String>,
    /// Wait as a rate limit asks, and send again what it kept back, as the host does.
    #[serde(default)]
    pub(super) patient: bool,
    /// So often, each time with other values.
    pub(super) repeat: Option<u32>,
    /// Whether the price must be found digit by digit in what is sent.
    #[serde(default)]
    pub(super) exact: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Manner {
    Normal,
    Duplicated,
    Altered,
}

impl Manner {
    /// As a declaration's `{manner}`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Duplicated => "duplicated",
            Self::Altered => "altered",
        }
    }
}

impl Step {
    /// What a report calls it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Check { .. } => "check",
            Self::List { .. } => "list-products",
            Self::Push(_) => "push-ari",
            Self::Read { .. } => "read-ari",
            Self::Wait { .. } => "waiting",
            Self::Book { .. } => "a booking at the simulator",
            Self::Cancel {} => "a cancellation at the simulator",
            Self::Pull { .. } => "pull",
            Self::Fetch { .. } => "fetch",
            Self::Acknowledge {} => "acknowledge",
            Self::Deliver { .. } => "a webhook",
            Self::Parse { .. } => "parse",
        }
    }
}
