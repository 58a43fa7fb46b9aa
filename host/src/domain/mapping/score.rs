//! How well a product of ours and one of the channel's fit each other, and why.

use std::collections::BTreeSet;

use crate::domain::connector::ChannelProduct;
use crate::domain::fold::folded;
use crate::domain::mapping::vocabulary::{Kind, NON_REFUNDABLE};
use crate::domain::mapping::words::{Word, Words};
use crate::domain::offer::Product;

/// A product of ours, with what its names and codes say.
pub(super) struct Ours<'a> {
    pub(super) product: &'a Product,
    room: Words,
    room_code: Words,
    rate: Words,
    rate_code: Words,
}

/// A product of the channel's, with what its names say.
pub(super) struct Theirs<'a> {
    pub(super) product: &'a ChannelProduct,
    room: Words,
    /// Empty where nothing is said of the rate.
    rate: Words,
}

/// Both fit well enough to be told together.
const LEAST_ROOM: usize = 40;
const LEAST_RATE: usize = 25;
const LEAST: usize = 50;

const OF_THE_RATE: [Kind; 2] = [Kind::Meal, Kind::Terms];

impl<'a> Ours<'a> {
    pub(super) fn of(product: &'a Product) -> Self {
        let room = Words::of(&product.room_type.name);
        let room_code = Words::of(&product.room_type.code);
        Self {
            product,
            room,
            room_code,
            rate: Words::of(&product.rate_plan.name),
            rate_code: Words::of(&product.rate_plan.code),
        }
    }

    /// What is known of the room's sort: by its name, or else by its code.
    fn sort(&self) -> &Words {
        if self.room.says_any(Kind::Sort) {
            &self.room
        } else {
            &self.room_code
        }
    }

    fn is_refundable(&self) -> bool {
        ![&self.rate, &self.rate_code]
            .iter()
            .any(|words| words.says(Kind::Terms, NON_REFUNDABLE))
    }
}

impl<'a> Theirs<'a> {
    pub(super) fn of(product: &'a ChannelProduct) -> Self {
        let said = Words::of(&product.room_name);
        let room = said.besides(&OF_THE_RATE);
        let rate = match &product.rate_name {
            // Channels repeat the room in the rate's name.
            Some(name) => Words::of(name).without(&room),
            None => said.only(&OF_THE_RATE),
        };
        Self {
            product,
            room,
            rate,
        }
    }
}

/// From 50 to 100, or none where they do not fit.
pub(super) fn score(ours: &Ours<'_>, theirs: &Theirs<'_>) -> Option<u8> {
    let room = room(ours, theirs);
    if room < LEAST_ROOM {
        return None;
    }
    let rate = rate(ours, theirs);
    let score = (6 * room + 4 * rate) / 10;
    if rate < LEAST_RATE || score < LEAST {
        return None;
    }
    u8::try_from(score).ok()
}

fn room(ours: &Ours<'_>, theirs: &Theirs<'_>) -> usize {
    if same_room_code(ours, theirs) {
        return 100;
    }
    let by_name = ours.room.alike(&theirs.room);
    let alike = by_name.max(ours.room_code.alike(&theirs.room));
    let score = match theirs.product.max_occupancy {
        Some(guests) => alike * 8 / 10 + guests_fit(ours.product, guests),
        None => alike,
    };
    if ours.sort().contradicts(&theirs.room, Kind::Sort) {
        score.min(20)
    } else {
        score
    }
}

/// 20 where as many guests fit at most, 15 where the standard is their most, and less with every guest's difference.
fn guests_fit(ours: &Product, guests: u16) -> usize {
    let room_type = &ours.room_type;
    if guests == room_type.max_occupancy {
        return 20;
    }
    if guests == room_type.standard_occupancy {
        return 15;
    }
    let apart = guests
        .abs_diff(room_type.max_occupancy)
        .min(guests.abs_diff(room_type.standard_occupancy));
    20_usize.saturating_sub(10 * usize::from(apart))
}

fn rate(ours: &Ours<'_>, theirs: &Theirs<'_>) -> usize {
    if same_rate_code(ours, theirs) {
        return 100;
    }
    let name = if theirs.rate.is_empty() {
        30
    } else {
        let by_name = ours.rate.alike(&theirs.rate);
        by_name.max(ours.rate_code.alike(&theirs.rate)) * 6 / 10
    };
    let meal_plan = ours.product.rate_plan.meal_plan.as_str();
    let meal = if theirs.rate.says(Kind::Meal, meal_plan) {
        40
    } else if theirs.rate.says_any(Kind::Meal) {
        return name.min(20);
    } else if meal_plan == "room_only" {
        30
    } else {
        10
    };
    // Who may get the money back would not see it from the price.
    let refundable = !theirs.rate.says(Kind::Terms, NON_REFUNDABLE);
    if refundable == ours.is_refundable() {
        name + meal
    } else {
        (name + meal).min(20)
    }
}

fn same_room_code(ours: &Ours<'_>, theirs: &Theirs<'_>) -> bool {
    folded(&ours.product.room_type.code) == folded(&theirs.product.code.room)
}

fn same_rate_code(ours: &Ours<'_>, theirs: &Theirs<'_>) -> bool {
    let rate = theirs.product.code.rate.as_ref();
    rate.is_some_and(|rate| folded(rate) == folded(&ours.product.rate_plan.code))
}

/// Why they were put together, for whoever decides.
pub(super) fn reason(ours: &Ours<'_>, theirs: &Theirs<'_>) -> String {
    let room = if same_room_code(ours, theirs) {
        "the room has our code".to_owned()
    } else {
        let by_name = ours.room.shared(&theirs.room);
        let shared = by_name.chain(ours.room_code.shared(&theirs.room));
        format!("the room by {}", listed(shared.map(Word::text)))
    };
    let mut parts = vec![room];
    if let Some(guests) = theirs.product.max_occupancy {
        let most = ours.product.room_type.max_occupancy;
        parts.push(if guests == most {
            format!("for {most} on both sides")
        } else {
            format!("for {guests} there and {most} here")
        });
    }
    parts.push(if same_rate_code(ours, theirs) {
        "the rate has our code".to_owned()
    } else {
        by_rate(ours, theirs)
    });
    parts.join("; ")
}

fn by_rate(ours: &Ours<'_>, theirs: &Theirs<'_>) -> String {
    if theirs.rate.is_empty() {
        return "the channel says nothing of the rate".to_owned();
    }
    let meal_plan = ours.product.rate_plan.meal_plan.as_str();
    let meal = theirs.rate.says(Kind::Meal, meal_plan).then_some(meal_plan);
    let by_name = ours.rate.shared(&theirs.rate);
    let shared = by_name.chain(ours.rate_code.shared(&theirs.rate));
    let shared: BTreeSet<&str> = shared.map(Word::text).chain(meal).collect();
    if shared.is_empty() {
        return "the rates' names have nothing in common".to_owned();
    }
    format!("the rate by {}", listed(shared.into_iter()))
}

fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: BTreeSet<&str> = words.collect();
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
