//! What a product's night costs for each number of adults, as the gateway would quote it.

use crate::domain::offer::Party;
use crate::domain::pricing::{Adjustment, PriceRules};

/// What a product's price a night depends on beside the night. Children are the gateway's alone: contracts have no word
/// for their prices.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Occupancy {
    standard: u16,
    most: u16,
    rules: PriceRules,
}

impl Occupancy {
    /// Of a room type for so many guests, and so many at most.
    pub fn new((standard, most): (u16, u16), prices: Vec<(u16, Adjustment)>) -> Self {
        let rules = PriceRules {
            occupancy: prices,
            children: Vec::new(),
        };
        Self {
            standard,
            most,
            rules,
        }
    }

    /// What a night at this price costs for the standard occupancy.
    pub fn standard(&self, price: i64) -> i64 {
        self.night(price, self.standard)
    }

    /// What a night at this price costs for each number of adults that the room type takes.
    pub fn each(&self, price: i64) -> impl Iterator<Item = (u16, i64)> {
        (1..=self.most).map(move |adults| (adults, self.night(price, adults)))
    }

    fn night(&self, price: i64, adults: u16) -> i64 {
        let party = Party {
            adults,
            children_ages: Vec::new(),
        };
        // The gateway quotes none that large either: the channel refuses it, and a person sees why.
        self.rules.night(price, &party).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn double() -> Occupancy {
        let prices = vec![
            (1, Adjustment::Amount(-2_000)),
            (3, Adjustment::Percent(2_500)),
        ];
        Occupancy::new((2, 3), prices)
    }

    #[test]
    fn each_number_of_adults_up_to_the_most_has_its_price() {
        let each: Vec<(u16, i64)> = double().each(10_000).collect();
        assert_eq!(each, [(1, 8_000), (2, 10_000), (3, 12_500)]);
    }

    #[test]
    fn the_standard_occupancy_pays_its_own_rule_where_it_has_one() {
        assert_eq!(double().standard(10_000), 10_000);
        let dearer = Occupancy::new((2, 2), vec![(2, Adjustment::Amount(500))]);
        assert_eq!(dearer.standard(10_000), 10_500);
    }

    #[test]
    fn a_price_past_all_numbers_is_the_largest_and_never_a_small_one() {
        let dear = Occupancy::new((1, 1), vec![(1, Adjustment::Amount(1))]);
        assert_eq!(dear.standard(i64::MAX), i64::MAX);
    }
}
