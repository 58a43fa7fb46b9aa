//! `Idempotency-Key` at the simulated Resend.

use http::Method;
use jiff::SignedDuration;
use roomwire_simulators::resend::Resend;
use serde_json::{Value, json};

use crate::harness::{Answer, resend, resend_call};

fn email(subject: &str) -> Value {
    json!({ "from": "desk@hotel.example", "to": "ada@guest.example", "subject": subject, "text": "See you" })
}

async fn send(resend: &Resend, path: &str, key: &str, body: &Value) -> Answer {
    resend_call(resend, Method::POST, path)
        .header("idempotency-key", key)
        .json(body)
        .send()
        .await
}

#[tokio::test]
async fn the_same_key_and_payload_sends_once_and_answers_alike() {
    let (resend, _) = resend().await;

    let first = send(&resend, "/emails", "k", &email("a")).await;
    let second = send(&resend, "/emails", "k", &email("a")).await;

    assert_eq!(first.status, 200);
    assert_eq!(first.body, second.body);
    let [sent] = resend.inbox().try_into().unwrap();
    assert_eq!(sent.idempotency_key.as_deref(), Some("k"));
}

#[tokio::test]
async fn the_same_key_with_another_payload_conflicts() {
    let (resend, _) = resend().await;
    send(&resend, "/emails", "k", &email("a")).await;

    let other = send(&resend, "/emails", "k", &email("b")).await;
    let batch = send(&resend, "/emails/batch", "k", &json!([email("a")])).await;

    for answer in [other, batch] {
        assert_eq!(answer.status, 409);
        assert_eq!(answer.json()["name"], "invalid_idempotent_request");
    }
    assert_eq!(resend.inbox().len(), 1);
}

#[tokio::test]
async fn another_key_or_none_sends_again() {
    let (resend, _) = resend().await;

    send(&resend, "/emails", "k", &email("a")).await;
    send(&resend, "/emails", "l", &email("a")).await;
    resend_call(&resend, Method::POST, "/emails")
        .json(&email("a"))
        .send()
        .await;

    assert_eq!(resend.inbox().len(), 3);
}

#[tokio::test]
async fn a_batch_is_sent_once_under_its_key() {
    let (resend, _) = resend().await;
    let batch = json!([email("a"), email("b")]);

    let first = send(&resend, "/emails/batch", "k", &batch).await;
    let second = send(&resend, "/emails/batch", "k", &batch).await;

    assert_eq!(first.json()["data"].as_array().unwrap().len(), 2);
    assert_eq!(first.body, second.body);
    assert_eq!(resend.inbox().len(), 2);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let (resend, hand) = resend().await;
    send(&resend, "/emails", "k", &email("a")).await;

    hand.advance(SignedDuration::from_secs(24 * 3_600 - 1));
    send(&resend, "/emails", "k", &email("a")).await;
    assert_eq!(resend.inbox().len(), 1);
    hand.advance(SignedDuration::from_secs(1));
    let other = send(&resend, "/emails", "k", &email("b")).await;

    assert_eq!(other.status, 200);
    assert_eq!(resend.inbox().len(), 2);
}

#[tokio::test]
async fn a_refused_email_leaves_its_key_free() {
    let (resend, _) = resend().await;
    let mut wrong = email("a");
    wrong["to"] = json!("nobody");

    assert_eq!(send(&resend, "/emails", "k", &wrong).await.status, 422);
    assert_eq!(send(&resend, "/emails", "k", &email("a")).await.status, 200);
}

#[tokio::test]
async fn an_empty_or_endless_key_is_refused() {
    let (resend, _) = resend().await;
    for (key, status) in [
        ("", 400),
        (&*"k".repeat(257), 400),
        (&*"k".repeat(256), 200),
    ] {
        let answer = send(&resend, "/emails", key, &email("a")).await;
        assert_eq!(answer.status, status);
        if status == 400 {
            assert_eq!(answer.json()["name"], "invalid_idempotency_key");
        }
    }
}
