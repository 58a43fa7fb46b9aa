//! A hotel with a scripted channel, on a database of its own.

mod channel;

use std::sync::Arc;
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::app::connections::{Applied, Examined};
use crate::app::{App, Gateway, Senders, Wake, connections, seed};
use crate::config::{self, Config, Environment};
use crate::domain::clock::Clock;
use crate::domain::connection::{Connection, ConnectionKind, Mapping};
use crate::domain::connector::{ChannelGuest, ProductCode, Revision, RevisionRoom, RevisionStatus};
use crate::domain::hold::HoldCaps;
use crate::domain::hotel::Hotel;
use crate::domain::ids::HotelId;
use crate::domain::money::{Currency, Money};
use crate::domain::night::today;
use crate::domain::reservation::Reservation;
use crate::domain::webhook::SubscriptionDigest;
use crate::store;
use crate::store::test_database::TestDatabase;

pub(crate) use channel::{NoEmail, OneChannel, ScriptedChannel, lock};

/// The token of the connection's endpoint.
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";

const HOTEL: &str = r#"
slug = "seaside"
name = "Seaside"
time_zone = "Europe/Rome"
currency = "EUR"
nights = 60
room_types = [
    { code = "double", name = "Double", standard_occupancy = 2, max_occupancy = 3, rooms = ["1", "2"] },
    { code = "suite", name = "Suite", standard_occupancy = 2, max_occupancy = 4, rooms = ["9"] },
]
rate_plans = [{ code = "bar", name = "Best Available Rate", meal_plan = "room_only" }]
products = [
    { room_type = "double", rate_plan = "bar", price = 10000 },
    { room_type = "suite", rate_plan = "bar", price = 30000 },
]
"#;

const CONFIGURATION: &str = r#"
[[hotels]]
slug = "seaside"
[[hotels.connections]]
name = "channel"
connector = "scripted"
mappings = "mappings.toml"
webhook_token = { env = "TOKEN" }
"#;

const MAPPINGS: &str = r#"
[[mappings]]
room_type = "double"
rate_plan = "bar"
external_room = "D"
[[mappings]]
room_type = "suite"
rate_plan = "bar"
external_room = "S"
"#;

/// A hotel with two doubles and a suite, open for sixty nights, and one channel that sells both.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) hotel: Hotel,
    pub(crate) connection: Connection,
    pub(crate) channel: Arc<ScriptedChannel>,
    _database: TestDatabase,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_channel(ScriptedChannel::default()).await
    }

    pub(crate) async fn with_channel(channel: ScriptedChannel) -> Self {
        let database = TestDatabase::new().await;
        let channel = Arc::new(channel);
        let app = App {
            store: database.store.clone(),
            clock: Clock::movable(Clock::system().now()),
            connectors: Arc::new(OneChannel(channel.clone())),
            email_providers: Arc::new(NoEmail),
            gateway: Arc::new(Gateway {
                hold_ttl: Duration::from_secs(600),
                hold_longest: Duration::from_secs(1800),
                hold_caps: HoldCaps::default(),
                quote_ttl: Duration::from_secs(900),
                quote_keys: "0123456789abcdef0123456789abcdef".into(),
            }),
            senders: Senders::default(),
            wake: Wake::default(),
        };
        let hotel = seed::seed(&app.store, app.clock.now(), HOTEL)
            .await
            .expect("a seeded hotel");
        let configured = configured(CONFIGURATION, MAPPINGS);
        let applied = apply(&app, &configured)
            .await
            .expect("an applied configuration");
        let mut tx = app.store.begin(hotel.id).await.expect("a transaction");
        let id = applied.connections[0].id;
        let connection = store::connections::find(&mut tx, id).await.expect("a read");
        let connection = connection.expect("the connection");
        Self {
            app,
            hotel,
            connection,
            channel,
            _database: database,
        }
    }

    /// Opens this many nights from today, as its file with another number does.
    pub(crate) async fn open_nights(&self, nights: u16) {
        let file = HOTEL.replace("nights = 60", &format!("nights = {nights}"));
        seed::seed(&self.app.store, self.app.clock.now(), &file)
            .await
            .expect("a seeded hotel");
    }

    /// Maps another code of the channel's to a room type under its only rate plan.
    pub(crate) async fn map(&self, code: &str, room_type: &str) {
        let mut tx = self
            .app
            .store
            .begin(self.hotel.id)
            .await
            .expect("a transaction");
        let products = store::catalogue::products(&mut tx).await.expect("products");
        let product = products.iter().find(|one| one.room_type.code == room_type);
        let product = product.expect("a product");
        let mapping = Mapping {
            room_type: product.room_type.id,
            rate_plan: product.rate_plan.id,
            code: ProductCode {
                room: code.to_owned(),
                rate: None,
            },
        };
        store::connections::replace_mappings(&mut tx, self.connection.id, &[mapping])
            .await
            .expect("mappings");
        tx.commit().await.expect("a commit");
    }

    /// The night so many days from today.
    pub(crate) fn night(&self, days: i32) -> Date {
        let today = today(self.app.clock.now(), &self.hotel.time_zone);
        today.checked_add(days.days()).expect("a date")
    }

    /// A confirmed revision of reservation `R1` for one room over some nights.
    pub(crate) fn revision(
        &self,
        order: i64,
        room: &str,
        nights: std::ops::Range<i32>,
    ) -> Revision {
        let currency: Currency = "EUR".parse().expect("a currency");
        Revision {
            reservation: "R1".to_owned(),
            revision: format!("R1/{order}"),
            order,
            status: RevisionStatus::Confirmed,
            source: Some("Some OTA".to_owned()),
            booker: ChannelGuest {
                last_name: "Rossi".to_owned(),
                ..ChannelGuest::default()
            },
            rooms: vec![self.room(room, nights)],
            total: Money::new(order * 1000, currency),
            notes: None,
            booked_at: None,
            acknowledgement: None,
        }
    }

    pub(crate) fn room(&self, room: &str, nights: std::ops::Range<i32>) -> RevisionRoom {
        RevisionRoom {
            id: None,
            product: ProductCode {
                room: room.to_owned(),
                rate: None,
            },
            check_in: self.night(nights.start),
            check_out: self.night(nights.end),
            adults: 2,
            children_ages: vec![],
            nights: vec![],
            guests: vec![],
        }
    }

    /// Every reservation, newest first, after checking that the counters are what they count.
    pub(crate) async fn reservations(&self) -> Vec<Reservation> {
        let mut tx = self
            .app
            .store
            .begin(self.hotel.id)
            .await
            .expect("a transaction");
        assert_eq!(
            store::recount::miscounts(&mut tx).await.expect("a recount"),
            []
        );
        store::search::list(&mut tx, &store::search::Filter::default(), None, 100)
            .await
            .expect("a list")
    }

    /// The only reservation.
    pub(crate) async fn reservation(&self) -> Reservation {
        let mut reservations = self.reservations().await;
        assert_eq!(reservations.len(), 1);
        reservations.remove(0)
    }

    /// How many units of a room type are free on the night so many days from today.
    pub(crate) async fn free(&self, room_type: &str, days: i32) -> i32 {
        let night = self.night(days);
        let mut tx = self
            .app
            .store
            .begin(self.hotel.id)
            .await
            .expect("a transaction");
        let market = store::market::read(&mut tx, night, night)
            .await
            .expect("a market");
        let shelf = market
            .shelves
            .iter()
            .find(|shelf| shelf.product.room_type.code == room_type)
            .expect("a room type");
        shelf.nights[0].available.expect("an open night")
    }

    /// Every waiting job of a kind, by claiming it.
    pub(crate) async fn claim(&self, kind: &str) -> Vec<store::jobs::Job> {
        let lease = store::jobs::Lease {
            worker: uuid::Uuid::from_u128(1),
            duration: Duration::from_secs(60),
        };
        store::jobs::claim(&self.app.store, lease, &[kind.to_owned()], 100)
            .await
            .expect("claimed jobs")
    }
}

/// A configuration from its text and that of its mappings file, `mappings.toml`.
pub(crate) fn configured(text: &str, mappings: &str) -> Vec<config::Hotel> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("roomwire.toml");
    std::fs::write(&path, text).expect("a written file");
    std::fs::write(folder.path().join("mappings.toml"), mappings).expect("a written file");
    let environment = Environment::from([("TOKEN", TOKEN)]);
    Config::load(Some(&path), &environment)
        .expect("a configuration")
        .hotels
}

/// Applies a configuration of plugins named `scripted` (a channel) and `mail`.
pub(crate) async fn apply(
    app: &App,
    hotels: &[config::Hotel],
) -> Result<Applied, connections::ApplyError> {
    apply_subscribing(app, hotels, None).await
}

/// The same, with what the channel is asked to send here.
pub(crate) async fn apply_subscribing(
    app: &App,
    hotels: &[config::Hotel],
    subscription: Option<SubscriptionDigest>,
) -> Result<Applied, connections::ApplyError> {
    let examine = |_: HotelId, connection: &config::Connection| match connection.connector.as_str()
    {
        "scripted" => Ok(Examined {
            kind: ConnectionKind::Channel,
            subscription,
        }),
        "mail" => Ok(Examined {
            kind: ConnectionKind::Email,
            subscription: None,
        }),
        missing => Err(vec![format!("no plugin `{missing}`")]),
    };
    connections::apply(&app.store, hotels, &examine, app.clock.now()).await
}
