//! Every reason against a sale, and the days at which calendars go wrong.

use jiff::civil::date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::*;
use crate::domain::hotel::{RatePlan, RoomType};
use crate::domain::ids::{RatePlanId, RoomTypeId};
use crate::domain::night::{self, Stay};
use crate::domain::pricing::{Adjustment, ChildPrice, PriceRules};

fn double() -> RoomType {
    RoomType {
        id: RoomTypeId(Uuid::from_u128(1)),
        code: "DBL".to_owned(),
        name: "Double".to_owned(),
        standard_occupancy: 2,
        max_occupancy: 3,
        accessible: false,
    }
}

fn accessible() -> RoomType {
    RoomType {
        id: RoomTypeId(Uuid::from_u128(2)),
        code: "ACC".to_owned(),
        accessible: true,
        ..double()
    }
}

fn open(night: Date) -> ProductNight {
    ProductNight {
        night,
        price_minor: 10_000,
        min_stay_arrival: None,
        min_stay_through: None,
        max_stay: None,
        closed_to_arrival: false,
        closed_to_departure: false,
        stop_sell: false,
        cut_off_days: None,
        max_advance_days: None,
        available: Some(4),
    }
}

fn shelf(room_type: RoomType, nights: Vec<ProductNight>) -> Shelf {
    let rate_plan = RatePlan {
        id: RatePlanId(Uuid::from_u128(9)),
        code: "BAR".to_owned(),
        name: "Best".to_owned(),
        meal_plan: "room_only".to_owned(),
    };
    Shelf {
        product: Product {
            room_type,
            rate_plan,
        },
        active: true,
        nights,
        rules: PriceRules::default(),
    }
}

fn market(shelves: Vec<Shelf>) -> Market {
    Market {
        shelves,
        charges: vec![],
    }
}

fn two() -> Party {
    Party {
        adults: 2,
        children_ages: vec![],
    }
}

fn stay(check_in: Date, check_out: Date) -> Stay {
    Stay::new(check_in, check_out).expect("a stay")
}

const TODAY: Date = date(2026, 11, 23);

/// Two nights from 1 December and the day of departure, open.
fn december() -> Vec<ProductNight> {
    (1..=3).map(|day| open(date(2026, 12, day))).collect()
}

fn asked(party: &Party) -> Asked<'_> {
    Asked {
        stay: stay(date(2026, 12, 1), date(2026, 12, 3)),
        party,
        accessible: false,
        today: TODAY,
        promo: None,
    }
}

/// The verdict on the first shelf.
fn verdict(market: &Market, asked: &Asked<'_>) -> Result<Sellable, Vec<String>> {
    let verdict = market.verdict(&market.shelves[0], asked);
    verdict.map_err(|reasons| reasons.into_iter().map(Reason::coded).collect())
}

/// The verdict on two nights from 1 December, after `change` was made to the three days that count.
fn changed(change: impl FnOnce(&mut [ProductNight])) -> Result<Sellable, Vec<String>> {
    let mut nights = december();
    change(&mut nights);
    verdict(&market(vec![shelf(double(), nights)]), &asked(&two()))
}

#[test]
fn an_open_stay_costs_its_nights_and_has_the_fewest_units_of_them() {
    let sellable = changed(|nights| {
        nights[1].price_minor = 12_000;
        nights[1].available = Some(1);
    });
    assert_eq!(
        sellable,
        Ok(Sellable {
            prices: vec![10_000, 12_000],
            charges: vec![],
            units: 1,
            discount: 0,
        })
    );
}

#[test]
fn each_restriction_is_a_reason_with_its_night_or_limit() {
    type Change = fn(&mut [ProductNight]);
    let cases: [(Change, &str); 11] = [
        (|nights| nights[1].stop_sell = true, "stop_sell 2026-12-02"),
        (
            |nights| nights[1].available = Some(0),
            "sold_out 2026-12-02",
        ),
        (
            |nights| nights[1].available = Some(-2),
            "sold_out 2026-12-02",
        ),
        (|nights| nights[0].available = None, "not_open 2026-12-01"),
        (
            |nights| nights[0].closed_to_arrival = true,
            "closed_to_arrival 2026-12-01",
        ),
        (
            |nights| nights[2].closed_to_departure = true,
            "closed_to_departure 2026-12-03",
        ),
        (
            |nights| nights[0].min_stay_arrival = Some(3),
            "min_stay_arrival 3",
        ),
        (
            |nights| nights[1].min_stay_through = Some(4),
            "min_stay_through 4",
        ),
        (|nights| nights[0].max_stay = Some(1), "max_stay 1"),
        (|nights| nights[0].cut_off_days = Some(9), "cut_off 9"),
        (
            |nights| nights[0].max_advance_days = Some(7),
            "max_advance 7",
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(changed(change), Err(vec![expected.to_owned()]));
    }
}

#[test]
fn people_read_a_sentence() {
    let night = date(2026, 12, 24);
    for (reason, sentence) in [
        (
            Reason::OccupancyExceeded(1),
            "such a room takes 1 guest at most",
        ),
        (
            Reason::MinStayArrival(3),
            "who arrives on this day stays at least 3 nights",
        ),
        (
            Reason::CutOff(1),
            "it is booked at least 1 day before the arrival",
        ),
        (Reason::StopSell(night), "the night of 2026-12-24 is closed"),
    ] {
        assert_eq!(reason.to_string(), sentence);
    }
}

#[test]
fn restrictions_of_other_days_do_not_count() {
    let sellable = changed(|nights| {
        nights[1].closed_to_arrival = true;
        nights[1].min_stay_arrival = Some(7);
        nights[1].closed_to_departure = true;
        nights[1].cut_off_days = Some(90);
        nights[1].max_advance_days = Some(0);
        nights[2].stop_sell = true;
        nights[2].available = Some(0);
    });
    assert!(sellable.is_ok(), "{sellable:?}");
}

#[test]
fn days_ahead_are_counted_to_the_day_and_a_limit_still_sells() {
    // The arrival is eight days ahead.
    assert!(changed(|nights| nights[0].cut_off_days = Some(8)).is_ok());
    assert!(changed(|nights| nights[0].max_advance_days = Some(8)).is_ok());
    let nights = || {
        let mut nights = december();
        nights[0].cut_off_days = Some(0);
        nights[0].max_advance_days = Some(0);
        market(vec![shelf(double(), nights)])
    };
    let party = two();
    let today = Asked {
        today: date(2026, 12, 1),
        ..asked(&party)
    };
    assert!(verdict(&nights(), &today).is_ok());
}

#[test]
fn a_party_that_does_not_fit_and_a_past_arrival_are_refused_together() {
    let family = Party {
        adults: 2,
        children_ages: vec![3, 5],
    };
    let late = Asked {
        today: date(2026, 12, 2),
        ..asked(&family)
    };
    let market = market(vec![shelf(double(), december())]);
    assert_eq!(
        verdict(&market, &late),
        Err(vec![
            "in_the_past".to_owned(),
            "occupancy_exceeded 3".to_owned()
        ])
    );
}

#[test]
fn what_is_inactive_is_not_for_sale_and_keeps_its_other_reasons() {
    let mut nights = december();
    nights[0].stop_sell = true;
    let mut shelf = shelf(double(), nights);
    shelf.active = false;
    assert_eq!(
        verdict(&market(vec![shelf]), &asked(&two())),
        Err(vec![
            "inactive".to_owned(),
            "stop_sell 2026-12-01".to_owned()
        ])
    );
}

#[test]
fn an_accessible_room_is_held_back_until_every_other_that_fits_is_sold_out() {
    let beside = |other: Shelf| market(vec![shelf(accessible(), december()), other]);
    let party = two();
    let left = beside(shelf(double(), december()));
    assert_eq!(
        verdict(&left, &asked(&party)),
        Err(vec!["held_back".to_owned()])
    );
    let needed = Asked {
        accessible: true,
        ..asked(&party)
    };
    assert!(verdict(&left, &needed).is_ok());

    // One night without a unit is enough: the other room cannot be had for the stay.
    let mut sold = december();
    sold[1].available = Some(0);
    assert!(verdict(&beside(shelf(double(), sold)), &asked(&party)).is_ok());

    // A room that is closed by a rule is not sold out, and one that nobody may buy is not there.
    let mut closed = december();
    closed[0].stop_sell = true;
    assert!(verdict(&beside(shelf(double(), closed)), &asked(&party)).is_err());
    let mut inactive = shelf(double(), december());
    inactive.active = false;
    assert!(verdict(&beside(inactive), &asked(&party)).is_ok());

    // A single does not fit two, so it does not count.
    let single = RoomType {
        max_occupancy: 1,
        ..double()
    };
    assert!(verdict(&beside(shelf(single, december())), &asked(&party)).is_ok());
}

#[test]
fn a_price_beyond_every_integer_is_a_reason_and_not_a_wrong_sum() {
    let reasons = changed(|nights| {
        nights[0].price_minor = i64::MAX;
        nights[1].price_minor = i64::MAX;
    });
    assert_eq!(reasons, Err(vec!["price_overflow".to_owned()]));
}

#[test]
fn children_change_the_price_by_their_ages() {
    let mut shelf = shelf(double(), december());
    shelf.rules.children = vec![ChildPrice {
        min_age: 3,
        max_age: 11,
        price: Adjustment::Percent(2_500),
    }];
    let family = Party {
        adults: 2,
        children_ages: vec![11],
    };
    let sellable = verdict(&market(vec![shelf]), &asked(&family)).expect("for sale");
    assert_eq!(sellable.prices, [12_500, 12_500]);
}

#[test]
fn a_stay_over_a_change_of_clocks_a_leap_day_or_a_year_has_its_calendar_nights() {
    let cases = [
        // Europe/Rome: 29 March 2026 has 23 hours, 25 October 25.
        (date(2026, 3, 28), date(2026, 3, 30), 2),
        (date(2026, 10, 24), date(2026, 10, 26), 2),
        // America/New_York.
        (date(2026, 3, 7), date(2026, 3, 9), 2),
        (date(2026, 10, 31), date(2026, 11, 2), 2),
        // Australia/Lord_Howe changes by half an hour.
        (date(2026, 4, 4), date(2026, 4, 6), 2),
        (date(2026, 10, 3), date(2026, 10, 5), 2),
        (date(2028, 2, 28), date(2028, 3, 1), 2),
        (date(2027, 2, 28), date(2027, 3, 1), 1),
        (date(2026, 12, 30), date(2027, 1, 2), 3),
    ];
    for (check_in, check_out, nights) in cases {
        let days = night::nights(check_in, check_out + jiff::ToSpan::days(1));
        let market = market(vec![shelf(double(), days.map(open).collect())]);
        let party = two();
        let asked = Asked {
            stay: stay(check_in, check_out),
            party: &party,
            accessible: false,
            today: check_in,
            promo: None,
        };
        let sellable = verdict(&market, &asked).expect("for sale");
        assert_eq!(sellable.prices, vec![10_000; nights], "{check_in}");
    }
}

#[test]
fn days_ahead_are_the_hotels_calendar_days_on_both_changes_of_its_clock() {
    // Ten in the evening, before and after midnight of the night in which clocks change.
    for (zone, changes) in [
        ("Europe/Rome", [date(2026, 3, 29), date(2026, 10, 25)]),
        ("America/New_York", [date(2026, 3, 8), date(2026, 11, 1)]),
        ("Australia/Lord_Howe", [date(2026, 4, 5), date(2026, 10, 4)]),
        ("Asia/Kolkata", [date(2026, 3, 29), date(2026, 12, 31)]),
    ] {
        let zone = TimeZone::get(zone).expect("a known zone");
        for change in changes {
            let eve = change.yesterday().expect("a day");
            let instant = |day: Date, hour, minute| {
                let local = day.at(hour, minute, 0, 0).to_zoned(zone.clone());
                local.expect("a time of day").timestamp()
            };
            assert_eq!(night::today(instant(eve, 23, 59), &zone), eve);
            assert_eq!(night::today(instant(change, 0, 0), &zone), change);
            assert_eq!(night::today(instant(change, 23, 59), &zone), change);

            let after = change.tomorrow().expect("a day");
            let mut nights: Vec<_> = night::nights(after, after + jiff::ToSpan::days(2))
                .map(open)
                .collect();
            nights[0].cut_off_days = Some(2);
            let market = market(vec![shelf(double(), nights)]);
            let party = two();
            let asked = |today| Asked {
                stay: stay(after, after + jiff::ToSpan::days(1)),
                party: &party,
                accessible: false,
                today,
                promo: None,
            };
            assert!(verdict(&market, &asked(eve)).is_ok(), "{change}");
            assert_eq!(
                verdict(&market, &asked(change)),
                Err(vec!["cut_off 2".to_owned()])
            );
        }
    }
}
