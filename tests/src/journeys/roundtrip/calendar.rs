//! A calendar in which no week is like another, told to each channel and read back: every value of every product and night
//! is what the hotel has, as far as the channel has a word for it.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::harness::booking_com::{self, AtBookingCom};
use crate::harness::channels::{self, Channels};
use crate::harness::channex::{self, BehindChannex};
use crate::harness::expedia::{self, AtExpedia};
use crate::harness::{Client, World};
use crate::journeys::roundtrip::shown::{Shown, compare, ours};
use crate::journeys::roundtrip::{a_minute_passes, none_left};

/// Nights from tomorrow on. Of a channel that takes fewer, as many as it takes whenever midnight comes.
const NIGHTS: i32 = 500;
const NIGHTS_OF_CHANNEX: i32 = 498;
const NIGHTS_OF_BOOKING_COM: i32 = 398;

fn tomorrow(world: &World) -> Date {
    world.clock.now().to_zoned(TimeZone::UTC).date() + 1.day()
}

/// An edit that leaves hardly two weeks alike, in all that a channel may be told.
fn edits(first: Date) -> Vec<Value> {
    let all = json!([{"from": first, "to": first + (NIGHTS - 1).days()}]);
    let months = (0..NIGHTS / 30).map(|month| {
        let begin = first + (month * 30).days();
        json!({"from": begin, "to": begin + (month % 5 + 1).days()})
    });
    let months: Vec<Value> = months.collect();
    let product = |room_type: &str, rate_plan: &str| json!([{"room_type": room_type, "rate_plan": rate_plan}]);
    vec![
        json!({"dates": all, "room_types": ["DBL"], "allotment": 6}),
        json!({"dates": all, "room_types": ["SGL"], "allotment": 3}),
        json!({"dates": months, "room_types": ["DBL"], "allotment": 0}),
        json!({"dates": months, "room_types": ["SGL"], "allotment": 4, "weekdays": ["sunday"]}),
        json!({"dates": all, "products": product("DBL", "BAR"), "price": 12_345}),
        json!({"dates": all, "products": product("DBL", "BB"), "price": 15_001}),
        json!({"dates": all, "products": product("SGL", "BAR"), "price": 8_050}),
        json!({"dates": all, "products": product("SGL", "BB"), "price": 9_900}),
        json!({"dates": all, "weekdays": ["friday", "saturday"], "products": product("DBL", "BAR"), "price": 17_999}),
        json!({"dates": months, "products": product("DBL", "BB"), "price": 20_010, "min_stay_arrival": 3}),
        json!({"dates": months, "weekdays": ["friday"], "products": product("DBL", "BB"), "max_stay": 14}),
        json!({"dates": all, "weekdays": ["monday"], "products": product("DBL", "BB"), "min_stay_through": 2}),
        json!({"dates": months, "products": product("DBL", "BAR"), "stop_sell": true}),
        json!({"dates": all, "weekdays": ["sunday"], "products": product("SGL", "BAR"), "closed_to_arrival": true}),
        json!({"dates": months, "products": product("SGL", "BAR"), "closed_to_departure": true, "cut_off_days": 2}),
        json!({"dates": months, "products": product("SGL", "BB"), "min_stay_arrival": 4, "min_stay_through": 2}),
        json!({"dates": all, "weekdays": ["tuesday"], "products": product("SGL", "BB"), "min_stay_arrival": null, "max_stay": 7}),
    ]
}

/// Edits of single values beside others that stay: a channel that merges is told of no more.
fn afterthoughts(first: Date) -> Vec<Value> {
    let half = json!([{"from": first, "to": first + (NIGHTS / 2).days()}]);
    let product = |rate_plan: &str| json!([{"room_type": "DBL", "rate_plan": rate_plan}]);
    let (bar, breakfast) = (product("BAR"), product("BB"));
    vec![
        json!({"dates": half, "room_types": ["DBL"], "allotment": 5}),
        json!({"dates": half, "products": bar, "stop_sell": false}),
        json!({"dates": half, "weekdays": ["thursday"], "products": bar, "price": 13_001}),
        json!({"dates": half, "weekdays": ["tuesday"], "products": breakfast, "min_stay_through": 2}),
        json!({"dates": half, "weekdays": ["monday"], "products": breakfast, "min_stay_arrival": null}),
    ]
}

/// A comparison that the gateway makes by itself.
async fn find_no_drift(world: &World, staff: &Client, connection: &str) {
    a_minute_passes(world).await;
    let path = format!("connections/{connection}/parity");
    let started = staff.post(&path, &json!({})).await;
    assert_eq!(started.status / 100, 2, "{}", started.text());
    none_left(world, "'parity'").await;
    let read = "SELECT coalesce(sum(items), 0) FROM channel_sync_logs
        WHERE operation = 'read_ari' AND outcome = 'succeeded'";
    assert!(world.number(read).await >= 365, "a year is read");
    let drifts = "SELECT coalesce(jsonb_agg(jsonb_build_array(night, field, ours, theirs)), '[]') FROM parity_drifts";
    assert_eq!(world.value(drifts).await, json!([]));
}

fn cells(nights: i32, products: usize) -> usize {
    usize::try_from(nights).expect("a small number") * products
}

#[tokio::test]
async fn octorate_shows_five_hundred_nights_of_every_product_without_drift() {
    let hotel = Channels::start().await;
    let first = tomorrow(&hotel.world);
    a_minute_passes(&hotel.world).await;
    for edit in [edits(first), afterthoughts(first)] {
        hotel.staff.edit(&edit).await.expect(200);
        hotel.settled().await;
    }
    // One minimum stay there is both of ours.
    let told = |ours: Shown| {
        let minimum = ours.min_stay_arrival.max(ours.min_stay_through);
        Shown {
            min_stay_arrival: minimum,
            min_stay_through: minimum,
            ..ours
        }
    };
    let shown = |room_type: &str, rate_plan: &str, night: Date| {
        let mut mapped = channels::MAPPED.into_iter();
        let found = mapped.find(|product| (product.0, product.1) == (room_type, rate_plan));
        let (.., id) = found.expect("a mapped product");
        let day = hotel.octorate.calendar(id, night).expect("a product");
        Shown {
            units: day.availability,
            price: day.price,
            closed: day.stop_sells,
            closed_to_arrival: day.close_to_arrival,
            closed_to_departure: day.close_to_departure,
            min_stay_arrival: day.min_stay.max(1),
            min_stay_through: day.min_stay.max(1),
            max_stay: day.max_stay,
            cut_off_days: day.cut_off_days,
        }
    };
    let ours = ours(&hotel.staff, first, NIGHTS).await;
    let products = channels::MAPPED.into_iter();
    let products = products.map(|product| (product.0, product.1));
    let compared = compare(&ours, products, told, shown);
    assert_eq!(compared, cells(NIGHTS, channels::MAPPED.len()));
    find_no_drift(&hotel.world, &hotel.staff, "octorate").await;
}

#[tokio::test]
async fn channex_shows_five_hundred_nights_of_every_product_without_drift() {
    let hotel = BehindChannex::start().await;
    let first = tomorrow(&hotel.world);
    for edit in [edits(first), afterthoughts(first)] {
        let messages = hotel.edit(&edit).await;
        assert_eq!(channex::sorts(&messages), (1, 1));
    }
    let told = |ours: Shown| Shown {
        cut_off_days: 0,
        ..ours
    };
    let shown = |room_type: &str, rate_plan: &str, night: Date| {
        let (room, rate) = codes(channex::MAPPED, room_type, rate_plan);
        let shown = hotel.channex.night(rate, night).expect("a rate plan");
        Shown {
            units: hotel.units(room, night),
            price: shown.rate,
            closed: shown.stop_sell,
            closed_to_arrival: shown.closed_to_arrival,
            closed_to_departure: shown.closed_to_departure,
            min_stay_arrival: shown.min_stay_arrival,
            min_stay_through: shown.min_stay_through,
            max_stay: shown.max_stay,
            cut_off_days: 0,
        }
    };
    let ours = ours(&hotel.staff, first, NIGHTS_OF_CHANNEX).await;
    let compared = compare(&ours, products(channex::MAPPED), told, shown);
    assert_eq!(compared, cells(NIGHTS_OF_CHANNEX, channex::MAPPED.len()));
    find_no_drift(&hotel.world, &hotel.staff, "channex").await;
}

#[tokio::test]
async fn booking_com_shows_its_whole_horizon_of_every_product_as_it_is() {
    let hotel = AtBookingCom::start().await;
    let first = tomorrow(&hotel.world);
    for edit in [edits(first), afterthoughts(first)] {
        a_minute_passes(&hotel.world).await;
        hotel.edit(&edit).await;
    }
    let told = |ours: Shown| Shown {
        cut_off_days: 0,
        ..ours
    };
    let shown = |room_type: &str, rate_plan: &str, night: Date| {
        let (room, rate) = codes(booking_com::MAPPED, room_type, rate_plan);
        let shown = hotel.booking_com.night(room, rate, night);
        Shown {
            units: hotel.units(room, night),
            price: shown.price,
            closed: shown.closed,
            closed_to_arrival: shown.closed_to_arrival,
            closed_to_departure: shown.closed_to_departure,
            min_stay_arrival: shown.min_stay_arrival,
            min_stay_through: shown.min_stay_through,
            max_stay: shown.max_stay,
            cut_off_days: 0,
        }
    };
    let ours = ours(&hotel.staff, first, NIGHTS_OF_BOOKING_COM).await;
    let compared = compare(&ours, products(booking_com::MAPPED), told, shown);
    let all = cells(NIGHTS_OF_BOOKING_COM, booking_com::MAPPED.len());
    assert_eq!(compared, all);
    assert_eq!(hotel.refused(), 0);
}

#[tokio::test]
async fn expedia_shows_five_hundred_nights_of_every_product_as_they_are() {
    let hotel = AtExpedia::start().await;
    let first = tomorrow(&hotel.world);
    for edit in [edits(first), afterthoughts(first)] {
        hotel.edit(&edit).await;
    }
    // Of the minimum stays the property reads the one at arrival, and nobody stays longer than four weeks.
    let told = |ours: Shown| Shown {
        min_stay_through: 1,
        max_stay: if ours.max_stay == 0 {
            28
        } else {
            ours.max_stay.min(28)
        },
        cut_off_days: 0,
        ..ours
    };
    let shown = |room_type: &str, rate_plan: &str, night: Date| {
        let (room, rate) = codes(expedia::MAPPED, room_type, rate_plan);
        let shown = hotel.expedia.night(rate, night).expect("a rate plan");
        Shown {
            units: hotel.units(room, night),
            price: shown.rate(),
            closed: shown.closed,
            closed_to_arrival: shown.closed_to_arrival,
            closed_to_departure: shown.closed_to_departure,
            min_stay_arrival: shown.min_stay,
            min_stay_through: 1,
            max_stay: shown.max_stay,
            cut_off_days: 0,
        }
    };
    let ours = ours(&hotel.staff, first, NIGHTS).await;
    let compared = compare(&ours, products(expedia::MAPPED), told, shown);
    assert_eq!(compared, cells(NIGHTS, expedia::MAPPED.len()));
    assert_eq!(hotel.refused(), 0);
}

type Mapped = [(&'static str, &'static str, &'static str, &'static str); 4];

/// Ours of what is mapped.
fn products(mapped: Mapped) -> impl Iterator<Item = (&'static str, &'static str)> {
    mapped
        .into_iter()
        .map(|(room_type, rate_plan, ..)| (room_type, rate_plan))
}

/// Theirs of a product.
fn codes(mapped: Mapped, room_type: &str, rate_plan: &str) -> (&'static str, &'static str) {
    let mut mapped = mapped.into_iter();
    let found = mapped.find(|product| (product.0, product.1) == (room_type, rate_plan));
    let (_, _, room, rate) = found.expect("a mapped product");
    (room, rate)
}
