//! The guest's mail: one for each step, none twice, and what the provider tells of them.

use roomwire_simulators::resend::{Email, EventKind};

use crate::harness::{Channels, Line, SIGNING_SECRET};

fn subjects(inbox: &[Email]) -> Vec<&str> {
    inbox.iter().map(|email| email.subject.as_str()).collect()
}

#[tokio::test]
async fn a_guest_hears_of_the_request_the_confirmation_and_the_cancellation() {
    let channels = Channels::start().await;
    let made = channels.guest.reserve(&[Line::default()]).await;
    channels.inbox(1).await;
    channels.staff.step(&made, "confirm").await.expect(200);
    channels.inbox(2).await;
    channels.staff.step(&made, "cancel").await.expect(200);
    let inbox = channels.inbox(3).await;

    let number = made["number"].as_str().expect("a number");
    for email in &inbox {
        assert_eq!(email.to, ["Ada Lovelace <ada@guest.example>"]);
        assert!(email.from.contains("desk@aurora.example"), "{}", email.from);
        let text = email
            .text
            .as_deref()
            .expect("a text for readers without HTML");
        assert!(
            text.contains(number) && text.contains("Hotel Aurora"),
            "{text}"
        );
        assert!(
            email.idempotency_key.is_some(),
            "a retry must be recognisable"
        );
    }
    channels.settled().await;
    assert_eq!(subjects(&channels.resend.inbox()).len(), 3);
    let told: Vec<bool> = ["received", "confirmed", "cancelled"]
        .iter()
        .zip(&inbox)
        .map(|(step, email)| tells(email, step))
        .collect();
    assert_eq!(told, [true; 3], "{:?}", subjects(&inbox));
}

/// Whether the key of an email names the step that it tells of.
fn tells(email: &Email, step: &str) -> bool {
    email
        .idempotency_key
        .as_deref()
        .is_some_and(|key| key.contains(step))
        || email.subject.to_lowercase().contains(step)
}

#[tokio::test]
async fn a_declined_guest_hears_of_it() {
    let channels = Channels::start().await;
    let made = channels.guest.reserve(&[Line::default()]).await;
    channels.inbox(1).await;
    channels.staff.step(&made, "decline").await.expect(200);
    let inbox = channels.inbox(2).await;
    assert_ne!(inbox[0].subject, inbox[1].subject);
    channels.settled().await;
    assert_eq!(
        channels
            .world
            .number("SELECT count(*) FROM emails WHERE state = 'sent'")
            .await,
        2
    );
}

#[tokio::test]
async fn a_provider_that_answers_nothing_after_sending_does_not_make_us_send_twice() {
    use roomwire_simulators::faults::Failure;

    let channels = Channels::start().await;
    channels
        .resend
        .fail_next(Failure::CloseAfterApplying, 1, "/emails");
    channels.guest.reserve(&[Line::default()]).await;
    channels.inbox(1).await;
    channels.settled().await;
    assert_eq!(channels.resend.inbox().len(), 1);
    assert!(
        channels.resend.requests().len() >= 2,
        "it was asked again, under the same key"
    );
}

#[tokio::test]
async fn several_mails_whose_answer_was_lost_go_again_together_and_none_comes_twice() {
    use roomwire_simulators::faults::Failure;

    let channels = Channels::start().await;
    channels
        .resend
        .fail_next(Failure::CloseAfterApplying, 1, "/emails/batch");
    let guests = ["ada", "bob", "cyd"];
    channels.guest.reserve_at_once(&guests).await;
    channels.settled().await;

    let inbox = channels.resend.inbox();
    let mut written: Vec<&str> = inbox.iter().map(|email| email.to[0].as_str()).collect();
    written.sort_unstable();
    let each = guests.map(|guest| format!("{guest} Lovelace <{guest}@guest.example>"));
    assert_eq!(written, each);
    assert!(
        channels.resend.requests().len() >= 2,
        "they were asked for again, under the same key"
    );
    let sent = "SELECT count(DISTINCT message_id) FROM emails WHERE state = 'sent'";
    assert_eq!(channels.world.number(sent).await, 3);
}

#[tokio::test]
async fn a_delay_a_delivery_a_suppression_and_a_complaint_are_stored() {
    let channels = Channels::start().await;
    channels.guest.reserve(&[Line::default()]).await;
    let email = channels.inbox(1).await.remove(0);
    channels.settled().await;
    let url = channels.mail_webhook();
    for (event, state) in [
        (EventKind::DeliveryDelayed, "delayed"),
        (EventKind::Delivered, "delivered"),
        (EventKind::BouncedSuppressed, "suppressed"),
        (EventKind::Complained, "complained"),
    ] {
        let told = channels
            .resend
            .deliver_event(event, email.id, &url, SIGNING_SECRET)
            .await
            .expect("somebody answers");
        assert_eq!(told.status, 200, "{event:?}");
        channels
            .world
            .until("SELECT state FROM emails", state)
            .await;
    }
}

#[tokio::test]
async fn a_bounce_is_stored_and_a_forged_one_is_not() {
    let channels = Channels::start().await;
    channels.guest.reserve(&[Line::default()]).await;
    let email = channels.inbox(1).await.remove(0);
    channels.settled().await;
    let url = channels.mail_webhook();
    let forged = channels.resend.deliver_event(
        EventKind::Bounced,
        email.id,
        &url,
        "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    );
    assert_eq!(forged.await.expect("somebody answers").status, 401);
    channels.settled().await;
    assert_eq!(
        channels.world.value("SELECT state FROM emails").await,
        "sent"
    );

    let bounced = channels
        .resend
        .deliver_event(EventKind::Bounced, email.id, &url, SIGNING_SECRET)
        .await;
    assert_eq!(bounced.expect("somebody answers").status, 200);
    channels
        .world
        .until("SELECT 'stored' FROM webhook_inbox", "stored")
        .await;
}
