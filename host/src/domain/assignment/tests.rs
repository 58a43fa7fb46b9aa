//! What becomes of rooms when their reservation changes.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use uuid::Uuid;

use super::*;
use crate::domain::ids::{HoldId, RatePlanId, ReservationId};
use crate::domain::money::{Currency, Money};
use crate::domain::night::Stay;
use crate::domain::reservation::{Guest, Origin, Status};

fn day(number: i8) -> Date {
    date(2026, 12, number)
}

fn double() -> RoomTypeId {
    RoomTypeId(Uuid::from_u128(1))
}

fn suite() -> RoomTypeId {
    RoomTypeId(Uuid::from_u128(2))
}

fn line(room_type: RoomTypeId, nights: (i8, i8), units: u32) -> ReservedRoom {
    let stay = Stay::new(day(nights.0), day(nights.1)).expect("some nights");
    ReservedRoom {
        product: Some((room_type, RatePlanId(Uuid::from_u128(9)))),
        units,
        ..ReservedRoom::of_stay(stay)
    }
}

fn assigned(line: usize, unit: u32, nights: (i8, i8)) -> Assignment {
    Assignment {
        id: AssignmentId(Uuid::from_u128((line * 100) as u128 + u128::from(unit))),
        line,
        unit,
        room: RoomId(Uuid::from_u128(100 + u128::from(unit))),
        number: format!("10{unit}"),
        room_type: double(),
        from: day(nights.0),
        until: day(nights.1),
        locked: false,
    }
}

fn reservation(rooms: Vec<ReservedRoom>, assigned: Vec<Assignment>) -> Reservation {
    let currency: Currency = "EUR".parse().expect("a currency");
    Reservation {
        id: ReservationId(Uuid::from_u128(7)),
        number: "7".to_owned(),
        status: Status::Confirmed,
        version: 1,
        origin: Origin::Gateway {
            hold: HoldId(Uuid::nil()),
        },
        booker: Guest::default(),
        rooms,
        assigned,
        total: Money::new(0, currency),
        notes: None,
        overbooked: false,
        unmapped: false,
        promo: None,
        discount: None,
        tentative_since: None,
        owed: None,
        checklist: None,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

fn nights(settled: &[Assignment]) -> Vec<(usize, u32, Date, Date)> {
    let all = settled.iter();
    all.map(|one| (one.line, one.unit, one.from, one.until))
        .collect()
}

#[test]
fn a_room_stretches_and_shrinks_with_the_stay_and_follows_it_to_other_days() {
    let before = reservation(
        vec![line(double(), (10, 14), 1)],
        vec![assigned(0, 0, (10, 14))],
    );
    for stay in [(10, 16), (9, 12), (20, 22)] {
        let after = reservation(vec![line(double(), stay, 1)], Vec::new());
        let settled = settle(&before, &after);
        assert_eq!(nights(&settled.kept), [(0, 0, day(stay.0), day(stay.1))]);
        assert!(settled.lost.is_empty());
    }
}

#[test]
fn of_two_rooms_of_one_stay_only_the_outer_ends_move() {
    let before = reservation(
        vec![line(double(), (10, 14), 1)],
        vec![assigned(0, 0, (10, 12)), assigned(0, 0, (12, 14))],
    );
    let after = reservation(vec![line(double(), (9, 15), 1)], Vec::new());
    let settled = settle(&before, &after);
    assert_eq!(
        nights(&settled.kept),
        [(0, 0, day(9), day(12)), (0, 0, day(12), day(15))]
    );
    let shorter = reservation(vec![line(double(), (10, 11), 1)], Vec::new());
    let settled = settle(&before, &shorter);
    assert_eq!(nights(&settled.kept), [(0, 0, day(10), day(11))]);
    assert!(settled.lost.is_empty(), "what is given back is no loss");
}

#[test]
fn another_room_type_loses_the_room_unless_the_room_is_of_it_already() {
    let before = reservation(
        vec![line(double(), (10, 12), 1)],
        vec![assigned(0, 0, (10, 12))],
    );
    let after = reservation(vec![line(suite(), (10, 12), 1)], Vec::new());
    let settled = settle(&before, &after);
    assert!(settled.kept.is_empty());
    assert_eq!(settled.lost, before.assigned);
    let upgraded = Assignment {
        room_type: suite(),
        ..assigned(0, 0, (10, 12))
    };
    let before = reservation(vec![line(double(), (10, 12), 1)], vec![upgraded]);
    assert_eq!(settle(&before, &after).kept, before.assigned);
}

#[test]
fn what_ends_gives_its_rooms_back_and_loses_nothing() {
    let before = reservation(
        vec![line(double(), (10, 12), 1)],
        vec![assigned(0, 0, (10, 12))],
    );
    let after = Reservation {
        status: Status::Cancelled,
        ..before.clone()
    };
    assert_eq!(settle(&before, &after), Settled::default());
}

#[test]
fn a_channels_line_that_moved_up_keeps_its_room() {
    let lines = [line(double(), (10, 12), 1), line(double(), (20, 22), 1)];
    let before = reservation(
        lines.to_vec(),
        vec![assigned(0, 0, (10, 12)), assigned(1, 0, (20, 22))],
    );
    let after = reservation(vec![lines[1].clone()], Vec::new());
    let settled = settle(&before, &after);
    assert_eq!(nights(&settled.kept), [(0, 0, day(20), day(22))]);
    assert_eq!(nights(&settled.lost), [(0, 0, day(10), day(12))]);
}

#[test]
fn of_fewer_units_one_with_a_room_takes_the_place_of_one_without() {
    let before = reservation(
        vec![line(double(), (10, 12), 2)],
        vec![assigned(0, 1, (10, 12))],
    );
    let after = reservation(vec![line(double(), (10, 12), 1)], Vec::new());
    assert_eq!(
        nights(&settle(&before, &after).kept),
        [(0, 0, day(10), day(12))]
    );
    let both = vec![assigned(0, 0, (10, 12)), assigned(0, 1, (10, 12))];
    let before = reservation(vec![line(double(), (10, 12), 2)], both);
    let settled = settle(&before, &after);
    assert_eq!(nights(&settled.kept), [(0, 0, day(10), day(12))]);
    assert_eq!(nights(&settled.lost), [(0, 1, day(10), day(12))]);
}

#[test]
fn what_is_missing_is_the_holes_of_each_unit_the_longest_first() {
    let with = reservation(
        vec![line(double(), (10, 15), 2)],
        vec![assigned(0, 0, (11, 12))],
    );
    let missing = missing(&with);
    let found: Vec<(u32, Date, Date)> = missing
        .iter()
        .map(|hole| (hole.unit, hole.from, hole.until))
        .collect();
    assert_eq!(
        found,
        [
            (1, day(10), day(15)),
            (0, day(12), day(15)),
            (0, day(10), day(11)),
        ]
    );
}
