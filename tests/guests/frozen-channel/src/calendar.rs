//! What the channel sells and shows.

use crate::bindings::roomwire::channel::types::{AriNight, Product, ProductCode};
use crate::bindings::roomwire::types::common::{CallContext, Money};

/// A value that no host knows: it must be ignored.
pub(crate) fn unknown_value() -> Vec<(String, String)> {
    vec![("colour".to_owned(), "red".to_owned())]
}

pub(crate) fn price(context: &CallContext, minor: i64) -> Money {
    Money {
        minor,
        currency: context.currency.clone(),
    }
}

/// One product with everything that can be said of it, and one with nothing.
pub(crate) fn products(context: &CallContext) -> Vec<Product> {
    vec![
        Product {
            code: ProductCode {
                room: "DBL".to_owned(),
                rate: Some("BAR".to_owned()),
            },
            room_name: "Double".to_owned(),
            rate_name: Some("Best Available Rate".to_owned()),
            max_occupancy: Some(3),
            currency: Some(context.currency.clone()),
            active: true,
            parent_rate: Some("RACK".to_owned()),
            extensions: unknown_value(),
        },
        Product {
            code: ProductCode {
                room: "SGL".to_owned(),
                rate: None,
            },
            room_name: "Single".to_owned(),
            rate_name: None,
            max_occupancy: None,
            currency: None,
            active: false,
            parent_rate: None,
            extensions: Vec::new(),
        },
    ]
}

/// The first night with every value, and the last with none.
pub(crate) fn nights(
    context: &CallContext,
    products: &[ProductCode],
    nights: &[String; 2],
) -> Vec<AriNight> {
    let [first, last] = nights;
    let both = |product: &ProductCode| [full(context, product, first), empty(product, last)];
    products.iter().flat_map(both).collect()
}

fn full(context: &CallContext, product: &ProductCode, night: &str) -> AriNight {
    AriNight {
        availability: Some(4),
        price: Some(price(context, 12_345)),
        min_stay_arrival: Some(2),
        min_stay_through: Some(3),
        max_stay: Some(14),
        cut_off_days: Some(1),
        closed_to_arrival: Some(true),
        closed_to_departure: Some(false),
        stop_sell: Some(false),
        extensions: unknown_value(),
        ..empty(product, night)
    }
}

fn empty(product: &ProductCode, night: &str) -> AriNight {
    AriNight {
        product: product.clone(),
        night: night.to_owned(),
        availability: None,
        price: None,
        min_stay_arrival: None,
        min_stay_through: None,
        max_stay: None,
        cut_off_days: None,
        closed_to_arrival: None,
        closed_to_departure: None,
        stop_sell: None,
        extensions: Vec::new(),
    }
}
