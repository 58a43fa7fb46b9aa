//! A scenario as data: what is asked of a plugin, what goes wrong meanwhile, and what must come of it.

#[cfg(test)]
mod tests;

use jiff::civil::Time;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::ari::Ask;
use super::guests::Names;
use super::judge::Expected;
use super::letter::MailStep;
use super::proxy::Fault;
use crate::plugin::manifest::{Ability, Kind};

/// One file for each ability of a channel, and some for the interface that every connector has.
const CHANNEL: [&str; 10] = [
    include_str!("scenarios/connection.toml"),
    include_str!("scenarios/ari.toml"),
    include_str!("scenarios/items.toml"),
    include_str!("scenarios/faults.toml"),
    include_str!("scenarios/credentials.toml"),
    include_str!("scenarios/reservations.toml"),
    include_str!("scenarios/webhooks.toml"),
    include_str!("scenarios/subscriptions.toml"),
    include_str!("scenarios/messages.toml"),
    include_str!("scenarios/answers.toml"),
];

/// The same of email providers.
const EMAIL: [&str; 3] = [
    include_str!("scenarios/mail.toml"),
    include_str!("scenarios/batch.toml"),
    include_str!("scenarios/events.toml"),
];

/// All scenarios of one kind of plugin, in the order in which they are played.
pub(super) fn of(kind: Kind) -> Vec<Scenario> {
    let written = |text: &&str| match kind {
        Kind::Channel => read(text, Steps::Channel),
        Kind::Email => read(text, Steps::Email),
    };
    let files: &[&str] = match kind {
        Kind::Channel => &CHANNEL,
        Kind::Email => &EMAIL,
    };
    files
        .iter()
        .flat_map(|text| written(text).expect("a test reads the scenarios of this program"))
        .collect()
}

pub(super) fn read<S: DeserializeOwned>(
    text: &str,
    steps: fn(Vec<S>) -> Steps,
) -> Result<Vec<Scenario>, toml::de::Error> {
    let file: File<S> = toml::from_str(text)?;
    let ability = file.ability;
    let named = file.scenarios.into_iter().map(|written| Scenario {
        name: written.name,
        proves: written.proves,
        look: written.look,
        ability,
        needs: written.needs,
        hurried: written.hurried,
        steps: steps(written.steps),
    });
    Ok(named.collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<S> {
    ability: Option<Ability>,
    scenarios: Vec<Written<S>>,
}

/// A scenario as it stands in its file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<S> {
    name: String,
    proves: String,
    look: String,
    #[serde(default)]
    needs: Vec<Need>,
    #[serde(default)]
    hurried: bool,
    steps: Vec<S>,
}

#[derive(Clone, Debug)]
pub(super) struct Scenario {
    /// `area/what`: unique, and what a declaration calls it.
    pub(super) name: String,
    /// The sentence that is true of a plugin that passes.
    pub(super) proves: String,
    /// Where an author looks when it fails.
    pub(super) look: String,
    /// The optional interface that it is about; none: the one that every plugin of its kind has.
    pub(super) ability: Option<Ability>,
    pub(super) needs: Vec<Need>,
    /// Calls get so little time that a channel which does not answer is soon given up.
    pub(super) hurried: bool,
    pub(super) steps: Steps,
}

/// What is done, in order. The first step that is not as it must be ends a scenario.
#[derive(Clone, Debug)]
pub(super) enum Steps {
    Channel(Vec<Step>),
    Email(Vec<MailStep>),
}

impl Scenario {
    /// The interface that it is about.
    pub(super) fn interface(&self) -> &'static str {
        match (self.ability, &self.steps) {
            (Some(ability), _) => ability.name(),
            (None, Steps::Channel(_)) => "channel-manager-provider",
            (None, Steps::Email(_)) => "email-provider",
        }
    }
}

/// Without what it needs, a scenario says nothing about a connector.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Need {
    /// A channel that keeps what an update does not name.
    Merge,
    /// A channel that takes a price for each number of adults.
    OccupancyPrices,
    /// A token that the host fetches.
    Oauth2,
    /// Credentials that are not fetched.
    Keys,
    /// The hotel's clocks change within the channel's horizon.
    ClockChange,
    /// The simulator's clock can be put forward.
    Clock,
    /// The declaration tells how a guest books, changes a booking, cancels, and how the channel tells of it.
    Booking,
    /// It tells where the guest's name stands, too.
    Naming,
    Changing,
    Cancelling,
    Delivering,
    /// It tells how the simulator is asked where webhooks go.
    Subscribing,
    /// And how a guest writes about a booking.
    Writing,
    /// It tells how the channel sends a booking in a webhook whose answer it takes for the confirmation.
    Announcing,
    /// A provider that sends a message once however often it comes under its key, or one that does not.
    Repeats,
    NoRepeats,
    /// The declaration tells how mail to a guest is stopped, and how the simulated inbox is read.
    Suppressing,
    Inbox,
}

fn one() -> u32 {
    1
}

/// A step with a channel.
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
    /// So many guests book at the channel, each so many rooms of one product for so many nights.
    Book {
        count: u32,
        #[serde(default = "one")]
        rooms: u32,
        #[serde(default = "one")]
        nights: u32,
        #[serde(default)]
        names: Names,
    },
    /// The first of them stays one night more.
    Change {},
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
        /// Whether the price of each night must be told, and the total is not enough.
        #[serde(default)]
        nightly: bool,
    },
    /// What was pulled is safely stored.
    Acknowledge {},
    /// The channel tells of the bookings by webhook.
    Deliver {
        manner: Manner,
    },
    /// The channel tells of everything that became of the first booking, the last first. Then it has this status.
    Retell {
        status: String,
    },
    /// The channel sends the bookings in webhooks, and takes the answers for the confirmations.
    Confirm {},
    /// An answer to a webhook that no channel sends.
    Answer {
        body: String,
        #[serde(default)]
        expect: Expected,
    },
    /// A webhook that no channel sends.
    Parse {
        body: String,
        #[serde(default)]
        expect: Expected,
    },
    /// Webhooks go to this address from now on, and to no other of the connection's.
    Subscribe {
        at: Address,
        /// Whether they did before, so that nothing may change.
        #[serde(default)]
        again: bool,
        fault: Option<Fault>,
        #[serde(default)]
        expect: Expected,
    },
    /// None go to this address any more; where they go elsewhere, they go on.
    Unsubscribe {
        at: Address,
        #[serde(default)]
        expect: Expected,
    },
    /// The guest of each booking writes about it.
    Write {},
    /// Every message since the scenario began, page by page: what was written is among it, once.
    Messages {},
    Reply(Box<HotelReply>),
}

/// One of two addresses that a connection may have.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Address {
    First,
    Second,
}

/// What the hotel answers a guest.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HotelReply {
    /// The channel's id of the thread; absent: that of the first guest who was heard.
    pub(super) thread: Option<String>,
    /// The reply before, under its key.
    #[serde(default)]
    pub(super) again: bool,
    pub(super) fault: Option<Fault>,
    #[serde(default)]
    pub(super) expect: Expected,
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
            Self::Change {} => "a change at the simulator",
            Self::Cancel {} => "a cancellation at the simulator",
            Self::Pull { .. } => "pull",
            Self::Fetch { .. } => "fetch",
            Self::Acknowledge {} => "acknowledge",
            Self::Deliver { .. } => "a webhook",
            Self::Retell { .. } => "webhooks in another order",
            Self::Confirm {} => "a webhook whose answer confirms",
            Self::Answer { .. } => "answer",
            Self::Parse { .. } => "parse",
            Self::Subscribe { .. } => "subscribe",
            Self::Unsubscribe { .. } => "unsubscribe",
            Self::Write {} => "a message at the simulator",
            Self::Messages {} => "pull of messages",
            Self::Reply(_) => "a reply",
        }
    }
}
