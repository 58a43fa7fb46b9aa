//! A simulated Octorate: identity, calendar, reservations and webhooks, below `/connect/rest/v1`.
//!
//! Where the vendor's documents are silent, the shapes are the ones that our connector was written against.
//! Prices in the Rust methods and in the controls are integers in minor units.

mod accommodations;
mod auth;
mod bulk;
mod calendar;
mod control;
mod model;
mod outbox;
mod pages;
mod reservations;
mod subscriptions;
mod webhooks;
mod wire;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

pub use bulk::{BulkItem, BulkMessage, Values};
pub use model::{
    Accommodation, BookingRequest, Change, Day, Guest, Party, Product, Reservation, Source, Status,
};
pub use outbox::{Event, EventType};
pub use subscriptions::Subscription;
pub use webhooks::{Subject, WebhookError};
pub use world::BookingError;

use self::auth::Identity;
pub(crate) use self::control::CONTROLS;
use self::wire::Problem;
use self::world::World;
use crate::clock::Clock;
use crate::delivery::Courier;
use crate::server::{Running, StartError, Wiring};

/// Where the vendor's API begins.
pub const BASE: &str = "/connect/rest/v1";

/// How the simulated Octorate behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Any free port where none is given.
    pub port: Option<u16>,
    pub clock: Clock,
    pub accommodations: Vec<Accommodation>,
    pub client_id: String,
    pub client_secret: String,
    /// The refresh token that is good; it never changes.
    pub refresh_token: String,
    pub token_lifetime: SignedDuration,
    /// False: writes are refused, as before Octorate grants the permission.
    pub can_write: bool,
    /// What the first page of a list is called: 0 or 1.
    pub first_page: u32,
    /// The time from accepting a bulk message to applying it, by the clock.
    pub apply_after: SignedDuration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: None,
            clock: Clock::system(),
            accommodations: vec![Accommodation::default()],
            client_id: "simulated-client".to_owned(),
            client_secret: "simulated-secret".to_owned(),
            refresh_token: "simulated-refresh-token".to_owned(),
            token_lifetime: SignedDuration::from_hours(1),
            can_write: true,
            first_page: 0,
            apply_after: SignedDuration::ZERO,
        }
    }
}

/// A running simulator; see [`Channel`] for what it can be asked to do.
pub type Octorate = Running<Channel>;

/// Starts a simulated Octorate without products.
pub async fn start(options: Options) -> Result<Octorate, StartError> {
    if options.first_page > 1 {
        return Err(StartError::Options("first_page must be 0 or 1".to_owned()));
    }
    let world = World::new(options.accommodations.clone(), Identity::new(&options))?;
    let port = options.port;
    let clock = options.clock.clone();
    let channel = Channel(Arc::new(Inner {
        options,
        world: Mutex::new(world),
        courier: Courier::new(),
    }));
    let wiring = Wiring {
        api: api(&channel),
        controls: control::routes().with_state(channel.clone()),
        refuse: wire::refuse,
        clock,
    };
    Running::start(channel, port, wiring).await
}

fn api(channel: &Channel) -> Router {
    let guarded = Router::new()
        .merge(accommodations::routes())
        .merge(bulk::routes())
        .merge(calendar::routes())
        .merge(reservations::routes())
        .merge(subscriptions::routes())
        .fallback(async || Problem::not_found("There is nothing at this path"))
        .layer(from_fn_with_state(channel.clone(), auth::require_token));
    Router::new()
        .nest(BASE, auth::routes().merge(guarded))
        .route("/", get(pages::show))
        .with_state(channel.clone())
}

/// The simulated Octorate: its calendar, its guests and its webhooks.
#[derive(Clone, Debug)]
pub struct Channel(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Options,
    world: Mutex<World>,
    courier: Courier,
}

impl Channel {
    /// Adds a product, or replaces the one with its id. False where its accommodation is unknown.
    #[must_use = "a product of an unknown accommodation is not added"]
    pub fn add_product(&self, product: Product) -> bool {
        self.world().add_product(product)
    }

    /// What the calendar shows; `None` where the product is unknown.
    pub fn calendar(&self, product: &str, night: Date) -> Option<Day> {
        let world = self.world();
        let product = world.product(product)?;
        Some(world.day(product, night))
    }

    /// Sets a day behind the hotel's back: drift. False where the product is unknown.
    #[must_use = "a day of an unknown product is not set"]
    pub fn set_day(&self, product: &str, night: Date, day: Day) -> bool {
        let mut world = self.world();
        let known = world.product(product).is_some();
        if known {
            world.calendar.set(product, night, day);
        }
        known
    }

    /// A guest books on the channel: the product's calendar loses the units.
    pub fn book(&self, request: BookingRequest) -> Result<u64, BookingError> {
        self.world().book(request, self.now())
    }

    /// A guest changes a booking.
    pub fn change(&self, reservation: u64, change: Change) -> Result<(), BookingError> {
        self.world().change(reservation, change, self.now())
    }

    /// A guest cancels: the calendar gets the units back.
    pub fn cancel(&self, reservation: u64) -> Result<(), BookingError> {
        self.set_status(reservation, Status::Cancelled)
    }

    /// Confirms, cancels or marks a booking that is not cancelled yet.
    pub fn set_status(&self, reservation: u64, status: Status) -> Result<(), BookingError> {
        self.world().set_status(reservation, status, self.now())
    }

    pub fn reservation(&self, reservation: u64) -> Option<Reservation> {
        self.world().reservations.get(&reservation).cloned()
    }

    /// By id, oldest first.
    pub fn reservations(&self) -> Vec<Reservation> {
        self.world().reservations.values().cloned().collect()
    }

    /// The calendar writes that were accepted, in order of arrival.
    pub fn bulk_messages(&self) -> Vec<BulkMessage> {
        self.world().calendar.messages.clone()
    }

    pub fn subscriptions(&self) -> Vec<Subscription> {
        self.world().subscriptions.clone()
    }

    /// Every access token that was issued so far is expired from now on.
    pub fn expire_tokens(&self) {
        self.world().identity.expire_tokens();
    }

    /// A code as the authorise page hands out: good once, for a minute, for this redirect URI.
    pub fn issue_code(&self, redirect_uri: impl Into<String>) -> String {
        let now = self.now();
        self.world().identity.issue_code(redirect_uri.into(), now)
    }

    fn now(&self) -> Timestamp {
        self.0.options.clock.now()
    }

    /// The memory, with everything applied that is due.
    fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.0.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.settle(self.now());
        world
    }

    fn courier(&self) -> &Courier {
        &self.0.courier
    }

    fn first_page(&self) -> u32 {
        self.0.options.first_page
    }

    fn apply_after(&self) -> SignedDuration {
        self.0.options.apply_after
    }

    fn check_write(&self) -> Result<(), Problem> {
        if self.0.options.can_write {
            Ok(())
        } else {
            Err(Problem::forbidden())
        }
    }
}
