//! Room types and rate plans as products: one for each rate plan, and one for a room type that has none.

use std::collections::BTreeSet;

use roomwire_plugin_sdk::channel::{Product, ProductCode};

use crate::wire::Item;
use crate::wire::content::{RatePlan, RoomType};

pub(crate) fn products(rooms: Vec<Item<RoomType>>, rates: Vec<Item<RatePlan>>) -> Vec<Product> {
    let mut sold = BTreeSet::new();
    let mut products = Vec::new();
    for rate in rates {
        // A rate plan of no room type can be mapped to nothing.
        let named = rate.attributes.room_type_id.clone();
        let Some(room_type) = named.or_else(|| rate.related("room_type")) else {
            continue;
        };
        let room = rooms.iter().find(|room| room.id == room_type);
        sold.insert(room_type.clone());
        products.push(product(room_type, room, rate));
    }
    let unsold = rooms.into_iter().filter(|room| !sold.contains(&room.id));
    products.extend(unsold.map(without_rates));
    products
}

fn product(room_type: String, room: Option<&Item<RoomType>>, rate: Item<RatePlan>) -> Product {
    let largest = rate.attributes.options.iter();
    let largest = largest.filter_map(|option| option.occupancy).max();
    let parent = rate.attributes.parent_rate_plan_id.clone();
    Product {
        room_name: room
            .and_then(|room| room.attributes.title.clone())
            .unwrap_or_else(|| room_type.clone()),
        max_occupancy: largest.or(room.and_then(|room| room.attributes.occ_adults)),
        parent_rate: parent.or_else(|| rate.related("parent_rate_plan")),
        rate_name: Some(rate.attributes.title.unwrap_or_else(|| rate.id.clone())),
        currency: rate.attributes.currency,
        code: ProductCode::rate(room_type, rate.id),
        active: true,
        extensions: Vec::new(),
    }
}

fn without_rates(room: Item<RoomType>) -> Product {
    Product {
        room_name: room.attributes.title.unwrap_or_else(|| room.id.clone()),
        max_occupancy: room.attributes.occ_adults,
        code: ProductCode::room(room.id),
        rate_name: None,
        currency: None,
        active: true,
        parent_rate: None,
        extensions: Vec::new(),
    }
}
