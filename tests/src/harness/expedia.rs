//! A hotel at Expedia: its two room types, each under two rate plans.

use std::time::Duration;

use jiff::civil::Date;
use roomwire_simulators::expedia::{
    self, BookingRequest, Expedia, Message, PricingModel, Property, RatePlan, Receiver, RoomType,
    Status, Transaction,
};
use roomwire_simulators::journal::Outcome;
use serde_json::Value;

use crate::harness::channel_work::mappings;
use crate::harness::{Client, Setup, World, cluster, night};

/// The ids at Expedia of what is mapped.
pub(crate) const DOUBLE: &str = "201001";
pub(crate) const DOUBLE_BAR: &str = "301001";
pub(crate) const DOUBLE_BB: &str = "301002";
pub(crate) const SINGLE: &str = "201002";
pub(crate) const SINGLE_BAR: &str = "301003";
pub(crate) const SINGLE_BB: &str = "301004";

/// Ours, with theirs: the hotel has eight of the one and four of the other.
pub(crate) const MAPPED: [(&str, &str, &str, &str); 4] = [
    ("DBL", "BAR", DOUBLE, DOUBLE_BAR),
    ("DBL", "BB", DOUBLE, DOUBLE_BB),
    ("SGL", "BAR", SINGLE, SINGLE_BAR),
    ("SGL", "BB", SINGLE, SINGLE_BB),
];

/// What Expedia's messages must hold, and nobody else may see.
pub(crate) const PASSWORD: &str = "simulated-expedia-password";

/// What proves booking notifications.
pub(crate) const BOOKING_PASSWORD: &str = "simulated-booking-password";

const WEBHOOK_TOKEN: &str = "expedia-0123456789abcdef0123456789abcdef";
/// What Expedia signs notifications with.
pub(crate) const WEBHOOK_SECRET: &str = "a-secret-of-expedias-notices";

const HOTEL: &str = r#"
[[hotels]]
slug = "aurora-rome"

[[hotels.connections]]
name = "expedia"
connector = "expedia"
settings = { property = "12345678", pricing = "PRICING" }
mappings = "expedia.toml"
webhook_token = { env = "EXPEDIA_WEBHOOK" }

[hotels.connections.secrets]
username = { env = "EXPEDIA_USER" }
password = { env = "EXPEDIA_PASSWORD" }
product_password = { env = "EXPEDIA_PASSWORD" }
webhook_secret = { env = "EXPEDIA_WEBHOOK_SECRET" }
"#;

/// The hotel in Rome with Expedia.
pub(crate) struct AtExpedia {
    // Dropped first: the application calls the simulator until it is stopped.
    pub(crate) world: World,
    pub(crate) expedia: Expedia,
    pub(crate) guest: Client,
    pub(crate) staff: Client,
}

impl AtExpedia {
    /// Everything runs, and Expedia shows what the hotel has.
    pub(crate) async fn start() -> Self {
        Self::priced(PricingModel::PerDayPricing).await
    }

    /// The same, where the property's prices are told in this way.
    pub(crate) async fn priced(model: PricingModel) -> Self {
        let expedia = simulator(model).await;
        let setup = setup(&expedia, model);
        Self::with(expedia, setup).await
    }

    /// The same, where booking notifications bring their login, and are answered with the confirmation.
    pub(crate) async fn answering() -> Self {
        let model = PricingModel::PerDayPricing;
        let expedia = simulator(model).await;
        // The connection's secrets are the last that the configuration says.
        let setup = setup(&expedia, model)
            .hotels("booking_login = { env = \"EXPEDIA_BOOKING_LOGIN\" }\n")
            .secret(
                "EXPEDIA_BOOKING_LOGIN",
                &format!("expedia:{BOOKING_PASSWORD}"),
            );
        Self::with(expedia, setup).await
    }

    async fn with(expedia: Expedia, setup: Setup) -> Self {
        let world = World::with(setup).await;
        let (guest, staff) = (world.guest().await, world.staff().await);
        let hotel = Self {
            world,
            expedia,
            guest,
            staff,
        };
        hotel.settled().await;
        hotel
    }

    /// Waits until no work is left but what waits for a person.
    pub(crate) async fn settled(&self) {
        self.world.settled(729, Duration::from_secs(60)).await;
    }

    /// The messages that Expedia applies because of this edit of the calendar.
    pub(crate) async fn edit(&self, updates: &[Value]) -> Vec<Message> {
        let before = self.expedia.messages().len();
        self.staff.edit(updates).await.expect(200);
        self.settled().await;
        self.expedia.messages().split_off(before)
    }

    /// Asks for bookings once, as the connection's schedule does.
    pub(crate) async fn pull(&self) {
        self.world.ask_for_reservations("expedia").await;
        self.settled().await;
    }

    /// Where Expedia calls.
    pub(crate) fn webhook(&self) -> String {
        self.world.url(&format!("/v1/webhooks/{WEBHOOK_TOKEN}"))
    }

    /// Every reservation that came from the channel, newest first.
    pub(crate) async fn channel_reservations(&self) -> Vec<Value> {
        self.staff.channel_reservations().await
    }

    /// The transactions that Expedia waits to hear of.
    pub(crate) fn unconfirmed(&self) -> Vec<Transaction> {
        let all = self.expedia.transactions().into_iter();
        all.filter(|one| one.status != Status::Confirmed).collect()
    }

    /// How many requests got no 200.
    pub(crate) fn refused(&self) -> usize {
        let requests = self.expedia.requests().into_iter();
        requests
            .filter(|request| request.outcome != Outcome::Answered(200))
            .count()
    }

    pub(crate) fn units(&self, room_type: &str, night: Date) -> u32 {
        let shown = self.expedia.units(room_type, night);
        shown.expect("a mapped room type")
    }

    /// Where in the database a text stands, as it is or in hexadecimal.
    pub(crate) async fn tables_with(&self, text: &str) -> Vec<String> {
        let tables = "SELECT jsonb_agg(relname ORDER BY relname) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition";
        let tables = self.world.value(tables).await;
        let mut found = Vec::new();
        for table in tables.as_array().expect("a list") {
            let table = table.as_str().expect("a name");
            let holding = format!(
                "SELECT count(*) FROM \"{table}\" AS one WHERE to_jsonb(one)::text LIKE '%{text}%'
                 OR to_jsonb(one)::text LIKE '%' || encode(convert_to('{text}', 'UTF8'), 'hex') || '%'"
            );
            if self.world.number(&holding).await > 0 {
                found.push(table.to_owned());
            }
        }
        found
    }
}

/// Another Expedia with one booking, which has this property, and this password for its notifications.
pub(crate) async fn stranger(property: &str, password: &str) -> (Expedia, String) {
    let options = expedia::Options {
        properties: vec![Property {
            id: property.to_owned(),
            ..Property::default()
        }],
        booking_password: password.to_owned(),
        ..expedia::Options::default()
    };
    let expedia = cluster::run(|| expedia::start(options))
        .await
        .expect("it starts");
    let room_type = RoomType {
        property: property.to_owned(),
        ..RoomType::default()
    };
    assert!(expedia.add_room_type(room_type));
    assert!(expedia.add_rate_plan(RatePlan::default()));
    assert!(expedia.set_units(DOUBLE, night(0), 1));
    let request = BookingRequest {
        price: Some(10_000),
        ..BookingRequest::new(DOUBLE_BAR, night(0), night(1))
    };
    let id = expedia.book(request).expect("for sale");
    (expedia, id)
}

/// Who hears of notifications, with these secrets.
pub(crate) fn receiver<'a>(url: &'a str, secrets: &'a [&'a str]) -> Receiver<'a> {
    Receiver { url, secrets }
}

async fn simulator(pricing_model: PricingModel) -> Expedia {
    let property = Property {
        pricing_model,
        ..Property::default()
    };
    let options = expedia::Options {
        properties: vec![property],
        ..expedia::Options::default()
    };
    let expedia = cluster::run(|| expedia::start(options))
        .await
        .expect("it starts");
    for (id, name) in [(DOUBLE, "Double"), (SINGLE, "Single")] {
        assert!(expedia.add_room_type(RoomType {
            id: id.to_owned(),
            name: name.to_owned(),
            ..RoomType::default()
        }));
    }
    for (_, rate_plan, room_type, id) in MAPPED {
        assert!(expedia.add_rate_plan(RatePlan {
            id: id.to_owned(),
            room_type: room_type.to_owned(),
            name: rate_plan.to_owned(),
            ..RatePlan::default()
        }));
    }
    expedia
}

fn setup(expedia: &Expedia, model: PricingModel) -> Setup {
    let pricing = match model {
        PricingModel::PerDayPricing => "per-day",
        PricingModel::OccupancyBasedPricing => "per-occupancy",
    };
    Setup::working()
        .plugin("expedia")
        .simulated("services.expediapartnercentral.com", expedia.address())
        .hotels(&HOTEL.replace("PRICING", pricing))
        .file("expedia.toml", &mappings(&MAPPED))
        .secret("EXPEDIA_USER", "simulated-hotel")
        .secret("EXPEDIA_PASSWORD", PASSWORD)
        .secret("EXPEDIA_WEBHOOK", WEBHOOK_TOKEN)
        .secret("EXPEDIA_WEBHOOK_SECRET", WEBHOOK_SECRET)
}
