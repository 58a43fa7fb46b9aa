//! Rooms and their rates as products: one for each rate of a room, and one for a room that has none.

use roomwire_plugin_sdk::channel::{Product, ProductCode};
use roomwire_plugin_sdk::xml::Element;

use crate::Settings;

/// A sentence about the property that was reached.
pub(crate) fn describe(settings: &Settings, sold: &Element) -> String {
    let rooms = rooms(settings, sold).count();
    let rates: usize = self::rooms(settings, sold)
        .map(|room| rates(room).count())
        .sum();
    let property = &settings.property;
    format!("reached property {property}, which sells {rooms} rooms at {rates} rates")
}

pub(crate) fn products(settings: &Settings, sold: &Element) -> Vec<Product> {
    let of_room = |room| {
        let Some(code) = attribute(room, &["id", "room_id"]) else {
            return Vec::new();
        };
        let products: Vec<Product> = rates(room)
            .filter_map(|rate| product(room, code, rate))
            .collect();
        if products.is_empty() {
            vec![without_rates(room, code)]
        } else {
            products
        }
    };
    rooms(settings, sold).flat_map(of_room).collect()
}

/// The rooms of this property: a machine account has several, and the answer may be about all of them.
fn rooms<'a>(settings: &'a Settings, sold: &'a Element) -> impl Iterator<Item = &'a Element> {
    let nested = sold.all("rooms").flat_map(|rooms| rooms.all("room"));
    let all = sold.all("room").chain(nested);
    all.filter(|room| {
        room.get("hotel_id")
            .is_none_or(|hotel| hotel == settings.property)
    })
}

fn rates(room: &Element) -> impl Iterator<Item = &Element> {
    let nested = room.all("rates").flat_map(|rates| rates.all("rate"));
    room.all("rate").chain(nested)
}

fn product(room: &Element, code: &str, rate: &Element) -> Option<Product> {
    let id = attribute(rate, &["id", "rate_id"])?;
    let child = flag(rate, "is_child_rate");
    let parent = rate
        .get("parent_rate_id")
        .filter(|parent| !parent.is_empty());
    Some(Product {
        code: ProductCode::rate(code, id),
        rate_name: Some(
            attribute(rate, &["rate_name", "name"])
                .unwrap_or(id)
                .to_owned(),
        ),
        max_occupancy: rate.get("max_persons").and_then(|count| count.parse().ok()),
        active: rate.get("active").is_none_or(|active| active != "0"),
        // A derived rate is not pushed, also where its parent is not named.
        parent_rate: parent.or(child.then_some("unknown")).map(str::to_owned),
        ..without_rates(room, code)
    })
}

fn without_rates(room: &Element, code: &str) -> Product {
    Product {
        code: ProductCode::room(code),
        room_name: attribute(room, &["room_name", "name"])
            .unwrap_or(code)
            .to_owned(),
        rate_name: None,
        max_occupancy: None,
        currency: None,
        active: true,
        parent_rate: None,
        extensions: Vec::new(),
    }
}

fn attribute<'a>(element: &'a Element, names: &[&str]) -> Option<&'a str> {
    let mut found = names.iter().filter_map(|name| element.get(name));
    found.find(|value| !value.is_empty())
}

fn flag(element: &Element, name: &str) -> bool {
    element.get(name).is_some_and(|value| value == "1")
}
