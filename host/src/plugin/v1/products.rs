//! Products: what a channel sells.

use super::bindings::channel::roomwire::channel::types as wit;
use super::text::{Breach, at_most, code, line, optional_code};
use crate::domain::connector::{ChannelProduct, ProductCode};

const MAX_PRODUCTS: usize = 5_000;

pub(in crate::plugin) fn products(given: Vec<wit::Product>) -> Result<Vec<ChannelProduct>, Breach> {
    at_most("products", given, MAX_PRODUCTS)?
        .into_iter()
        .map(product)
        .collect()
}

fn product(given: wit::Product) -> Result<ChannelProduct, Breach> {
    Ok(ChannelProduct {
        code: product_code(given.code)?,
        room_name: line(&given.room_name, 500),
        rate_name: given.rate_name.map(|name| line(&name, 500)),
        max_occupancy: given.max_occupancy.map(|most| most.min(100)),
        // A currency that is none tells nothing.
        currency: given
            .currency
            .filter(|code| code.parse::<crate::domain::money::Currency>().is_ok()),
        active: given.active,
        parent_rate: optional_code("parent-rate", given.parent_rate)?,
    })
}

pub(super) fn product_code(given: wit::ProductCode) -> Result<ProductCode, Breach> {
    Ok(ProductCode {
        room: code("room", given.room)?,
        rate: optional_code("rate", given.rate)?,
    })
}

pub(in crate::plugin) fn wit_code(code: &ProductCode) -> wit::ProductCode {
    wit::ProductCode {
        room: code.room.clone(),
        rate: code.rate.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(room: &str) -> wit::Product {
        wit::Product {
            code: wit::ProductCode {
                room: room.to_owned(),
                rate: Some("BAR".to_owned()),
            },
            room_name: "Double\n".to_owned(),
            rate_name: None,
            max_occupancy: Some(u16::MAX),
            currency: Some("EURO".to_owned()),
            active: true,
            parent_rate: None,
            extensions: Vec::new(),
        }
    }

    #[test]
    fn codes_are_refused_and_the_rest_is_bounded() {
        let kept = products(vec![given("DBL")]).expect("a product");
        assert_eq!(
            (
                kept[0].room_name.as_str(),
                kept[0].max_occupancy,
                &kept[0].currency
            ),
            ("Double ", Some(100), &None)
        );
        assert!(products(vec![given("")]).is_err());
        assert!(products(vec![given("DBL"); MAX_PRODUCTS + 1]).is_err());
    }
}
