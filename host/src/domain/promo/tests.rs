//! What codes take off, to the minor unit.

use jiff::civil::date;

use super::*;
use crate::domain::hotel::{RatePlan, RoomType};
use crate::domain::ids::{RatePlanId, RoomTypeId};

fn product(room_type: &str, rate_plan: &str) -> Product {
    Product {
        room_type: RoomType {
            id: RoomTypeId(Uuid::from_u128(1)),
            code: room_type.to_owned(),
            name: "Double".to_owned(),
            standard_occupancy: 2,
            max_occupancy: 3,
            accessible: false,
        },
        rate_plan: RatePlan {
            id: RatePlanId(Uuid::from_u128(2)),
            code: rate_plan.to_owned(),
            name: "Best".to_owned(),
            meal_plan: "room_only".to_owned(),
        },
    }
}

fn entry() -> PromoEntry {
    PromoEntry {
        id: Uuid::nil(),
        code: "SPRING".to_owned(),
        name: "Spring".to_owned(),
        discount: Discount::Percent(1_000),
        stay_from: None,
        stay_until: None,
        book_from: None,
        book_until: None,
        room_types: Vec::new(),
        rate_plans: Vec::new(),
        min_nights: 1,
        uses_at_most: None,
        uses_per_guest: None,
        active: true,
    }
}

#[test]
fn a_percentage_is_rounded_night_by_night_halves_away_from_nothing() {
    // Yen have no decimals, dinars three: both are minor units here.
    for (part, prices, reduced) in [
        (1_000, vec![15, 25, 0], vec![13, 22, 0]),
        (1_250, vec![12_345], vec![10_802]),
        (10_000, vec![1, 99_999], vec![0, 0]),
    ] {
        assert_eq!(Discount::Percent(part).reduced(&prices), Some(reduced));
    }
}

#[test]
fn an_amount_is_spread_so_that_the_nights_sum_up_and_none_is_below_nothing() {
    for (amount, prices) in [
        (100, vec![33, 33, 34]),
        (1, vec![10, 10, 10]),
        (10, vec![1, 1, 1_000]),
        (9_999, vec![7, 0, 5]),
        (5, vec![0, 0]),
        (7_777, vec![12_345, 1, 0, 54_321]),
    ] {
        let whole: i64 = prices.iter().sum();
        let reduced = Discount::Amount(amount).reduced(&prices).expect("small");
        assert_eq!(reduced.iter().sum::<i64>(), (whole - amount).max(0));
        let pairs = reduced.iter().zip(&prices);
        for (now, before) in pairs {
            assert!((0..=*before).contains(now), "{amount}: {reduced:?}");
        }
    }
    assert_eq!(Discount::Amount(1).reduced(&[i64::MAX, 1]), None);
}

#[test]
fn of_every_whole_run_of_nights_the_cheapest_are_free() {
    let three_for_two = Discount::FreeNights {
        stay_nights: 3,
        free_nights: 1,
    };
    for (prices, reduced) in [
        (vec![3, 2], vec![3, 2]),
        (vec![3, 2, 4], vec![3, 0, 4]),
        (vec![3, 2, 4, 1, 1], vec![3, 0, 4, 1, 1]),
        (vec![5, 5, 5, 2, 9, 9], vec![0, 5, 5, 0, 9, 9]),
    ] {
        assert_eq!(three_for_two.reduced(&prices), Some(reduced));
    }
}

#[test]
fn both_ends_of_the_booking_days_are_included() {
    let promo = PromoEntry {
        book_from: Some(date(2026, 3, 1)),
        book_until: Some(date(2026, 3, 31)),
        ..entry()
    };
    for (today, usable) in [
        (date(2026, 2, 28), Err(Unusable::NotYet)),
        (date(2026, 3, 1), Ok(())),
        (date(2026, 3, 31), Ok(())),
        (date(2026, 4, 1), Err(Unusable::Over)),
    ] {
        assert_eq!(promo.on(today), usable, "{today}");
    }
    let ended = PromoEntry {
        active: false,
        ..promo
    };
    assert_eq!(ended.on(date(2026, 3, 1)), Err(Unusable::Inactive));
}

#[test]
fn every_night_lies_within_the_stay_dates_and_room_type_and_rate_plan_are_named() {
    let promo = PromoEntry {
        stay_from: Some(date(2026, 5, 1)),
        stay_until: Some(date(2026, 5, 10)),
        room_types: vec!["DBL".to_owned()],
        rate_plans: vec!["BAR".to_owned(), "BB".to_owned()],
        min_nights: 2,
        ..entry()
    };
    for (room_type, rate_plan, first, last, covered) in [
        ("DBL", "BAR", 1, 11, true),
        ("DBL", "BB", 1, 11, true),
        ("DBL", "HB", 1, 11, false),
        ("SGL", "BAR", 1, 11, false),
        ("DBL", "BAR", 1, 12, false),
        ("DBL", "BAR", 5, 6, false),
        ("DBL", "BAR", 5, 7, true),
    ] {
        let stay = Stay::new(date(2026, 5, first), date(2026, 5, last)).expect("a stay");
        let product = product(room_type, rate_plan);
        assert_eq!(promo.covers(&product, stay), covered, "{first} to {last}");
    }
    let early = Stay::new(date(2026, 4, 30), date(2026, 5, 3)).expect("a stay");
    assert!(!promo.covers(&product("DBL", "BAR"), early));
}

#[test]
fn what_is_taken_off_and_what_is_left_are_the_price_together() {
    let promo = PromoEntry {
        discount: Discount::Amount(1_001),
        ..entry()
    };
    assert_eq!(
        promo.reduced(&[10_000, 12_000]),
        Some((vec![9_545, 11_454], 1_001))
    );
    assert_eq!(promo.reduced(&[400, 0]), Some((vec![0, 0], 400)));
    assert_eq!(promo.reduced(&[i64::MAX, 1]), None);
}
