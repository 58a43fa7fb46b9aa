//! Sending through the simulated Postmark, and what it refuses.

use http::Method;
use roomwire_simulators::postmark::{self, Postmark, SuppressionReason, TEST_TOKEN};
use serde_json::{Value, json};

use crate::harness::{Answer, START, instant, postmark, postmark_call};

fn email() -> Value {
    json!({
        "From": "Hotel <desk@hotel.example>", "To": "ada@guest.example", "Subject": "Confirmed", "TextBody": "See you",
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut changed = email();
    changed[field] = value;
    changed
}

fn without(field: &str) -> Value {
    let mut changed = email();
    changed.as_object_mut().unwrap().remove(field);
    changed
}

async fn post(postmark: &Postmark, path: &str, body: &Value) -> Answer {
    postmark_call(postmark, Method::POST, path)
        .json(body)
        .send()
        .await
}

fn assert_refused(answer: &Answer, status: u16, code: u32) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.json()["ErrorCode"], code, "{}", answer.body);
    assert!(answer.json()["Message"].is_string());
}

#[tokio::test]
async fn an_email_lands_in_the_inbox_as_it_was_given() {
    let (postmark, _) = postmark().await;
    let body = json!({
        "From": "Hotel <desk@hotel.example>",
        "To": "\"Lovelace, Ada\" <ada@guest.example>, bob@guest.example",
        "Cc": "carol@guest.example",
        "Bcc": "dan@guest.example",
        "ReplyTo": "front@hotel.example",
        "Subject": "Confirmed",
        "Tag": "confirmation",
        "TextBody": "See you",
        "HtmlBody": "<p>See you</p>",
        "Headers": [{ "Name": "X-Ref", "Value": "1" }],
        "Metadata": { "reservation": "7G2K" },
        "Attachments": [{ "Name": "stay.ics", "Content": "QkVHSU4=", "ContentType": "text/calendar" }],
        "TrackOpens": false,
        "TrackLinks": "None",
        "MessageStream": "outbound",
    });

    let answer = post(&postmark, "/email", &body).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    let [sent] = postmark.inbox().try_into().unwrap();
    assert_eq!(
        answer.json(),
        json!({
            "To": "\"Lovelace, Ada\" <ada@guest.example>, bob@guest.example",
            "SubmittedAt": "2026-11-23T10:00:00.0000000Z", "MessageID": sent.id, "ErrorCode": 0, "Message": "OK",
        })
    );
    assert_eq!(sent.submitted_at, instant(START));
    assert_eq!(sent.message_stream, "outbound");
    assert_eq!(
        sent.to,
        ["\"Lovelace, Ada\" <ada@guest.example>", "bob@guest.example"]
    );
    assert_eq!(sent.cc, ["carol@guest.example"]);
    assert_eq!(sent.bcc, ["dan@guest.example"]);
    assert_eq!(sent.reply_to, ["front@hotel.example"]);
    assert_eq!(sent.tag.as_deref(), Some("confirmation"));
    assert_eq!(sent.html.as_deref(), Some("<p>See you</p>"));
    assert_eq!(sent.headers[0].value, "1");
    assert_eq!(sent.metadata["reservation"], "7G2K");
    assert_eq!(sent.attachments[0].name, "stay.ics");
}

#[tokio::test]
async fn the_usual_stream_is_outbound_and_an_unknown_one_is_refused() {
    let (postmark, _) = postmark().await;

    post(&postmark, "/email", &email()).await;
    let unknown = post(
        &postmark,
        "/email",
        &with("MessageStream", json!("elsewhere")),
    )
    .await;

    assert_eq!(postmark.inbox()[0].message_stream, "outbound");
    assert_refused(&unknown, 422, 1226);
}

#[tokio::test]
async fn a_missing_or_wrong_token_is_refused() {
    let (postmark, _) = postmark().await;
    let call = postmark_call(&postmark, Method::POST, "/email").json(&email());

    let missing = call.clone().without("x-postmark-server-token").send().await;
    let wrong = call
        .header("x-postmark-server-token", "another")
        .send()
        .await;

    assert_refused(&missing, 401, 10);
    assert_refused(&wrong, 401, 10);
    assert!(postmark.inbox().is_empty());
}

#[tokio::test]
async fn the_test_token_checks_and_delivers_nothing() {
    let (postmark, _) = postmark().await;
    let test = |body: &Value| {
        postmark_call(&postmark, Method::POST, "/email")
            .header("x-postmark-server-token", TEST_TOKEN)
            .json(body)
            .send()
    };

    let taken = test(&email()).await;
    let refused = test(&without("To")).await;

    assert_eq!(taken.json()["ErrorCode"], 0);
    assert_refused(&refused, 422, 300);
    assert!(postmark.inbox().is_empty());
}

#[tokio::test]
async fn json_is_asked_for_in_both_directions() {
    let (postmark, _) = postmark().await;
    let call = postmark_call(&postmark, Method::POST, "/email");

    let untyped = call.clone().body(email().to_string()).send().await;
    let unasked = call.clone().without("accept").json(&email()).send().await;
    let broken = call
        .header("content-type", "application/json; charset=utf-8")
        .body("{")
        .send()
        .await;

    assert_refused(&untyped, 415, 409);
    assert_refused(&unasked, 415, 409);
    assert_refused(&broken, 422, 402);
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_is_refused() {
    let (postmark, _) = postmark().await;
    let many = vec!["a@b.example"; 51].join(",");
    for body in [
        without("From"),
        without("To"),
        with("To", json!("")),
        without("TextBody"),
        with("TextBody", json!("")),
        with("From", json!("hotel")),
        with("To", json!("nobody")),
        with("To", json!("Lovelace, Ada <ada@guest.example>")),
        with("To", json!("ada@guest.example;bob@guest.example")),
        with("To", json!(many)),
        with("Cc", json!("Carol <carol@guest.example")),
        with("ReplyTo", json!("@hotel.example")),
        with("Tag", json!("t".repeat(1001))),
    ] {
        let answer = post(&postmark, "/email", &body).await;
        assert_refused(&answer, 422, 300);
    }
    assert!(postmark.inbox().is_empty());
}

#[tokio::test]
async fn a_field_of_the_wrong_kind_or_name_is_refused() {
    let (postmark, _) = postmark().await;
    for body in [
        with("Subject", json!(7)),
        with("To", json!(["ada@guest.example"])),
        with("to", json!("ada@guest.example")),
        with("Metadata", json!({ "a": 1 })),
        with("Headers", json!({ "X": "1" })),
        with("Headers", json!([["X", "1"]])),
        with("TrackLinks", json!("All")),
        with("Attachments", json!([{ "Name": "stay.ics" }])),
        json!("hello"),
        json!([email()]),
    ] {
        let answer = post(&postmark, "/email", &body).await;
        assert_refused(&answer, 422, 403);
    }
}

#[tokio::test]
async fn a_sender_without_a_signature_is_refused() {
    let options = postmark::Options {
        verified_domains: vec!["hotel.example".to_owned()],
        ..postmark::Options::default()
    };
    let postmark = postmark::start(options).await.unwrap();

    let verified = post(&postmark, "/email", &email()).await;
    let other = with("From", json!("desk@other.example"));
    let unverified = post(&postmark, "/email", &other).await;

    assert_eq!(verified.status, 200);
    assert_refused(&unverified, 422, 400);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused() {
    let (postmark, _) = postmark().await;

    let large = with("TextBody", json!("x".repeat(10 * 1024 * 1024)));
    let answer = post(&postmark, "/email", &large).await;

    assert_eq!(answer.status, 413);
    assert!(postmark.inbox().is_empty());
}

#[tokio::test]
async fn a_batch_is_taken_message_by_message() {
    let (postmark, _) = postmark().await;
    postmark.suppress(
        "outbound",
        "bob@guest.example",
        SuppressionReason::HardBounce,
    );

    let batch = json!([
        email(),
        without("From"),
        with("To", json!("Bob <bob@guest.example>")),
        with("Subject", json!("Second")),
    ]);
    let answer = post(&postmark, "/email/batch", &batch).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    let answers = answer.json();
    let codes: Vec<&Value> = answers
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["ErrorCode"])
        .collect();
    assert_eq!(codes, [0, 300, 406, 0]);
    let inbox = postmark.inbox();
    assert_eq!(inbox.len(), 2);
    assert_eq!(answers[3]["MessageID"], json!(inbox[1].id));
    assert_eq!(inbox[1].subject, "Second");
}

#[tokio::test]
async fn a_batch_that_is_none_or_too_large_is_refused() {
    let (postmark, _) = postmark().await;

    let none = post(&postmark, "/email/batch", &email()).await;
    let large = post(&postmark, "/email/batch", &Value::Array(vec![email(); 501])).await;

    assert_refused(&none, 422, 403);
    assert_refused(&large, 422, 410);
    assert!(postmark.inbox().is_empty());
}

#[tokio::test]
async fn a_batch_of_too_many_bytes_is_refused() {
    let (postmark, _) = postmark().await;

    let answer = postmark_call(&postmark, Method::POST, "/email/batch")
        .header("content-type", "application/json")
        .body(" ".repeat(50 * 1024 * 1024 + 1))
        .send()
        .await;

    assert_eq!(answer.status, 413);
    assert!(postmark.inbox().is_empty());
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (postmark, _) = postmark().await;
    let get = async |path: &str| postmark_call(&postmark, Method::GET, path).send().await;

    assert_eq!(get("/letters").await.status, 404);
    assert_eq!(get("/email").await.status, 405);
}
