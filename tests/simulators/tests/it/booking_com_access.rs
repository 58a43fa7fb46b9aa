//! The simulated Booking.com's exchange of tokens, its controls, and its failures in its own words.

use http::Method;
use jiff::SignedDuration;
use roomwire_simulators::booking_com::BookingCom;
use roomwire_simulators::faults::Failure;
use serde_json::{Value, json};

use crate::harness::{Answer, Call, booking_com, booking_com_call, booking_com_exchange, day};

const ROOM_RATES: &str = "/hotels/xml/roomrates";
const OF_THE_PROPERTY: &str = "<request><hotel_id>8011855</hotel_id></request>";

async fn order(booking_com: &BookingCom, method: Method, path: &str, body: &Value) -> Answer {
    let path = format!("/_control{path}");
    Call::new(method, booking_com.address(), &path)
        .json(body)
        .send()
        .await
}

async fn with_token(booking_com: &BookingCom, token: &str) -> u16 {
    Call::post(booking_com.address(), ROOM_RATES)
        .bearer(token)
        .header("content-type", "application/xml")
        .body(OF_THE_PROPERTY)
        .send()
        .await
        .status
}

#[tokio::test]
async fn a_token_is_exchanged_for_credentials_and_lives_an_hour() {
    let (booking_com, clock) = booking_com().await;
    let answer = booking_com_exchange(&booking_com, "simulated-machine-secret").await;
    let token = answer.json()["jwt"].as_str().expect("a token").to_owned();
    assert_eq!(booking_com.tokens(), std::slice::from_ref(&token));
    assert_eq!(with_token(&booking_com, &token).await, 200);
    assert_eq!(with_token(&booking_com, "another").await, 401);
    clock.advance(SignedDuration::from_mins(60));
    assert_eq!(with_token(&booking_com, &token).await, 401);
}

#[tokio::test]
async fn wrong_credentials_and_other_forms_get_no_token() {
    let (booking_com, _) = booking_com().await;
    assert_eq!(
        booking_com_exchange(&booking_com, "wrong").await.status,
        401
    );
    booking_com.rotate_secret("another-secret");
    let old = booking_com_exchange(&booking_com, "simulated-machine-secret").await;
    let new = booking_com_exchange(&booking_com, "another-secret").await;
    assert_eq!((old.status, new.status), (401, 200));
    let path = "/token-based-authentication/exchange";
    let form = Call::post(booking_com.address(), path)
        .form("client_id=simulated-machine&client_secret=another-secret");
    assert_eq!(form.send().await.status, 400);
    let more = json!({"client_id": "a", "client_secret": "b", "scope": "c"});
    let more = Call::post(booking_com.address(), path).json(&more);
    assert_eq!(more.send().await.status, 400);
}

#[tokio::test]
async fn the_thirty_first_token_of_an_hour_is_refused() {
    let (booking_com, clock) = booking_com().await;
    let exchange = || booking_com_exchange(&booking_com, "simulated-machine-secret");
    for _ in 0..30 {
        assert_eq!(exchange().await.status, 200);
    }
    assert_eq!(exchange().await.status, 429);
    clock.advance(SignedDuration::from_mins(60));
    assert_eq!(exchange().await.status, 200);
}

#[tokio::test]
async fn what_is_sold_is_listed_with_the_id_that_ends_every_answer() {
    let (booking_com, _) = booking_com().await;
    let child =
        json!({"id": "1278609", "name": "Non <refundable>", "parent": "1278608", "active": false});
    let added = order(&booking_com, Method::POST, "/rates", &child).await;
    assert_eq!(added.status, 204);
    let answer = booking_com_call(&booking_com, Method::POST, ROOM_RATES, OF_THE_PROPERTY).await;
    assert_eq!(answer.status, 200);
    for part in [
        r#"<room id="801185501" hotel_id="8011855" room_name="Double Room">"#,
        r#"rate_name="Standard Rate" max_persons="2" active="1" is_child_rate="0"/>"#,
        r#"rate_name="Non &lt;refundable&gt;" max_persons="2" active="0" is_child_rate="1" parent_rate_id="1278608"/>"#,
    ] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    let end = answer.body.lines().last().expect("a line");
    assert!(end.starts_with("<!-- RUID: [") && end.ends_with("] -->"));
    let other = "<request><hotel_id>42</hotel_id></request>";
    let other = booking_com_call(&booking_com, Method::POST, ROOM_RATES, other).await;
    assert_eq!(other.status, 403);
}

#[tokio::test]
async fn the_controls_do_what_the_methods_do() {
    let (booking_com, _) = booking_com().await;
    let nine = json!(9);
    let units = order(
        &booking_com,
        Method::PUT,
        "/availability/801185501/2026-12-01",
        &nine,
    );
    assert_eq!(units.await.status, 204);
    assert_eq!(booking_com.units("801185501", day("2026-12-01")), 9);
    let night = json!({"price": 9000});
    let path = "/nights/801185501/1278608/2026-12-01";
    assert_eq!(
        order(&booking_com, Method::PUT, path, &night).await.status,
        204
    );
    let booking = json!({"room": "801185501", "rate": "1278608", "check_in": "2026-12-01", "check_out": "2026-12-02",
        "guest": {"first_name": "<Ada>"}});
    let booked = order(&booking_com, Method::POST, "/reservations", &booking).await;
    assert_eq!(booked.status, 201, "{}", booked.body);
    let id = booked.json()["id"].as_u64().expect("a number");
    let change = format!("/reservations/{id}/change");
    let more = json!({"rooms": 2});
    assert_eq!(
        order(&booking_com, Method::POST, &change, &more)
            .await
            .status,
        204
    );
    let cancel = format!("/reservations/{id}/cancel");
    assert_eq!(
        order(&booking_com, Method::POST, &cancel, &Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(
        order(&booking_com, Method::POST, &cancel, &Value::Null)
            .await
            .status,
        409
    );
    let state = Call::get(booking_com.address(), "/_control/state");
    let state = state.send().await.json();
    assert_eq!(state["reservations"][0]["status"], "cancelled");
    assert_eq!(state["tokens"], 0);
    let page = Call::get(booking_com.address(), "/").send().await.body;
    for shown in [
        "Simulated Booking.com",
        "Double Room – Standard Rate",
        "&lt;Ada&gt;",
        "90.00",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}

#[tokio::test]
async fn failures_come_in_its_own_words() {
    let (booking_com, _) = booking_com().await;
    for (failure, status, code) in [
        (Failure::ExpiredToken, 401, "AUTHORIZATION_REQUIRED"),
        (
            Failure::TooManyRequests { retry_after: None },
            429,
            "TOO_MANY_REQUESTS",
        ),
        (Failure::ServerError, 500, "INTERNAL_ERROR"),
    ] {
        booking_com.fail_next(failure, 1, ROOM_RATES);
        let answer = booking_com_call(&booking_com, Method::POST, ROOM_RATES, OF_THE_PROPERTY);
        let answer = answer.await;
        assert_eq!(answer.status, status);
        assert!(answer.body.contains(code), "{}", answer.body);
    }
}
