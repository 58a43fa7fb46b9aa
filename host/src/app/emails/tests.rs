//! Mails against a fake provider and a real ledger.

use jiff::Timestamp;

use super::*;
use crate::app::connections::Sender;
use crate::app::test_world::World;
use crate::domain::connection::{Connection, ConnectionKind};
use crate::domain::connector::SandboxFailure;
use crate::domain::ids::{HoldId, ReservationId};
use crate::domain::money::Money;
use crate::domain::night::Stay;
use crate::domain::reservation::{Guest, ReservedRoom, Status};

/// A hotel that writes to its guests, and a reservation of one of them.
pub(super) async fn world() -> (World, Reservation) {
    let world = World::new().await;
    let connection = Connection {
        id: ConnectionId::new(world.app.clock.now()),
        name: "mail".to_owned(),
        kind: ConnectionKind::Email,
        connector: "fake-email".to_owned(),
        enabled: true,
        repair_drift: false,
        pulled_until: None,
    };
    let mut tx = world
        .app
        .store
        .begin(world.hotel.id)
        .await
        .expect("the database answers");
    let connection = connections::upsert(&mut tx, &connection)
        .await
        .expect("a connection");
    let reservation = reservation(&world);
    reservations::insert(&mut tx, &reservation)
        .await
        .expect("a reservation");
    tx.commit().await.expect("it commits");
    world.app.senders.replace(&[Sender {
        hotel: world.hotel.id,
        connection: connection.id,
        connector: connection.connector,
        address: "desk@hotel.example".to_owned(),
        name: "Desk".to_owned(),
    }]);
    (world, reservation)
}

pub(super) fn reservation(world: &World) -> Reservation {
    let now = world.app.clock.now();
    Reservation {
        id: ReservationId::new(now),
        number: "7G2KQ0XW4Z".to_owned(),
        status: Status::Tentative,
        version: 1,
        origin: Origin::Gateway {
            hold: HoldId::new(now),
        },
        booker: Guest {
            first_name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            email: Some("ada@guest.example".to_owned()),
            phone: None,
        },
        assigned: Vec::new(),
        rooms: vec![ReservedRoom {
            product: Some((world.room_type, world.rate_plan)),
            prices: vec![10_000, 10_000],
            ..ReservedRoom::of_stay(Stay::new(world.night(3), world.night(5)).expect("two nights"))
        }],
        total: Money::new(20_000, world.hotel.currency),
        notes: None,
        overbooked: false,
        unmapped: false,
        promo: None,
        discount: None,
        tentative_since: None,
        owed: None,
        checklist: None,
        created_at: now,
        updated_at: now,
    }
}

pub(super) async fn enqueued(world: &World, reservation: &Reservation) -> String {
    let mut tx = world
        .app
        .store
        .begin(world.hotel.id)
        .await
        .expect("the database answers");
    enqueue(&world.app, &mut tx, reservation, Template::Received)
        .await
        .expect("it is recorded");
    tx.commit().await.expect("it commits");
    format!("received/{}/{}", reservation.id, reservation.version)
}

pub(super) async fn in_state(world: &World, state: EmailState) -> i64 {
    world
        .number(&format!(
            "SELECT count(*) FROM emails WHERE state = '{}'",
            state.as_str()
        ))
        .await
}

#[tokio::test]
async fn a_mail_is_sent_once_however_often_its_job_runs() {
    let (world, reservation) = world().await;
    let key = enqueued(&world, &reservation).await;
    assert_eq!(enqueued(&world, &reservation).await, key);
    for _ in 0..3 {
        send(&world.app, world.hotel.id, &key)
            .await
            .expect("it is sent");
    }
    assert_eq!(world.email.attempts(), 1);
    let sent = world.email.sent();
    assert_eq!(sent[0].to.email, "ada@guest.example");
    assert!(sent[0].text.contains("7G2KQ0XW4Z"));
    assert_eq!(in_state(&world, EmailState::Sent).await, 1);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_under_the_same_key() {
    let (world, reservation) = world().await;
    let key = enqueued(&world, &reservation).await;
    world
        .email
        .will_fail(ConnectorFailure::OutcomeUnknown("no answer".to_owned()));
    send(&world.app, world.hotel.id, &key)
        .await
        .expect_err("the outcome is unknown");
    send(&world.app, world.hotel.id, &key)
        .await
        .expect("it is sent");
    assert_eq!((world.email.attempts(), world.email.sent().len()), (2, 1));
}

#[tokio::test]
async fn to_a_provider_that_recognises_nothing_a_lost_answer_is_not_repeated() {
    let stopped = ConnectorFailure::Sandbox {
        kind: SandboxFailure::Deadline,
        message: "stopped".to_owned(),
    };
    let lost = ConnectorFailure::OutcomeUnknown("no answer".to_owned());
    for failure in [lost, stopped] {
        let (world, reservation) = world().await;
        world.email.forget_keys();
        let key = enqueued(&world, &reservation).await;
        world.email.will_fail(failure);
        let refused = send(&world.app, world.hotel.id, &key).await;
        assert!(matches!(refused, Err(SendError::Unknown(_))), "{refused:?}");
        let refused = send(&world.app, world.hotel.id, &key).await;
        assert!(
            matches!(refused, Err(SendError::StillUnknown)),
            "{refused:?}"
        );
        assert_eq!(world.email.attempts(), 1);
        assert_eq!(in_state(&world, EmailState::Unknown).await, 1);
    }
}

#[tokio::test]
async fn a_mail_of_unknown_outcome_is_recognised_when_its_provider_tells_of_its_key() {
    let (world, reservation) = world().await;
    world.email.forget_keys();
    let key = enqueued(&world, &reservation).await;
    world
        .email
        .will_fail(ConnectorFailure::OutcomeUnknown("no answer".to_owned()));
    send(&world.app, world.hotel.id, &key)
        .await
        .expect_err("the outcome is unknown");
    let sender = world
        .app
        .senders
        .of(world.hotel.id)
        .expect("the hotel writes");
    let strange = ConnectionId::new(world.app.clock.now());
    for (connection, told, state) in [
        (sender.connection, "another/key", EmailState::Unknown),
        (strange, key.as_str(), EmailState::Unknown),
        (sender.connection, key.as_str(), EmailState::Delivered),
    ] {
        let event = EmailEvent {
            idempotency_key: Some(told.to_owned()),
            ..delivered("m1")
        };
        note(&world, connection, &event).await;
        assert_eq!(in_state(&world, state).await, 1, "{told}");
    }
    send(&world.app, world.hotel.id, &key)
        .await
        .expect("nothing is left to do");
    assert_eq!(world.email.attempts(), 1);
}

fn delivered(message_id: &str) -> EmailEvent {
    EmailEvent {
        id: "event".to_owned(),
        message_id: message_id.to_owned(),
        idempotency_key: None,
        kind: EmailEventKind::Delivered,
        at: Timestamp::UNIX_EPOCH,
    }
}

/// Takes in what a provider tells.
async fn note(world: &World, connection: ConnectionId, event: &EmailEvent) {
    let mut tx = world
        .app
        .store
        .begin(world.hotel.id)
        .await
        .expect("the database answers");
    apply_event(&mut tx, connection, event)
        .await
        .expect("it is noted");
    tx.commit().await.expect("it commits");
}

#[tokio::test]
async fn a_mail_whose_sender_died_is_sent_again_only_where_it_is_recognised() {
    for (forgetful, attempts, state) in
        [(false, 1, EmailState::Sent), (true, 0, EmailState::Unknown)]
    {
        let (world, reservation) = world().await;
        if forgetful {
            world.email.forget_keys();
        }
        let key = enqueued(&world, &reservation).await;
        let mut tx = world
            .app
            .store
            .begin(world.hotel.id)
            .await
            .expect("the database answers");
        emails::set_state(&mut tx, &key, EmailState::Sending, None)
            .await
            .expect("it was handed over");
        tx.commit().await.expect("it commits");
        let answer = send(&world.app, world.hotel.id, &key).await;
        assert_eq!(answer.is_err(), forgetful, "{answer:?}");
        assert_eq!(world.email.attempts(), attempts);
        assert_eq!(in_state(&world, state).await, 1);
    }
}

#[tokio::test]
async fn a_fault_before_sending_is_repeated_whatever_the_provider_recognises() {
    let (world, reservation) = world().await;
    world.email.forget_keys();
    let key = enqueued(&world, &reservation).await;
    world
        .email
        .will_fail(ConnectorFailure::Retry("no connection".to_owned()));
    send(&world.app, world.hotel.id, &key)
        .await
        .expect_err("not yet");
    send(&world.app, world.hotel.id, &key)
        .await
        .expect("it is sent");
    assert_eq!(world.email.attempts(), 2);
    assert_eq!(in_state(&world, EmailState::Sent).await, 1);
}

#[tokio::test]
async fn an_address_that_the_provider_suppresses_is_kept_as_such_and_not_tried_again() {
    let (world, reservation) = world().await;
    let key = enqueued(&world, &reservation).await;
    world
        .email
        .will_fail(ConnectorFailure::Suppressed("it bounced".to_owned()));
    for _ in 0..2 {
        send(&world.app, world.hotel.id, &key)
            .await
            .expect("nothing is left to do");
    }
    assert_eq!(world.email.attempts(), 1);
    assert_eq!(in_state(&world, EmailState::Suppressed).await, 1);
}

#[tokio::test]
async fn an_address_that_the_provider_refuses_is_not_tried_again() {
    let (world, reservation) = world().await;
    let key = enqueued(&world, &reservation).await;
    world.email.will_fail(ConnectorFailure::Invalid {
        item: String::new(),
        field: "to".to_owned(),
        message: "no mailbox".to_owned(),
    });
    for _ in 0..2 {
        send(&world.app, world.hotel.id, &key)
            .await
            .expect("nothing is left to do");
    }
    assert_eq!(world.email.attempts(), 1);
    assert_eq!(in_state(&world, EmailState::Failed).await, 1);
}

#[tokio::test]
async fn a_guest_of_a_channel_and_one_without_an_address_get_no_mail() {
    let (world, reservation) = world().await;
    let silent = Reservation {
        booker: Guest {
            email: None,
            ..reservation.booker.clone()
        },
        ..reservation.clone()
    };
    let origin = Origin::Channel {
        connection: world.connection.id,
        source: "an OTA".to_owned(),
    };
    let of_channel = Reservation {
        origin,
        ..reservation
    };
    enqueued(&world, &silent).await;
    enqueued(&world, &of_channel).await;
    assert_eq!(world.number("SELECT count(*) FROM emails").await, 0);
}

#[tokio::test]
async fn a_late_event_takes_nothing_back() {
    let (world, reservation) = world().await;
    let key = enqueued(&world, &reservation).await;
    send(&world.app, world.hotel.id, &key)
        .await
        .expect("it is sent");
    let sender = world
        .app
        .senders
        .of(world.hotel.id)
        .expect("the hotel writes");
    for kind in [
        EmailEventKind::Delivered,
        EmailEventKind::Sent,
        EmailEventKind::Delayed("later".to_owned()),
    ] {
        let event = EmailEvent {
            kind,
            ..delivered(&format!("message of {key}"))
        };
        note(&world, sender.connection, &event).await;
    }
    assert_eq!(in_state(&world, EmailState::Delivered).await, 1);
}
