//! What is measured: large hotels with nothing scarce, and limits that nobody meets.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::bench::{loader, tables};
use crate::harness::{Client, Setup, World, start_instant};

pub(super) const ROOM_TYPES: usize = 8;
pub(super) const RATE_PLANS: usize = 5;
/// Hotels of one place, by which a search finds them.
pub(super) const A_PLACE: usize = 10;
/// So many numbers stand for all that is booked: each another room type, plan and arrival.
pub(super) const SPREAD: usize = 120;

/// Where the channel of the hotel in Rome calls.
pub(super) const WEBHOOK: &str = "/v1/webhooks/octorate-0123456789abcdef0123456789abcdef";

const LIMITS: &str = "\
    key = { per_second = 1000000, burst = 1000000 }\n\
    booking = { per_second = 1000000, burst = 1000000 }\n\
    hotel = { per_second = 1000000, burst = 1000000 }\n\
    failures = { per_second = 1000000, burst = 1000000 }\n";

const CHANNEL: &str = r#"
[[hotels]]
slug = "aurora-rome"

[[hotels.connections]]
name = "octorate"
connector = "octorate"
settings = { accommodation = "123" }
mappings = "octorate.toml"
webhook_token = { env = "OCTORATE_WEBHOOK" }
secrets = { client_id = { env = "OCTORATE_CLIENT" }, client_secret = { env = "OCTORATE_SECRET" } }
"#;

const MAPPINGS: &str = "\
    [[mappings]]\nroom_type = \"DBL\"\nrate_plan = \"BAR\"\nexternal_room = \"9001\"\n";

/// How many hotels there are, and how many nights each has open from today.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) hotels: usize,
    pub(super) nights: usize,
}

impl Size {
    /// Prices, restrictions and so on: one for each product and night.
    pub(super) fn cells(self) -> usize {
        self.hotels * self.nights * ROOM_TYPES * RATE_PLANS
    }

    /// A numbered day of arrival, spread over the open nights.
    pub(super) fn arrival(self, number: usize) -> Date {
        today() + days(2 + number * 7 % self.span())
    }

    /// Arrivals are on so many days, so that a stay of two weeks has open nights.
    pub(super) fn span(self) -> usize {
        self.nights - 20
    }

    /// A numbered line: all numbers together are spread over room types, plans and nights.
    pub(super) fn line(self, number: usize, nights: usize) -> Value {
        let number = number % SPREAD;
        stay(
            (number % ROOM_TYPES, number % RATE_PLANS),
            self.arrival(number),
            nights,
        )
    }

    /// The path of the offers for so many nights.
    pub(super) fn offers(self, number: usize, nights: usize) -> String {
        let arrival = self.arrival(number);
        let departure = arrival + days(nights);
        format!("offers?check_in={arrival}&check_out={departure}&adults=2")
    }

    /// The path of a search for two nights: in one of the places, or a page of the whole directory.
    pub(super) fn search(self, number: usize, place: Option<usize>) -> String {
        let arrival = self.arrival(number);
        let departure = arrival + days(2);
        let place = place.map(|place| {
            let places = self.hotels.div_ceil(A_PLACE);
            format!("&place=town-{:04}", place % places)
        });
        let place = place.unwrap_or_else(|| {
            let after = slug(number * 37 % self.hotels);
            format!("&limit=50&cursor={after}")
        });
        format!("/v1/search?check_in={arrival}&check_out={departure}&room=2{place}")
    }
}

/// Whether nights and reservations are in partitions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Tables {
    Partitioned,
    Plain,
}

/// Hotels of one size, and somebody who may do everything there.
pub(super) struct Grand {
    pub(super) world: World,
    pub(super) operator: Client,
    pub(super) size: Size,
}

impl Grand {
    pub(super) async fn open(size: Size, tables: Tables) -> Self {
        let token = WEBHOOK.trim_start_matches("/v1/webhooks/");
        let setup = Setup::gateway()
            .with_running_clock()
            .limits(LIMITS)
            .plugin("octorate")
            .hotels(CHANNEL)
            .file("octorate.toml", MAPPINGS)
            .secret("OCTORATE_CLIENT", "nobody calls")
            .secret("OCTORATE_SECRET", "nobody calls")
            .secret("OCTORATE_WEBHOOK", token);
        let world = World::with(setup).await;
        loader::load(&world, size, today()).await;
        if tables == Tables::Plain {
            tables::make_plain(&world).await;
        }
        loader::settle(&world).await;
        let operator = world.operator().await;
        let grand = Self {
            world,
            operator,
            size,
        };
        grand.warm().await;
        grand
    }

    /// The gateway has worked before: its connections to the database are open, and its statements are prepared.
    async fn warm(&self) {
        let hotel = self.hotel(0);
        for _ in 0..10 {
            let mut before = JoinSet::new();
            for number in 0..48 {
                before.spawn(hotel.get(&self.size.offers(number, 2)).into_future());
            }
            for answer in before.join_all().await {
                answer.expect(200);
            }
        }
    }

    /// About one of the hotels.
    pub(super) fn hotel(&self, number: usize) -> Client {
        self.operator.at(&slug(number))
    }
}

/// The first night.
pub(super) fn today() -> Date {
    start_instant().to_zoned(TimeZone::UTC).date()
}

fn days(number: usize) -> jiff::Span {
    i64::try_from(number).expect("a small number").days()
}

pub(super) fn slug(number: usize) -> String {
    format!("grand-{number:04}")
}

/// One of the stays of three nights that want the same eight.
pub(super) fn hot(number: usize) -> Value {
    stay((0, 0), today() + days(2 + number % 6), 3)
}

/// A stay of one night, so many days from today.
pub(super) fn one_night(from: usize) -> Value {
    stay((0, 0), today() + days(from), 1)
}

fn stay((room_type, rate_plan): (usize, usize), arrival: Date, nights: usize) -> Value {
    json!({"room_type": format!("T{room_type}"), "rate_plan": format!("P{rate_plan}"),
        "check_in": arrival, "check_out": arrival + days(nights), "adults": 2})
}
