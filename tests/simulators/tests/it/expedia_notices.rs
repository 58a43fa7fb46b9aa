//! Notifications: signed over their time and body, with two signatures while a secret rotates.

use jiff::SignedDuration;
use roomwire_simulators::delivery::Manner;
use roomwire_simulators::expedia::{
    self, BookingRequest, EventType, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign,
};

use crate::expedia_harness::{RATE, expedia};
use crate::harness::{Receiver, START, day, instant};

const SECRETS: [&str; 2] = ["the-new-secret-of-expedia", "the-old-secret-of-expedia"];

fn to<'a>(receiver: &'a Receiver, secrets: &'a [&'a str]) -> expedia::Receiver<'a> {
    expedia::Receiver {
        url: &receiver.url,
        secrets,
    }
}

#[tokio::test]
async fn a_notification_is_signed_by_each_secret() {
    let (expedia, _) = expedia().await;
    let receiver = Receiver::start().await;
    let event = EventType::MessageReceived;
    let told = expedia.notify(event, to(&receiver, &SECRETS)).await;
    assert_eq!(told.expect("somebody answers").status, 202);
    let arrived = receiver.received().remove(0);
    let sent = instant(START).as_millisecond();
    assert_eq!(arrived.header(TIMESTAMP_HEADER), sent.to_string());
    let signatures = SECRETS.map(|secret| sign(secret, sent, &arrived.body));
    let listed = format!("sha256={}", signatures.join(","));
    assert_eq!(arrived.header(SIGNATURE_HEADER), listed);
    assert_eq!(arrived.json()["notification_event_type"], "MessageReceived");
}

#[tokio::test]
async fn an_altered_body_does_not_fit_its_signature() {
    let (expedia, _) = expedia().await;
    let receiver = Receiver::start().await;
    let events = [EventType::PropertyStatusChanged];
    let told = expedia.notify_all(&events, to(&receiver, &SECRETS[..1]), Manner::Altered);
    told.await.expect("somebody answers");
    let arrived = receiver.received().remove(0);
    let sent = instant(START).as_millisecond();
    let right = format!("sha256={}", sign(SECRETS[0], sent, &arrived.body));
    assert_ne!(arrived.header(SIGNATURE_HEADER), right);
    let without = expedia
        .notify(EventType::MessageReceived, to(&receiver, &[]))
        .await;
    assert!(without.is_err());
}

#[tokio::test]
async fn a_booking_is_announced_whole_signed_by_each_secret_and_not_confirmed_by_any_answer() {
    let (expedia, _) = expedia().await;
    let receiver = Receiver::start().await;
    let request = BookingRequest::new(RATE, day("2026-12-01"), day("2026-12-03"));
    let id = expedia.book(request).expect("for sale");
    let all = expedia.transactions();
    let told = expedia.announce(&all, to(&receiver, &SECRETS), Manner::Duplicated);
    let told = told.await.expect("somebody answers");
    assert!(told.iter().all(|one| one.confirmed.is_none()), "{told:?}");
    assert_eq!(expedia.transactions(), all);
    let arrived = receiver.received();
    let sent = instant(START).as_millisecond();
    for (one, retry) in arrived.iter().zip(["false", "true"]) {
        let signatures = SECRETS.map(|secret| sign(secret, sent, &one.body));
        let listed = format!("sha256={}", signatures.join(","));
        assert_eq!(one.header(SIGNATURE_HEADER), listed);
        let parts = [
            "<OTA_HotelResNotifRQ ".to_owned(),
            format!("ResID_Value=\"{id}\""),
            format!("RetryIndicator=\"{retry}\""),
            "Start=\"2026-12-01\" End=\"2026-12-03\"".to_owned(),
            "AmountAfterTax=\"241.00\"".to_owned(),
        ];
        for part in parts {
            assert!(one.body.contains(&part), "{part}: {}", one.body);
        }
    }
    assert_eq!(arrived.len(), 2);
}

#[tokio::test]
async fn an_announcement_with_its_login_comes_again_until_its_time_is_over_and_not_any_more_then() {
    let (expedia, hand) = expedia().await;
    let receiver = Receiver::start().await;
    let request = BookingRequest::new(RATE, day("2026-12-01"), day("2026-12-03"));
    let id = expedia.book(request).expect("for sale");
    let tell = async || expedia.announce_in_turn(&id, to(&receiver, &[])).await;
    let told = tell().await.expect("somebody answers");
    assert!(told.iter().all(|one| one.confirmed.is_none()), "{told:?}");
    let arrived = receiver.received();
    let retries = ["false", "true", "true", "true"];
    assert_eq!(arrived.len(), retries.len());
    let login = "<Authentication Username=\"expedia\" Password=\"simulated-booking-password\"/>";
    for (one, retry) in arrived.iter().zip(retries) {
        assert!(one.headers.get(SIGNATURE_HEADER).is_none());
        let repeated = format!("RetryIndicator=\"{retry}\"");
        for part in [login, &repeated, "CreateDateTime=\"2026-11-"] {
            assert!(one.body.contains(part), "{part}: {}", one.body);
        }
    }
    hand.advance(SignedDuration::from_hours(24));
    assert!(tell().await.expect("nobody is asked").is_empty());
}
