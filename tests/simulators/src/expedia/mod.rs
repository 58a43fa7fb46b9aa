//! A simulated Expedia: availability and rates, retrieval and confirmation of bookings, products and notifications.
//!
//! Where the vendor's documents are silent, the shapes are the ones that our connector was written against.
//! Prices in the Rust methods and in the controls are integers in minor units.

mod announcements;
mod bookings;
mod control;
mod model;
mod notices;
mod pages;
mod products;
mod updates;
mod wire;
mod world;
mod xml;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use jiff::Timestamp;
use jiff::civil::Date;

pub use announcements::Announced;
pub use model::{
    BookingRequest, Change, Guest, Kind, Night, PricingModel, Property, RatePlan, RoomType, Status,
    Transaction,
};
pub use notices::{
    EventType, NotificationError, Receiver, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign,
};
pub use updates::{Message, RateUpdate, Update};
pub use world::BookingError;

pub(crate) use self::control::CONTROLS;
use self::world::World;
use crate::clock::Clock;
use crate::delivery::Courier;
use crate::server::{Running, StartError, Wiring};

/// How the simulated Expedia behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Any free port where none is given.
    pub port: Option<u16>,
    pub clock: Clock,
    pub properties: Vec<Property>,
    pub username: String,
    pub password: String,
    /// The login that Expedia was given for booking notifications.
    pub booking_username: String,
    pub booking_password: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: None,
            clock: Clock::system(),
            properties: vec![Property::default()],
            username: "simulated-hotel".to_owned(),
            password: "simulated-expedia-password".to_owned(),
            booking_username: "expedia".to_owned(),
            booking_password: "simulated-booking-password".to_owned(),
        }
    }
}

/// A running simulator; see [`Channel`] for what it can be asked to do.
pub type Expedia = Running<Channel>;

/// Starts a simulated Expedia without room types.
pub async fn start(options: Options) -> Result<Expedia, StartError> {
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
    let products =
        products::routes().layer(from_fn_with_state(channel.clone(), products::require_login));
    Router::new()
        .merge(updates::routes())
        .merge(bookings::routes())
        .merge(products)
        .route("/", get(pages::show))
        // The simulator's own refusal of what is too much shall be seen.
        .layer(DefaultBodyLimit::disable())
        .with_state(channel.clone())
}

/// The simulated Expedia: its calendar, its guests and its notifications.
#[derive(Clone, Debug)]
pub struct Channel(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Options,
    world: Mutex<World>,
    courier: Courier,
}

fn is_number(id: &str) -> bool {
    (1..=14).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}

impl Channel {
    /// Adds a room type. False where its property is unknown or its id is no number.
    #[must_use = "a room type of an unknown property is not added"]
    pub fn add_room_type(&self, room_type: RoomType) -> bool {
        let mut world = self.world();
        let known = world.places.contains_key(&room_type.property) && is_number(&room_type.id);
        if known {
            world.room_types.retain(|other| other.id != room_type.id);
            world.room_types.push(room_type);
        }
        known
    }

    /// Adds a rate plan. False where its room type is unknown or its id is no number.
    #[must_use = "a rate plan of an unknown room type is not added"]
    pub fn add_rate_plan(&self, rate_plan: RatePlan) -> bool {
        let mut world = self.world();
        let known = world.room_type(&rate_plan.room_type).is_some() && is_number(&rate_plan.id);
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

    /// A guest books a room. Expedia counts it by itself.
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

    /// The next messages find no connection: error 3210.
    pub fn be_busy(&self, messages: u32) {
        self.world().busy = messages;
    }

    /// Every transaction of every booking, oldest first.
    pub fn transactions(&self) -> Vec<Transaction> {
        self.world().transactions.clone()
    }

    /// The messages that were applied, in order of arrival.
    pub fn messages(&self) -> Vec<Message> {
        self.world().messages.clone()
    }

    fn now(&self) -> Timestamp {
        self.0.options.clock.now()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn courier(&self) -> &Courier {
        &self.0.courier
    }

    /// The login of booking notifications.
    fn booking_login(&self) -> (&str, &str) {
        (
            self.0.options.booking_username.as_str(),
            self.0.options.booking_password.as_str(),
        )
    }

    /// The username and the password.
    fn login(&self) -> (&str, &str) {
        (
            self.0.options.username.as_str(),
            self.0.options.password.as_str(),
        )
    }
}
