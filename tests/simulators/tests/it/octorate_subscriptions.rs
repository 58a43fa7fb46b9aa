//! Subscribing to Octorate's webhooks.

use http::Method;
use roomwire_simulators::octorate::{BASE, BookingRequest, EventType, Octorate};
use serde_json::json;

use crate::harness::{Answer, Call, Receiver, day, get, octorate, post, token};

async fn delete(octorate: &Octorate, path: &str) -> Answer {
    let call = Call::new(Method::DELETE, octorate.address(), &format!("{BASE}{path}"));
    call.bearer(&token(octorate).await).send().await
}

#[tokio::test]
async fn a_subscription_is_listed() {
    let (octorate, _) = octorate().await;
    let endpoint = json!({ "endpoint": "https://hotel.example/hook" });

    let made = post(&octorate, "/subscription/RESERVATION_CREATED", &endpoint).await;
    let listed = get(&octorate, "/subscription").await.json();

    let subscription = json!({
        "id": 301, "type": "RESERVATION_CREATED", "endpoint": "https://hotel.example/hook",
        "apiMember": "simulated", "enabled": true, "priority": 0,
    });
    assert_eq!((made.status, made.json()), (200, subscription.clone()));
    assert_eq!(listed["data"], json!([subscription]));
}

#[tokio::test]
async fn a_second_endpoint_for_the_same_event_replaces_the_first() {
    let (octorate, _) = octorate().await;
    for endpoint in ["https://one.example", "https://two.example"] {
        let body = json!({ "endpoint": endpoint });
        post(&octorate, "/subscription/RESERVATION_CHANGE", &body).await;
    }

    let endpoints: Vec<String> = octorate
        .subscriptions()
        .into_iter()
        .map(|subscription| subscription.endpoint)
        .collect();
    assert_eq!(endpoints, ["https://two.example"]);
}

#[tokio::test]
async fn an_unknown_event_or_a_plain_address_is_refused() {
    let (octorate, _) = octorate().await;
    for (event, body) in [
        (
            "RESERVATION_DREAMT",
            json!({ "endpoint": "https://hotel.example" }),
        ),
        (
            "RESERVATION_CREATED",
            json!({ "endpoint": "http://hotel.example" }),
        ),
        (
            "RESERVATION_CREATED",
            json!({ "url": "https://hotel.example" }),
        ),
        ("RESERVATION_CREATED", json!({})),
        ("RESERVATION_CREATED", json!(["https://hotel.example"])),
    ] {
        let answer = post(&octorate, &format!("/subscription/{event}"), &body).await;
        assert_eq!(answer.status, 400, "{event} {body}");
        assert_eq!(answer.json()["type"], "ApiParamsExemption");
    }
    assert!(octorate.subscriptions().is_empty());
}

#[tokio::test]
async fn a_subscription_that_is_ended_is_gone_and_its_number_is_not_used_for_another() {
    let (octorate, _) = octorate().await;
    let endpoint = json!({ "endpoint": "https://hotel.example/hook" });
    for event in ["RESERVATION_CREATED", "RESERVATION_CHANGE"] {
        post(&octorate, &format!("/subscription/{event}"), &endpoint).await;
    }

    let ended = delete(&octorate, "/subscription/RESERVATION_CREATED").await;
    let again = delete(&octorate, "/subscription/RESERVATION_CREATED").await;
    let unknown = delete(&octorate, "/subscription/RESERVATION_DREAMT").await;
    post(&octorate, "/subscription/RESERVATION_CANCELLED", &endpoint).await;

    assert_eq!(
        (ended.status, again.status, unknown.status),
        (204, 404, 400)
    );
    let left = octorate.subscriptions();
    let left: Vec<_> = left.iter().map(|one| (one.id, one.event)).collect();
    assert_eq!(
        left,
        [
            (302, EventType::ReservationChange),
            (303, EventType::ReservationCancelled)
        ]
    );
}

#[tokio::test]
async fn only_who_subscribed_to_an_event_is_told_of_it() {
    let (octorate, _) = octorate().await;
    let receiver = Receiver::start().await;
    let through = receiver.url.trim_end_matches("/hook");
    let endpoint = json!({ "endpoint": "https://hotel.example/hooks/7" });
    let stay = BookingRequest::new("9001", day("2026-12-02"), day("2026-12-04"));
    let id = octorate.book(stay).unwrap();
    post(&octorate, "/subscription/RESERVATION_CREATED", &endpoint).await;

    for (event, told) in [
        (EventType::ReservationChange, 0),
        (EventType::ReservationCreated, 1),
    ] {
        let deliveries = octorate.announce(event, id, through).await.unwrap();
        assert_eq!(deliveries.len(), told, "{event:?}");
    }
    let [received] = receiver.received().try_into().unwrap();
    let envelope = received.json();
    assert_eq!(envelope["reference"], id.to_string());
    assert_eq!(
        envelope["subscription"]["endpoint"],
        "https://hotel.example/hooks/7"
    );

    delete(&octorate, "/subscription/RESERVATION_CREATED").await;
    let created = EventType::ReservationCreated;
    let deliveries = octorate.announce(created, id, through).await.unwrap();
    assert!(deliveries.is_empty());
}
