//! Use cases: one file per noun, one transaction per verb.

mod error;
mod reach;
#[cfg(test)]
pub(crate) mod test_world;
mod verb;
mod wake;

pub mod access;
pub mod aging;
pub mod ari;
pub mod assignments;
pub mod audit;
pub mod calls;
pub mod catalogue;
pub mod changes;
pub mod channels;
pub mod connections;
pub mod dead_letters;
pub mod desk;
pub mod doctor;
pub mod emails;
pub mod holds;
pub mod hotels;
pub mod inbox;
pub mod mappings;
pub mod messages;
pub mod moves;
pub mod offers;
pub mod parity;
mod promos;
pub mod pull;
pub mod push;
pub mod quotes;
pub mod reservations;
pub mod revisions;
pub mod search;
pub mod seed;
pub mod subscriptions;
pub mod waitlist;
pub mod webhooks;

#[cfg(test)]
pub(crate) mod inbound_world;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::clock::Clock;
use crate::domain::connector::Connectors;
use crate::domain::email::EmailProviders;
use crate::domain::hold::HoldCaps;
use crate::store::Store;

pub use emails::Senders;
pub use error::{AppError, ProductCell, Refusal};
pub use verb::{Idempotent, Patience, Verb, once, perform, recalled, rehearse};
pub use wake::Wake;

/// What every use case may need; cheap to clone.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    pub clock: Clock,
    pub connectors: Arc<dyn Connectors>,
    pub email_providers: Arc<dyn EmailProviders>,
    pub gateway: Arc<Gateway>,
    /// Who writes for each hotel.
    pub senders: Senders,
    /// Rung after a commit that enqueued something urgent.
    pub wake: Wake,
}

/// How the booking gateway behaves.
#[derive(Debug)]
pub struct Gateway {
    /// How long a hold lives, from placing or extending it.
    pub hold_ttl: Duration,
    /// How long it can live with all its extensions.
    pub hold_longest: Duration,
    /// How many live holds there may be at once.
    pub hold_caps: HoldCaps,
    pub quote_ttl: Duration,
    /// They sign quotes.
    pub quote_keys: quotes::QuoteKeys,
}

impl std::fmt::Debug for App {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("App")
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
