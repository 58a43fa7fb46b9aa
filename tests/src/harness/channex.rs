//! A hotel behind Channex: its two room types as a twin and a double, each under two rate plans.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::civil::Date;
use roomwire_simulators::channex::{self, Channex, Message, RatePlan, Receiver, RoomType, Sort};
use roomwire_simulators::journal::Outcome;
use serde_json::{Value, json};

use crate::harness::channel_work::mappings;
use crate::harness::{Client, Setup, World, cluster};

/// The ids at Channex of what is mapped.
pub(crate) const TWIN: &str = "994d1375-dbbd-4072-8724-b2ab32ce781b";
pub(crate) const TWIN_BAR: &str = "bab451e7-9ab1-4cc4-aa16-107bf7bbabb2";
pub(crate) const TWIN_BB: &str = "0c2b51a1-2c5e-4d0b-8b1c-3d8a5f8d0002";
pub(crate) const DOUBLE: &str = "2f1a7c8e-51c5-4b0f-9d63-6a4f0f5d0003";
pub(crate) const DOUBLE_BAR: &str = "5d0e6b1c-7a3d-4a52-8f0e-1b2c3d4e0004";
pub(crate) const DOUBLE_BB: &str = "7e9f8a2b-3c4d-4e5f-9a0b-1c2d3e4f0005";

/// Ours, with theirs: the hotel has eight of the one and four of the other.
pub(crate) const MAPPED: [(&str, &str, &str, &str); 4] = [
    ("DBL", "BAR", TWIN, TWIN_BAR),
    ("DBL", "BB", TWIN, TWIN_BB),
    ("SGL", "BAR", DOUBLE, DOUBLE_BAR),
    ("SGL", "BB", DOUBLE, DOUBLE_BB),
];

const WEBHOOK_TOKEN: &str = "channex-0123456789abcdef0123456789abcdef";
/// What the hotel wrote into the webhook's configuration at Channex.
pub(crate) const WEBHOOK_SECRET: &str = "a-secret-that-channex-repeats";

const HOTEL: &str = r#"
[[hotels]]
slug = "aurora-rome"

[[hotels.connections]]
name = "channex"
connector = "channex"
settings = { property = "716305c4-561a-4561-a187-7f5b8aeb5920", per_person = [PER_PERSON] }
mappings = "channex.toml"
webhook_token = { env = "CHANNEX_WEBHOOK" }
secrets = { api_key = { env = "CHANNEX_KEY" }, webhook_secret = { env = "CHANNEX_WEBHOOK_SECRET" } }
repair_drift = true
"#;

/// The hotel in Rome with Channex.
pub(crate) struct BehindChannex {
    // Dropped first: the application calls the simulator until it is stopped.
    pub(crate) world: World,
    pub(crate) channex: Channex,
    pub(crate) guest: Client,
    pub(crate) staff: Client,
}

impl BehindChannex {
    /// Everything runs, and Channex shows what the hotel has.
    pub(crate) async fn start() -> Self {
        Self::with(channex::Options::default()).await
    }

    pub(crate) async fn with(options: channex::Options) -> Self {
        Self::selling(options, &[]).await
    }

    /// The same, where these rate plans are sold per person, to three at most.
    pub(crate) async fn selling(options: channex::Options, per_person: &[&str]) -> Self {
        let channex = simulator(options, per_person).await;
        let world = World::with(setup(&channex, per_person)).await;
        let (guest, staff) = (world.guest().await, world.staff().await);
        let hotel = Self {
            world,
            channex,
            guest,
            staff,
        };
        hotel.settled().await;
        hotel
    }

    /// Waits until no work is left, a pause of the pace included.
    pub(crate) async fn settled(&self) {
        self.world.settled(499, Duration::from_secs(150)).await;
    }

    /// The messages that reach Channex because of this edit of the calendar.
    pub(crate) async fn edit(&self, updates: &[Value]) -> Vec<Message> {
        let before = self.channex.messages().len();
        self.staff.edit(updates).await.expect(200);
        self.settled().await;
        self.channex.messages().split_off(before)
    }

    /// Looks at the feed once, as the connection's schedule does.
    pub(crate) async fn pull(&self) {
        self.world.ask_for_reservations("channex").await;
        self.settled().await;
    }

    /// Channex tells of these revisions in this order, and each is taken.
    pub(crate) async fn tell(&self, revisions: &[String]) {
        let url = self.webhook();
        for revision in revisions {
            let delivery = self.channex.deliver(revision, receiver(&url)).await;
            let delivery = delivery.expect("somebody answers");
            assert_eq!(delivery.status, 200, "{}", delivery.answer);
        }
        self.settled().await;
    }

    /// Where Channex calls.
    pub(crate) fn webhook(&self) -> String {
        self.world.url(&format!("/v1/webhooks/{WEBHOOK_TOKEN}"))
    }

    /// Every reservation that came from the channel, newest first.
    pub(crate) async fn channel_reservations(&self) -> Vec<Value> {
        self.staff.channel_reservations().await
    }

    /// The ids of a booking's revisions, oldest first.
    pub(crate) fn revisions(&self, booking: &str) -> Vec<String> {
        let all = self.channex.revisions().into_iter();
        all.filter(|revision| revision.booking.id == booking)
            .map(|revision| revision.id)
            .collect()
    }

    /// The revisions that Channex waits to hear of.
    pub(crate) fn unacknowledged(&self) -> Vec<String> {
        let all = self.channex.revisions().into_iter();
        all.filter(|revision| revision.acknowledged_at.is_none())
            .map(|revision| revision.id)
            .collect()
    }

    /// How many requests Channex refused.
    pub(crate) fn refused(&self) -> usize {
        let requests = self.channex.requests().into_iter();
        requests
            .filter(|request| matches!(request.outcome, Outcome::Answered(400..)))
            .count()
    }

    pub(crate) fn units(&self, room_type: &str, night: Date) -> u32 {
        let shown = self.channex.units(room_type, night);
        shown.expect("a mapped room type")
    }
}

/// Who hears of the revisions, with the right secret.
pub(crate) fn receiver(url: &str) -> Receiver<'_> {
    Receiver {
        url,
        secret: WEBHOOK_SECRET,
    }
}

/// How many messages there are of each sort.
pub(crate) fn sorts(messages: &[Message]) -> (usize, usize) {
    let of = |sort| messages.iter().filter(|one| one.sort == sort).count();
    (of(Sort::Availability), of(Sort::Restrictions))
}

/// The values of messages, in any order and without the property, which is always the same.
pub(crate) fn values(messages: &[Message]) -> BTreeSet<String> {
    let values = messages.iter().flat_map(|message| &message.values);
    values
        .map(|value| {
            assert_eq!(value["property_id"], channex::Property::default().id);
            canonical(value)
        })
        .collect()
}

/// A value's text with its fields in order, and without the property.
pub(crate) fn canonical(value: &Value) -> String {
    let fields = value.as_object().expect("an object").iter();
    let fields: BTreeMap<_, _> = fields.filter(|(name, _)| *name != "property_id").collect();
    json!(fields).to_string()
}

async fn simulator(options: channex::Options, per_person: &[&str]) -> Channex {
    let channex = cluster::run(|| channex::start(options))
        .await
        .expect("it starts");
    for (id, title) in [(TWIN, "Twin"), (DOUBLE, "Double")] {
        assert!(channex.add_room_type(RoomType {
            id: id.to_owned(),
            title: title.to_owned(),
            ..RoomType::default()
        }));
    }
    for (_, rate_plan, room_type, id) in MAPPED {
        let is_per_person = per_person.contains(&id);
        assert!(channex.add_rate_plan(RatePlan {
            id: id.to_owned(),
            room_type: room_type.to_owned(),
            title: rate_plan.to_owned(),
            occupancy: if is_per_person { 3 } else { 2 },
            per_person: is_per_person,
        }));
    }
    channex
}

fn setup(channex: &Channex, per_person: &[&str]) -> Setup {
    let per_person: Vec<String> = per_person.iter().map(|id| format!("\"{id}\"")).collect();
    Setup::working()
        .plugin("channex")
        .simulated("app.channex.io", channex.address())
        .hotels(&HOTEL.replace("PER_PERSON", &per_person.join(", ")))
        .file("channex.toml", &mappings(&MAPPED))
        .secret("CHANNEX_KEY", "simulated-channex-key")
        .secret("CHANNEX_WEBHOOK", WEBHOOK_TOKEN)
        .secret("CHANNEX_WEBHOOK_SECRET", WEBHOOK_SECRET)
}
