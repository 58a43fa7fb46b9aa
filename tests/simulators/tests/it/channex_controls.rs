//! The controls of the simulated Channex over HTTP do what the Rust methods do, and failures come in its words.

use http::Method;
use roomwire_simulators::channex::{Channex, RatePlan, RoomType, Status};
use roomwire_simulators::faults::Failure;
use serde_json::{Value, json};

use crate::harness::{Answer, Call, Receiver, channex, channex_call, day};

async fn control(channex: &Channex, method: Method, path: &str, body: &Value) -> Answer {
    let path = format!("/_control{path}");
    Call::new(method, channex.address(), &path)
        .json(body)
        .send()
        .await
}

async fn order(channex: &Channex, path: &str, body: &Value) -> Answer {
    control(channex, Method::POST, path, body).await
}

fn booking() -> Value {
    json!({"rate_plan": RatePlan::default().id, "check_in": "2026-12-01", "check_out": "2026-12-03"})
}

#[tokio::test]
async fn what_is_sold_is_added() {
    let (channex, _) = channex().await;
    let room = order(
        &channex,
        "/room_types",
        &json!({"id": "attic", "title": "Attic"}),
    )
    .await;
    let rate = json!({"id": "attic-bar", "room_type": "attic"});
    let rate = order(&channex, "/rate_plans", &rate).await;
    assert_eq!((room.status, rate.status), (204, 204));
    assert_eq!(
        channex.units("attic", day("2026-12-01")),
        Some(0),
        "a new one has none"
    );
    let nowhere = order(
        &channex,
        "/room_types",
        &json!({"id": "x", "property": "other"}),
    )
    .await;
    let of_none = order(
        &channex,
        "/rate_plans",
        &json!({"id": "x", "room_type": "other"}),
    )
    .await;
    assert_eq!((nowhere.status, of_none.status), (404, 404));
}

#[tokio::test]
async fn a_cell_drifts() {
    let (channex, _) = channex().await;
    let (room, rate) = (RoomType::default().id, RatePlan::default().id);
    let units = format!("/availability/{room}/2026-12-01");
    let terms = format!("/restrictions/{rate}/2026-12-01");
    let night = json!({"rate": 1, "stop_sell": true});
    assert_eq!(
        control(&channex, Method::PUT, &units, &json!(9))
            .await
            .status,
        204
    );
    assert_eq!(
        control(&channex, Method::PUT, &terms, &night).await.status,
        204
    );
    assert_eq!(channex.units(&room, day("2026-12-01")), Some(9));
    let shown = channex.night(&rate, day("2026-12-01")).unwrap();
    assert_eq!((shown.rate, shown.stop_sell), (Some(1), true));
    let unknown = "/availability/other/2026-12-01";
    assert_eq!(
        control(&channex, Method::PUT, unknown, &json!(9))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_guest_books_changes_and_cancels_and_webhooks_go_out() {
    let (channex, _) = channex().await;
    let receiver = Receiver::start().await;
    let booked = order(&channex, "/bookings", &booking()).await;
    assert_eq!(booked.status, 201, "{}", booked.body);
    let id = booked.json()["id"].as_str().unwrap().to_owned();
    let more = json!({"rooms": 2});
    let changed = order(&channex, &format!("/bookings/{id}/change"), &more).await;
    assert_eq!(changed.status, 200);
    let cancelled = order(&channex, &format!("/bookings/{id}/cancel"), &Value::Null).await;
    assert_eq!(cancelled.status, 200);
    let latest = channex.latest(&id).unwrap();
    assert_eq!(latest.booking.status, Status::Cancelled);
    let revision = |answer: &Answer| answer.json()["revision"].clone();
    assert_eq!(revision(&cancelled), json!(latest.id));
    assert!(revision(&changed).is_string() && revision(&changed) != revision(&cancelled));

    let told =
        json!({"url": receiver.url, "secret": "s", "revisions": [booked.json()["revision"]]});
    assert_eq!(order(&channex, "/deliveries", &told).await.status, 200);
    assert_eq!(receiver.received().len(), 1);
    let nothing = json!({"url": receiver.url, "secret": "s", "revisions": []});
    assert_eq!(order(&channex, "/deliveries", &nothing).await.status, 400);
}

#[tokio::test]
async fn what_a_guest_cannot_do_is_refused_with_a_sentence() {
    let (channex, _) = channex().await;
    for (field, value, status) in [
        ("rooms", json!(4), 409),
        ("rooms", json!(0), 400),
        ("rate_plan", json!("other"), 404),
        ("check_out", json!("2026-12-01"), 400),
    ] {
        let mut body = booking();
        body[field] = value;
        let answer = order(&channex, "/bookings", &body).await;
        assert_eq!(answer.status, status, "{body}");
        assert!(answer.json()["error"].is_string());
    }
    let nobody = order(&channex, "/bookings/other/cancel", &Value::Null).await;
    assert_eq!(nobody.status, 404);
}

#[tokio::test]
async fn the_state_and_the_page_show_everything() {
    let (channex, _) = channex().await;
    let mut request = booking();
    request["guest"] = json!({"name": "<Ada>"});
    order(&channex, "/bookings", &request).await;
    let value = json!({"property_id": channex.revisions()[0].booking.property, "rate_plan_id": RatePlan::default().id,
        "date": "2026-12-01", "stop_sell": true});
    let call = channex_call(&channex, Method::POST, "/restrictions");
    call.json(&json!({"values": [value]})).send().await;

    let state = Call::get(channex.address(), "/_control/state")
        .send()
        .await
        .json();
    assert_eq!(state["revisions"][0]["status"], "new");
    assert_eq!(state["messages"][0]["sort"], "restrictions");
    assert_eq!(
        state["availability"][RoomType::default().id]["2026-12-01"],
        3
    );
    let page = Call::get(channex.address(), "/").send().await.body;
    for shown in [
        "Simulated Channex",
        "Twin – Best Available Rate",
        "&lt;Ada&gt;",
        "waits",
        "Restrictions",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}

#[tokio::test]
async fn failures_come_in_its_own_words() {
    let (channex, _) = channex().await;
    for (failure, status, code) in [
        (Failure::ExpiredToken, 401, "unauthorized"),
        (
            Failure::TooManyRequests { retry_after: None },
            429,
            "http_too_many_requests",
        ),
        (Failure::ServerError, 500, "internal_server_error"),
    ] {
        channex.fail_next(failure, 1, "");
        let answer = channex_call(&channex, Method::GET, "/room_types")
            .send()
            .await;
        assert_eq!(
            (answer.status, &answer.json()["errors"]["code"]),
            (status, &json!(code))
        );
    }
    assert_eq!(
        channex_call(&channex, Method::GET, "/room_types")
            .send()
            .await
            .status,
        200
    );
}
