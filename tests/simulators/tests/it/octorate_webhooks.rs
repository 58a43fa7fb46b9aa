//! Octorate's webhooks as a receiver meets them.

use http::Method;
use roomwire_simulators::delivery::{DeliveryError, Manner};
use roomwire_simulators::octorate::{
    BookingRequest, Change, EventType, Octorate, Status, Subject, WebhookError,
};
use serde_json::{Value, json};

use crate::harness::{Received, Receiver, day, get, octorate, post};

fn book(octorate: &Octorate) -> u64 {
    octorate
        .book(BookingRequest::new(
            "9001",
            day("2026-12-02"),
            day("2026-12-04"),
        ))
        .unwrap()
}

fn content(received: &Received) -> Value {
    serde_json::from_str(received.json()["content"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn an_envelope_carries_the_reservation_as_a_string() {
    let (octorate, _) = octorate().await;
    let receiver = Receiver::start().await;
    let id = book(&octorate);

    let delivery = octorate
        .deliver(EventType::ReservationCreated, id, &receiver.url)
        .await
        .unwrap();

    assert_eq!((delivery.status, delivery.webhook.as_str()), (202, "70001"));
    let [received] = receiver.received().try_into().unwrap();
    assert_eq!(received.header("content-type"), "application/json");
    let mut envelope = received.json();
    let hmac = envelope["hmac"].take();
    assert_eq!(hmac.as_str().unwrap().len(), 40);
    let text = envelope["content"].take();
    assert_eq!(
        envelope,
        json!({
            "type": "RESERVATION_CREATED", "id": 70001, "reference": "555",
            "createTime": "2026-11-23T10:00:00Z[UTC]", "retry": 0, "nextTry": "2026-11-23T10:05:00Z[UTC]",
            "subscription": {
                "id": 300, "type": "RESERVATION_CREATED", "endpoint": receiver.url,
                "apiMember": "simulated", "enabled": true, "priority": 0,
            },
            "content": null, "hmac": null,
        })
    );
    let shown = get(&octorate, &format!("/reservation/123/{id}")).await;
    assert_eq!(text.as_str().unwrap(), shown.body);
}

#[tokio::test]
async fn an_envelope_names_the_subscription_that_was_made() {
    let (octorate, _) = octorate().await;
    let receiver = Receiver::start().await;
    let endpoint = json!({ "endpoint": "https://hotel.example/hook" });
    post(&octorate, "/subscription/RESERVATION_CREATED", &endpoint).await;
    let id = book(&octorate);

    octorate
        .deliver(EventType::ReservationCreated, id, &receiver.url)
        .await
        .unwrap();

    let envelope = receiver.received()[0].json();
    assert_eq!(envelope["subscription"]["id"], 301);
    assert_eq!(
        envelope["subscription"]["endpoint"],
        "https://hotel.example/hook"
    );
}

#[tokio::test]
async fn a_retry_keeps_the_id_and_counts_up() {
    let (octorate, _) = octorate().await;
    let receiver = Receiver::start().await;
    let id = book(&octorate);

    for _ in 0..2 {
        octorate
            .deliver(EventType::ReservationCreated, id, &receiver.url)
            .await
            .unwrap();
    }

    let seen: Vec<_> = receiver.received().iter().map(Received::json).collect();
    assert_eq!(seen[0]["id"], seen[1]["id"]);
    assert_eq!(
        (&seen[0]["retry"], &seen[1]["retry"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(seen[1]["nextTry"], "2026-11-23T10:10:00Z[UTC]");
}

#[tokio::test]
async fn every_change_leaves_its_event() {
    let (octorate, _) = octorate().await;
    let id = book(&octorate);
    let more = Change {
        rooms: Some(2),
        ..Change::default()
    };
    octorate.change(id, more).unwrap();
    octorate.set_status(id, Status::Confirmed).unwrap();
    octorate.set_status(id, Status::NoShow).unwrap();
    octorate.cancel(id).unwrap();

    let events: Vec<_> = octorate
        .events()
        .into_iter()
        .map(|event| (event.id, event.event, event.reference))
        .collect();

    let of = |id, event| (id, event, "555".to_owned());
    assert_eq!(
        events,
        [
            of(70_001, EventType::ReservationCreated),
            of(70_002, EventType::ReservationChange),
            of(70_003, EventType::ReservationConfirmed),
            of(70_004, EventType::ReservationChange),
            of(70_005, EventType::ReservationCancelled),
        ]
    );
}

fn created_and_cancelled(reservation: u64) -> [Subject; 2] {
    [
        EventType::ReservationCreated,
        EventType::ReservationCancelled,
    ]
    .map(|event| Subject { event, reservation })
}

async fn delivered(manner: Manner) -> Vec<Received> {
    let (octorate, _) = octorate().await;
    let receiver = Receiver::start().await;
    let id = book(&octorate);
    octorate.cancel(id).unwrap();

    let answers = octorate
        .deliver_all(&created_and_cancelled(id), &receiver.url, manner)
        .await
        .unwrap();

    let received = receiver.received();
    assert_eq!(answers.len(), received.len());
    received
}

fn ids_and_states(received: &[Received]) -> Vec<(u64, String)> {
    received
        .iter()
        .map(|one| {
            let status = content(one)["status"].as_str().unwrap().to_owned();
            (one.json()["id"].as_u64().unwrap(), status)
        })
        .collect()
}

fn state(id: u64, status: &str) -> (u64, String) {
    (id, status.to_owned())
}

#[tokio::test]
async fn events_are_delivered_in_order_each_with_the_state_of_its_time() {
    assert_eq!(
        ids_and_states(&delivered(Manner::Normal).await),
        [state(70_001, "CONFIRMED"), state(70_002, "CANCELLED")]
    );
}

#[tokio::test]
async fn events_are_delivered_twice_on_demand() {
    assert_eq!(
        ids_and_states(&delivered(Manner::Duplicated).await),
        [
            state(70_001, "CONFIRMED"),
            state(70_001, "CONFIRMED"),
            state(70_002, "CANCELLED"),
            state(70_002, "CANCELLED"),
        ]
    );
}

#[tokio::test]
async fn events_are_delivered_out_of_order_on_demand() {
    assert_eq!(
        ids_and_states(&delivered(Manner::OutOfOrder).await),
        [state(70_002, "CANCELLED"), state(70_001, "CONFIRMED")]
    );
}

#[tokio::test]
async fn altered_events_lie_about_status_and_total() {
    let received = delivered(Manner::Altered).await;

    assert_eq!(
        ids_and_states(&received),
        [state(70_001, "CANCELLED"), state(70_002, "CONFIRMED")]
    );
    assert_eq!(content(&received[0])["totalGross"], 0);
}

#[tokio::test]
async fn older_states_can_be_delivered_by_the_event_id() {
    let (octorate, _) = octorate().await;
    let receiver = Receiver::start().await;
    let id = book(&octorate);
    for rooms in [2, 3] {
        let more = Change {
            rooms: Some(rooms),
            ..Change::default()
        };
        octorate.change(id, more).unwrap();
    }

    octorate
        .deliver_events(&[70_003, 70_002], &receiver.url, Manner::Normal)
        .await
        .unwrap();

    let rooms: Vec<Value> = receiver
        .received()
        .iter()
        .map(|one| content(one)["rooms"].clone())
        .collect();
    assert_eq!(rooms, [3, 2]);
}

#[tokio::test]
async fn an_event_that_never_happened_tells_the_present_state() {
    let (octorate, _) = octorate().await;
    let receiver = Receiver::start().await;
    let id = book(&octorate);

    let delivery = octorate
        .deliver(EventType::ChatMessageReceived, id, &receiver.url)
        .await
        .unwrap();

    assert_eq!(delivery.webhook, "70002");
    assert_eq!(
        receiver.received()[0].json()["type"],
        "CHAT_MESSAGE_RECEIVED"
    );
}

#[tokio::test]
async fn a_ping_is_an_empty_get() {
    let (octorate, _) = octorate().await;
    let receiver = Receiver::start().await;

    let delivery = octorate.ping(&receiver.url).await.unwrap();

    assert_eq!(delivery.status, 202);
    let [received] = receiver.received().try_into().unwrap();
    assert_eq!((received.method, received.body.as_str()), (Method::GET, ""));
}

#[tokio::test]
async fn what_cannot_be_delivered_is_told() {
    let (octorate, _) = octorate().await;
    let id = book(&octorate);
    let created = EventType::ReservationCreated;

    let unknown = octorate.deliver(created, 1, "http://127.0.0.1:9/").await;
    assert!(matches!(unknown, Err(WebhookError::UnknownReservation(1))));
    let no_event = octorate
        .deliver_events(&[1], "http://127.0.0.1:9/", Manner::Normal)
        .await;
    assert!(matches!(no_event, Err(WebhookError::UnknownEvent(1))));
    let bad_url = octorate.deliver(created, id, "not a url").await;
    assert!(matches!(
        bad_url,
        Err(WebhookError::Delivery(DeliveryError::Url { .. }))
    ));
    let gone = Receiver::start().await.url;
    let nobody = octorate.deliver(created, id, &gone).await;
    assert!(matches!(
        nobody,
        Err(WebhookError::Delivery(DeliveryError::Unanswered { .. }))
    ));
}
