//! What a product's night costs for each number of adults, as the gateway would quote it.

use crate::domain::connector::OccupancyPrice;
use crate::domain::money::{Currency, Money};
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

/// What a night costs, and what that depends on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Price<'a> {
    /// The night's own.
    pub(super) minor: i64,
    pub(super) occupancy: Option<&'a Occupancy>,
    /// Whether the channel takes a price for each number of adults.
    pub(super) each: bool,
}

impl Price<'_> {
    pub(super) fn standard(self) -> i64 {
        let price = self.occupancy.map(|prices| prices.standard(self.minor));
        price.unwrap_or(self.minor)
    }

    pub(super) fn each(self, currency: Currency) -> Vec<OccupancyPrice> {
        let prices = self.occupancy.filter(|_| self.each).into_iter();
        prices
            .flat_map(|prices| prices.each(self.minor))
            .map(|(adults, minor)| OccupancyPrice {
                adults,
                price: Money::new(minor, currency),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::domain::ari::{Cell, Channel, CurrentAri, DirtyCell, Fields, RateNight, plan};
    use crate::domain::connection::Mapping;
    use crate::domain::connector::{
        Abilities, AriUpdate, AvailabilityOn, ConnectorProfile, ProductCode, UpdateSemantics,
    };
    use crate::domain::ids::{RatePlanId, RoomTypeId};

    const NIGHT: jiff::civil::Date = date(2026, 12, 1);

    /// The one update of a double's night at 100.00 EUR of which these fields changed.
    fn told(occupancy_prices: bool, occupancy: Occupancy, fields: Fields) -> AriUpdate {
        let (room_type, rate_plan) = (RoomTypeId(Uuid::nil()), RatePlanId(Uuid::nil()));
        let profile = ConnectorProfile {
            id: "fake".to_owned(),
            abilities: Abilities::default(),
            availability_on: AvailabilityOn::Room,
            update_semantics: UpdateSemantics::Merge,
            horizon_nights: 10,
            max_updates_per_call: 10,
            requests_per_minute: None,
            webhooks_are_hints: true,
            occupancy_prices,
            webhooks_pull: false,
        };
        let code = ProductCode {
            room: "DBL".to_owned(),
            rate: Some("BAR".to_owned()),
        };
        let rate = RateNight {
            price_minor: 10_000,
            min_stay_arrival: None,
            min_stay_through: None,
            max_stay: None,
            cut_off_days: None,
            closed_to_arrival: false,
            closed_to_departure: false,
            stop_sell: false,
        };
        let current = CurrentAri {
            availability: HashMap::new(),
            rates: HashMap::from([((room_type, rate_plan, NIGHT), rate)]),
            occupancy: HashMap::from([((room_type, rate_plan), occupancy)]),
        };
        let mappings = [Mapping {
            room_type,
            rate_plan,
            code,
        }];
        let channel = Channel {
            profile: &profile,
            mappings: &mappings,
            currency: "EUR".parse().expect("a known currency"),
            today: NIGHT,
        };
        let cell = Cell::Rate {
            room_type,
            rate_plan,
            night: NIGHT,
        };
        let dirty = DirtyCell {
            cell,
            version: 1,
            fields,
        };
        plan(channel, &[dirty], &current).updates.remove(0).update
    }

    fn each(update: &AriUpdate) -> Vec<(u16, i64)> {
        let prices = update.occupancy_prices.iter();
        prices.map(|each| (each.adults, each.price.minor)).collect()
    }

    #[test]
    fn a_channel_that_takes_them_is_told_every_price_with_the_standard_one() {
        let update = told(true, double(), Fields::PRICE);
        assert_eq!(update.price.map(|price| price.minor), Some(10_000));
        assert_eq!(each(&update), [(1, 8_000), (2, 10_000), (3, 12_500)]);
    }

    #[test]
    fn another_channel_is_told_the_price_of_the_standard_occupancy_alone() {
        let dearer = Occupancy::new((2, 3), vec![(2, Adjustment::Amount(500))]);
        let update = told(false, dearer, Fields::PRICE);
        assert_eq!(update.price.map(|price| price.minor), Some(10_500));
        assert_eq!(each(&update), []);
    }

    #[test]
    fn a_restriction_that_changed_says_nothing_of_prices() {
        let update = told(true, double(), Fields::MAX_STAY);
        assert_eq!((update.price, each(&update)), (None, Vec::new()));
    }

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
