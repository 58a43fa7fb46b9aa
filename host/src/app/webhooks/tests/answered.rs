//! Webhooks whose channel takes the answer for the hotel's confirmation.

use super::*;
use crate::app::inbound_world::lock;
use crate::app::inbox::{Belief, work_off};
use crate::domain::connector::{ChannelEvent, WebhookAnswer};
use crate::domain::reservation::number;
use crate::store::jobs::Job;

const BOOKED: &[u8] = b"booked";

/// The body means one night of a double.
fn means_a_booking(world: &World) {
    let revision = Box::new(world.revision(1, "D", 1..2));
    let events = vec![ChannelEvent::Revision(revision)];
    lock(&world.channel.events).insert(BOOKED.to_vec(), events);
}

async fn told(world: &World, id: &str, body: &[u8]) -> WebhookAnswer {
    match call(world, TOKEN, "good", id, body).await {
        Ok(Received::Answered(answer)) => answer,
        other => panic!("{other:?}"),
    }
}

async fn run(world: &World, job: &Job) -> bool {
    assert_eq!(job.payload["answered"], true);
    let id = job.payload["delivery_id"].as_str().expect("an id");
    let id = DeliveryId(id.parse().expect("a UUID"));
    let done = work_off(&world.app, world.hotel.id, id, Belief::Answered).await;
    done.is_ok()
}

async fn is_processed(world: &World, job: &Job) -> bool {
    let id = job.payload["delivery_id"].as_str().expect("an id");
    let id = DeliveryId(id.parse().expect("a UUID"));
    let tx = world.app.store.begin(world.hotel.id).await;
    let delivery = inbox::find(&mut tx.expect("a transaction"), id).await;
    delivery.expect("a read").expect("the delivery").processed
}

#[tokio::test]
async fn the_reservation_is_held_before_its_channel_hears_the_number_and_a_repetition_hears_the_same()
 {
    let world = World::new().await;
    means_a_booking(&world);
    let first = told(&world, "answered-1", BOOKED).await;
    let made = world.reservation().await;
    let confirmed = format!("Ok(Some({:?}))", number(made.id));
    assert_eq!(first.status, 200);
    assert!(first.body.contains(&confirmed), "{}", first.body);
    // The same webhook again, and the same booking in another webhook.
    for id in ["answered-1", "answered-2"] {
        assert_eq!(told(&world, id, BOOKED).await, first);
    }
    let held = world.reservation().await;
    assert_eq!((held.id, held.version), (made.id, made.version));
    assert!(world.claim("fetch_reservation").await.is_empty());

    let jobs = world.claim("process_webhook").await;
    assert_eq!(jobs.len(), 1, "those of one connection run one at a time");
    assert!(is_processed(&world, &jobs[0]).await);
    assert!(run(&world, &jobs[0]).await);
    assert_eq!(world.reservation().await.version, made.version);
}

#[tokio::test]
async fn a_channel_that_cannot_wait_hears_so_and_its_webhook_is_worked_off_all_the_same() {
    let world = World::new().await;
    means_a_booking(&world);
    *lock(&world.channel.slowness) = Duration::from_secs(5);
    let late = told(&world, "hurried-1", BOOKED).await;
    assert_eq!(late.status, 500);
    assert!(late.body.starts_with("Err(Retry("), "{}", late.body);
    assert!(world.reservations().await.is_empty());

    *lock(&world.channel.slowness) = Duration::ZERO;
    let jobs = world.claim("process_webhook").await;
    assert_eq!(jobs.len(), 1);
    assert!(!is_processed(&world, &jobs[0]).await);
    assert!(run(&world, &jobs[0]).await);
    assert!(is_processed(&world, &jobs[0]).await);
    let made = world.reservation().await;
    // Its channel asks again.
    let again = told(&world, "hurried-1", BOOKED).await;
    assert!(again.body.contains(&number(made.id)), "{}", again.body);
}

#[tokio::test]
async fn copies_that_arrive_at_once_make_one_reservation_and_hear_its_number() {
    let world = World::new().await;
    means_a_booking(&world);
    let copies = (0..6).map(|_| told(&world, "answered-1", BOOKED));
    let answers = futures::future::join_all(copies).await;
    let made = world.reservation().await;
    for answer in answers {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.body.contains(&number(made.id)), "{}", answer.body);
    }
}

#[tokio::test]
async fn the_time_that_storing_it_takes_is_its_channels_too() {
    let world = World::new().await;
    means_a_booking(&world);
    let authentic = AuthenticWebhook {
        event_id: "hurried-2".to_owned(),
        webhook: VerifiedWebhook {
            headers: Vec::new(),
            body: BOOKED.to_vec(),
            received_at: world.app.clock.now(),
        },
        hint: false,
        answer_within: None,
    };
    let slow = async {
        let store = &world.app.store;
        let mut tx = store.begin(world.hotel.id).await.expect("a transaction");
        let id = DeliveryId::new(world.app.clock.now());
        inbox::insert(&mut tx, id, world.connection.id, &authentic, [0; 32])
            .await
            .expect("a row that is not committed");
        // Longer than the channel may wait for the landing, and shorter than it waits at all.
        tokio::time::sleep(Duration::from_millis(1_600)).await;
        tx.abandon().await;
    };
    let asked = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        call(&world, TOKEN, "good", "hurried-2", BOOKED).await
    };
    let ((), answered) = tokio::join!(slow, asked);
    match answered {
        Ok(Received::Answered(answer)) => assert_eq!(answer.status, 500, "{}", answer.body),
        other => assert!(
            matches!(other, Err(NotReceived::Unanswered(_))),
            "{other:?}"
        ),
    }
    assert!(world.reservations().await.is_empty());
}

#[tokio::test]
async fn what_is_not_understood_is_stored_and_said_to_be_so() {
    let world = World::new().await;
    let answer = told(&world, "answered-1", b"gibberish").await;
    assert_eq!(answer.status, 500);
    assert!(answer.body.starts_with("Err(Permanent("), "{}", answer.body);
    let jobs = world.claim("process_webhook").await;
    assert_eq!(jobs.len(), 1);
    assert!(!run(&world, &jobs[0]).await);
}

#[tokio::test]
async fn what_a_channel_oversold_is_confirmed_and_flagged() {
    let world = World::new().await;
    for (name, overbooked) in [("R1", false), ("R2", false), ("R3", true)] {
        let mut revision = world.revision(1, "D", 1..2);
        name.clone_into(&mut revision.reservation);
        let events = vec![ChannelEvent::Revision(Box::new(revision))];
        lock(&world.channel.events).insert(name.into(), events);
        let answer = told(&world, &format!("answered-{name}"), name.as_bytes()).await;
        let made = world.reservations().await;
        let confirmed = made
            .iter()
            .find(|one| answer.body.contains(&number(one.id)))
            .expect("the answer names a reservation");
        assert_eq!(confirmed.overbooked, overbooked, "{name}");
    }
}

#[tokio::test]
async fn what_is_not_proven_is_neither_stored_nor_answered() {
    let world = World::new().await;
    means_a_booking(&world);
    let forged = call(&world, TOKEN, "bad", "answered-1", BOOKED).await;
    assert!(matches!(forged, Err(NotReceived::Refused(_))));
    assert!(world.reservations().await.is_empty());
    assert!(world.claim("process_webhook").await.is_empty());
}
