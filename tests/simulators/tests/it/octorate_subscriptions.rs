//! Subscribing to Octorate's webhooks.

use serde_json::json;

use crate::harness::{get, octorate, post};

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
