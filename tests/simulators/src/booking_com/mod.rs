//! A simulated Booking.com: the exchange of tokens, notifications about the calendar, and two queues of reservations.
//!
//! Where the vendor's documents are silent, the shapes are the ones that our connector was written against.
//! Prices in the Rust methods and in the controls are integers in minor units.

mod ari;
mod auth;
mod control;
mod lines;
mod model;
mod notices;
mod pages;
mod reservations;
mod room_rates;
mod wire;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

pub use ari::Notification;
pub use model::{
    BookingRequest, Change, Guest, Night, Pricing, Property, Queue, Rate, Reservation, Room, Status,
};
pub use notices::{NotificationError, Receiver, Topic};
pub use reservations::CARD_NUMBER;
pub use world::BookingError;

pub(crate) use self::control::CONTROLS;
use self::world::World;
use crate::clock::Clock;
use crate::delivery::Courier;
use crate::server::{Running, StartError, Wiring};

/// How the simulated Booking.com behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Any free port where none is given.
    pub port: Option<u16>,
    pub clock: Clock,
    pub properties: Vec<Property>,
    pub client_id: String,
    pub client_secret: String,
    /// Tokens that the account gets in an hour; more are refused.
    pub tokens_per_hour: usize,
    pub token_lifetime: SignedDuration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: None,
            clock: Clock::system(),
            properties: vec![Property::default()],
            client_id: "simulated-machine".to_owned(),
            client_secret: "simulated-machine-secret".to_owned(),
            tokens_per_hour: 30,
            token_lifetime: SignedDuration::from_hours(1),
        }
    }
}

/// A running simulator; see [`Channel`] for what it can be asked to do.
pub type BookingCom = Running<Channel>;

/// Starts a simulated Booking.com without rooms.
pub async fn start(options: Options) -> Result<BookingCom, StartError> {
    let world = World::new(&options)?;
    let port = options.port;
    let clock = options.clock.clone();
    let channel = Channel(Arc::new(Inner {
        clock: options.clock,
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
        .merge(reservations::routes())
        .merge(room_rates::routes())
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(channel.clone(), auth::require_token));
    Router::new()
        .merge(guarded)
        .merge(auth::routes())
        .route("/", get(pages::show))
        .fallback(async || wire::Fault::not_found("no such endpoint"))
        .with_state(channel.clone())
}

/// The simulated Booking.com: its calendar and its guests.
#[derive(Clone, Debug)]
pub struct Channel(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: Clock,
    world: Mutex<World>,
    courier: Courier,
}

impl Channel {
    /// Adds a room, closed and without rooms to sell. False where its property is unknown.
    #[must_use = "a room of an unknown property is not added"]
    pub fn add_room(&self, room: Room) -> bool {
        let mut world = self.world();
        let known = world.places.contains_key(&room.property);
        if known {
            world.rooms.retain(|other| other.id != room.id);
            world.rooms.push(room);
        }
        known
    }

    /// Adds a rate of a room, or replaces it. False where the room is unknown.
    #[must_use = "a rate of an unknown room is not added"]
    pub fn add_rate(&self, rate: Rate) -> bool {
        let mut world = self.world();
        let known = world.room(&rate.room).is_some();
        if known {
            world
                .rates
                .retain(|other| (&other.room, &other.id) != (&rate.room, &rate.id));
            world.rates.push(rate);
        }
        known
    }

    /// Units of a room that guests see: none while it is closed.
    pub fn units(&self, room: &str, night: Date) -> u32 {
        self.world().units(room, night)
    }

    /// What a rate of a room shows.
    pub fn night(&self, room: &str, rate: &str, night: Date) -> Night {
        self.world().night(room, rate, night)
    }

    /// Opens a room with so many units behind the hotel's back. False where it is unknown.
    #[must_use = "units of an unknown room are not set"]
    pub fn set_units(&self, room: &str, night: Date, units: u32) -> bool {
        let mut world = self.world();
        let known = world.room(room).is_some();
        if known {
            let shown = world.room_night(room, night);
            (shown.units, shown.closed) = (units, false);
        }
        known
    }

    /// Sets a rate's night behind the hotel's back. False where the rate is unknown.
    #[must_use = "a night of an unknown rate is not set"]
    pub fn set_night(&self, room: &str, rate: &str, night: Date, shown: Night) -> bool {
        let mut world = self.world();
        let known = world.rate(room, rate).is_some();
        if known {
            *world.rate_night(room, rate, night) = shown;
        }
        known
    }

    /// Whether the property's currency is being switched: then no price is taken.
    pub fn switch_currency(&self, switching: bool) {
        self.world().switching_currency = switching;
    }

    /// A guest books. What is shown stays as it is: the hotel tells it.
    pub fn book(&self, request: BookingRequest) -> Result<u64, BookingError> {
        self.world().book(request, self.now())
    }

    /// A guest changes a reservation.
    pub fn change(&self, reservation: u64, change: &Change) -> Result<(), BookingError> {
        self.world().change(reservation, change)
    }

    /// A guest cancels.
    pub fn cancel(&self, reservation: u64) -> Result<(), BookingError> {
        self.world().cancel(reservation)
    }

    /// A reservation as it is now.
    pub fn reservation(&self, reservation: u64) -> Option<Reservation> {
        self.world().reservations.get(&reservation).cloned()
    }

    /// The reservations that wait for an acknowledgement.
    pub fn waiting(&self) -> Vec<u64> {
        let world = self.world();
        let all = world.reservations.values();
        all.filter(|one| one.queue.is_some())
            .map(|one| one.id)
            .collect()
    }

    /// Every notification that was read, in order of arrival.
    pub fn notifications(&self) -> Vec<Notification> {
        self.world().notifications.clone()
    }

    /// Every token that was given out.
    pub fn tokens(&self) -> Vec<String> {
        self.world().identity.tokens()
    }

    /// Ends every token before its time.
    pub fn expire_tokens(&self) {
        self.world().identity.expire_tokens();
    }

    /// The machine account gets another secret; tokens stay good.
    pub fn rotate_secret(&self, secret: impl Into<String>) {
        self.world().identity.rotate(secret.into());
    }

    fn courier(&self) -> &Courier {
        &self.0.courier
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
