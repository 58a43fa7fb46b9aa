//! What guests write at the simulated Channex, and what the property answers.

use http::Method;
use jiff::SignedDuration;
use roomwire_simulators::channex::{
    BookingError, BookingRequest, Channex, RatePlan, Receiver as To, Sender, WebhookError,
};
use roomwire_simulators::delivery::Manner;
use serde_json::{Value, json};

use crate::harness::{Answer, Call, Receiver, channex, channex_call, day};

fn booked(channex: &Channex) -> String {
    let request = BookingRequest::new(RatePlan::default().id, day("2026-12-01"), day("2026-12-02"));
    channex.book(request).unwrap()
}

async fn get(channex: &Channex, path: &str) -> Value {
    let answer = channex_call(channex, Method::GET, path).send().await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.json()
}

async fn post(channex: &Channex, thread: &str, body: &Value) -> Answer {
    let path = format!("/message_threads/{thread}/messages");
    channex_call(channex, Method::POST, &path)
        .json(body)
        .send()
        .await
}

#[tokio::test]
async fn a_guest_writes_about_a_booking_and_the_property_answers_in_its_thread() {
    let (channex, hand) = channex().await;
    let booking = booked(&channex);
    channex.write(&booking, "Is there a lift?").unwrap();
    let thread = channex.threads()[0].id.clone();
    hand.advance(SignedDuration::from_secs(5));

    let taken = post(&channex, &thread, &json!({"message": {"message": "Yes"}})).await;
    assert_eq!(taken.status, 200, "{}", taken.body);
    let taken = taken.json();
    assert_eq!(taken["data"]["attributes"]["sender"], "property");
    let listed = get(&channex, "/message_threads").await;
    let found = &listed["data"][0];
    assert_eq!(found["id"], thread);
    assert_eq!(found["relationships"]["booking"]["data"]["id"], booking);
    assert_eq!(found["attributes"]["message_count"], 2);
    assert_eq!(
        found["attributes"]["last_message_received_at"],
        "2026-11-23T10:00:05.000000"
    );
    let path = format!("/message_threads/{thread}/messages");
    let messages = get(&channex, &path).await;
    let texts: Vec<&Value> = (0..2_usize)
        .map(|place| &messages["data"][place]["attributes"]["message"])
        .collect();
    assert_eq!(texts, [&json!("Yes"), &json!("Is there a lift?")]);
    assert_eq!(messages["data"][0]["id"], taken["data"]["id"]);
    let senders: Vec<Sender> = channex.threads()[0]
        .messages
        .iter()
        .map(|written| written.sender)
        .collect();
    assert_eq!(senders, [Sender::Guest, Sender::Property]);
}

#[tokio::test]
async fn lists_have_pages_and_are_of_one_property() {
    let (channex, hand) = channex().await;
    for booking in [booked(&channex), booked(&channex)] {
        for _ in 0..3 {
            hand.advance(SignedDuration::from_secs(1));
            channex.write(&booking, "Hello").unwrap();
        }
    }
    let [first, second] = channex.threads().try_into().unwrap();
    let page = "pagination[page]=2&pagination[limit]=1";
    let threads = get(&channex, &format!("/message_threads?{page}")).await;
    assert_eq!(
        threads["data"][0]["id"], first.id,
        "the newest is the first"
    );
    assert_eq!(threads["meta"]["total"], 2);
    let messages = format!("/message_threads/{}/messages?{page}", second.id);
    let messages = get(&channex, &messages).await;
    assert_eq!(messages["data"][0]["id"], second.messages[1].id);
    assert_eq!(messages["meta"]["total"], 3);
    let other = get(&channex, "/message_threads?filter[property_id]=other").await;
    assert_eq!(other["meta"]["total"], 0);
}

#[tokio::test]
async fn what_cannot_be_written_is_refused() {
    let (channex, _) = channex().await;
    assert_eq!(
        channex.write("unknown", "Hello"),
        Err(BookingError::UnknownBooking("unknown".to_owned()))
    );
    channex.write(&booked(&channex), "Hello").unwrap();
    let thread = channex.threads()[0].id.clone();
    for body in [
        json!({}),
        json!({"message": "Yes"}),
        json!({"message": {"message": " "}}),
        json!({"message": {"message": "x".repeat(2_001)}}),
        json!({"message": {"message": "Yes", "sender": "guest"}}),
    ] {
        let refused = post(&channex, &thread, &body).await;
        assert_eq!(refused.status, 422, "{body}");
    }
    let good = json!({"message": {"message": "Yes"}});
    assert_eq!(post(&channex, "unknown", &good).await.status, 404);
    assert_eq!(channex.threads()[0].messages.len(), 1);
}

#[tokio::test]
async fn a_webhook_tells_of_a_message() {
    let (channex, _) = channex().await;
    let booking = booked(&channex);
    let message = channex.write(&booking, "Is there a lift?").unwrap();
    let receiver = Receiver::start().await;
    let to = To {
        url: &receiver.url,
        secret: "the-secret",
    };
    let told = [message.clone()];
    channex
        .deliver_messages(&told, to, Manner::Duplicated)
        .await
        .unwrap();

    let [one, other] = receiver.received().try_into().unwrap();
    assert_eq!(one.body, other.body);
    let body = one.json();
    assert_eq!(body["event"], "message");
    let payload = &body["payload"];
    assert_eq!(payload["id"], message);
    assert_eq!(payload["booking_id"], booking);
    assert_eq!(payload["message_thread_id"], channex.threads()[0].id);
    let unknown = ["unknown".to_owned()];
    let unknown = channex.deliver_messages(&unknown, to, Manner::Normal).await;
    assert!(matches!(unknown, Err(WebhookError::UnknownMessage(_))));
}

#[tokio::test]
async fn the_controls_have_a_guest_write_and_a_webhook_sent() {
    let (channex, _) = channex().await;
    let booking = booked(&channex);
    let receiver = Receiver::start().await;
    let order = async |path: &str, body: &Value| {
        Call::post(channex.address(), &format!("/_control/{path}"))
            .json(body)
            .send()
            .await
    };
    let path = format!("bookings/{booking}/messages");
    let written = order(&path, &json!({"text": "Hello"})).await;
    assert_eq!(written.status, 201, "{}", written.body);
    let message = &written.json()["id"];
    let delivery = json!({"url": receiver.url, "secret": "s", "messages": [message]});
    assert_eq!(order("deliveries", &delivery).await.status, 200);
    assert_eq!(receiver.received().len(), 1);
    let nothing = json!({"url": receiver.url, "secret": "s"});
    assert_eq!(order("deliveries", &nothing).await.status, 400);
    let nobody = order("bookings/unknown/messages", &json!({"text": "Hello"})).await;
    assert_eq!(nobody.status, 404);
    let state = Call::get(channex.address(), "/_control/state").send().await;
    assert_eq!(state.json()["threads"][0]["messages"][0]["text"], "Hello");
}
