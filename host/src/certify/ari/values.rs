//! Values that a scenario leaves to be made up.

use super::Ask;
use crate::domain::connector::OccupancyPrice;
use crate::domain::money::Money;

/// What one adult pays less, where prices differ: an odd amount, so that one that is cut off or left out is seen.
const LESS_FOR_ONE: i64 = 2_013;

/// One to nine, another one for the next run and product.
pub(super) fn units(ask: &Ask, product: usize, place: usize) -> u32 {
    let made_up = 1 + (ask.variant * 4 + product * 3 + place) % 9;
    ask.units
        .unwrap_or_else(|| u32::try_from(made_up).unwrap_or(1))
}

/// From 8,000 minor units, with an odd last digit now and then, so that one that is cut off is seen.
pub(super) fn price(ask: &Ask, product: usize, place: usize) -> i64 {
    let step = (ask.variant * 11 + product * 31 + place * 7) % 97;
    8_000 + 137 * i64::try_from(step).unwrap_or(0)
}

/// Of a room for two, who pay its price.
pub(super) fn for_adults(price: Money, differ: bool) -> Vec<OccupancyPrice> {
    let less = if differ { LESS_FOR_ONE } else { 0 };
    let of_one = Money {
        minor: price.minor - less,
        ..price
    };
    vec![
        OccupancyPrice {
            adults: 1,
            price: of_one,
        },
        OccupancyPrice { adults: 2, price },
    ]
}
