//! Revisions in any order, twice, at once: one reservation, and counters that are right.

use futures::future::join_all;
use jiff::SignedDuration;

use super::*;
use crate::app::changes::{Change, LineChange};
use crate::app::inbound_world::World;
use crate::app::moves::Move;
use crate::domain::connector::RevisionRoom;
use crate::domain::reservation::{Checklist, Transition};

async fn land(world: &World, revision: &Revision) -> Landed {
    // Ids, and so the order of events, are of the instant.
    world.app.clock.advance(SignedDuration::from_millis(1));
    apply(&world.app, &world.hotel, &world.connection, revision)
        .await
        .expect("a revision that lands")
}

fn cancelled(world: &World, order: i64) -> Revision {
    Revision {
        status: RevisionStatus::Cancelled,
        rooms: vec![],
        ..world.revision(order, "D", 1..2)
    }
}

async fn cancel_by_staff(world: &World, reservation: ReservationId) {
    let by_staff = Move {
        hotel: &world.hotel,
        reservation,
        transition: Transition::Cancel,
        version: None,
        reason: None,
        actor: "staff".to_owned(),
        checklist: Checklist::default(),
        notify_guest: None,
    };
    world.app.clock.advance(SignedDuration::from_millis(1));
    perform(&world.app, world.hotel.id, &by_staff)
        .await
        .expect("a cancellation");
}

async fn kinds(world: &World) -> Vec<String> {
    let reservation = world.reservation().await;
    let mut tx = world
        .app
        .store
        .begin(world.hotel.id)
        .await
        .expect("a transaction");
    let events = reservations::events(&mut tx, reservation.id)
        .await
        .expect("events");
    events.into_iter().map(|event| event.kind).collect()
}

#[tokio::test]
async fn a_channels_reservation_lands_confirmed_and_takes_its_nights() {
    let world = World::new().await;
    let landed = land(&world, &world.revision(1, "D", 3..5)).await;

    assert_eq!(landed.outcome, Some(Outcome::Created));
    let reservation = world.reservation().await;
    assert_eq!(Some(reservation.id), landed.reservation);
    assert_eq!(reservation.status, Status::Confirmed);
    assert_eq!(
        reservation.origin,
        Origin::Channel {
            connection: world.connection.id,
            source: "Some OTA".to_owned()
        }
    );
    assert!(!reservation.overbooked && !reservation.unmapped);
    let free = [
        world.free("double", 2).await,
        world.free("double", 3).await,
        world.free("double", 5).await,
    ];
    assert_eq!(free, [2, 1, 2]);
    assert_eq!(
        world.claim("push").await.len(),
        0,
        "it waits a second for more"
    );
}

#[tokio::test]
async fn a_change_keeps_the_reservation_and_a_room_that_is_missing_is_cancelled() {
    let world = World::new().await;
    let mut first = world.revision(1, "D", 3..5);
    first.rooms.push(world.room("S", 3..5));
    let created = land(&world, &first).await;
    let changed = land(&world, &world.revision(2, "D", 4..6)).await;

    assert_eq!(changed.outcome, Some(Outcome::Changed));
    assert_eq!(changed.reservation, created.reservation);
    let reservation = world.reservation().await;
    assert_eq!(
        (
            reservation.version,
            reservation.rooms.len(),
            reservation.total.minor
        ),
        (2, 1, 2000)
    );
    assert_eq!(world.free("suite", 3).await, 1);
    let doubles = [
        world.free("double", 3).await,
        world.free("double", 4).await,
        world.free("double", 5).await,
    ];
    assert_eq!(doubles, [2, 1, 1]);
    assert_eq!(kinds(&world).await, ["created", "changed"]);
}

#[tokio::test]
async fn every_order_of_arrival_ends_in_the_same_state() {
    let world = World::new().await;
    let story = [
        world.revision(1, "D", 3..5),
        Revision {
            rooms: vec![world.room("D", 3..6), world.room("S", 3..5)],
            ..world.revision(2, "D", 3..5)
        },
        world.revision(3, "S", 8..10),
        cancelled(&world, 4),
    ];
    for (number, order) in permutations(4).into_iter().enumerate() {
        for length in 1..=4 {
            let reference = format!("P{number}/{length}");
            // Each revision comes a second time, after the others.
            for index in order.iter().chain(&order).filter(|index| **index < length) {
                let revision = Revision {
                    reservation: reference.clone(),
                    ..story[*index].clone()
                };
                land(&world, &revision).await;
            }
            let live: Vec<_> = world
                .reservations()
                .await
                .into_iter()
                .filter(|one| one.status.takes_inventory())
                .collect();
            if length == 4 {
                assert_eq!(live.len(), 0, "{order:?}");
                continue;
            }
            let [reservation] = live.as_slice() else {
                panic!("{order:?}: {} reservations", live.len())
            };
            let newest = &story[length - 1];
            assert_eq!(reservation.total, newest.total, "{order:?}");
            let stays: Vec<_> = reservation
                .rooms
                .iter()
                .map(|room| (room.stay.check_in(), room.stay.check_out()))
                .collect();
            let expected: Vec<_> = newest
                .rooms
                .iter()
                .map(|room| (room.check_in, room.check_out))
                .collect();
            assert_eq!(stays, expected, "{order:?}");
            let end = Revision {
                reservation: reference,
                ..cancelled(&world, 9)
            };
            land(&world, &end).await;
        }
    }
    let free = [
        world.free("double", 3).await,
        world.free("suite", 3).await,
        world.free("suite", 8).await,
    ];
    assert_eq!(free, [2, 1, 1]);
}

fn permutations(length: usize) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    for next in 0..length {
        all = all
            .into_iter()
            .flat_map(|shorter: Vec<usize>| {
                (0..=shorter.len()).map(move |place| {
                    let mut longer = shorter.clone();
                    longer.insert(place, next);
                    longer
                })
            })
            .collect();
    }
    all
}

#[tokio::test]
async fn copies_that_arrive_at_once_have_one_effect() {
    let world = World::new().await;
    let revisions = [world.revision(1, "D", 3..5), world.revision(2, "D", 3..6)];
    let copies = (0..20).map(|copy| land(&world, &revisions[copy % 2]));
    let landed = join_all(copies).await;

    let effects: Vec<_> = landed.iter().filter_map(|landed| landed.outcome).collect();
    assert_eq!(effects.len(), 2, "{effects:?}");
    assert_eq!(world.reservation().await.total.minor, 2000);
    assert_eq!(world.free("double", 5).await, 1);
}

#[tokio::test]
async fn what_was_not_there_is_taken_flagged_and_comes_back() {
    let world = World::new().await;
    let book = async |reference: &str, room: &str, nights| {
        let revision = Revision {
            reservation: reference.to_owned(),
            ..world.revision(1, room, nights)
        };
        land(&world, &revision).await
    };
    assert_eq!(book("A", "S", 3..5).await.overbooked, []);
    let second = book("B", "S", 4..6).await;
    assert_eq!(
        second
            .overbooked
            .iter()
            .map(|(_, night)| *night)
            .collect::<Vec<_>>(),
        [world.night(4)]
    );
    assert_eq!(world.free("suite", 4).await, -1);
    // Beyond the last night that was ever opened.
    let unopened = book("C", "S", 70..72).await;
    assert_eq!(unopened.overbooked.len(), 2);
    let flags: Vec<_> = world
        .reservations()
        .await
        .iter()
        .map(|one| one.overbooked)
        .collect();
    assert_eq!(flags, [true, true, false]);

    for reference in ["A", "B", "C"] {
        let end = Revision {
            reservation: reference.to_owned(),
            ..cancelled(&world, 2)
        };
        assert_eq!(land(&world, &end).await.outcome, Some(Outcome::Cancelled));
    }
    assert_eq!(world.reservations().await.len(), 3);
    assert_eq!(world.free("suite", 4).await, 1);
}

#[tokio::test]
async fn a_product_without_a_mapping_is_kept_and_flagged() {
    let world = World::new().await;
    let landed = land(&world, &world.revision(1, "unheard-of", 3..5)).await;
    assert!(landed.unmapped);
    let reservation = world.reservation().await;
    assert!(reservation.unmapped && !reservation.overbooked);
    assert_eq!(
        reservation.rooms[0].external,
        Some(("unheard-of".to_owned(), None))
    );
}

#[tokio::test]
async fn what_staff_cancelled_is_not_resurrected_by_a_later_change() {
    let world = World::new().await;
    let created = land(&world, &world.revision(1, "D", 3..5)).await;
    cancel_by_staff(&world, created.reservation.expect("a reservation")).await;

    let landed = land(&world, &world.revision(2, "D", 3..6)).await;
    assert_eq!(
        (landed.outcome, landed.conflict),
        (Some(Outcome::Kept), Some(Conflict::EndedHere))
    );
    assert_eq!(world.reservation().await.status, Status::Cancelled);
    assert_eq!(
        kinds(&world).await,
        ["created", "cancelled", "revision_kept"]
    );
    assert_eq!(world.free("double", 3).await, 2);
}

#[tokio::test]
async fn what_the_channel_cancelled_it_may_take_back() {
    let world = World::new().await;
    land(&world, &world.revision(1, "D", 3..5)).await;
    land(&world, &cancelled(&world, 2)).await;
    land(&world, &cancelled(&world, 3)).await;
    assert_eq!(world.free("double", 3).await, 2);

    land(&world, &world.revision(4, "D", 3..5)).await;
    assert_eq!(world.reservation().await.status, Status::Confirmed);
    assert_eq!(world.free("double", 3).await, 1);
}

#[tokio::test]
async fn a_status_that_nobody_knows_is_no_success() {
    let world = World::new().await;
    let unknown = RevisionStatus::Unknown("maybe".to_owned());
    land(
        &world,
        &Revision {
            status: unknown,
            ..world.revision(1, "D", 3..5)
        },
    )
    .await;
    assert_eq!(world.reservation().await.status, Status::Tentative);
    assert_eq!(world.free("double", 3).await, 1);
}

#[tokio::test]
async fn a_revision_that_is_no_reservation_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let backwards = Revision {
        rooms: vec![RevisionRoom {
            check_out: world.night(3),
            ..world.room("D", 5..6)
        }],
        ..world.revision(1, "D", 3..5)
    };
    let refused = apply(&world.app, &world.hotel, &world.connection, &backwards).await;
    assert!(matches!(
        refused,
        Err(AppError::Refused(Refusal::Invalid { .. }))
    ));
    assert_eq!(world.reservations().await.len(), 0);
    assert_eq!(
        land(&world, &world.revision(1, "D", 3..5)).await.outcome,
        Some(Outcome::Created)
    );
}

#[tokio::test]
async fn staff_change_the_guests_of_a_channels_reservation_and_leave_the_rest_to_the_channel() {
    let world = World::new().await;
    land(&world, &world.revision(1, "D", 3..5)).await;
    let before = world.reservation().await;
    let change = |booker: &str, lines| Change {
        hotel: &world.hotel,
        reservation: before.id,
        version: None,
        booker: Some(reservation::Guest {
            last_name: booker.to_owned(),
            ..before.booker.clone()
        }),
        notes: None,
        lines,
        reprice: false,
        skip_restrictions: false,
        release_locked_rooms: false,
        notify_guest: None,
        reason: None,
        actor: "desk".to_owned(),
    };
    let longer = LineChange {
        check_out: Some(world.night(6)),
        ..LineChange::default()
    };
    let refused = perform(&world.app, world.hotel.id, &change("Verdi", vec![longer])).await;
    assert!(
        matches!(
            refused,
            Err(AppError::Refused(Refusal::NotModifiable { .. }))
        ),
        "{refused:?}"
    );
    let changed = perform(&world.app, world.hotel.id, &change("Verdi", vec![])).await;
    let after = changed.expect("guests are changed").after;
    assert_eq!(
        (after.booker.last_name.as_str(), &after.rooms, after.total),
        ("Verdi", &before.rooms, before.total)
    );
    assert_eq!(world.free("double", 3).await, 1);
}

#[tokio::test]
async fn a_stay_longer_than_ours_and_beyond_the_kept_months_is_counted_and_can_be_given_back() {
    let world = World::new().await;
    let landed = land(&world, &world.revision(1, "D", 700..1000)).await;
    assert_eq!(landed.overbooked.len(), 300, "none of these nights is open");

    let reservation = world.reservation().await;
    assert_eq!(reservation.rooms[0].stay.length(), 300);
    cancel_by_staff(&world, reservation.id).await;
    assert_eq!(world.reservation().await.status, Status::Cancelled);
}

#[tokio::test]
async fn a_night_that_a_channel_sold_first_can_be_opened_afterwards() {
    let world = World::new().await;
    let landed = land(&world, &world.revision(1, "D", 60..61)).await;
    assert_eq!(landed.overbooked.len(), 1, "the night is not open yet");
    world.open_nights(61).await;
    assert_eq!(world.free("double", 60).await, 1, "one of two is sold");
    world.reservation().await;
}

#[tokio::test]
async fn a_date_of_another_century_is_refused_with_its_reason() {
    let world = World::new().await;
    let revision = world.revision(1, "D", 1..40_000);
    let refused = apply(&world.app, &world.hotel, &world.connection, &revision).await;
    let Err(AppError::Refused(refusal)) = refused else {
        panic!("a hundred years are no stay");
    };
    assert!(refusal.to_string().contains("years away"), "{refusal}");
}

#[tokio::test]
async fn what_was_not_mapped_is_named_and_counted_when_its_mapping_comes() {
    let world = World::new().await;
    let landed = land(&world, &world.revision(1, "D2", 3..5)).await;
    assert!(landed.unmapped);
    assert_eq!(world.free("double", 3).await, 2);
    let remap = async || {
        let changed = remap(&world.app, world.hotel.id, world.connection.id).await;
        changed.expect("reservations are looked through")
    };
    assert_eq!(remap().await, 0, "its code is still unknown");

    world.map("D2", "double").await;
    assert_eq!(remap().await, 1);
    let reservation = world.reservation().await;
    assert!(!reservation.unmapped && reservation.rooms[0].product.is_some());
    assert_eq!(world.free("double", 3).await, 1);
    assert_eq!(remap().await, 0, "once is enough");
    assert_eq!(kinds(&world).await, ["created", "mapped"]);
}
