//! A simulated Resend: sends, batches, idempotency, an inbox and signed events.
//!
//! It knows the fields that Resend documents for sending, except templates, topics and schedules, and refuses others.

mod auth;
mod control;
mod emails;
mod events;
mod idempotency;
mod model;
mod pages;
mod wire;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use jiff::Timestamp;
use uuid::Uuid;

pub use events::{EventError, EventOrder};
pub use model::{Email, EventKind, Tag};

pub(crate) use self::control::CONTROLS;
use self::idempotency::Replays;
use self::wire::Problem;
use crate::clock::Clock;
use crate::delivery::Courier;
use crate::server::{Running, StartError, Wiring};

/// How the simulated Resend behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Any free port where none is given.
    pub port: Option<u16>,
    pub clock: Clock,
    pub api_key: String,
    /// The domains that may send; empty: all.
    pub verified_domains: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: None,
            clock: Clock::system(),
            api_key: "re_simulated".to_owned(),
            verified_domains: Vec::new(),
        }
    }
}

/// A running simulator; see [`Provider`] for what it can be asked to do.
pub type Resend = Running<Provider>;

/// Starts a simulated Resend with an empty inbox.
pub async fn start(options: Options) -> Result<Resend, StartError> {
    let port = options.port;
    let clock = options.clock.clone();
    let provider = Provider(Arc::new(Inner {
        options,
        memory: Mutex::default(),
        courier: Courier::new(),
    }));
    let wiring = Wiring {
        api: api(&provider),
        controls: control::routes().with_state(provider.clone()),
        refuse: wire::refuse,
        clock,
    };
    Running::start(provider, port, wiring).await
}

fn api(provider: &Provider) -> Router {
    emails::routes()
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(from_fn_with_state(provider.clone(), auth::require_key))
        .route("/", get(pages::show))
        .with_state(provider.clone())
}

/// The simulated Resend: its inbox and its events.
#[derive(Clone, Debug)]
pub struct Provider(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Options,
    memory: Mutex<Memory>,
    courier: Courier,
}

#[derive(Debug, Default)]
struct Memory {
    /// In the order in which they were sent.
    inbox: Vec<Email>,
    replays: Replays,
    ids: u64,
}

impl Memory {
    /// A new UUIDv7 of this instant; counting replaces randomness, so that runs are alike.
    fn next_id(&mut self, now: Timestamp) -> Uuid {
        self.ids += 1;
        let mut rest = [0; 10];
        rest[2..].copy_from_slice(&self.ids.to_be_bytes());
        let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &rest).into_uuid()
    }
}

impl Provider {
    /// Every email that was sent, oldest first.
    pub fn inbox(&self) -> Vec<Email> {
        self.memory().inbox.clone()
    }

    pub fn email(&self, id: Uuid) -> Option<Email> {
        let memory = self.memory();
        memory.inbox.iter().find(|email| email.id == id).cloned()
    }

    /// Forgets the emails; idempotency keys are remembered.
    pub fn clear_inbox(&self) {
        self.memory().inbox.clear();
    }

    fn now(&self) -> Timestamp {
        self.0.options.clock.now()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn options(&self) -> &Options {
        &self.0.options
    }

    fn courier(&self) -> &Courier {
        &self.0.courier
    }
}
