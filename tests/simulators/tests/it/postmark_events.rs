//! Postmark's webhooks as a receiver meets them: with a login, and everything a receiver must bear.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use jiff::SignedDuration;
use roomwire_simulators::delivery::{DeliveryError, Manner};
use roomwire_simulators::postmark::{EventError, EventKind, EventOrder, Postmark};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Received, Receiver, postmark, postmark_call};

const LOGIN: &str = "courier:a-long-password";

async fn sent(postmark: &Postmark) -> Uuid {
    postmark_call(postmark, Method::POST, "/email")
        .json(&json!({
            "From": "desk@hotel.example", "To": "Ada <ada@guest.example>", "Subject": "Confirmed",
            "TextBody": "See you", "Metadata": { "reservation": "7G2K" },
        }))
        .send()
        .await;
    postmark.inbox().last().unwrap().id
}

fn knows_the_login(received: &Received) -> bool {
    received.header("authorization") == format!("Basic {}", BASE64_STANDARD.encode(LOGIN))
}

#[tokio::test]
async fn an_event_tells_of_its_email_and_brings_the_login() {
    let (postmark, hand) = postmark().await;
    let receiver = Receiver::start().await;
    let email = sent(&postmark).await;
    hand.advance(SignedDuration::from_millis(30_250));

    let delivery = postmark
        .deliver_event(EventKind::Delivery, email, &receiver.url, LOGIN)
        .await
        .unwrap();

    assert_eq!(delivery.status, 202);
    let [received] = receiver.received().try_into().unwrap();
    assert!(knows_the_login(&received));
    assert_eq!(received.method, Method::POST);
    assert_eq!(received.header("content-type"), "application/json");
    assert_eq!(
        received.json(),
        json!({
            "RecordType": "Delivery", "MessageStream": "outbound", "MessageID": email, "ServerID": 23, "Tag": "",
            "Metadata": { "reservation": "7G2K" }, "Recipient": "ada@guest.example",
            "DeliveredAt": "2026-11-23T10:00:30.2500000Z", "Details": "smtp;250 2.0.0 OK",
        })
    );
    assert_eq!(postmark.email(email).unwrap().last_event, "Delivery");
}

/// What one event says, and whether its recipient is inactive afterwards.
async fn event(kind: EventKind) -> (Value, bool) {
    let (postmark, _) = postmark().await;
    let receiver = Receiver::start().await;
    let email = sent(&postmark).await;
    postmark
        .deliver_event(kind, email, &receiver.url, LOGIN)
        .await
        .unwrap();
    let inactive = !postmark.suppressions("outbound").is_empty();
    (receiver.received()[0].json(), inactive)
}

#[tokio::test]
async fn a_bounce_tells_whether_it_is_for_good() {
    for (kind, word, code, for_good) in [
        (EventKind::HardBounce, "HardBounce", 1, true),
        (EventKind::SoftBounce, "SoftBounce", 4096, false),
        (EventKind::Transient, "Transient", 2, false),
    ] {
        let (event, inactive) = event(kind).await;
        assert_eq!(event["RecordType"], "Bounce");
        assert_eq!(
            (&event["Type"], &event["TypeCode"]),
            (&json!(word), &json!(code))
        );
        assert_eq!(event["Inactive"], for_good);
        assert_eq!(inactive, for_good);
    }
}

#[tokio::test]
async fn every_kind_of_event_has_its_type_and_time() {
    for (kind, word, time, suppresses) in [
        (EventKind::SpamComplaint, "SpamComplaint", "BouncedAt", true),
        (EventKind::Open, "Open", "ReceivedAt", false),
        (EventKind::Click, "Click", "ReceivedAt", false),
        (
            EventKind::SubscriptionChange,
            "SubscriptionChange",
            "ChangedAt",
            true,
        ),
    ] {
        let (event, inactive) = event(kind).await;
        assert_eq!(event["RecordType"], word);
        assert_eq!(event[time], "2026-11-23T10:00:00.0000000Z");
        assert_eq!(inactive, suppresses);
    }
}

async fn delivered(manner: Manner) -> Vec<Received> {
    let (postmark, _) = postmark().await;
    let receiver = Receiver::start().await;
    let order = EventOrder {
        email: sent(&postmark).await,
        events: vec![EventKind::Transient, EventKind::Delivery],
        url: receiver.url.clone(),
        login: LOGIN.to_owned(),
        manner,
    };
    let answers = postmark.deliver_events(&order).await.unwrap();
    assert_eq!(answers.len(), receiver.received().len());
    receiver.received()
}

fn types(received: &[Received]) -> Vec<String> {
    received
        .iter()
        .map(|one| one.json()["RecordType"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn events_happen_a_second_apart_and_arrive_in_order() {
    let received = delivered(Manner::Normal).await;

    assert_eq!(types(&received), ["Bounce", "Delivery"]);
    assert_eq!(
        received[0].json()["BouncedAt"],
        "2026-11-23T09:59:59.0000000Z"
    );
    assert_eq!(
        received[1].json()["DeliveredAt"],
        "2026-11-23T10:00:00.0000000Z"
    );
}

#[tokio::test]
async fn a_duplicate_is_the_same_to_the_byte() {
    let received = delivered(Manner::Duplicated).await;

    assert_eq!(received[0].body, received[1].body);
    assert_eq!(received[2].body, received[3].body);
    assert_ne!(received[0].body, received[2].body);
}

#[tokio::test]
async fn events_out_of_order_keep_their_times() {
    let received = delivered(Manner::OutOfOrder).await;

    assert_eq!(types(&received), ["Delivery", "Bounce"]);
    assert!(received.iter().all(knows_the_login));
}

#[tokio::test]
async fn who_alters_an_event_does_not_know_the_login() {
    let received = delivered(Manner::Altered).await;

    assert_eq!(types(&received), ["Delivery", "Bounce"]);
    assert!(!received.iter().any(knows_the_login));
}

#[tokio::test]
async fn what_cannot_be_delivered_is_told() {
    let (postmark, _) = postmark().await;
    let email = sent(&postmark).await;
    let gone = Receiver::start().await.url;
    let open = EventKind::Open;

    let unknown = postmark
        .deliver_event(open, Uuid::nil(), &gone, LOGIN)
        .await;
    assert!(matches!(unknown, Err(EventError::UnknownEmail(_))));
    for login in ["courier", "courier:", ":password"] {
        let refused = postmark.deliver_event(open, email, &gone, login).await;
        assert!(matches!(refused, Err(EventError::Login)), "{login}");
    }
    let nobody = postmark.deliver_event(open, email, &gone, LOGIN).await;
    assert!(matches!(
        nobody,
        Err(EventError::Delivery(DeliveryError::Unanswered { .. }))
    ));
}
