//! Channex's webhooks as a receiver meets them.

use roomwire_simulators::channex::{
    BookingRequest, Channex, EventType, Property, RatePlan, Receiver as To, WebhookError,
};
use roomwire_simulators::delivery::{DeliveryError, Manner};
use serde_json::json;

use crate::harness::{Receiver, channex, day};

fn booked(channex: &Channex) -> (String, String) {
    let rate_plan = RatePlan::default().id;
    let request = BookingRequest::new(rate_plan, day("2026-12-01"), day("2026-12-02"));
    let booking = channex.book(request).unwrap();
    let revision = channex.latest(&booking).unwrap().id;
    (booking, revision)
}

fn to(url: &str) -> To<'_> {
    To {
        url,
        secret: "the-secret",
    }
}

#[tokio::test]
async fn a_webhook_names_the_booking_and_repeats_the_secret() {
    let (channex, _) = channex().await;
    let receiver = Receiver::start().await;
    let (booking, revision) = booked(&channex);

    let delivery = channex.deliver(&revision, to(&receiver.url)).await.unwrap();

    assert_eq!(
        (delivery.status, delivery.webhook.as_str()),
        (202, revision.as_str())
    );
    let [received] = receiver.received().try_into().unwrap();
    assert_eq!(received.header("x-channex-webhook-secret"), "the-secret");
    let property = Property::default().id;
    assert_eq!(
        received.json(),
        json!({"event": "booking_new", "property_id": property, "user_id": null,
            "payload": {"booking_id": booking, "property_id": property, "revision_id": revision},
            "timestamp": "2026-11-23T10:00:00Z"})
    );
}

#[tokio::test]
async fn webhooks_come_twice_late_or_with_lies_on_demand() {
    let (channex, _) = channex().await;
    let (booking, created) = booked(&channex);
    channex.cancel(&booking).unwrap();
    let cancelled = channex.latest(&booking).unwrap().id;
    let revisions = [created, cancelled];
    let told = async |manner| -> Vec<(String, bool)> {
        let receiver = Receiver::start().await;
        let made = channex
            .deliver_all(&revisions, to(&receiver.url), manner)
            .await;
        assert_eq!(made.unwrap().len(), receiver.received().len());
        let received = receiver.received().into_iter().map(|one| one.json());
        let event = |body: serde_json::Value| {
            let name = body["event"].as_str().unwrap().to_owned();
            (name, body["payload"]["status"].is_string())
        };
        received.map(event).collect()
    };
    let (new, end) = ("booking_new", "booking_cancellation");
    let events = |names: &[&str], lies| -> Vec<(String, bool)> {
        names
            .iter()
            .map(|name| ((*name).to_owned(), lies))
            .collect()
    };
    assert_eq!(told(Manner::Normal).await, events(&[new, end], false));
    assert_eq!(told(Manner::OutOfOrder).await, events(&[end, new], false));
    assert_eq!(
        told(Manner::Duplicated).await,
        events(&[new, new, end, end], false)
    );
    assert_eq!(told(Manner::Altered).await, events(&[new, end], true));
}

#[tokio::test]
async fn other_events_tell_of_the_property_and_the_user() {
    let (channex, _) = channex().await;
    let receiver = Receiver::start().await;
    let made = channex
        .deliver_event(EventType::Ari, Some("u-1"), to(&receiver.url))
        .await;
    assert_eq!(made.unwrap().status, 202);
    let body = receiver.received()[0].json();
    assert_eq!(
        (&body["event"], &body["user_id"]),
        (&json!("ari"), &json!("u-1"))
    );
}

#[tokio::test]
async fn what_cannot_be_delivered_is_told() {
    let (channex, _) = channex().await;
    let (_, revision) = booked(&channex);
    let unknown = channex.deliver("unknown", to("http://127.0.0.1:9/")).await;
    assert!(matches!(unknown, Err(WebhookError::UnknownRevision(_))));
    let secret = To {
        url: "http://127.0.0.1:9/",
        secret: "two\nlines",
    };
    let unsendable = channex.deliver(&revision, secret).await;
    assert!(matches!(unsendable, Err(WebhookError::Secret(_))));
    let gone = Receiver::start().await.url;
    let nobody = channex.deliver(&revision, to(&gone)).await;
    assert!(matches!(
        nobody,
        Err(WebhookError::Delivery(DeliveryError::Unanswered { .. }))
    ));
}
