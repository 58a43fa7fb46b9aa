//! A small hotel on a real database, with one channel that is a fake behind the port.

mod fake_channel;
mod fake_email;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::app::{App, Gateway, Wake, seed};
use crate::domain::ari::Cell;
use crate::domain::clock::Clock;
use crate::domain::connection::{Connection, ConnectionKind, Mapping};
use crate::domain::connector::{ChannelConnector, Connectors, ProductCode};
use crate::domain::email::{EmailProvider, EmailProviders};
use crate::domain::hold::HoldCaps;
use crate::domain::hotel::Hotel;
use crate::domain::ids::{ConnectionId, HotelId, RatePlanId, RoomTypeId};
use crate::domain::night;
use crate::store::test_database::TestDatabase;
use crate::store::{catalogue, cells, connections};

pub(crate) use fake_channel::{FakeChannel, Script};
pub(crate) use fake_email::FakeEmail;

/// Sixty nights of three doubles under two rate plans: BAR at 100.00 EUR and BB at 120.00 EUR.
pub(crate) const HOTEL: &str = r#"
slug = "lakeside"
name = "Lakeside"
time_zone = "Europe/Rome"
currency = "EUR"
contact_email = "desk@lakeside.example"
nights = 60
room_types = [{ code = "DBL", name = "Double", standard_occupancy = 2, max_occupancy = 3, rooms = ["1", "2", "3"] }]
rate_plans = [
    { code = "BAR", name = "Best Available Rate", meal_plan = "room_only" },
    { code = "BB", name = "Bed & Breakfast", meal_plan = "breakfast" },
]
products = [
    { room_type = "DBL", rate_plan = "BAR", price = 10000 },
    { room_type = "DBL", rate_plan = "BB", price = 12000 },
]
"#;

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) hotel: Hotel,
    pub(crate) channel: Arc<FakeChannel>,
    pub(crate) email: Arc<FakeEmail>,
    pub(crate) connection: Connection,
    pub(crate) room_type: RoomTypeId,
    pub(crate) rate_plan: RatePlanId,
    pub(crate) database: TestDatabase,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_channel(FakeChannel::default()).await
    }

    pub(crate) async fn with_channel(channel: FakeChannel) -> Self {
        let database = TestDatabase::new().await;
        let clock = Clock::system();
        let (channel, email) = (Arc::new(channel), Arc::new(FakeEmail::default()));
        let hotel = seed::seed(&database.store, clock.now(), HOTEL)
            .await
            .expect("the hotel's file is right");
        let app = App {
            store: database.store.clone(),
            clock,
            connectors: Arc::new(Plugins {
                channel: channel.clone(),
                email: email.clone(),
            }),
            email_providers: Arc::new(Plugins {
                channel: channel.clone(),
                email: email.clone(),
            }),
            gateway: Arc::new(Gateway {
                hold_ttl: Duration::from_secs(900),
                hold_longest: Duration::from_secs(3600),
                hold_caps: HoldCaps::default(),
                quote_ttl: Duration::from_secs(900),
                quote_keys: "0123456789abcdef0123456789abcdef".into(),
            }),
            wake: Wake::default(),
            senders: crate::app::Senders::default(),
        };
        let (connection, room_type, rate_plan) = connect(&app, hotel.id).await;
        Self {
            app,
            hotel,
            channel,
            email,
            connection,
            room_type,
            rate_plan,
            database,
        }
    }

    /// So many nights from the hotel's today.
    pub(crate) fn night(&self, offset: i32) -> Date {
        night::today(self.app.clock.now(), &self.hotel.time_zone).saturating_add(offset.days())
    }

    pub(crate) fn availability(&self, offset: i32) -> Cell {
        Cell::Availability {
            room_type: self.room_type,
            night: self.night(offset),
        }
    }

    pub(crate) fn rate(&self, offset: i32) -> Cell {
        Cell::Rate {
            room_type: self.room_type,
            rate_plan: self.rate_plan,
            night: self.night(offset),
        }
    }

    pub(crate) async fn mark(&self, cells: impl IntoIterator<Item = Cell>) {
        let mut tx = self
            .app
            .store
            .begin(self.hotel.id)
            .await
            .expect("the database answers");
        let cells: BTreeSet<Cell> = cells.into_iter().collect();
        cells::mark(&mut tx, self.connection.id, &cells)
            .await
            .expect("cells are marked");
        tx.commit().await.expect("the marks commit");
    }

    /// Cells that wait to be sent.
    pub(crate) async fn dirty(&self) -> Vec<Cell> {
        let mut tx = self
            .app
            .store
            .begin(self.hotel.id)
            .await
            .expect("the database answers");
        let dirty = cells::dirty(&mut tx, self.connection.id, self.night(1000), 10_000)
            .await
            .expect("cells are read");
        dirty.into_iter().map(|dirty| dirty.cell).collect()
    }

    /// Runs a statement that sees everything.
    pub(crate) async fn alter(&self, statement: &str) {
        self.database.alter(statement).await;
    }

    /// One number that a query answers, as one who sees everything.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        self.database.number(query).await
    }
}

/// The fakes, found by their names.
struct Plugins {
    channel: Arc<FakeChannel>,
    email: Arc<FakeEmail>,
}

impl Connectors for Plugins {
    fn channel(&self, connector: &str) -> Option<Arc<dyn ChannelConnector>> {
        let channel: Arc<dyn ChannelConnector> = self.channel.clone();
        (connector == "fake").then_some(channel)
    }
}

impl EmailProviders for Plugins {
    fn email(&self, provider: &str) -> Option<Arc<dyn EmailProvider>> {
        let email: Arc<dyn EmailProvider> = self.email.clone();
        (provider == "fake-email").then_some(email)
    }
}

async fn connect(app: &App, hotel: HotelId) -> (Connection, RoomTypeId, RatePlanId) {
    let mut tx = app.store.begin(hotel).await.expect("the database answers");
    let products = catalogue::products(&mut tx)
        .await
        .expect("the catalogue is read");
    let mut connection = Connection {
        id: ConnectionId::new(app.clock.now()),
        name: "fake".to_owned(),
        kind: ConnectionKind::Channel,
        connector: "fake".to_owned(),
        enabled: true,
        repair_drift: false,
        pulled_until: None,
    };
    connections::upsert(&mut tx, &connection)
        .await
        .expect("the connection is made");
    connection.enabled = true;
    let mappings: Vec<Mapping> = products
        .iter()
        .map(|product| Mapping {
            room_type: product.room_type.id,
            rate_plan: product.rate_plan.id,
            code: ProductCode {
                room: product.room_type.code.clone(),
                rate: Some(product.rate_plan.code.clone()),
            },
        })
        .collect();
    connections::replace_mappings(&mut tx, connection.id, &mappings)
        .await
        .expect("the mappings are written");
    tx.commit().await.expect("the connection commits");
    (connection, mappings[0].room_type, mappings[0].rate_plan)
}
