//! What is measured: large hotels with nothing scarce, and limits that nobody meets.

use jiff::civil::Date;
use roomwire::app::seed;
use serde_json::{Value, json};

use crate::bench::tables;
use crate::harness::{Client, Setup, World, night, start_instant};

pub(super) const ROOM_TYPES: usize = 8;
pub(super) const RATE_PLANS: usize = 5;

const LIMITS: &str = "\
    key = { per_second = 1000000, burst = 1000000 }\n\
    booking = { per_second = 1000000, burst = 1000000 }\n\
    hotel = { per_second = 1000000, burst = 1000000 }\n";

/// Hotels of one size, and somebody who may do everything there.
pub(super) struct Grand {
    pub(super) world: World,
    pub(super) hotels: Vec<Client>,
}

impl Grand {
    /// So many hotels, on partitioned tables or, with ROOMWIRE_BENCH_TABLES=plain, on plain ones.
    pub(super) async fn open(hotels: usize) -> Self {
        let world = World::with(Setup::gateway().limits(LIMITS)).await;
        let store = world.database.store(2).await;
        for number in 0..hotels {
            seed::seed(&store, start_instant(), &file(number))
                .await
                .expect("the file is good");
        }
        store.close().await;
        world
            .execute("UPDATE room_availability SET allotment = 1000000")
            .await;
        tables::choose(&world).await;
        world.execute("ANALYZE").await;
        let operator = world.operator().await;
        // The gateway has worked before: its connections to the database are open.
        let mut before = tokio::task::JoinSet::new();
        for _ in 0..48 {
            before.spawn(operator.get("/v1/hotels").into_future());
        }
        for answer in before.join_all().await {
            answer.expect(200);
        }
        let hotels = (0..hotels)
            .map(|number| operator.at(&slug(number)))
            .collect();
        Self { world, hotels }
    }
}

fn slug(number: usize) -> String {
    format!("grand-{number}")
}

fn file(number: usize) -> String {
    let room_types: Vec<String> = (0..ROOM_TYPES)
        .map(|place| {
            format!("{{ code = \"T{place}\", name = \"Room\", standard_occupancy = 2, max_occupancy = 4, rooms = [\"{place}\"] }}")
        })
        .collect();
    let rate_plans: Vec<String> = (0..RATE_PLANS)
        .map(|place| {
            format!("{{ code = \"P{place}\", name = \"Plan\", meal_plan = \"room_only\" }}")
        })
        .collect();
    let products = (0..ROOM_TYPES).flat_map(|room_type| {
        (0..RATE_PLANS).map(move |rate_plan| {
            format!(
                "{{ room_type = \"T{room_type}\", rate_plan = \"P{rate_plan}\", price = 10000 }}"
            )
        })
    });
    format!(
        "slug = \"{}\"\nname = \"Grand\"\ntime_zone = \"Europe/Rome\"\ncurrency = \"EUR\"\nnights = 365\n\
         room_types = [{}]\nrate_plans = [{}]\nproducts = [{}]\n",
        slug(number),
        room_types.join(", "),
        rate_plans.join(", "),
        products.collect::<Vec<_>>().join(", ")
    )
}

/// A numbered line: all numbers together are spread over room types, plans and half a year.
pub(super) fn line(number: usize, nights: i32) -> Value {
    let arrival = arrival(number);
    json!({"room_type": format!("T{}", number % ROOM_TYPES), "rate_plan": format!("P{}", number % RATE_PLANS),
        "check_in": arrival, "check_out": arrival + jiff::ToSpan::days(nights), "adults": 2})
}

pub(super) fn arrival(number: usize) -> Date {
    night(i32::try_from(number * 7 % 180).expect("a small number"))
}

/// The path of the offers for so many nights.
pub(super) fn offers(number: usize, nights: i32) -> String {
    let arrival = arrival(number);
    let departure = arrival + jiff::ToSpan::days(nights);
    format!("offers?check_in={arrival}&check_out={departure}&adults=2")
}
