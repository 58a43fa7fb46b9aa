//! A channel changes what it sold: its room follows, or is given up with a word, and the channel is never refused.

use jiff::SignedDuration;

use super::*;
use crate::app::inbound_world::World;
use crate::app::{perform, revisions};
use crate::domain::connector::Revision;
use crate::domain::reservation::Status;

async fn land(world: &World, revision: &Revision) -> ReservationId {
    // Ids, and so the order of events, are of the instant.
    world.app.clock.advance(SignedDuration::from_millis(1));
    revisions::apply(&world.app, &world.hotel, &world.connection, revision)
        .await
        .expect("a revision that lands")
        .reservation
        .expect("a reservation")
}

async fn into(world: &World, reservation: ReservationId, number: &str) {
    world.app.clock.advance(SignedDuration::from_millis(1));
    let verb = Arrange {
        hotel: &world.hotel,
        reservation,
        version: None,
        arrangement: Arrangement::Move(RoomMove {
            unit: UnitOf { line: 0, unit: 0 },
            room: WantedRoom::Number(number.to_owned()),
            from: None,
            lock: true,
        }),
        reason: None,
        actor: "desk".to_owned(),
    };
    perform(&world.app, world.hotel.id, &verb)
        .await
        .expect("the room is free");
}

async fn found(world: &World, id: ReservationId) -> (Reservation, Vec<String>) {
    let mut tx = world.app.store.begin(world.hotel.id).await.expect("begun");
    let found = reservations::find(&mut tx, id).await.expect("a read");
    let events = reservations::events(&mut tx, id).await.expect("events");
    let kinds = events.into_iter().map(|event| event.kind).collect();
    (found.expect("it is there"), kinds)
}

fn nights(world: &World, reservation: &Reservation) -> Vec<(String, i32, i32)> {
    let offset = |date: Date| crate::domain::night::nights_between(world.night(0), date);
    let all = reservation.assigned.iter();
    all.map(|one| (one.number.clone(), offset(one.from), offset(one.until)))
        .collect()
}

#[tokio::test]
async fn a_channels_change_takes_its_room_along_and_its_cancellation_gives_it_back() {
    let world = World::new().await;
    let id = land(&world, &world.revision(1, "D", 3..5)).await;
    into(&world, id, "2").await;
    land(&world, &world.revision(2, "D", 4..8)).await;
    let (after, _) = found(&world, id).await;
    assert_eq!(nights(&world, &after), [("2".to_owned(), 4, 8)]);
    assert!(after.assigned[0].locked);

    let mut cancelled = world.revision(3, "D", 4..8);
    cancelled.status = crate::domain::connector::RevisionStatus::Cancelled;
    cancelled.rooms.clear();
    land(&world, &cancelled).await;
    let (after, kinds) = found(&world, id).await;
    assert_eq!(after.status, Status::Cancelled);
    assert_eq!(nights(&world, &after), []);
    assert_eq!(kinds, ["created", "room_moved", "changed", "cancelled"]);
}

#[tokio::test]
async fn a_channels_change_that_the_locked_room_does_not_fit_is_taken_and_the_room_given_up() {
    let world = World::new().await;
    let id = land(&world, &world.revision(1, "D", 3..5)).await;
    into(&world, id, "2").await;
    let other = Revision {
        reservation: "R2".to_owned(),
        ..world.revision(1, "D", 5..7)
    };
    let other = land(&world, &other).await;
    into(&world, other, "2").await;
    land(&world, &world.revision(2, "D", 3..6)).await;
    let (after, kinds) = found(&world, id).await;
    assert_eq!(nights(&world, &after), []);
    assert_eq!(kinds, ["created", "room_moved", "changed", "rooms_lost"]);
    let (other, _) = found(&world, other).await;
    assert_eq!(nights(&world, &other), [("2".to_owned(), 5, 7)]);
}
