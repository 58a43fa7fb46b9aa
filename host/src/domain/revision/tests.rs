//! What a revision does, in any order of arrival, and what its rooms are called.

use jiff::civil::date;
use uuid::Uuid;

use super::*;
use crate::domain::money::Money;

fn revision(order: i64, status: RevisionStatus) -> Revision {
    let euro = "EUR".parse().expect("a currency");
    Revision {
        reservation: "R1".to_owned(),
        revision: format!("R1/{order}"),
        order,
        status,
        source: None,
        booker: ChannelGuest::default(),
        rooms: vec![RevisionRoom {
            id: None,
            product: ProductCode {
                room: "double".to_owned(),
                rate: Some("bar".to_owned()),
            },
            check_in: date(2026, 12, 1),
            check_out: date(2026, 12, 3),
            adults: 2,
            children_ages: vec![],
            nights: vec![
                (date(2026, 12, 2), Money::new(200, euro)),
                (date(2026, 12, 1), Money::new(100, euro)),
            ],
            guests: vec![],
        }],
        total: Money::new(300, euro),
        notes: None,
        booked_at: None,
        acknowledgement: None,
    }
}

fn known(order: i64, status: Status) -> Option<Known> {
    let standing = Standing {
        status,
        cancelled_by_channel: false,
    };
    Some(Known {
        order,
        reservation: Some(standing),
    })
}

#[test]
fn a_long_stay_of_a_channel_is_taken_and_a_date_of_another_century_is_a_mistake() {
    let mut revision = revision(1, RevisionStatus::Confirmed);
    revision.rooms[0].check_out = date(2027, 7, 1);
    let (rooms, _) = reserved_rooms(&revision, &[]).expect("a stay of seven months");
    assert_eq!(rooms[0].stay.length(), 212);
    let today = date(2026, 11, 23);
    let span = |revision: &Revision| super::span(revision, today);
    assert_eq!(
        span(&revision),
        Ok(Some((date(2026, 12, 1), date(2027, 7, 1))))
    );
    revision.rooms[0].check_out = date(2206, 12, 3);
    assert!(matches!(
        span(&revision),
        Err(InvalidRevision::TooFar { .. })
    ));
    revision.rooms.clear();
    assert_eq!(span(&revision), Ok(None));
}

#[test]
fn a_first_revision_lands_where_the_hotel_says_and_a_doubtful_one_waits_for_staff() {
    let land = |status, landing| decide(None, &revision(1, status), landing);
    for landing in [Status::Confirmed, Status::Tentative] {
        assert_eq!(
            land(RevisionStatus::Confirmed, landing),
            Decision::Create(landing)
        );
    }
    for doubtful in [
        RevisionStatus::Pending,
        RevisionStatus::Unknown("on-request".to_owned()),
    ] {
        assert_eq!(
            land(doubtful, Status::Confirmed),
            Decision::Create(Status::Tentative)
        );
    }
}

#[test]
fn a_cancellation_before_the_creation_is_remembered_and_wins() {
    let tombstone = decide(
        None,
        &revision(2, RevisionStatus::Cancelled),
        Status::Confirmed,
    );
    assert_eq!(tombstone, Decision::Tombstone);
    let known = Some(Known {
        order: 2,
        reservation: None,
    });
    let creation = revision(1, RevisionStatus::Confirmed);
    assert_eq!(
        decide(known, &creation, Status::Confirmed),
        Decision::Supersede
    );
}

#[test]
fn an_older_revision_is_superseded_and_an_equal_one_is_the_truer_answer() {
    let known = known(5, Status::Confirmed);
    let at = |order| {
        decide(
            known,
            &revision(order, RevisionStatus::Confirmed),
            Status::Confirmed,
        )
    };
    assert_eq!(at(4), Decision::Supersede);
    assert_eq!(at(5), Decision::Change(Status::Confirmed));
    assert_eq!(at(6), Decision::Change(Status::Confirmed));
}

#[test]
fn an_unknown_status_changes_no_status() {
    let unknown = revision(2, RevisionStatus::Unknown("modified?".to_owned()));
    for status in [Status::Tentative, Status::Confirmed, Status::CheckedIn] {
        let decision = decide(known(1, status), &unknown, Status::Confirmed);
        assert_eq!(decision, Decision::Change(status));
    }
}

#[test]
fn what_staff_ended_is_not_resurrected_but_what_the_channel_cancelled_is() {
    let confirmed = revision(2, RevisionStatus::Confirmed);
    for status in [Status::Cancelled, Status::Declined, Status::Expired] {
        let decision = decide(known(1, status), &confirmed, Status::Confirmed);
        assert_eq!(decision, Decision::Keep(Conflict::EndedHere));
    }
    let reinstated = Some(Known {
        order: 1,
        reservation: Some(Standing {
            status: Status::Cancelled,
            cancelled_by_channel: true,
        }),
    });
    let decision = decide(reinstated, &confirmed, Status::Confirmed);
    assert_eq!(decision, Decision::Change(Status::Confirmed));
}

#[test]
fn a_cancellation_frees_what_is_to_come_and_never_an_arrived_guest() {
    let cancelled = revision(2, RevisionStatus::Cancelled);
    let decide = |status| decide(known(1, status), &cancelled, Status::Confirmed);
    assert_eq!(decide(Status::Tentative), Decision::Cancel);
    assert_eq!(decide(Status::Confirmed), Decision::Cancel);
    let kept = Decision::Keep(Conflict::CancelledAfterArrival);
    assert_eq!(decide(Status::CheckedIn), kept);
    assert_eq!(decide(Status::CheckedOut), kept);
    assert_eq!(decide(Status::NoShow), Decision::Agree);
    assert_eq!(decide(Status::Cancelled), Decision::Agree);
}

fn mapping(room_type: u128, room: &str, rate: Option<&str>) -> Mapping {
    Mapping {
        room_type: RoomTypeId(Uuid::from_u128(room_type)),
        rate_plan: RatePlanId(Uuid::from_u128(9)),
        code: ProductCode {
            room: room.to_owned(),
            rate: rate.map(str::to_owned),
        },
    }
}

#[test]
fn a_room_is_named_by_its_code_and_prices_follow_the_nights() {
    let mappings = [
        mapping(1, "double", None),
        mapping(2, "double", Some("bar")),
    ];
    let revision = revision(1, RevisionStatus::Confirmed);
    let (rooms, unmapped) = reserved_rooms(&revision, &mappings).expect("rooms");
    assert_eq!(
        rooms[0].product.map(|(room_type, _)| room_type.0.as_u128()),
        Some(2)
    );
    assert_eq!(rooms[0].prices, [100, 200]);
    assert!(!unmapped);
}

#[test]
fn an_unknown_rate_takes_the_room_and_an_unknown_room_takes_nothing() {
    let revision = revision(1, RevisionStatus::Confirmed);
    let named = |mappings: &[Mapping]| {
        let (rooms, unmapped) = reserved_rooms(&revision, mappings).expect("rooms");
        (rooms[0].product.is_some(), unmapped)
    };
    assert_eq!(named(&[mapping(1, "double", Some("other"))]), (true, true));
    let two = [
        mapping(1, "double", Some("a")),
        mapping(2, "double", Some("b")),
    ];
    assert_eq!(named(&two), (false, true));
    assert_eq!(named(&[mapping(1, "suite", Some("bar"))]), (false, true));
}

#[test]
fn a_revision_without_rooms_or_with_an_impossible_stay_is_refused() {
    let mut revision = revision(1, RevisionStatus::Confirmed);
    revision.rooms[0].check_out = revision.rooms[0].check_in;
    let refusal = reserved_rooms(&revision, &[]).expect_err("no stay");
    assert!(matches!(refusal, InvalidRevision::Stay { room: 0, .. }));
    revision.rooms.clear();
    let refusal = reserved_rooms(&revision, &[]).expect_err("no rooms");
    assert!(matches!(refusal, InvalidRevision::NoRooms { .. }));
}
