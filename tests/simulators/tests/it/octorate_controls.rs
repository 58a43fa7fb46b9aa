//! The controls over HTTP do what the Rust methods do.

use http::Method;
use roomwire_simulators::octorate::{Octorate, Status};
use serde_json::{Value, json};

use crate::harness::{Answer, Call, Receiver, day, get, octorate, token};

async fn control(octorate: &Octorate, method: Method, path: &str, body: &Value) -> Answer {
    Call::new(method, octorate.address(), &format!("/_control{path}"))
        .json(body)
        .send()
        .await
}

async fn order(octorate: &Octorate, path: &str, body: &Value) -> Answer {
    control(octorate, Method::POST, path, body).await
}

fn booking() -> Value {
    json!({ "product": "9001", "check_in": "2026-12-02", "check_out": "2026-12-04" })
}

#[tokio::test]
async fn a_product_is_added() {
    let (octorate, _) = octorate().await;
    let product = json!({ "id": "9002", "room_name": "Single", "usual_day": { "availability": 4, "price": 8_000 } });

    let added = order(&octorate, "/products", &product).await;
    let elsewhere = order(&octorate, "/products", &json!({ "accommodation": "999" })).await;

    assert_eq!(added.status, 204);
    let day = octorate.calendar("9002", day("2026-12-01")).unwrap();
    assert_eq!((day.availability, day.price), (4, Some(8_000)));
    assert_eq!(elsewhere.status, 404);
}

#[tokio::test]
async fn a_cell_of_the_calendar_drifts() {
    let (octorate, _) = octorate().await;
    let drifted = json!({ "availability": 9, "price": 1, "stop_sells": true });

    let path = "/calendar/9001/2026-12-01";
    let set = control(&octorate, Method::PUT, path, &drifted).await;
    let unknown = control(&octorate, Method::PUT, "/calendar/1/2026-12-01", &drifted).await;

    assert_eq!(set.status, 204);
    let shown = octorate.calendar("9001", day("2026-12-01")).unwrap();
    assert_eq!((shown.availability, shown.stop_sells), (9, true));
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_guest_books_changes_and_cancels() {
    let (octorate, _) = octorate().await;

    let booked = order(&octorate, "/reservations", &booking()).await;
    let change = json!({ "check_out": "2026-12-05", "rooms": 2, "price": 9_000 });
    let changed = order(&octorate, "/reservations/555/change", &change).await;
    let stay = octorate.reservation(555).unwrap();
    let cancelled = order(&octorate, "/reservations/555/cancel", &Value::Null).await;

    assert_eq!((booked.status, booked.json()), (201, json!({ "id": 555 })));
    assert_eq!(changed.status, 204);
    assert_eq!((stay.rooms, stay.prices.len()), (2, 3));
    assert_eq!(cancelled.status, 204);
    assert_eq!(octorate.reservation(555).unwrap().status, Status::Cancelled);
}

#[tokio::test]
async fn a_request_is_confirmed() {
    let (octorate, _) = octorate().await;
    let mut request = booking();
    request["pending"] = json!(true);
    order(&octorate, "/reservations", &request).await;

    let status = json!({ "status": "CONFIRMED" });
    let confirmed = order(&octorate, "/reservations/555/status", &status).await;

    assert_eq!(confirmed.status, 204);
    assert_eq!(octorate.reservation(555).unwrap().status, Status::Confirmed);
}

#[tokio::test]
async fn what_a_guest_cannot_do_is_refused_with_a_sentence() {
    let (octorate, _) = octorate().await;
    let with = |field: &str, value: Value| {
        let mut changed = booking();
        changed[field] = value;
        changed
    };
    for (body, status) in [
        (with("rooms", json!(4)), 409),
        (with("product", json!("1")), 404),
        (with("check_out", json!("2026-12-02")), 400),
        (with("rooms", json!(0)), 400),
    ] {
        let answer = order(&octorate, "/reservations", &body).await;
        assert_eq!(answer.status, status, "{body}");
        assert!(answer.json()["error"].is_string());
    }
    let nobody = order(&octorate, "/reservations/1/cancel", &Value::Null).await;
    assert_eq!(nobody.status, 404);
    let unknown_field = order(&octorate, "/reservations", &with("nights", json!(2))).await;
    assert_eq!(unknown_field.status, 422);
}

#[tokio::test]
async fn webhooks_are_delivered_by_subject_or_by_event() {
    let (octorate, _) = octorate().await;
    let receiver = Receiver::start().await;
    order(&octorate, "/reservations", &booking()).await;

    let subjects = json!({
        "url": receiver.url, "manner": "duplicated",
        "subjects": [{ "event": "RESERVATION_CREATED", "reservation": 555 }],
    });
    let by_subject = order(&octorate, "/deliveries", &subjects).await;
    let events = json!({ "url": receiver.url, "events": [70_001] });
    let by_event = order(&octorate, "/deliveries", &events).await;

    let delivered = json!({ "webhook": "70001", "status": 202, "answer": "" });
    assert_eq!(by_subject.json(), json!([delivered, delivered]));
    assert_eq!(by_event.json(), json!([delivered]));
    assert_eq!(receiver.received().len(), 3);
}

#[tokio::test]
async fn a_delivery_of_nothing_or_to_nobody_is_refused() {
    let (octorate, _) = octorate().await;
    order(&octorate, "/reservations", &booking()).await;
    let gone = Receiver::start().await.url;
    let subject = json!([{ "event": "RESERVATION_CREATED", "reservation": 555 }]);
    let unknown = json!([{ "event": "RESERVATION_CREATED", "reservation": 1 }]);
    for (body, status) in [
        (json!({ "url": gone }), 400),
        (
            json!({ "url": gone, "subjects": subject, "events": [70_001] }),
            400,
        ),
        (json!({ "url": gone, "subjects": unknown }), 404),
        (json!({ "url": gone, "events": [1] }), 404),
        (json!({ "url": gone, "subjects": subject }), 502),
    ] {
        let answer = order(&octorate, "/deliveries", &body).await;
        assert_eq!(answer.status, status, "{body}");
        assert!(answer.json()["error"].is_string());
    }
}

#[tokio::test]
async fn tokens_are_expired_and_codes_are_issued() {
    let (octorate, _) = octorate().await;
    let old = token(&octorate).await;

    let expired = order(&octorate, "/tokens/expire", &Value::Null).await;
    let redirect = json!({ "redirect_uri": "https://hotel.example" });
    let code = order(&octorate, "/codes", &redirect).await;

    assert_eq!(expired.status, 204);
    let path = "/connect/rest/v1/accommodation";
    let refused = Call::get(octorate.address(), path)
        .bearer(&old)
        .send()
        .await;
    assert_eq!(refused.status, 403);
    assert_eq!(
        (code.status, code.json()),
        (201, json!({ "code": "code-2" }))
    );
}

#[tokio::test]
async fn the_state_shows_everything() {
    let (octorate, _) = octorate().await;
    order(&octorate, "/reservations", &booking()).await;
    let bulk = json!([{ "room": "9001", "dateFrom": "2026-12-24", "dateTo": "2026-12-24",
        "values": { "price": 200 } }]);
    crate::harness::post(&octorate, "/calendar/bulk", &bulk).await;

    let state = Call::get(octorate.address(), "/_control/state")
        .send()
        .await;
    let shown = state.json();

    assert_eq!(shown["accommodations"][0]["id"], "123");
    assert_eq!(shown["products"][0]["id"], "9001");
    assert_eq!(shown["calendar"]["9001"]["2026-12-02"]["availability"], 2);
    assert_eq!(shown["calendar"]["9001"]["2026-12-24"]["price"], 20_000);
    assert_eq!(shown["reservations"][0]["status"], "CONFIRMED");
    assert_eq!(
        shown["bulk_messages"][0]["items"][0]["values"]["price"],
        20_000
    );
    assert_eq!(shown["events"][0]["event"], "RESERVATION_CREATED");
    assert_eq!(shown["subscriptions"], json!([]));
}

#[tokio::test]
async fn the_page_shows_the_calendar_and_the_reservations() {
    let (octorate, _) = octorate().await;
    let mut request = booking();
    request["guest"] = json!({ "first_name": "<Ada>" });
    order(&octorate, "/reservations", &request).await;

    let page = Call::get(octorate.address(), "/").send().await;

    assert_eq!(page.status, 200);
    for shown in [
        "2026-11-23",
        "3 left\n120.50",
        "&lt;Ada&gt; Lovelace",
        "Confirmed",
    ] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
}

#[tokio::test]
async fn the_controls_need_no_token_and_the_vendors_api_does() {
    let (octorate, _) = octorate().await;

    assert_eq!(get(&octorate, "/accommodation").await.status, 200);
    let state = Call::get(octorate.address(), "/_control/state")
        .send()
        .await;
    assert_eq!(state.status, 200);
}
