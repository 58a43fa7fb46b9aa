//! Resend's events as a receiver meets them: signed, with everything a receiver must bear.

use http::Method;
use jiff::{SignedDuration, Timestamp};
use roomwire_simulators::delivery::{DeliveryError, Manner};
use roomwire_simulators::resend::{EventError, EventKind, EventOrder, Resend};
use roomwire_simulators::standard_webhooks::Secret;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Received, Receiver, resend, resend_call};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn sent(resend: &Resend) -> Uuid {
    resend_call(resend, Method::POST, "/emails")
        .json(&json!({
            "from": "desk@hotel.example", "to": "ada@guest.example", "subject": "Confirmed", "text": "See you",
            "tags": [{ "name": "kind", "value": "confirmation" }],
        }))
        .send()
        .await;
    resend.inbox().last().unwrap().id
}

/// Is the signature that of this very body?
fn verifies(received: &Received) -> bool {
    let second = received.header("svix-timestamp").parse().unwrap();
    let at = Timestamp::from_second(second).unwrap();
    let expected =
        Secret::parse(SECRET)
            .unwrap()
            .sign(received.header("svix-id"), at, &received.body);
    received.header("svix-signature") == expected
}

#[tokio::test]
async fn an_event_tells_of_its_email_and_is_signed() {
    let (resend, hand) = resend().await;
    let receiver = Receiver::start().await;
    let email = sent(&resend).await;
    hand.advance(SignedDuration::from_secs(30));

    let delivery = resend
        .deliver_event(EventKind::Delivered, email, &receiver.url, SECRET)
        .await
        .unwrap();

    assert_eq!(delivery.status, 202);
    let [received] = receiver.received().try_into().unwrap();
    assert!(verifies(&received));
    assert_eq!(received.header("svix-id"), delivery.webhook);
    assert!(!delivery.webhook.contains('.'));
    assert_eq!(received.header("svix-timestamp"), "1795428030");
    assert_eq!(received.header("content-type"), "application/json");
    assert_eq!(
        received.json(),
        json!({
            "type": "email.delivered",
            "created_at": "2026-11-23T10:00:30Z",
            "data": {
                "email_id": email, "created_at": "2026-11-23T10:00:00Z", "from": "desk@hotel.example",
                "to": ["ada@guest.example"], "subject": "Confirmed",
                "tags": [{ "name": "kind", "value": "confirmation" }],
            },
        })
    );
}

#[tokio::test]
async fn an_event_shows_in_the_email() {
    let (resend, _) = resend().await;
    let receiver = Receiver::start().await;
    let email = sent(&resend).await;

    resend
        .deliver_event(EventKind::BouncedTransient, email, &receiver.url, SECRET)
        .await
        .unwrap();

    assert_eq!(resend.email(email).unwrap().last_event, "bounced");
}

async fn event(kind: EventKind) -> Value {
    let (resend, _) = resend().await;
    let receiver = Receiver::start().await;
    let email = sent(&resend).await;
    resend
        .deliver_event(kind, email, &receiver.url, SECRET)
        .await
        .unwrap();
    receiver.received()[0].json()
}

#[tokio::test]
async fn a_bounce_tells_whether_it_is_for_good() {
    for (kind, bounce_type, sub_type) in [
        (EventKind::Bounced, "Permanent", "General"),
        (EventKind::BouncedTransient, "Transient", "MailboxFull"),
        (EventKind::BouncedSuppressed, "Permanent", "Suppressed"),
    ] {
        let event = event(kind).await;
        assert_eq!(event["type"], "email.bounced");
        assert_eq!(event["data"]["bounce"]["type"], bounce_type);
        assert_eq!(event["data"]["bounce"]["subType"], sub_type);
    }
}

#[tokio::test]
async fn every_kind_of_event_has_its_type() {
    for (kind, word) in [
        (EventKind::Sent, "email.sent"),
        (EventKind::DeliveryDelayed, "email.delivery_delayed"),
        (EventKind::Complained, "email.complained"),
        (EventKind::Opened, "email.opened"),
        (EventKind::Clicked, "email.clicked"),
        (EventKind::Failed, "email.failed"),
    ] {
        assert_eq!(event(kind).await["type"], word);
    }
}

async fn delivered(manner: Manner) -> Vec<Received> {
    let (resend, _) = resend().await;
    let receiver = Receiver::start().await;
    let order = EventOrder {
        email: sent(&resend).await,
        events: vec![EventKind::Sent, EventKind::Delivered],
        url: receiver.url.clone(),
        signing_secret: SECRET.to_owned(),
        manner,
    };
    let answers = resend.deliver_events(&order).await.unwrap();
    assert_eq!(answers.len(), receiver.received().len());
    receiver.received()
}

fn types(received: &[Received]) -> Vec<String> {
    received
        .iter()
        .map(|one| one.json()["type"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn events_happen_a_second_apart_and_arrive_in_order() {
    let received = delivered(Manner::Normal).await;

    assert_eq!(types(&received), ["email.sent", "email.delivered"]);
    assert_eq!(received[0].json()["created_at"], "2026-11-23T09:59:59Z");
    assert_eq!(received[1].json()["created_at"], "2026-11-23T10:00:00Z");
    assert_ne!(received[0].header("svix-id"), received[1].header("svix-id"));
}

#[tokio::test]
async fn a_duplicate_keeps_its_id() {
    let received = delivered(Manner::Duplicated).await;

    let ids: Vec<_> = received.iter().map(|one| one.header("svix-id")).collect();
    assert_eq!((ids[0], ids[2]), (ids[1], ids[3]));
    assert_ne!(ids[0], ids[2]);
    assert!(received.iter().all(verifies));
}

#[tokio::test]
async fn events_out_of_order_keep_their_times() {
    let received = delivered(Manner::OutOfOrder).await;

    assert_eq!(types(&received), ["email.delivered", "email.sent"]);
    assert_eq!(received[1].json()["created_at"], "2026-11-23T09:59:59Z");
    assert!(received.iter().all(verifies));
}

#[tokio::test]
async fn an_altered_event_does_not_verify() {
    let received = delivered(Manner::Altered).await;

    assert_eq!(types(&received), ["email.delivered", "email.bounced"]);
    assert!(!received.iter().any(verifies));
}

#[tokio::test]
async fn what_cannot_be_delivered_is_told() {
    let (resend, _) = resend().await;
    let email = sent(&resend).await;
    let gone = Receiver::start().await.url;
    let opened = EventKind::Opened;

    let unknown = resend
        .deliver_event(opened, Uuid::nil(), &gone, SECRET)
        .await;
    assert!(matches!(unknown, Err(EventError::UnknownEmail(_))));
    let unsigned = resend.deliver_event(opened, email, &gone, "secret").await;
    assert!(matches!(unsigned, Err(EventError::Secret(_))));
    let nobody = resend.deliver_event(opened, email, &gone, SECRET).await;
    assert!(matches!(
        nobody,
        Err(EventError::Delivery(DeliveryError::Unanswered { .. }))
    ));
}
