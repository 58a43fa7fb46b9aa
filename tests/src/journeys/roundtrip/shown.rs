//! What a hotel has of each product and night, as the gateway tells it, and its comparison with what a channel shows.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

use crate::harness::Client;

/// The most that one answer of the gateway shows.
const AT_ONCE: i32 = 400;

/// One product's night.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Shown {
    pub(super) units: u32,
    pub(super) price: Option<i64>,
    pub(super) closed: bool,
    pub(super) closed_to_arrival: bool,
    pub(super) closed_to_departure: bool,
    /// 1: any.
    pub(super) min_stay_arrival: u32,
    pub(super) min_stay_through: u32,
    /// 0: any.
    pub(super) max_stay: u32,
    /// 0: any.
    pub(super) cut_off_days: u32,
}

/// What the hotel has, by room type, rate plan and night.
pub(super) type Calendar = BTreeMap<(String, String, Date), Shown>;

/// The hotel's calendar as the gateway tells it, for so many nights from the first.
pub(super) async fn ours(staff: &Client, first: Date, nights: i32) -> Calendar {
    let mut calendar = Calendar::new();
    let mut from = first;
    let last = first + (nights - 1).days();
    while from <= last {
        let to = last.min(from + (AT_ONCE - 1).days());
        let shown = staff.get(&format!("ari?from={from}&to={to}")).await;
        take(&mut calendar, &shown.expect(200));
        from = to + 1.day();
    }
    calendar
}

fn take(calendar: &mut Calendar, shown: &Value) {
    let list = |of: &Value| of.as_array().expect("a list").clone();
    let mut units = BTreeMap::new();
    for room_type in list(&shown["room_types"]) {
        for night in list(&room_type["nights"]) {
            let available = night["available"].as_i64().expect("a number").max(0);
            let available = u32::try_from(available).expect("a small number");
            units.insert((text(&room_type["room_type"]), date(&night)), available);
        }
    }
    for product in list(&shown["products"]) {
        let (room_type, rate_plan) = (text(&product["room_type"]), text(&product["rate_plan"]));
        for night in list(&product["nights"]) {
            let date = date(&night);
            let units = units.get(&(room_type.clone(), date)).copied().unwrap_or(0);
            let key = (room_type.clone(), rate_plan.clone(), date);
            calendar.insert(key, terms(&night, units));
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn date(night: &Value) -> Date {
    text(&night["night"]).parse().expect("a date")
}

fn terms(night: &Value, units: u32) -> Shown {
    let number = |name: &str, none: u32| {
        let number = night[name].as_u64();
        number.map_or(none, |number| {
            u32::try_from(number).expect("a small number")
        })
    };
    let flag = |name: &str| night[name].as_bool().expect("yes or no");
    Shown {
        units,
        price: night["price"].as_i64(),
        closed: flag("stop_sell"),
        closed_to_arrival: flag("closed_to_arrival"),
        closed_to_departure: flag("closed_to_departure"),
        min_stay_arrival: number("min_stay_arrival", 1),
        min_stay_through: number("min_stay_through", 1),
        max_stay: number("max_stay", 0),
        cut_off_days: number("cut_off_days", 0),
    }
}

/// Every night is open in every product, and shows there what `told` makes of ours.
pub(super) fn compare<'a>(
    ours: &Calendar,
    mapped: impl Iterator<Item = (&'a str, &'a str)>,
    told: impl Fn(Shown) -> Shown,
    shown: impl Fn(&str, &str, Date) -> Shown,
) -> usize {
    let mut compared = 0;
    for product in mapped {
        let of_product = ours.iter().filter(|((room_type, rate_plan, _), _)| {
            (room_type.as_str(), rate_plan.as_str()) == product
        });
        for ((room_type, rate_plan, night), ours) in of_product {
            let there = shown(room_type, rate_plan, *night);
            assert_eq!(there, told(ours.clone()), "{room_type} {rate_plan} {night}");
            compared += 1;
        }
    }
    compared
}
