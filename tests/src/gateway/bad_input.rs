//! Bad input on every route: a 4xx with a stable code and a sentence that helps, never a 5xx.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Line, World, lines, night};

/// A quote's body with one value of its line replaced.
fn line_with(field: &str, value: Value) -> Value {
    let mut body = lines(&[Line::default()]);
    body["lines"][0][field] = value;
    body
}

#[tokio::test]
async fn a_bad_line_of_a_quote_is_named_by_its_pointer() {
    let world = World::start().await;
    let guest = world.guest().await;
    let not_after = |date| {
        format!(
            "/lines/0/check_out: check_out {date} must be after check_in {}",
            night(0)
        )
    };
    let cases = [
        (
            line_with("rooms", json!(1)),
            "/lines/0/rooms: unknown field `rooms`, expected one of `room_type`, `rate_plan`, \
            `check_in`, `check_out`, `units`, `adults`, `children_ages`, `accessible`, `package`, `extras`",
        ),
        (
            line_with("check_out", json!(night(0))),
            &not_after(night(0)),
        ),
        (
            line_with("check_out", json!(night(-6))),
            &not_after(night(-6)),
        ),
        (
            line_with("check_out", json!(night(400))),
            "/lines/0/check_out: a stay has at most 90 nights, and this one has 400",
        ),
        (
            line_with("check_in", json!("2027-02-30")),
            "/lines/0/check_in: expected a calendar date, such as 2026-12-24",
        ),
        (
            line_with("check_in", json!("7 June 2027")),
            "/lines/0/check_in: expected a calendar date, such as 2026-12-24",
        ),
        (
            line_with("check_in", json!("2027-06-07T00:00:00Z")),
            "/lines/0/check_in: expected a calendar date, such as 2026-12-24",
        ),
        (
            line_with("units", json!(0)),
            "/lines/0/units: a line has 1 to 100 units",
        ),
        (
            line_with("units", json!(101)),
            "/lines/0/units: a line has 1 to 100 units",
        ),
        (
            line_with("units", json!(-1)),
            "/lines/0/units: must be a whole number from 0 to 4294967295",
        ),
        (
            line_with("units", json!(1.5)),
            "/lines/0/units: must be a whole number from 0 to 4294967295",
        ),
        (
            line_with("units", json!(9_999_999_999_u64)),
            "/lines/0/units: must be a whole number from 0 to 4294967295",
        ),
        (
            line_with("adults", json!(0)),
            "/lines/0/adults: at least one adult sleeps in a room",
        ),
        (
            line_with("adults", json!(65_535)),
            "/lines/0/adults: at most 20 people share a room",
        ),
        (
            line_with("children_ages", json!([18])),
            "/lines/0/children_ages: a child is younger than 18: count older ones as adults",
        ),
        (
            line_with("room_type", json!("SUITE")),
            "/lines/0/room_type: the hotel has no room type `SUITE`",
        ),
        (
            line_with("rate_plan", json!("GOLD")),
            "/lines/0/rate_plan: the hotel does not sell `DBL` under a rate plan `GOLD`",
        ),
        (
            line_with("room_type", json!(null)),
            "/lines/0/room_type: must be a string",
        ),
        (json!({"lines": []}), "/lines: a quote has 1 to 20 lines"),
        (
            lines(&vec![Line::default(); 21]),
            "/lines: a quote has 1 to 20 lines",
        ),
        (json!({}), "missing field `lines`"),
        (json!([[]]), "must be an object"),
        (
            json!({"lines": [["DBL", "BAR", night(0), night(2)]]}),
            "/lines/0: must be an object",
        ),
        (json!({"lines": {}}), "/lines: must be an array"),
    ];
    for (body, expected) in cases {
        let answer = guest.post("quotes", &body).await;
        assert_eq!(
            answer.problem(),
            format!("422 invalid_request: {expected}"),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_bad_search_is_refused_with_its_parameter() {
    let world = World::start().await;
    let guest = world.guest().await;
    for query in [
        "",
        "IN",
        "IN&check_out=DAY",
        "IN&check_out=EVE",
        "IN&check_out=FAR",
        "check_in=soon&check_out=later",
        "check_in=0000-00-00&check_out=9999-99-99",
        "IN&OUT&adults=0",
        "IN&OUT&adults=many",
        "IN&OUT&adults=-1",
        "IN&OUT&children_ages=x",
        "IN&OUT&children_ages=300",
        "IN&OUT&rooms=2",
        "IN&IN&OUT",
        "check_in=%FF&check_out=%00",
    ] {
        let query = query
            .replace("IN", &format!("check_in={}", night(0)))
            .replace("OUT", &format!("check_out={}", night(1)))
            .replace("DAY", &night(0).to_string())
            .replace("EVE", &night(-1).to_string())
            .replace("FAR", &night(400).to_string());
        let answer = guest.get(&format!("offers?{query}")).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (422, "invalid_request"),
            "{query}"
        );
        assert!(
            !answer.json()["errors"]
                .as_array()
                .expect("a list")
                .is_empty(),
            "{query}"
        );
    }
    for query in [
        "limit=0",
        "limit=101",
        "limit=x",
        "status=sleeping",
        "cursor=x",
        "page=2",
    ] {
        let answer = world
            .staff()
            .await
            .get(&format!("reservations?{query}"))
            .await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (422, "invalid_request"),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_bad_reservation_is_refused_and_the_hold_stays() {
    let world = World::start().await;
    let guest = world.guest().await;
    let hold = guest.hold(&[Line::default()]).await;
    let ada = json!({"first_name": "Ada", "last_name": "Lovelace"});
    let booker = |field: &str, value: Value| {
        let mut ada = ada.clone();
        ada[field] = value;
        json!({"hold": hold, "booker": ada})
    };
    let cases = [
        (
            booker("first_name", json!(" ")),
            "/booker/first_name: must not be empty",
        ),
        (
            booker("last_name", json!("x".repeat(201))),
            "/booker/last_name: has more than 200 characters",
        ),
        (
            booker("first_name", json!("A\u{0}da")),
            "/booker/first_name: has a control character",
        ),
        (
            booker("email", json!("nobody")),
            "/booker/email: is no email address",
        ),
        (
            booker("email", json!("a b@c.de")),
            "/booker/email: is no email address",
        ),
        (
            booker("age", json!(36)),
            "/booker/age: unknown field `age`, expected one of `first_name`, `last_name`, `email`, `phone`",
        ),
        (
            json!({"hold": hold, "booker": ada, "notes": "x".repeat(2_001)}),
            "/notes: has more than 2000 characters",
        ),
        (
            json!({"hold": hold, "booker": ada, "rooms": [{"guests": vec![&ada; 101]}]}),
            "/rooms/0/guests: at most 100 guests are named for a line",
        ),
        (json!({"hold": hold}), "missing field `booker`"),
    ];
    for (body, expected) in cases {
        let answer = guest.post("reservations", &body).await;
        assert_eq!(
            answer.problem(),
            format!("422 invalid_request: {expected}"),
            "{body}"
        );
    }
    let answer = guest
        .post("reservations", &json!({"hold": "mine", "booker": ada}))
        .await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (422, "invalid_request")
    );
    guest.reserving(&hold).await.expect(201);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused_as_what_it_is() {
    let world = World::start().await;
    let guest = world.guest().await;
    for path in ["quotes", "holds", "reservations"] {
        for (body, expected) in [
            ("", "malformed_json"),
            ("{", "malformed_json"),
            ("nonsense", "malformed_json"),
            ("\u{feff}{}", "malformed_json"),
            ("NaN", "malformed_json"),
        ] {
            let answer = guest.post(path, &json!({})).body(body).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (400, expected),
                "{path} {body:?}"
            );
        }
        let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        let answer = guest.post(path, &json!({})).body(deep).await;
        assert!(
            (400..500).contains(&answer.status),
            "{path} {}",
            answer.problem()
        );
        let answer = guest
            .post(path, &json!({}))
            .body(&b"{\"quote\": \"\xff\"}"[..])
            .await;
        assert!(
            (400..500).contains(&answer.status),
            "{path} {}",
            answer.problem()
        );
        let answer = guest
            .post(path, &json!({}))
            .body(format!("\"{}\"", "x".repeat(64 * 1024)))
            .await;
        assert_eq!(
            answer.problem(),
            "413 body_too_large: a body has at most 64 KiB",
            "{path}"
        );
        let answer = guest
            .post(path, &json!({}))
            .body("{}")
            .header("content-type", "text/plain")
            .await;
        assert_eq!(
            answer.problem(),
            "415 unsupported_media_type: send JSON, with `Content-Type: application/json`",
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_whatever_its_name() {
    let world = World::start().await;
    let operator = world.operator().await;
    let nothing = uuid::Uuid::nil();
    for hotel in [
        "no-such-hotel",
        &nothing.to_string(),
        "%00",
        "..%2f",
        "'; DROP TABLE hotels",
        &"h".repeat(5_000),
    ] {
        let path = format!(
            "/v1/hotels/{}/offers?check_in={}&check_out={}",
            hotel.replace(' ', "%20"),
            night(0),
            night(1)
        );
        assert_eq!(operator.get(&path).await.code(), "not_found", "{hotel}");
    }
    for path in [
        format!("holds/{nothing}"),
        "holds/mine".to_owned(),
        format!("reservations/{nothing}"),
        "reservations/42".to_owned(),
        format!("reservations/{nothing}/events"),
    ] {
        assert_eq!(operator.get(&path).await.code(), "not_found", "{path}");
    }
    assert_eq!(
        operator.get("/v2/hotels").await.problem(),
        "404 no_such_route: no route has this path; /openapi.json lists them all"
    );
    assert_eq!(
        operator.request(Method::PUT, "/v1/hotels").await.problem(),
        "405 method_not_allowed: this path does not take this method; /openapi.json lists those it takes"
    );
}

#[tokio::test]
async fn a_webhook_that_nobody_awaits_is_refused() {
    let world = World::start().await;
    let channel = world.anonymous();
    let endpoint = format!("/v1/webhooks/{}", "t".repeat(48));
    assert_eq!(
        channel.post(&endpoint, &json!({})).await.problem(),
        "404 not_found: there is no such webhook endpoint"
    );
    let encoded = channel
        .post(&endpoint, &json!({}))
        .header("content-encoding", "gzip")
        .await;
    assert_eq!(
        (encoded.status, encoded.code().as_str()),
        (415, "encoded_body")
    );
    let large = channel
        .post(&endpoint, &json!({}))
        .body(vec![b' '; 257 * 1024])
        .await;
    assert_eq!(
        large.problem(),
        "413 body_too_large: a body has at most 256 KiB"
    );
}
