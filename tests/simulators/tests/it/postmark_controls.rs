//! The simulated Postmark's controls over HTTP.

use http::Method;
use roomwire_simulators::postmark::{self, Postmark};
use roomwire_simulators::server::StartError;
use serde_json::{Value, json};

use crate::harness::{Answer, Call, Receiver, postmark, postmark_call};

async fn control(postmark: &Postmark, method: Method, path: &str) -> Answer {
    Call::new(method, postmark.address(), &format!("/_control{path}"))
        .send()
        .await
}

async fn order(postmark: &Postmark, path: &str, order: &Value) -> Answer {
    Call::post(postmark.address(), &format!("/_control{path}"))
        .json(order)
        .send()
        .await
}

/// Sends one email and answers its id.
async fn sent(postmark: &Postmark) -> Value {
    let email = json!({
        "From": "desk@hotel.example", "To": "ada@guest.example", "Subject": "<Confirmed>", "TextBody": "See you",
    });
    let answer = postmark_call(postmark, Method::POST, "/email").json(&email);
    answer.send().await.json()["MessageID"].clone()
}

#[tokio::test]
async fn the_inbox_is_read_and_cleared() {
    let (postmark, _) = postmark().await;
    let id = sent(&postmark).await;

    let inbox = control(&postmark, Method::GET, "/inbox").await.json();
    let state = control(&postmark, Method::GET, "/state").await.json();
    let cleared = control(&postmark, Method::DELETE, "/inbox").await;

    assert_eq!(inbox[0]["id"], id);
    assert_eq!(inbox[0]["subject"], "<Confirmed>");
    assert_eq!(
        state,
        json!({ "inbox": inbox, "suppressions": { "outbound": [], "broadcast": [] } })
    );
    assert_eq!(cleared.status, 204);
    assert!(postmark.inbox().is_empty());
}

#[tokio::test]
async fn an_address_is_made_inactive() {
    let (postmark, _) = postmark().await;
    let ordered =
        json!({ "stream": "outbound", "address": "ada@guest.example", "reason": "HardBounce" });

    let made = order(&postmark, "/suppressions", &ordered).await;

    assert_eq!(made.status, 204, "{}", made.body);
    assert!(sent(&postmark).await.is_null());
    for (field, value, status) in [
        ("stream", "elsewhere", 404),
        ("address", "nobody", 400),
        ("reason", "Whim", 422),
    ] {
        let mut changed = ordered.clone();
        changed[field] = json!(value);
        let refused = order(&postmark, "/suppressions", &changed).await;
        assert_eq!(refused.status, status, "{field}");
    }
}

#[tokio::test]
async fn events_are_delivered() {
    let (postmark, _) = postmark().await;
    let receiver = Receiver::start().await;
    let ordered = json!({
        "email": sent(&postmark).await, "events": ["Bounce/Transient", "Delivery"], "url": receiver.url,
        "login": "courier:password", "manner": "out_of_order",
    });

    let answer = order(&postmark, "/deliveries", &ordered).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()[1]["status"], 202);
    let types: Vec<Value> = receiver
        .received()
        .iter()
        .map(|one| one.json()["RecordType"].clone())
        .collect();
    assert_eq!(types, ["Delivery", "Bounce"]);
}

#[tokio::test]
async fn an_order_that_cannot_be_met_is_refused() {
    let (postmark, _) = postmark().await;
    let gone = Receiver::start().await.url;
    let ordered = json!({
        "email": sent(&postmark).await, "events": ["Delivery"], "url": gone, "login": "courier:password",
    });
    let with = |field: &str, value: Value| {
        let mut changed = ordered.clone();
        changed[field] = value;
        changed
    };
    let nobody = "00000000-0000-0000-0000-000000000000";
    for (ordered, status) in [
        (with("events", json!([])), 400),
        (with("login", json!("courier")), 400),
        (with("email", json!(nobody)), 404),
        (with("events", json!(["Lost"])), 422),
        (ordered.clone(), 502),
    ] {
        let answer = order(&postmark, "/deliveries", &ordered).await;
        assert_eq!(answer.status, status, "{ordered}");
    }
}

#[tokio::test]
async fn the_page_shows_the_inbox_and_who_gets_nothing() {
    let (postmark, _) = postmark().await;
    sent(&postmark).await;
    let reason = postmark::SuppressionReason::SpamComplaint;
    postmark.suppress("outbound", "bob@guest.example", reason);

    let page = Call::get(postmark.address(), "/").send().await;

    assert_eq!(page.status, 200);
    for shown in [
        "ada@guest.example",
        "&lt;Confirmed&gt;",
        "See you",
        "outbound",
        "bob@guest.example",
        "SpamComplaint",
    ] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
}

#[tokio::test]
async fn a_server_without_a_stream_does_not_start() {
    let refused = postmark::start(postmark::Options {
        streams: Vec::new(),
        ..postmark::Options::default()
    })
    .await;
    assert!(matches!(refused, Err(StartError::Options(_))));
}
