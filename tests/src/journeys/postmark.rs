//! The guest's mail by a provider that recognises no repetition: none twice, and what it tells of them.

use roomwire_simulators::delivery::Manner;
use roomwire_simulators::faults::Failure;
use roomwire_simulators::postmark::{Email, EventKind, EventOrder, SuppressionReason};

use crate::harness::Line;
use crate::harness::postmark::{LOGIN, Post};

/// A mail about a request, which is sent and settled.
async fn sent(post: &Post) -> Email {
    post.guest.reserve(&[Line::default()]).await;
    let email = post.inbox(1).await.remove(0);
    post.until("received", "sent").await;
    post.settled().await;
    email
}

#[tokio::test]
async fn a_guest_hears_of_the_request_the_confirmation_and_the_cancellation() {
    let post = Post::start().await;
    let made = post.guest.reserve(&[Line::default()]).await;
    post.inbox(1).await;
    post.staff.step(&made, "confirm").await.expect(200);
    post.inbox(2).await;
    post.staff.step(&made, "cancel").await.expect(200);
    post.inbox(3).await;
    post.settled().await;

    let inbox = post.postmark.inbox();
    let number = made["number"].as_str().expect("a number");
    for email in &inbox {
        assert_eq!(email.to, ["Ada Lovelace <ada@guest.example>"]);
        assert!(email.from.contains("desk@aurora.example"), "{}", email.from);
        assert_eq!(email.message_stream, "outbound");
        let text = email
            .text
            .as_deref()
            .expect("a text for readers without HTML");
        assert!(
            text.contains(number) && text.contains("Hotel Aurora"),
            "{text}"
        );
    }
    assert_eq!(inbox.len(), 3);
    for step in ["received", "confirmed", "cancelled"] {
        post.until(step, "sent").await;
    }
}

/// A mail that was sent, and whose answer was lost.
async fn lost(post: &Post) -> Email {
    post.postmark
        .fail_next(Failure::CloseAfterApplying, 1, "/email");
    post.guest.reserve(&[Line::default()]).await;
    post.until("received", "unknown").await;
    let reason = post.world.value("SELECT reason FROM emails").await;
    assert_eq!(reason, "outcome-unknown");
    post.inbox(1).await.remove(0)
}

#[tokio::test]
async fn a_mail_whose_answer_was_lost_is_not_sent_again_and_waits_for_a_person() {
    let mut post = Post::start().await;
    lost(&post).await;
    // Ten minutes pass, and Postmark tells nothing of it.
    post.world
        .until("SELECT state FROM jobs WHERE kind = 'email'", "waiting")
        .await;
    post.world
        .execute("UPDATE jobs SET run_at = now(), retry_at = NULL WHERE kind = 'email'")
        .await;
    post.settled().await;

    post.until("received", "unknown").await;
    assert_eq!(post.postmark.inbox().len(), 1);
    assert_eq!(post.postmark.requests().len(), 1, "it was not asked again");
    post.world.expect_dead(1);
}

#[tokio::test]
async fn a_mail_whose_answer_was_lost_is_known_when_postmark_tells_of_it() {
    let post = Post::start().await;
    let email = lost(&post).await;
    let told = post.tell(EventKind::Delivery, &email, LOGIN).await;
    assert_eq!(told.status, 200);
    post.until("received", "delivered").await;

    let id = post.world.value("SELECT message_id FROM emails").await;
    assert_eq!(id, email.id.to_string());
    assert_eq!(post.postmark.requests().len(), 1);
}

#[tokio::test]
async fn a_mail_that_was_surely_not_taken_is_sent_later() {
    let post = Post::start().await;
    let limited = Failure::TooManyRequests {
        retry_after: Some(1),
    };
    post.postmark.fail_next(limited, 1, "/email");
    sent(&post).await;

    assert_eq!(post.postmark.inbox().len(), 1);
    assert_eq!(post.postmark.requests().len(), 2);
}

#[tokio::test]
async fn an_inactive_recipient_is_kept_as_suppressed_and_not_tried_again() {
    let post = Post::start().await;
    let reason = SuppressionReason::SpamComplaint;
    post.postmark
        .suppress("outbound", "ada@guest.example", reason);
    post.guest.reserve(&[Line::default()]).await;
    post.until("received", "suppressed").await;
    post.settled().await;

    assert!(post.postmark.inbox().is_empty());
    assert_eq!(post.postmark.requests().len(), 1);
}

#[tokio::test]
async fn several_reservations_at_once_are_few_requests_and_a_suppressed_guest_fails_alone() {
    let post = Post::start().await;
    let reason = SuppressionReason::HardBounce;
    post.postmark
        .suppress("outbound", "bob@guest.example", reason);
    post.guest
        .reserve_at_once(&["ada", "bob", "cyd", "dan"])
        .await;
    post.settled().await;

    let in_state = async |state: &str| {
        let query = format!("SELECT count(*) FROM emails WHERE state = '{state}'");
        post.world.number(&query).await
    };
    assert_eq!(
        (in_state("sent").await, in_state("suppressed").await),
        (3, 1)
    );
    let inbox = post.postmark.inbox();
    let mut guests: Vec<&str> = inbox.iter().map(|email| email.to[0].as_str()).collect();
    guests.sort_unstable();
    let whole =
        ["ada", "cyd", "dan"].map(|guest| format!("{guest} Lovelace <{guest}@guest.example>"));
    assert_eq!(guests, whole);
    let requests = post.postmark.requests();
    assert!(requests.len() <= 2, "{requests:?}");
    // Each is found by its own id.
    let known = "SELECT count(DISTINCT message_id) FROM emails WHERE state = 'sent'";
    assert_eq!(post.world.number(known).await, 3);
}

#[tokio::test]
async fn a_bounce_and_a_complaint_are_stored_and_forged_ones_are_not() {
    let post = Post::start().await;
    let email = sent(&post).await;
    for forged in [
        "courier:9f2c-kd7p-4ssw-0rd2",
        "courier:x",
        "Courier:9f2c-kd7p-4ssw-0rd1",
    ] {
        let told = post.tell(EventKind::SpamComplaint, &email, forged).await;
        assert_eq!(told.status, 401, "{forged}");
    }
    post.settled().await;
    let stored = "SELECT count(*) FROM webhook_inbox";
    assert_eq!(post.world.number(stored).await, 0);
    post.until("received", "sent").await;

    for (event, state) in [
        (EventKind::HardBounce, "bounced"),
        (EventKind::SpamComplaint, "complained"),
    ] {
        assert_eq!(post.tell(event, &email, LOGIN).await.status, 200);
        post.until("received", state).await;
    }
    post.settled().await;
    assert_eq!(post.world.number(stored).await, 2);
}

#[tokio::test]
async fn what_comes_again_is_a_duplicate_and_what_was_altered_is_refused() {
    let post = Post::start().await;
    let email = sent(&post).await;
    for (manner, status, answer) in [
        (Manner::Altered, 401, None),
        (Manner::Duplicated, 200, Some(r#"{"received":"duplicate"}"#)),
    ] {
        let order = EventOrder {
            email: email.id,
            events: vec![EventKind::Delivery],
            url: post.webhook(),
            login: LOGIN.to_owned(),
            manner,
        };
        let told = post.postmark.deliver_events(&order).await;
        let last = told.expect("somebody answers").pop().expect("one or more");
        assert_eq!(last.status, status, "{manner:?}");
        assert!(
            answer.is_none_or(|answer| last.answer == answer),
            "{last:?}"
        );
    }
    post.until("received", "delivered").await;
    post.settled().await;
}

#[tokio::test]
async fn a_delay_and_then_the_delivery_are_stored() {
    let post = Post::start().await;
    let email = sent(&post).await;
    for (event, state) in [
        (EventKind::Transient, "delayed"),
        (EventKind::Delivery, "delivered"),
    ] {
        assert_eq!(post.tell(event, &email, LOGIN).await.status, 200);
        post.until("received", state).await;
    }
    post.settled().await;
}

#[tokio::test]
async fn after_a_hard_bounce_the_next_mail_is_suppressed_and_the_booking_goes_on() {
    let post = Post::start().await;
    let made = post.guest.reserve(&[Line::default()]).await;
    let email = post.inbox(1).await.remove(0);
    post.until("received", "sent").await;
    let told = post.tell(EventKind::HardBounce, &email, LOGIN).await;
    assert_eq!(told.status, 200);
    post.until("received", "bounced").await;

    post.staff.step(&made, "confirm").await.expect(200);
    post.until("confirmed", "suppressed").await;
    post.settled().await;
    assert_eq!(post.postmark.inbox().len(), 1);
}
