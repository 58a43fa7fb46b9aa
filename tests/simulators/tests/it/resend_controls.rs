//! The simulated Resend's controls over HTTP.

use http::Method;
use roomwire_simulators::resend::Resend;
use serde_json::{Value, json};

use crate::harness::{Answer, Call, Receiver, resend, resend_call};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn control(resend: &Resend, method: Method, path: &str) -> Answer {
    Call::new(method, resend.address(), &format!("/_control{path}"))
        .send()
        .await
}

async fn deliver(resend: &Resend, order: &Value) -> Answer {
    Call::post(resend.address(), "/_control/deliveries")
        .json(order)
        .send()
        .await
}

/// Sends one email and answers its id.
async fn sent(resend: &Resend) -> Value {
    let email = json!({
        "from": "desk@hotel.example", "to": "ada@guest.example", "subject": "<Confirmed>", "text": "See you",
    });
    let answer = resend_call(resend, Method::POST, "/emails").json(&email);
    answer.send().await.json()["id"].clone()
}

#[tokio::test]
async fn the_inbox_is_read_and_cleared() {
    let (resend, _) = resend().await;
    let id = sent(&resend).await;

    let inbox = control(&resend, Method::GET, "/inbox").await.json();
    let state = control(&resend, Method::GET, "/state").await.json();
    let cleared = control(&resend, Method::DELETE, "/inbox").await;

    assert_eq!(inbox[0]["id"], id);
    assert_eq!(inbox[0]["subject"], "<Confirmed>");
    assert_eq!(state, json!({ "inbox": inbox }));
    assert_eq!(cleared.status, 204);
    assert!(resend.inbox().is_empty());
}

#[tokio::test]
async fn events_are_delivered() {
    let (resend, _) = resend().await;
    let receiver = Receiver::start().await;
    let order = json!({
        "email": sent(&resend).await, "events": ["email.sent", "email.bounced/transient"],
        "url": receiver.url, "signing_secret": SECRET, "manner": "out_of_order",
    });

    let answer = deliver(&resend, &order).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()[1]["status"], 202);
    let types: Vec<Value> = receiver
        .received()
        .iter()
        .map(|one| one.json()["type"].clone())
        .collect();
    assert_eq!(types, ["email.bounced", "email.sent"]);
}

#[tokio::test]
async fn an_order_that_cannot_be_met_is_refused() {
    let (resend, _) = resend().await;
    let gone = Receiver::start().await.url;
    let order = json!({
        "email": sent(&resend).await, "events": ["email.sent"], "url": gone, "signing_secret": SECRET,
    });
    let with = |field: &str, value: Value| {
        let mut changed = order.clone();
        changed[field] = value;
        changed
    };
    let nobody = "00000000-0000-0000-0000-000000000000";
    for (order, status) in [
        (with("events", json!([])), 400),
        (with("signing_secret", json!("secret")), 400),
        (with("email", json!(nobody)), 404),
        (with("events", json!(["email.lost"])), 422),
        (order.clone(), 502),
    ] {
        assert_eq!(deliver(&resend, &order).await.status, status, "{order}");
    }
}

#[tokio::test]
async fn the_page_shows_the_inbox() {
    let (resend, _) = resend().await;
    sent(&resend).await;

    let page = Call::get(resend.address(), "/").send().await;

    assert_eq!(page.status, 200);
    for shown in ["ada@guest.example", "&lt;Confirmed&gt;", "See you", "sent"] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
}
