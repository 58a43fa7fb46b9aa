//! Sending through the simulated Resend, and what it refuses.

use http::Method;
use roomwire_simulators::resend::{self, Resend, Tag};
use serde_json::{Value, json};

use crate::harness::{Answer, Call, START, instant, resend, resend_call};

fn email() -> Value {
    json!({
        "from": "Hotel <desk@hotel.example>", "to": ["ada@guest.example"], "subject": "Confirmed", "text": "See you",
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

async fn post(resend: &Resend, path: &str, body: &Value) -> Answer {
    resend_call(resend, Method::POST, path)
        .json(body)
        .send()
        .await
}

fn assert_refused(answer: &Answer, status: u16, name: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.json()["name"], name, "{}", answer.body);
    assert_eq!(answer.json()["statusCode"], status);
    assert!(answer.json()["message"].is_string());
}

#[tokio::test]
async fn an_email_lands_in_the_inbox_as_it_was_given() {
    let (resend, _) = resend().await;
    let body = json!({
        "from": "Hotel <desk@hotel.example>",
        "to": ["Ada <ada@guest.example>", "bob@guest.example"],
        "cc": "carol@guest.example",
        "bcc": ["dan@guest.example"],
        "reply_to": "front@hotel.example",
        "subject": "Confirmed",
        "text": "See you",
        "html": "<p>See you</p>",
        "headers": { "X-Entity-Ref-ID": "1" },
        "tags": [{ "name": "kind", "value": "confirmation" }],
        "attachments": [{ "filename": "stay.ics", "content": "QkVHSU4=" }],
    });

    let answer = post(&resend, "/emails", &body).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    let [sent] = resend.inbox().try_into().unwrap();
    assert_eq!(answer.json(), json!({ "id": sent.id }));
    assert_eq!(sent.id.get_version_num(), 7);
    assert_eq!(sent.created_at, instant(START));
    assert_eq!(sent.to, ["Ada <ada@guest.example>", "bob@guest.example"]);
    assert_eq!(sent.cc, ["carol@guest.example"]);
    assert_eq!(sent.bcc, ["dan@guest.example"]);
    assert_eq!(sent.reply_to, ["front@hotel.example"]);
    assert_eq!(sent.html.as_deref(), Some("<p>See you</p>"));
    assert_eq!(sent.headers["X-Entity-Ref-ID"], "1");
    let tag = Tag {
        name: "kind".to_owned(),
        value: "confirmation".to_owned(),
    };
    assert_eq!(sent.tags, [tag]);
    assert_eq!(sent.attachments.len(), 1);
}

#[tokio::test]
async fn a_sent_email_can_be_read_back() {
    let (resend, _) = resend().await;
    let id = post(&resend, "/emails", &email()).await.json()["id"].clone();

    let path = format!("/emails/{}", id.as_str().unwrap());
    let answer = resend_call(&resend, Method::GET, &path).send().await;

    assert_eq!(
        answer.json(),
        json!({
            "object": "email", "id": id, "from": "Hotel <desk@hotel.example>", "to": ["ada@guest.example"],
            "cc": [], "bcc": [], "reply_to": [], "subject": "Confirmed", "text": "See you", "html": null,
            "created_at": "2026-11-23T10:00:00Z", "last_event": "sent",
        })
    );
}

#[tokio::test]
async fn an_email_that_is_not_there_is_not_found() {
    let (resend, _) = resend().await;
    let get = async |path: &str| resend_call(&resend, Method::GET, path).send().await;

    let unknown = get("/emails/37e4414c-5e25-4dbc-a071-43552a4bd53b").await;
    assert_refused(&unknown, 404, "not_found");
    assert_refused(&get("/emails/42").await, 422, "validation_error");
    assert_refused(&get("/letters").await, 404, "not_found");
    assert_refused(&get("/emails").await, 405, "method_not_allowed");
}

#[tokio::test]
async fn a_batch_is_sent_in_order() {
    let (resend, _) = resend().await;

    let batch = json!([email(), with("subject", json!("Second"))]);
    let answer = post(&resend, "/emails/batch", &batch).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    let inbox = resend.inbox();
    assert_eq!(
        answer.json(),
        json!({ "data": [{ "id": inbox[0].id }, { "id": inbox[1].id }] })
    );
    assert_eq!(inbox[1].subject, "Second");
}

#[tokio::test]
async fn one_wrong_email_keeps_the_whole_batch_back() {
    let (resend, _) = resend().await;

    let batch = json!([email(), without("subject")]);
    let answer = post(&resend, "/emails/batch", &batch).await;

    assert_refused(&answer, 422, "missing_required_field");
    assert!(resend.inbox().is_empty());
}

#[tokio::test]
async fn a_batch_that_is_none_or_too_large_or_carries_files_is_refused() {
    let (resend, _) = resend().await;
    for batch in [
        email(),
        json!([]),
        Value::Array(vec![email(); 101]),
        json!([with("attachments", json!([]))]),
    ] {
        let answer = post(&resend, "/emails/batch", &batch).await;
        assert_refused(&answer, 422, "validation_error");
    }
    assert!(resend.inbox().is_empty());
}

#[tokio::test]
async fn a_request_without_a_user_agent_is_refused_by_the_edge() {
    let (resend, _) = resend().await;

    let answer = resend_call(&resend, Method::POST, "/emails")
        .without("user-agent")
        .json(&email())
        .send()
        .await;

    assert_eq!(
        (answer.status, answer.body.as_str()),
        (403, "error code: 1010")
    );
    assert!(resend.inbox().is_empty());
}

#[tokio::test]
async fn a_missing_or_wrong_key_is_refused() {
    let (resend, _) = resend().await;
    let call = Call::post(resend.address(), "/emails")
        .header("user-agent", "tests/1.0")
        .json(&email());

    let missing = call.clone().send().await;
    let basic = call
        .clone()
        .header("authorization", "Basic cmU=")
        .send()
        .await;
    let wrong = call.bearer("re_other").send().await;

    assert_refused(&missing, 401, "missing_api_key");
    assert_refused(&basic, 401, "missing_api_key");
    assert_refused(&wrong, 403, "invalid_api_key");
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let (resend, _) = resend().await;
    let call = resend_call(&resend, Method::POST, "/emails");

    let untyped = call.clone().body(email().to_string()).send().await;
    let broken = call
        .header("content-type", "application/json")
        .body("{")
        .send()
        .await;

    assert_refused(&untyped, 400, "validation_error");
    assert_refused(&broken, 400, "validation_error");
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let (resend, _) = resend().await;
    for (body, field) in [
        (without("from"), "`from`"),
        (without("to"), "`to`"),
        (with("to", json!([])), "`to`"),
        (without("subject"), "`subject`"),
        (without("text"), "`html` or `text`"),
    ] {
        let answer = post(&resend, "/emails", &body).await;
        assert_refused(&answer, 422, "missing_required_field");
        assert_eq!(answer.json()["message"], format!("Missing {field} field."));
    }
}

#[tokio::test]
async fn a_field_of_the_wrong_kind_is_refused() {
    let (resend, _) = resend().await;
    for body in [
        with("subject", json!(7)),
        with("to", json!(7)),
        with("to", json!(["nobody"])),
        with("to", json!(["a@b.example, c@d.example"])),
        with("to", json!(vec!["a@b.example"; 51])),
        with("cc", json!("Carol <carol@guest.example")),
        with("reply_to", json!("@hotel.example")),
        with("headers", json!({ "X": 1 })),
        with("tags", json!([{ "name": "a b", "value": "c" }])),
        with("tags", json!([{ "name": "a", "value": "" }])),
        with("tags", json!([{ "name": "a" }])),
        with("tags", json!([["a", "b"]])),
        json!(["desk@hotel.example", "ada@guest.example"]),
        with("replyTo", json!("front@hotel.example")),
    ] {
        let answer = post(&resend, "/emails", &body).await;
        assert_refused(&answer, 422, "validation_error");
    }
    assert!(resend.inbox().is_empty());
}

#[tokio::test]
async fn a_sender_that_is_no_address_is_refused() {
    let (resend, _) = resend().await;
    for from in ["hotel", "Hotel desk@hotel.example", "desk@localhost"] {
        let answer = post(&resend, "/emails", &with("from", json!(from))).await;
        assert_refused(&answer, 422, "invalid_from_address");
    }
}

#[tokio::test]
async fn a_sender_of_an_unverified_domain_is_refused() {
    let options = resend::Options {
        verified_domains: vec!["hotel.example".to_owned()],
        ..resend::Options::default()
    };
    let resend = resend::start(options).await.unwrap();

    let verified = post(&resend, "/emails", &email()).await;
    let other = with("from", json!("desk@other.example"));
    let unverified = post(&resend, "/emails", &other).await;

    assert_eq!(verified.status, 200);
    assert_refused(&unverified, 403, "validation_error");
}
