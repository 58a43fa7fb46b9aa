//! A simulated Channex: content, calendar, bookings, messages and webhooks, below `/api/v1`.
//!
//! Where the vendor's documents are silent, the shapes are the ones that our connector was written against.
//! Prices in the Rust methods and in the controls are integers in minor units.

mod ari;
pub(crate) mod auth;
mod bookings;
mod calendar;
mod content;
mod control;
mod model;
mod pace;
mod pages;
mod threads;
mod value;
mod webhooks;
mod wire;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

pub use ari::{Message, Sort};
pub use model::{
    Booking, BookingRequest, Change, Guest, Mapped, Night, Property, RatePlan, Revision, RoomType,
    Status,
};
pub use threads::{Sender, Thread, Written};
pub use webhooks::{EventType, Receiver, SECRET_HEADER, WebhookError};
pub use world::BookingError;

pub(crate) use self::control::CONTROLS;
use self::wire::Problem;
use self::world::World;
use crate::clock::Clock;
use crate::delivery::Courier;
use crate::server::{Running, StartError, Wiring};

/// Where the vendor's API begins.
pub const BASE: &str = "/api/v1";

/// How the simulated Channex behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Any free port where none is given.
    pub port: Option<u16>,
    pub clock: Clock,
    pub properties: Vec<Property>,
    pub api_key: String,
    /// Messages of each sort that one property may send in a minute; more are refused.
    pub messages_per_minute: usize,
    /// How long a revision waits in the feed for its acknowledgement. Whether it leaves it is not settled, so it does.
    pub feed_window: SignedDuration,
    /// The time from accepting a message to showing it, by the clock.
    pub apply_after: SignedDuration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: None,
            clock: Clock::system(),
            properties: vec![Property::default()],
            api_key: "simulated-channex-key".to_owned(),
            messages_per_minute: 10,
            feed_window: SignedDuration::from_mins(30),
            apply_after: SignedDuration::ZERO,
        }
    }
}

/// A running simulator; see [`Channel`] for what it can be asked to do.
pub type Channex = Running<Channel>;

/// Starts a simulated Channex without room types.
pub async fn start(options: Options) -> Result<Channex, StartError> {
    let world = World::new(&options.properties)?;
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
        .merge(ari::routes())
        .merge(bookings::routes())
        .merge(calendar::routes())
        .merge(content::routes())
        .merge(threads::routes())
        .fallback(async || Problem::not_found())
        // The simulator's own refusal of what is too large shall be seen.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(channel.clone(), auth::require_key));
    Router::new()
        .nest(BASE, guarded)
        .route("/", get(pages::show))
        .with_state(channel.clone())
}

/// The simulated Channex: its calendar, its guests and its webhooks.
#[derive(Clone, Debug)]
pub struct Channel(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Options,
    world: Mutex<World>,
    courier: Courier,
}

impl Channel {
    /// Adds a room type. False where its property is unknown.
    #[must_use = "a room type of an unknown property is not added"]
    pub fn add_room_type(&self, room_type: RoomType) -> bool {
        let mut world = self.world();
        let known = world.places.contains_key(&room_type.property);
        if known {
            world.room_types.retain(|other| other.id != room_type.id);
            world.room_types.push(room_type);
        }
        known
    }

    /// Adds a rate plan. False where its room type is unknown.
    #[must_use = "a rate plan of an unknown room type is not added"]
    pub fn add_rate_plan(&self, rate_plan: RatePlan) -> bool {
        let mut world = self.world();
        let known = world.room_type(&rate_plan.room_type).is_some();
        if known {
            world.rate_plans.retain(|other| other.id != rate_plan.id);
            world.rate_plans.push(rate_plan);
        }
        known
    }

    /// Units that a room type shows; `None` where it is unknown.
    pub fn units(&self, room_type: &str, night: Date) -> Option<u32> {
        let world = self.world();
        world.room_type(room_type)?;
        Some(world.units(room_type, night))
    }

    /// What a rate plan shows; `None` where it is unknown.
    pub fn night(&self, rate_plan: &str, night: Date) -> Option<Night> {
        let world = self.world();
        world.rate_plan(rate_plan)?;
        Some(world.night(rate_plan, night))
    }

    /// Sets units behind the hotel's back: drift. False where the room type is unknown.
    #[must_use = "units of an unknown room type are not set"]
    pub fn set_units(&self, room_type: &str, night: Date, units: u32) -> bool {
        let mut world = self.world();
        let known = world.room_type(room_type).is_some();
        if known {
            world.set_units(room_type, night, units);
        }
        known
    }

    /// Sets a rate plan's night behind the hotel's back: drift. False where the rate plan is unknown.
    #[must_use = "a night of an unknown rate plan is not set"]
    pub fn set_night(&self, rate_plan: &str, night: Date, shown: Night) -> bool {
        let mut world = self.world();
        let known = world.rate_plan(rate_plan).is_some();
        if known {
            world.set_night(rate_plan, night, shown);
        }
        known
    }

    /// A guest books at an OTA. Availability stays as it is shown: the hotel tells it.
    pub fn book(&self, request: BookingRequest) -> Result<String, BookingError> {
        self.world().book(request, self.now())
    }

    /// A guest changes a booking.
    pub fn change(&self, booking: &str, change: &Change) -> Result<(), BookingError> {
        self.world().change(booking, change, self.now())
    }

    /// A guest cancels.
    pub fn cancel(&self, booking: &str) -> Result<(), BookingError> {
        self.world().cancel(booking, self.now())
    }

    /// The latest revision of a booking.
    pub fn latest(&self, booking: &str) -> Option<Revision> {
        let world = self.world();
        world
            .latest()
            .find(|one| one.booking.id == booking)
            .cloned()
    }

    /// Every revision, oldest first.
    pub fn revisions(&self) -> Vec<Revision> {
        self.world().revisions.clone()
    }

    /// The messages that were taken, in order of arrival.
    pub fn messages(&self) -> Vec<Message> {
        self.world().messages.clone()
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

    fn api_key(&self) -> &str {
        &self.0.options.api_key
    }

    fn messages_per_minute(&self) -> usize {
        self.0.options.messages_per_minute
    }

    fn feed_window(&self) -> SignedDuration {
        self.0.options.feed_window
    }

    fn apply_after(&self) -> SignedDuration {
        self.0.options.apply_after
    }
}
