//! Days that are longer or shorter than others, the day that few years have, and the end of the year, at hotels in many zones.

use std::sync::Arc;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use roomwire::app::seed;
use roomwire::store::hotels;
use serde_json::{Value, json};

use crate::harness::{Client, World};

const HOTEL: &str = r#"
name = "Hotel"
currency = "EUR"
nights = 30
room_types = [{ code = "DBL", name = "Double", standard_occupancy = 2, max_occupancy = 2, rooms = ["1", "2", "3", "4", "5", "6"] }]
rate_plans = [{ code = "BAR", name = "Best Available Rate", meal_plan = "room_only" }]
products = [{ room_type = "DBL", rate_plan = "BAR", price = 10000 }]
"#;

/// Zones, the day on which their clocks change, and by how many minutes that day is longer than others; as the year goes.
const CHANGES: [(&str, Date, i64); 6] = [
    ("America/New_York", date(2027, 3, 14), -60),
    ("Europe/Rome", date(2027, 3, 28), -60),
    ("Australia/Lord_Howe", date(2027, 4, 4), 30),
    ("Australia/Lord_Howe", date(2027, 10, 3), -30),
    ("Europe/Rome", date(2027, 10, 31), 60),
    ("America/New_York", date(2027, 11, 7), 60),
];

/// A hotel in a zone, whose nights are open from three days before a date.
struct Hotel {
    world: Arc<World>,
    slug: String,
    operator: Client,
    zone: TimeZone,
}

impl Hotel {
    async fn open(zone: &str, around: Date) -> Self {
        Self::open_in(&Arc::new(World::start().await), zone, around).await
    }

    /// The same in a world whose time is not beyond that.
    async fn open_in(world: &Arc<World>, zone: &str, around: Date) -> Self {
        let world = Arc::clone(world);
        let slug = format!("hotel-{around}");
        let store = world.database.store(2).await;
        let file = format!("slug = \"{slug}\"\ntime_zone = \"{zone}\"\n{HOTEL}");
        let zone = TimeZone::get(zone).expect("a known zone");
        let opens = begin(around - 3.days(), &zone);
        hotels::ensure_partitions(&store, around - 3.days())
            .await
            .expect("partitions of any year can be made");
        seed::seed(&store, opens, &file)
            .await
            .expect("the file is good");
        store.close().await;
        let operator = world.operator().await.at(&slug);
        let hotel = Self {
            world,
            slug,
            operator,
            zone,
        };
        hotel.at(opens);
        hotel
    }

    fn at(&self, instant: Timestamp) {
        let clock = &self.world.clock;
        clock.advance(instant.duration_since(clock.now()));
    }

    /// Its nights of which something is sold.
    async fn sold(&self) -> Value {
        let sold = format!(
            "SELECT jsonb_agg(night ORDER BY night) FROM room_availability
             WHERE sold > 0 AND hotel_id = (SELECT id FROM hotels WHERE slug = '{}')",
            self.slug
        );
        self.world.value(&sold).await
    }

    fn line(check_in: Date, check_out: Date) -> Value {
        json!({"room_type": "DBL", "rate_plan": "BAR", "check_in": check_in, "check_out": check_out, "adults": 2})
    }

    async fn confirmed(&self, check_in: Date, check_out: Date) -> Value {
        let ada = json!({"first_name": "Ada", "last_name": "Lovelace"});
        let body = json!({"lines": [Self::line(check_in, check_out)], "booker": ada});
        let made = self.operator.post("reservations", &body).await.expect(201);
        self.operator.step(&made, "confirm").await.expect(200)
    }

    async fn quoted(&self, check_in: Date) -> Result<Value, String> {
        let line = Self::line(check_in, check_in + 1.day());
        let quote = self
            .operator
            .post("quotes", &json!({"lines": [line]}))
            .await;
        if quote.status == 201 {
            Ok(quote.json())
        } else {
            Err(quote.problem())
        }
    }
}

/// The first instant of a day.
fn begin(day: Date, zone: &TimeZone) -> Timestamp {
    day.to_zoned(zone.clone())
        .expect("every day begins")
        .timestamp()
}

fn moment() -> SignedDuration {
    SignedDuration::from_micros(1)
}

#[tokio::test]
async fn a_stay_over_a_change_of_the_clock_costs_its_nights() {
    let world = Arc::new(World::start().await);
    for (zone, day, longer) in CHANGES {
        let hotel = Hotel::open_in(&world, zone, day).await;
        let length = begin(day + 1.day(), &hotel.zone).duration_since(begin(day, &hotel.zone));
        assert_eq!(length.as_mins(), 24 * 60 + longer, "{zone} {day}");
        let made = hotel.confirmed(day - 1.day(), day + 2.days()).await;
        let nights: Vec<&Value> = made["rooms"][0]["nights"]
            .as_array()
            .expect("nights")
            .iter()
            .map(|night| &night["night"])
            .collect();
        let expected = [-1, 0, 1].map(|days| json!(day + days.days()));
        assert_eq!(nights, expected.iter().collect::<Vec<_>>(), "{zone} {day}");
        assert_eq!(made["total"]["minor"], 30_000, "{zone} {day}");
        assert_eq!(hotel.sold().await, json!(expected), "{zone} {day}");
    }
}

#[tokio::test]
async fn guests_come_and_fail_to_from_the_first_moment_of_a_day_on_which_clocks_change() {
    let world = Arc::new(World::start().await);
    for (zone, day, _) in CHANGES {
        let hotel = Hotel::open_in(&world, zone, day).await;
        for arrival in [day, day + 1.day()] {
            let made = [
                hotel.confirmed(arrival, arrival + 2.days()).await,
                hotel.confirmed(arrival, arrival + 2.days()).await,
            ];
            let begins = begin(arrival, &hotel.zone);
            hotel.at(begins - moment());
            for (one, step) in made.iter().zip(["check-in", "no-show"]) {
                let early = hotel.operator.step(one, step).await;
                assert_eq!(early.code(), "wrong_day", "{zone} {arrival} {step}");
            }
            hotel.at(begins);
            for (one, step) in made.iter().zip(["check-in", "no-show"]) {
                let moved = hotel.operator.step(one, step).await.expect(200);
                if step == "no-show" {
                    assert_eq!(moved["rooms"][0]["freed_from"], json!(arrival + 1.day()));
                }
            }
        }
    }
}

#[tokio::test]
async fn an_arrival_is_for_sale_until_its_day_ends_at_the_hotel() {
    let world = Arc::new(World::start().await);
    for (zone, day, longer) in CHANGES {
        let hotel = Hotel::open_in(&world, zone, day).await;
        let ends = begin(day, &hotel.zone) + SignedDuration::from_mins(24 * 60 + longer);
        hotel.at(ends - moment());
        hotel.quoted(day).await.expect("the day has not ended");
        hotel.at(ends);
        let refused = hotel.quoted(day).await.expect_err("the day has ended");
        assert!(refused.contains("in_the_past"), "{zone} {day}: {refused}");
        hotel.quoted(day + 1.day()).await.expect("the next day");
    }
}

#[tokio::test]
async fn free_cancellation_ends_so_many_true_hours_before_the_arrival_day_begins() {
    let world = Arc::new(World::start().await);
    for (zone, day, longer) in CHANGES {
        let hotel = Hotel::open_in(&world, zone, day).await;
        let policy = format!(
            "INSERT INTO cancellation_policies (hotel_id, id, code, name, free_until_hours, penalty)
             SELECT id, gen_random_uuid(), 'FLEX', 'Flexible', 24, 'first_night' FROM hotels WHERE slug = '{}';
             UPDATE rate_plans p SET cancellation_policy_id = c.id FROM cancellation_policies c
             WHERE c.hotel_id = p.hotel_id",
            hotel.slug
        );
        hotel.world.execute(&policy).await;
        let arrival = day + 1.day();
        let (free, late) = (
            hotel.confirmed(arrival, arrival + 1.day()).await,
            hotel.confirmed(arrival, arrival + 1.day()).await,
        );
        // Of a day that has 25 hours, the first is still free; of one with 23, an hour of the day before is not.
        let until = begin(day, &hotel.zone) + SignedDuration::from_mins(longer);
        hotel.at(until - moment());
        let cancelled = hotel.operator.step(&free, "cancel").await.expect(200);
        assert_eq!(cancelled["owed"]["minor"], 0, "{zone} {day}");
        hotel.at(until);
        let cancelled = hotel.operator.step(&late, "cancel").await.expect(200);
        assert_eq!(cancelled["owed"]["minor"], 10_000, "{zone} {day}");
    }
}

#[tokio::test]
async fn the_last_day_of_february_is_a_night_where_the_year_has_it() {
    let leap = Hotel::open("Europe/Rome", date(2028, 2, 28)).await;
    let made = leap.confirmed(date(2028, 2, 28), date(2028, 3, 1)).await;
    assert_eq!(made["total"]["minor"], 20_000);
    leap.at(begin(date(2028, 2, 29), &leap.zone));
    let second = leap.quoted(date(2028, 2, 29)).await.expect("it is a day");
    assert_eq!(second["lines"][0]["check_out"], "2028-03-01");
    let common = json!({"lines": [{"room_type": "DBL", "rate_plan": "BAR", "check_in": "2027-02-29",
        "check_out": "2027-03-01", "adults": 2}]});
    assert_eq!(
        leap.operator.post("quotes", &common).await.code(),
        "invalid_request"
    );
}

#[tokio::test]
async fn a_stay_over_the_end_of_the_year_is_changed_and_given_back_night_by_night() {
    let hotel = Hotel::open("Europe/Rome", date(2027, 12, 31)).await;
    let made = hotel.confirmed(date(2027, 12, 30), date(2028, 1, 3)).await;
    assert_eq!(
        hotel.sold().await,
        json!(["2027-12-30", "2027-12-31", "2028-01-01", "2028-01-02"])
    );
    let path = format!("reservations/{}", made["id"].as_str().expect("an id"));
    let later = json!({"rooms": [{"line": 0, "check_in": "2027-12-31"}]});
    let changed = hotel
        .operator
        .patch(&path)
        .header("if-match", "*")
        .json(&later)
        .await;
    assert_eq!(changed.expect(200)["reservation"]["total"]["minor"], 30_000);
    assert_eq!(
        hotel.sold().await,
        json!(["2027-12-31", "2028-01-01", "2028-01-02"])
    );
    // One second after the fireworks began they leave: the nights of the new year are free.
    hotel.at(begin(date(2027, 12, 31), &hotel.zone));
    hotel.operator.step(&made, "check-in").await.expect(200);
    hotel.at(begin(date(2028, 1, 1), &hotel.zone) + SignedDuration::from_secs(1));
    let left = hotel.operator.step(&made, "check-out").await.expect(200);
    assert_eq!(left["rooms"][0]["freed_from"], "2028-01-01");
    assert_eq!(hotel.sold().await, json!(["2027-12-31"]));
}
