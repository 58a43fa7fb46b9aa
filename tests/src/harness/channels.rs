//! A world with a hotel's channel and its mail: the built plugins, and simulators in the place of their vendors.

use std::time::Duration;

use jiff::civil::Date;
use roomwire_simulators::octorate::{self, Day, EventType, Octorate, Product};
use roomwire_simulators::resend::{self, Email, Resend};
use serde_json::Value;

use crate::harness::{Client, Setup, World, cluster, eventually};

/// The products of the simulated Octorate that are mapped, and ours.
pub(crate) const DOUBLE: &str = "9001";
pub(crate) const MAPPED: [(&str, &str, &str); 3] = [
    ("DBL", "BAR", DOUBLE),
    ("DBL", "BB", "9002"),
    ("SGL", "BAR", "9003"),
];
/// One that the channel sells and the hotel has not mapped.
pub(crate) const UNMAPPED: &str = "9009";

const WEBHOOK_TOKEN: &str = "octorate-0123456789abcdef0123456789abcdef";
const MAIL_TOKEN: &str = "mail-0123456789abcdef0123456789abcdef";
/// The secret with which the simulated Resend signs.
pub(crate) const SIGNING_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const HOTEL: &str = r#"
[[hotels]]
slug = "aurora-rome"
email = { connection = "mail", sender = "desk@aurora.example" }

[[hotels.connections]]
name = "octorate"
connector = "octorate"
settings = { accommodation = "123" }
mappings = "octorate.toml"
webhook_token = { env = "OCTORATE_WEBHOOK" }
secrets = { client_id = { env = "OCTORATE_CLIENT" }, client_secret = { env = "OCTORATE_SECRET" } }
repair_drift = true

[[hotels.connections]]
name = "mail"
connector = "email-resend"
webhook_token = { env = "MAIL_WEBHOOK" }
secrets = { api_key = { env = "RESEND_KEY" }, webhook_secret = { env = "RESEND_WEBHOOK_SECRET" } }
"#;

/// The hotel in Rome with Octorate and Resend.
pub(crate) struct Channels {
    // Dropped first: the application calls the simulators until it is stopped.
    pub(crate) world: World,
    pub(crate) octorate: Octorate,
    pub(crate) resend: Resend,
    pub(crate) guest: Client,
    pub(crate) staff: Client,
}

impl Channels {
    /// Everything runs, and the channel shows what the hotel has.
    pub(crate) async fn start() -> Self {
        Self::with(|setup| setup).await
    }

    /// The same, with what the operator wants otherwise.
    pub(crate) async fn with(otherwise: impl FnOnce(Setup) -> Setup) -> Self {
        let (octorate, resend) = simulators().await;
        let world = World::with(otherwise(setup(&octorate, &resend))).await;
        let (guest, staff) = (world.guest().await, world.staff().await);
        let channels = Self {
            world,
            octorate,
            resend,
            guest,
            staff,
        };
        channels.settled().await;
        channels
    }

    /// Waits until no work is left that anybody waits for.
    pub(crate) async fn settled(&self) {
        self.world.settled(u16::MAX, Duration::from_secs(60)).await;
    }

    /// What the channel shows of doubles at the best available rate.
    pub(crate) fn shown(&self, night: Date) -> Day {
        self.octorate
            .calendar(DOUBLE, night)
            .expect("a mapped product")
    }

    /// Waits until the channel shows so many doubles for each of the nights.
    pub(crate) async fn until_shown(&self, nights: &[Date], units: u32) {
        let what = format!("the channel shows {units} doubles for {nights:?}");
        eventually(&what, Duration::from_secs(20), async || {
            nights
                .iter()
                .all(|night| self.shown(*night).availability == units)
                .then_some(())
        })
        .await;
    }

    /// Where the channel calls.
    pub(crate) fn webhook(&self) -> String {
        self.world.url(&format!("/v1/webhooks/{WEBHOOK_TOKEN}"))
    }

    /// Where the mail's provider calls.
    pub(crate) fn mail_webhook(&self) -> String {
        self.world.url(&format!("/v1/webhooks/{MAIL_TOKEN}"))
    }

    /// The channel tells of an event, and the answer says it was stored.
    pub(crate) async fn tell(&self, event: EventType, reservation: u64) {
        let delivery = self
            .octorate
            .deliver(event, reservation, &self.webhook())
            .await
            .expect("somebody answers");
        assert_eq!(
            (delivery.status, delivery.answer.as_str()),
            (200, r#"{"received":"stored"}"#)
        );
    }

    /// Every reservation of the hotel, newest first.
    pub(crate) async fn reservations(&self) -> Vec<Value> {
        let page = self.staff.get("reservations?limit=100").await.expect(200);
        page["reservations"].as_array().expect("a list").clone()
    }

    /// The one reservation of the hotel.
    pub(crate) async fn reservation(&self) -> Value {
        let mut all = self.reservations().await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }

    /// Waits for so many emails and gives them, oldest first.
    pub(crate) async fn inbox(&self, emails: usize) -> Vec<Email> {
        let what = format!("{emails} emails are in the inbox");
        eventually(&what, Duration::from_secs(20), async || {
            let inbox = self.resend.inbox();
            (inbox.len() >= emails).then_some(inbox)
        })
        .await
    }
}

/// The simulators, with the products that the hotel maps and one that it does not.
pub(crate) async fn simulators() -> (Octorate, Resend) {
    let octorate = cluster::run(|| octorate::start(octorate::Options::default()))
        .await
        .expect("it starts");
    for id in MAPPED.map(|(_, _, id)| id).into_iter().chain([UNMAPPED]) {
        let usual_day = Day {
            availability: 3,
            price: Some(10_000),
            ..Day::default()
        };
        let usual_day = if id == UNMAPPED {
            usual_day
        } else {
            Day::default()
        };
        assert!(octorate.add_product(Product {
            id: id.to_owned(),
            usual_day,
            ..Product::default()
        }));
    }
    let resend = cluster::run(|| resend::start(resend::Options::default()))
        .await
        .expect("it starts");
    (octorate, resend)
}

/// What the operator writes for them.
pub(crate) fn setup(octorate: &Octorate, resend: &Resend) -> Setup {
    let row = |(room_type, rate_plan, external): (&str, &str, &str)| {
        format!(
            "[[mappings]]\nroom_type = \"{room_type}\"\nrate_plan = \"{rate_plan}\"\nexternal_room = \"{external}\"\n"
        )
    };
    Setup::working()
        .plugin("octorate")
        .plugin("email-resend")
        .simulated("api.octorate.com", octorate.address())
        .simulated("api.resend.com", resend.address())
        .hotels(HOTEL)
        .file("octorate.toml", &MAPPED.map(row).concat())
        .secret("OCTORATE_CLIENT", "simulated-client")
        .secret("OCTORATE_SECRET", "simulated-secret")
        .secret("OCTORATE_WEBHOOK", WEBHOOK_TOKEN)
        .secret("RESEND_KEY", "re_simulated")
        .secret("RESEND_WEBHOOK_SECRET", SIGNING_SECRET)
        .secret("MAIL_WEBHOOK", MAIL_TOKEN)
}
