//! A simulated Postmark: sends, batches, suppressions, an inbox and webhooks with a login.
//!
//! It knows the fields that Postmark documents for sending, except templates, and refuses others.
//! Postmark has no idempotency: what is sent twice lies in the inbox twice.

mod address;
mod auth;
mod control;
mod draft;
mod emails;
mod events;
mod model;
mod pages;
mod suppressions;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use jiff::Timestamp;
use uuid::Uuid;

pub use events::{EventError, EventOrder};
pub use model::{Email, EventKind, Suppression, SuppressionReason};

pub(crate) use self::control::CONTROLS;
use self::wire::Problem;
use crate::clock::Clock;
use crate::delivery::Courier;
use crate::server::{Running, StartError, Wiring};

/// The token with which Postmark checks a message and delivers nothing.
pub const TEST_TOKEN: &str = "POSTMARK_API_TEST";

/// How the simulated Postmark behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Any free port where none is given.
    pub port: Option<u16>,
    pub clock: Clock,
    pub server_token: String,
    /// The domains with a sender signature; empty: all.
    pub verified_domains: Vec<String>,
    /// The message streams of the server.
    pub streams: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: None,
            clock: Clock::system(),
            server_token: "simulated-server-token".to_owned(),
            verified_domains: Vec::new(),
            streams: vec!["outbound".to_owned(), "broadcast".to_owned()],
        }
    }
}

/// A running simulator; see [`Provider`] for what it can be asked to do.
pub type Postmark = Running<Provider>;

/// Starts a simulated Postmark with an empty inbox.
pub async fn start(options: Options) -> Result<Postmark, StartError> {
    if options.streams.is_empty() {
        let missing = "a server has one message stream or more";
        return Err(StartError::Options(missing.to_owned()));
    }
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
        .merge(suppressions::routes())
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(from_fn_with_state(provider.clone(), auth::require_token))
        // The largest bodies are Postmark's own business, and checked where they are read.
        .layer(DefaultBodyLimit::disable())
        .route("/", get(pages::show))
        .with_state(provider.clone())
}

/// The simulated Postmark: its inbox, its suppressions and its events.
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
    /// By stream and bare address, in lower case.
    suppressions: BTreeMap<(String, String), Suppression>,
    ids: u64,
}

impl Memory {
    /// A new UUID; counting replaces randomness, so that runs are alike.
    fn next_id(&mut self) -> Uuid {
        self.ids += 1;
        let mut bytes = [0; 16];
        bytes[8..].copy_from_slice(&self.ids.to_be_bytes());
        uuid::Builder::from_random_bytes(bytes).into_uuid()
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

    /// Forgets the emails; suppressions stay.
    pub fn clear_inbox(&self) {
        self.memory().inbox.clear();
    }

    /// The suppressed addresses of a stream, by address.
    pub fn suppressions(&self, stream: &str) -> Vec<Suppression> {
        let memory = self.memory();
        let of_stream = memory
            .suppressions
            .iter()
            .filter(|((known, _), _)| known == stream);
        of_stream
            .map(|(_, suppression)| suppression.clone())
            .collect()
    }

    /// Makes an address inactive in a stream, as a bounce, a complaint or a person does.
    pub fn suppress(&self, stream: &str, address: &str, reason: SuppressionReason) {
        let suppression = Suppression::new(address, reason, self.now());
        self.memory().suppress(stream, suppression);
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
