//! A hotel at Booking.com: its two room types as two rooms there, each under two rates.

use std::time::Duration;

use jiff::civil::Date;
use roomwire_simulators::booking_com::{
    self, BookingCom, Notification, Pricing, Property, Rate, Receiver, Room,
};
use roomwire_simulators::journal::Outcome;
use serde_json::{Value, json};

use crate::harness::channel_work::mappings;
use crate::harness::{Client, Setup, World, cluster};

/// The ids at Booking.com of what is mapped.
pub(crate) const DOUBLE: &str = "801185501";
pub(crate) const SINGLE: &str = "801185502";
pub(crate) const BAR: &str = "1278608";
pub(crate) const BREAKFAST: &str = "1278609";

/// Ours, with theirs: the hotel has eight of the one and four of the other.
pub(crate) const MAPPED: [(&str, &str, &str, &str); 4] = [
    ("DBL", "BAR", DOUBLE, BAR),
    ("DBL", "BB", DOUBLE, BREAKFAST),
    ("SGL", "BAR", SINGLE, BAR),
    ("SGL", "BB", SINGLE, BREAKFAST),
];

/// What the machine account proves itself with.
const CLIENT_SECRET: &str = "simulated-machine-secret";

/// The unguessable parts of the addresses for notifications, of this hotel and of another connection.
const WEBHOOK_TOKENS: [&str; 2] = [
    "booking-com-0123456789abcdef0123456789abcdef",
    "booking-com-fedcba9876543210fedcba9876543210",
];
/// What Booking.com asks for tokens with.
pub(crate) const NOTIFIER: (&str, &str) = ("booking-com", "a-secret-of-the-notifications");

const HOTEL: &str = r#"
[[hotels]]
slug = "aurora-rome"

[[hotels.connections]]
name = "booking-com"
connector = "booking-com"
settings = { property = "8011855", pricing = "PRICING" }
mappings = "booking-com.toml"
webhook_token = { env = "BOOKING_COM_WEBHOOK" }

[hotels.connections.secrets]
client_id = { env = "BOOKING_COM_ID" }
client_secret = { env = "BOOKING_COM_SECRET" }
notifications = { env = "BOOKING_COM_NOTIFICATIONS" }
"#;

/// Another property of the machine account.
const SECOND: &str = r#"
[[hotels.connections]]
name = "booking-com-second"
connector = "booking-com"
settings = { property = "8011856" }
webhook_token = { env = "BOOKING_COM_SECOND_WEBHOOK" }

[hotels.connections.secrets]
client_id = { env = "BOOKING_COM_ID" }
client_secret = { env = "BOOKING_COM_SECRET" }
notifications = { env = "BOOKING_COM_NOTIFICATIONS" }
"#;

/// The hotel in Rome with Booking.com.
pub(crate) struct AtBookingCom {
    // Dropped first: the application calls the simulator until it is stopped.
    pub(crate) world: World,
    pub(crate) booking_com: BookingCom,
    pub(crate) guest: Client,
    pub(crate) staff: Client,
}

impl AtBookingCom {
    /// Everything runs, and Booking.com shows what the hotel has.
    pub(crate) async fn start() -> Self {
        Self::with(Pricing::Standard, |setup| setup).await
    }

    /// The same, where the property's prices are told in this way.
    pub(crate) async fn priced(pricing: Pricing) -> Self {
        Self::with(pricing, |setup| setup).await
    }

    /// The same with another connection, of the same login for notifications, and with few tokens and few mistakes.
    pub(crate) async fn with_two_connections() -> Self {
        let limits =
            "tokens = { per_second = 1, burst = 8 }\nfailures = { per_second = 1, burst = 20 }\n";
        let more = |setup: Setup| setup.hotels(SECOND).limits(limits);
        Self::with(Pricing::Standard, more).await
    }

    async fn with(pricing: Pricing, otherwise: impl FnOnce(Setup) -> Setup) -> Self {
        let booking_com = simulator(pricing).await;
        let world = World::with(otherwise(setup(&booking_com, pricing))).await;
        let (guest, staff) = (world.guest().await, world.staff().await);
        let hotel = Self {
            world,
            booking_com,
            guest,
            staff,
        };
        hotel.settled().await;
        hotel
    }

    /// Waits until no work is left.
    pub(crate) async fn settled(&self) {
        self.world.settled(399, Duration::from_secs(150)).await;
    }

    /// The notifications that reach Booking.com because of this edit of the calendar.
    pub(crate) async fn edit(&self, updates: &[Value]) -> Vec<Notification> {
        let before = self.booking_com.notifications().len();
        self.staff.edit(updates).await.expect(200);
        self.settled().await;
        self.booking_com.notifications().split_off(before)
    }

    /// Looks at the queues once, as the connection's schedule does.
    pub(crate) async fn pull(&self) {
        self.world.ask_for_reservations("booking-com").await;
        self.settled().await;
    }

    /// Every reservation that came from the channel, newest first.
    pub(crate) async fn channel_reservations(&self) -> Vec<Value> {
        self.staff.channel_reservations().await
    }

    /// How many requests Booking.com refused.
    pub(crate) fn refused(&self) -> usize {
        let requests = self.booking_com.requests().into_iter();
        requests
            .filter(|request| matches!(request.outcome, Outcome::Answered(400..)))
            .count()
    }

    /// Where notifications to this hotel go, and where those of its other connection would go.
    pub(crate) fn webhooks(&self) -> [String; 2] {
        WEBHOOK_TOKENS.map(|token| self.world.url(&format!("/v1/webhooks/{token}")))
    }

    pub(crate) fn units(&self, room: &str, night: Date) -> u32 {
        self.booking_com.units(room, night)
    }

    /// Everything that the hotel keeps of its calls and of guests, as one text.
    pub(crate) async fn kept(&self) -> String {
        let log = self.staff.get("connections/booking-com/log").await;
        let mut kept = log.text().to_owned();
        for table in [
            "channel_sync_logs",
            "reservations",
            "reservation_rooms",
            "reservation_revisions",
            "booking_events",
            "plugin_values",
            "jobs",
        ] {
            let rows =
                format!("SELECT coalesce(string_agg(kept::text, ' '), '') FROM {table} kept");
            let rows = self.world.value(&rows).await;
            kept.push_str(rows.as_str().expect("a text"));
        }
        kept
    }

    /// What must be nowhere but on its way to Booking.com.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let card = booking_com::CARD_NUMBER.to_owned();
        let mut secrets = self.booking_com.tokens();
        secrets.extend([CLIENT_SECRET.to_owned(), NOTIFIER.1.to_owned(), card]);
        secrets
    }
}

/// Who hears of notifications at this address.
pub(crate) fn receiver<'a>((url, token_url): (&'a str, &'a str), secret: &'a str) -> Receiver<'a> {
    Receiver {
        url,
        token_url,
        client_id: NOTIFIER.0,
        client_secret: secret,
    }
}

/// An edit of the price of a double room's night.
pub(crate) fn price(rate_plan: &str, night: Date, price: i32) -> Value {
    json!({"dates": [{"from": night, "to": night}],
        "products": [{"room_type": "DBL", "rate_plan": rate_plan}], "price": price})
}

async fn simulator(pricing: Pricing) -> BookingCom {
    let property = Property {
        pricing,
        ..Property::default()
    };
    let options = booking_com::Options {
        properties: vec![property],
        ..booking_com::Options::default()
    };
    let booking_com = cluster::run(|| booking_com::start(options))
        .await
        .expect("it starts");
    for (id, name) in [(DOUBLE, "Double Room"), (SINGLE, "Single Room")] {
        assert!(booking_com.add_room(Room {
            id: id.to_owned(),
            name: name.to_owned(),
            ..Room::default()
        }));
    }
    for (_, rate_plan, room, id) in MAPPED {
        assert!(booking_com.add_rate(Rate {
            id: id.to_owned(),
            room: room.to_owned(),
            name: rate_plan.to_owned(),
            ..Rate::default()
        }));
    }
    booking_com
}

fn setup(booking_com: &BookingCom, pricing: Pricing) -> Setup {
    let pricing = match pricing {
        Pricing::Standard => "standard",
        Pricing::Occupancy => "per-occupancy",
    };
    let address = booking_com.address();
    Setup::working()
        .plugin("booking-com")
        .simulated("supply-xml.booking.com", address)
        .simulated("secure-supply-xml.booking.com", address)
        .simulated("connectivity-authentication.booking.com", address)
        .hotels(&HOTEL.replace("PRICING", pricing))
        .file("booking-com.toml", &mappings(&MAPPED))
        .secret("BOOKING_COM_ID", "simulated-machine")
        .secret("BOOKING_COM_SECRET", CLIENT_SECRET)
        .secret("BOOKING_COM_WEBHOOK", WEBHOOK_TOKENS[0])
        .secret("BOOKING_COM_SECOND_WEBHOOK", WEBHOOK_TOKENS[1])
        .secret(
            "BOOKING_COM_NOTIFICATIONS",
            &format!("{}:{}", NOTIFIER.0, NOTIFIER.1),
        )
}
