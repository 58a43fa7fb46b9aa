//! Transitions of entries, and whose turn it is.

use jiff::civil::date;
use uuid::Uuid;

use super::*;
use crate::domain::hotel::{RatePlan, RoomType};
use crate::domain::night;
use crate::domain::offer::{Product, ProductNight};
use crate::domain::pricing::PriceRules;

fn hold() -> HoldId {
    HoldId(Uuid::from_u128(7))
}

fn reservation() -> ReservationId {
    ReservationId(Uuid::from_u128(8))
}

#[test]
fn who_waits_is_offered_once_and_what_has_ended_stays_as_it_is() {
    assert_eq!(State::Waiting.offer(hold()), Ok(State::Offered(hold())));
    let offered = || State::Offered(hold());
    assert_eq!(offered().offer(HoldId(Uuid::nil())), Err(offered()));
    for open in [|| State::Waiting, || State::Offered(hold())] {
        assert_eq!(
            open().fulfil(reservation()),
            Ok(State::Fulfilled(reservation()))
        );
        assert_eq!(open().withdraw(), Ok(State::Withdrawn));
        assert_eq!(open().lapse(), Ok(State::Lapsed));
    }
    for ended in [
        || State::Fulfilled(reservation()),
        || State::Withdrawn,
        || State::Lapsed,
    ] {
        assert_eq!(ended().offer(hold()), Err(ended()));
        assert_eq!(ended().fulfil(reservation()), Err(ended()));
        assert_eq!(ended().withdraw(), Err(ended()));
        assert_eq!(ended().lapse(), Err(ended()));
    }
}

const FIRST: Date = date(2026, 12, 24);

/// Four nights of a room type at a price, with so many units left.
fn shelf(room_type: u128, rate_plan: u128, price: i64, units: i32) -> Shelf {
    let open = |night| ProductNight {
        night,
        price_minor: price,
        min_stay_arrival: None,
        min_stay_through: None,
        max_stay: None,
        closed_to_arrival: false,
        closed_to_departure: false,
        stop_sell: false,
        cut_off_days: None,
        max_advance_days: None,
        available: Some(units),
    };
    Shelf {
        product: Product {
            room_type: RoomType {
                id: RoomTypeId(Uuid::from_u128(room_type)),
                code: format!("R{room_type}"),
                name: format!("R{room_type}"),
                standard_occupancy: 2,
                max_occupancy: 2,
                accessible: false,
            },
            rate_plan: RatePlan {
                id: RatePlanId(Uuid::from_u128(rate_plan)),
                code: format!("P{rate_plan}"),
                name: format!("P{rate_plan}"),
                meal_plan: "room_only".to_owned(),
            },
        },
        active: true,
        nights: night::nights(FIRST, date(2026, 12, 28)).map(open).collect(),
        rules: PriceRules {
            occupancy: Vec::new(),
            children: Vec::new(),
        },
    }
}

/// Two room types: one with two units under two plans, and a dearer one with one.
fn market() -> Market {
    Market {
        shelves: vec![
            shelf(1, 1, 12_000, 2),
            shelf(1, 2, 10_000, 2),
            shelf(2, 1, 20_000, 1),
        ],
        charges: Vec::new(),
    }
}

fn wish(room_type: Option<u128>, units: u32) -> Wish {
    Wish {
        room_type: room_type.map(|id| RoomTypeId(Uuid::from_u128(id))),
        rate_plan: None,
        stay: Stay::new(FIRST, date(2026, 12, 26)).expect("two nights"),
        units,
        party: Party {
            adults: 2,
            children_ages: Vec::new(),
        },
    }
}

fn fitting(market: &Market, wish: &Wish) -> Option<(u128, u128)> {
    let line = fit(market, wish, FIRST)?;
    assert_eq!((line.stay, line.units), (wish.stay, wish.units));
    Some((line.room_type.0.as_u128(), line.rate_plan.0.as_u128()))
}

#[test]
fn who_takes_any_product_is_offered_the_cheapest_that_has_the_units() {
    assert_eq!(fitting(&market(), &wish(None, 2)), Some((1, 2)));
    assert_eq!(fitting(&market(), &wish(Some(2), 1)), Some((2, 1)));
    assert_eq!(fitting(&market(), &wish(Some(2), 2)), None);
    assert_eq!(fitting(&market(), &wish(None, 3)), None);
    let planned = Wish {
        rate_plan: Some(RatePlanId(Uuid::from_u128(1))),
        ..wish(None, 1)
    };
    assert_eq!(fitting(&market(), &planned), Some((1, 1)));
}

#[test]
fn what_is_closed_too_small_or_past_is_offered_to_nobody() {
    let mut closed = market();
    closed.shelves.remove(2);
    for shelf in &mut closed.shelves {
        shelf.nights[0].closed_to_arrival = true;
    }
    assert_eq!(fitting(&closed, &wish(None, 1)), None);
    let crowded = Wish {
        party: Party {
            adults: 3,
            children_ages: Vec::new(),
        },
        ..wish(None, 1)
    };
    assert_eq!(fitting(&market(), &crowded), None);
    assert_eq!(fit(&market(), &wish(None, 1), date(2026, 12, 25)), None);
}

#[test]
fn turns_come_in_order_and_who_does_not_fit_is_passed_over() {
    let served = |wishes: &[Wish]| turns(market(), wishes, FIRST, &mut Vec::new());
    // Two units of the first type: the first takes one, the second wants two, the third the other, the fourth comes late.
    assert_eq!(
        served(&[
            wish(Some(1), 1),
            wish(Some(1), 2),
            wish(Some(1), 1),
            wish(Some(1), 1)
        ]),
        [true, false, true, false]
    );
    // Who takes any type goes on to the dearer one, and nights beside the stay are nobody's loss.
    let later = Wish {
        stay: Stay::new(date(2026, 12, 26), date(2026, 12, 28)).expect("two nights"),
        ..wish(Some(1), 2)
    };
    assert_eq!(
        served(&[wish(None, 2), wish(None, 1), wish(None, 1), later]),
        [true, true, false, true]
    );
}

#[test]
fn turns_go_on_over_pages_and_what_an_earlier_page_took_is_gone() {
    let mut taken = Vec::new();
    let mut page = |wishes: &[Wish]| turns(market(), wishes, FIRST, &mut taken);
    assert_eq!(page(&[wish(Some(1), 1), wish(Some(1), 2)]), [true, false]);
    assert_eq!(page(&[wish(Some(1), 2), wish(Some(1), 1)]), [false, true]);
    assert_eq!(page(&[wish(Some(1), 1), wish(None, 1)]), [false, true]);
    assert_eq!(taken.len(), 3);
}
