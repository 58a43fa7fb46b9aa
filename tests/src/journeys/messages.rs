//! A guest writes at an OTA behind Channex, staff see it and answer, and the guest has the answer once.

use jiff::Timestamp;
use roomwire_simulators::channex::{BookingRequest, Sender};
use roomwire_simulators::delivery::Manner;
use serde_json::{Value, json};

use crate::harness::channex::{BehindChannex, TWIN_BAR, receiver};
use crate::harness::{Client, night};

const QUESTION: &str = "Is there a lift? <b>Žofie</b> 🏨";
const ANSWER: &str = "Yes, there is.\nFrom the garage, too.";

/// A guest has booked, and writes: the reservation here.
async fn guest_writes(hotel: &BehindChannex) -> Value {
    let request = BookingRequest::new(TWIN_BAR, night(0), night(2));
    let booking = hotel.channex.book(request).expect("for sale");
    hotel.tell(&hotel.revisions(&booking)).await;
    let reservation = hotel.channel_reservations().await.remove(0);
    let message = hotel.channex.write(&booking, QUESTION).expect("a booking");
    let url = hotel.webhook();
    let told = [message];
    let made = hotel
        .channex
        .deliver_messages(&told, receiver(&url), Manner::Duplicated);
    let answers: Vec<u16> = made
        .await
        .expect("somebody answers")
        .iter()
        .map(|delivery| delivery.status)
        .collect();
    assert_eq!(answers, [200, 200]);
    hotel.settled().await;
    reservation
}

/// Messages are pulled, as by the connection's schedule.
async fn pull(hotel: &BehindChannex) {
    let enqueued = "SELECT enqueue_job('pull_messages', 'pull_messages:' || c.id, 'pull_messages:' || c.id, c.hotel_id,
            jsonb_build_object('connection_id', c.id), 0::smallint, interval '0')
        FROM connections c WHERE c.name = 'channex'";
    hotel.world.execute(enqueued).await;
    hotel.settled().await;
}

async fn threads(client: &Client) -> Vec<Value> {
    let found = client.get("message-threads").await.expect(200);
    found["threads"].as_array().expect("a list").clone()
}

async fn messages(client: &Client, path: &str) -> Vec<Value> {
    let found = client.get(path).await.expect(200);
    found["messages"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn what_a_guest_writes_is_seen_once_and_the_answer_reaches_the_guest_once() {
    let hotel = BehindChannex::start().await;
    let reservation = guest_writes(&hotel).await;
    pull(&hotel).await;

    let seen = threads(&hotel.staff).await;
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert_eq!(seen[0]["reservation_id"], reservation["id"]);
    assert_eq!(
        (&seen[0]["connection"], &seen[0]["last_sender"]),
        (&json!("channex"), &json!("guest"))
    );
    let id = seen[0]["id"].as_str().expect("an id");
    let path = format!("message-threads/{id}/messages");
    let heard = messages(&hotel.staff, &path).await;
    assert_eq!(heard.len(), 1, "{heard:#?}");
    assert_eq!(
        (&heard[0]["text"], &heard[0]["sender"], &heard[0]["state"]),
        (&json!(QUESTION), &json!("guest"), &Value::Null)
    );
    let kept = "SELECT count(*) FROM webhook_inbox WHERE length(body) > 0";
    assert_eq!(
        hotel.world.number(kept).await,
        0,
        "a webhook that is worked off says nothing"
    );

    let body = json!({"text": ANSWER});
    let answer = async || {
        let call = hotel.staff.post(&path, &body);
        call.idempotency_key("one-answer").await
    };
    let (first, repeated) = (answer().await, answer().await);
    assert_eq!(first.body, repeated.body);
    assert_eq!(repeated.header("idempotent-replayed"), Some("true"));
    let queued = first.expect(202);
    assert_eq!(queued["state"], "queued");
    hotel.settled().await;
    pull(&hotel).await;

    let [thread] = hotel.channex.threads().try_into().expect("one thread");
    let written: Vec<(Sender, &str)> = thread
        .messages
        .iter()
        .map(|one| (one.sender, one.text.as_str()))
        .collect();
    assert_eq!(
        written,
        [(Sender::Guest, QUESTION), (Sender::Property, ANSWER)]
    );
    let heard = messages(&hotel.staff, &path).await;
    assert_eq!(heard.len(), 2, "a pulled copy is the reply: {heard:#?}");
    assert_eq!(
        (&heard[0]["id"], &heard[0]["state"], &heard[0]["text"]),
        (&queued["id"], &json!("sent"), &json!(ANSWER))
    );
    assert_eq!(threads(&hotel.staff).await[0]["last_sender"], "hotel");
    is_the_hotels_own(&hotel, id, &path).await;
    has_pages(&hotel, &path, &reservation).await;
}

/// Nobody of another hotel, and no web page, reads or writes.
async fn is_the_hotels_own(hotel: &BehindChannex, id: &str, path: &str) {
    let kyoto = hotel.world.staff_of("sakura-kyoto").await;
    assert_eq!(threads(&kyoto).await, Vec::<Value>::new());
    let body = json!({"text": "Yes"});
    for other in [kyoto.clone(), kyoto.at("aurora-rome")] {
        assert_eq!(other.get(path).await.code(), "not_found", "{id}");
        assert_eq!(other.post(path, &body).await.code(), "not_found", "{id}");
    }
    assert_eq!(hotel.guest.get(path).await.status, 403);
    assert_eq!(hotel.guest.post(path, &body).await.status, 403);
    let nothing = hotel.staff.post(path, &json!({"text": " \n "})).await;
    assert_eq!(nothing.code(), "invalid_request");
    assert_eq!(hotel.channex.threads()[0].messages.len(), 2);
}

async fn has_pages(hotel: &BehindChannex, path: &str, reservation: &Value) {
    let newest = hotel
        .staff
        .get(&format!("{path}?limit=1"))
        .await
        .expect(200);
    let next = newest["next"].as_str().expect("there is more");
    let older = messages(&hotel.staff, &format!("{path}?limit=1&cursor={next}")).await;
    assert_eq!(older[0]["text"], QUESTION);
    let sent_at = older[0]["sent_at"].as_str().expect("an instant");
    assert!(sent_at.parse::<Timestamp>().is_ok(), "{sent_at}");
    for (id, found) in [(reservation["id"].as_str(), 1), (Some(NOBODY), 0)] {
        let id = id.expect("an id");
        let of = format!("message-threads?reservation={id}");
        let of = hotel.staff.get(&of).await.expect(200);
        assert_eq!(of["threads"].as_array().map(Vec::len), Some(found), "{of}");
    }
}

/// A reservation that does not exist.
const NOBODY: &str = "0b0d1e50-0000-7000-8000-000000000000";
