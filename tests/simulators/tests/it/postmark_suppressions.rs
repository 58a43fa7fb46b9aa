//! Who gets nothing any more from the simulated Postmark.

use http::Method;
use roomwire_simulators::postmark::{Postmark, SuppressionReason};
use serde_json::{Value, json};

use crate::harness::{Answer, postmark, postmark_call};

const LIST: &str = "/message-streams/outbound/suppressions";

async fn post(postmark: &Postmark, path: &str, body: &Value) -> Answer {
    postmark_call(postmark, Method::POST, path)
        .json(body)
        .send()
        .await
}

async fn send(postmark: &Postmark, to: &str) -> Answer {
    let email = json!({ "From": "desk@hotel.example", "To": to, "TextBody": "See you" });
    post(postmark, "/email", &email).await
}

fn order(address: &str) -> Value {
    json!({ "Suppressions": [{ "EmailAddress": address }] })
}

#[tokio::test]
async fn an_inactive_recipient_gets_nothing_and_is_named() {
    let (postmark, _) = postmark().await;
    postmark.suppress(
        "outbound",
        "Ada@guest.example",
        SuppressionReason::HardBounce,
    );

    let answer = send(&postmark, "Ada <ADA@guest.example>").await;

    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["ErrorCode"], 406);
    let text = answer.json()["Message"].as_str().unwrap().to_owned();
    assert!(
        text.contains("Found inactive addresses: ada@guest.example."),
        "{text}"
    );
    assert!(postmark.inbox().is_empty());
}

#[tokio::test]
async fn one_inactive_recipient_of_two_keeps_nothing_back() {
    let (postmark, _) = postmark().await;
    postmark.suppress(
        "outbound",
        "ada@guest.example",
        SuppressionReason::HardBounce,
    );

    let answer = send(&postmark, "ada@guest.example, bob@guest.example").await;

    assert_eq!(answer.json()["ErrorCode"], 0);
    assert_eq!(
        answer.json()["Message"],
        "Message OK, but will not deliver to these inactive addresses: ada@guest.example"
    );
    assert_eq!(postmark.inbox()[0].inactive, ["ada@guest.example"]);
}

#[tokio::test]
async fn a_suppression_is_one_streams_own() {
    let (postmark, _) = postmark().await;
    postmark.suppress(
        "broadcast",
        "ada@guest.example",
        SuppressionReason::ManualSuppression,
    );

    assert_eq!(send(&postmark, "ada@guest.example").await.status, 200);
}

#[tokio::test]
async fn an_address_is_suppressed_read_and_taken_back() {
    let (postmark, _) = postmark().await;

    let made = post(&postmark, LIST, &order("ada@guest.example")).await;
    let dump = postmark_call(&postmark, Method::GET, &format!("{LIST}/dump"));
    let listed = dump.clone().send().await;
    let refused = send(&postmark, "ada@guest.example").await;
    let deleted = post(
        &postmark,
        &format!("{LIST}/delete"),
        &order("ada@guest.example"),
    )
    .await;

    let status = |answer: &Answer| answer.json()["Suppressions"][0]["Status"].clone();
    assert_eq!(status(&made), "Suppressed");
    assert_eq!(
        listed.json(),
        json!({ "Suppressions": [{
            "EmailAddress": "ada@guest.example", "SuppressionReason": "ManualSuppression", "Origin": "Customer",
            "CreatedAt": "2026-11-23T10:00:00Z",
        }] })
    );
    assert_eq!(refused.json()["ErrorCode"], 406);
    assert_eq!(status(&deleted), "Deleted");
    assert_eq!(dump.send().await.json(), json!({ "Suppressions": [] }));
    assert_eq!(send(&postmark, "ada@guest.example").await.status, 200);
}

#[tokio::test]
async fn a_complaint_is_not_taken_back() {
    let (postmark, _) = postmark().await;
    postmark.suppress(
        "outbound",
        "ada@guest.example",
        SuppressionReason::SpamComplaint,
    );
    post(&postmark, LIST, &order("ada@guest.example")).await;

    let deleted = post(
        &postmark,
        &format!("{LIST}/delete"),
        &order("ada@guest.example"),
    )
    .await;

    assert_eq!(deleted.json()["Suppressions"][0]["Status"], "Failed");
    let [kept] = postmark.suppressions("outbound").try_into().unwrap();
    assert_eq!(kept.suppression_reason, SuppressionReason::SpamComplaint);
}

#[tokio::test]
async fn an_order_that_cannot_be_met_is_refused() {
    let (postmark, _) = postmark().await;

    let elsewhere = post(
        &postmark,
        "/message-streams/elsewhere/suppressions",
        &order("a@b.example"),
    )
    .await;
    let shape = post(&postmark, LIST, &json!({ "Addresses": [] })).await;
    let many = json!({ "Suppressions": vec![json!({ "EmailAddress": "a@b.example" }); 51] });
    let many = post(&postmark, LIST, &many).await;
    let wrong = post(&postmark, LIST, &order("nobody")).await;

    assert_eq!(elsewhere.json()["ErrorCode"], 1226);
    assert_eq!(shape.json()["ErrorCode"], 403);
    assert_eq!(many.json()["ErrorCode"], 300);
    assert_eq!(wrong.json()["Suppressions"][0]["Status"], "Failed");
    assert!(postmark.suppressions("outbound").is_empty());
}
