//! What a stranger sends about stays: a 4xx with a stable code, never a 5xx, and nothing is written.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Line, World, night};

fn refused(answer: &Answer, what: &Value) {
    assert!(
        (400..500).contains(&answer.status),
        "{what}: {} {}",
        answer.status,
        answer.text()
    );
    answer.problem();
}

/// Values that fit nowhere, or only by mistake.
fn odd() -> Vec<Value> {
    vec![
        json!("\u{0}"),
        json!("a\u{0}b"),
        json!("\u{7f}"),
        json!("x".repeat(5_000)),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(1e300),
        json!([[]]),
        json!({"a": {"b": []}}),
        json!(true),
    ]
}

/// Dates that exist in some calendar.
fn far() -> [(Value, Value); 8] {
    [
        (json!(night(0)), json!(night(400))),
        (json!(night(0)), json!(night(91))),
        (json!("0000-01-01"), json!("0000-01-03")),
        (json!("0001-01-01"), json!("0001-01-02")),
        (json!("9999-12-29"), json!("9999-12-31")),
        (json!("9999-12-30"), json!("9999-12-31")),
        (json!("2100-02-27"), json!("2100-03-01")),
        (json!("2099-02-29"), json!("2099-03-01")),
    ]
}

const TEXTS: [&str; 12] = [
    "/lines/0/room_type",
    "/lines/0/rate_plan",
    "/lines/0/check_in",
    "/lines/0/check_out",
    "/lines/0/units",
    "/lines/0/adults",
    "/lines/0/children_ages",
    "/lines/0/prices",
    "/staff/reason",
    "/booker/first_name",
    "/booker/email",
    "/booker/phone",
];

fn booking() -> Value {
    let mut line = Line::default().json();
    line["prices"] = json!([1, 1]);
    line["children_ages"] = json!([]);
    json!({"lines": [line], "notes": "n", "staff": {"reason": "r"},
        "booker": {"first_name": "Ada", "last_name": "Lovelace", "email": "a@b.example", "phone": "1"}})
}

#[tokio::test]
async fn the_hotels_own_booking_takes_nothing_odd() {
    let world = World::start().await;
    let staff = world.staff().await;
    for place in TEXTS {
        for value in odd() {
            let mut body = booking();
            *body.pointer_mut(place).expect("a field") = value.clone();
            refused(
                &staff.post("reservations", &body).await,
                &json!({place: value}),
            );
        }
    }
    for (check_in, check_out) in far() {
        let mut body = booking();
        body["lines"][0]["check_in"] = check_in;
        body["lines"][0]["check_out"] = check_out;
        refused(&staff.post("reservations", &body).await, &body);
        body["lines"][0]
            .as_object_mut()
            .expect("a line")
            .remove("prices");
        refused(&staff.post("reservations", &body).await, &body);
        body.as_object_mut().expect("a booking").remove("staff");
        refused(&staff.post("reservations", &body).await, &body);
    }
    assert_eq!(world.number("SELECT count(*) FROM reservations").await, 0);
}

#[tokio::test]
async fn a_change_takes_nothing_odd() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = world.guest().await.reserve(&[Line::default()]).await;
    let path = format!("reservations/{}", made["id"].as_str().expect("an id"));
    let change = |body: &Value| staff.patch(&path).header("if-match", "*").json(body);
    for field in [
        "line",
        "room_type",
        "rate_plan",
        "check_in",
        "check_out",
        "units",
        "adults",
        "children_ages",
        "guests",
    ] {
        for value in odd() {
            let body = json!({"rooms": [{"line": 0, field: value}]});
            refused(&change(&body).await, &body);
        }
    }
    for field in ["notes", "reason", "booker", "rooms", "reprice", "dry_run"] {
        // What is odd there, and long or true elsewhere.
        for value in [
            json!("a\u{0}"),
            json!(1),
            json!([1]),
            json!("x".repeat(5_000)),
        ] {
            let body = json!({field: value});
            refused(&change(&body).await, &body);
        }
    }
    for (check_in, check_out) in far() {
        for dry_run in [true, false] {
            let body = json!({"dry_run": dry_run, "skip_restrictions": true,
                "rooms": [{"line": 0, "check_in": check_in, "check_out": check_out}]});
            refused(&change(&body).await, &body);
        }
    }
    for version in ["\"99999999999\"", "W/\"1\"", "\"\"", "\"-1\"", "1"] {
        let answer = change(&json!({"notes": "x"}))
            .header("if-match", version)
            .await;
        refused(&answer, &json!(version));
    }
    assert_eq!(
        staff.get(&path).await.expect(200)["version"],
        made["version"]
    );
}

#[tokio::test]
async fn steps_take_nothing_odd() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = world.guest().await.reserve(&[Line::default()]).await;
    let path = format!("reservations/{}", made["id"].as_str().expect("an id"));
    for value in [json!("a\u{0}"), json!(1), json!("x".repeat(5_000))] {
        for (step, body) in [
            ("confirm", json!({"reason": value})),
            ("confirm", json!({"notes": value})),
            ("confirm", json!({"files": value})),
            (
                "confirm",
                json!({"files": [{"name": value, "url": "https://a.example"}]}),
            ),
            ("confirm", json!({"files": [{"name": "a", "url": value}]})),
            ("cancel", json!({"reason": value})),
            ("decline", json!({"notify_guest": value})),
        ] {
            refused(
                &staff.post(&format!("{path}/{step}"), &body).await,
                &json!({step: body}),
            );
        }
    }
    assert_eq!(
        staff.get(&path).await.expect(200)["version"],
        made["version"]
    );
}

#[tokio::test]
async fn lists_and_rules_take_nothing_odd() {
    let world = World::start().await;
    let staff = world.staff().await;
    for query in [
        "q=%00%00",
        "q=%CC%81%CC%81",
        "q=%E2%80%8B%E2%80%8B",
        "cursor=1",
        "limit=0",
        "limit=70000",
        "tentative_hours=70000",
        "arrival_from=2099-02-29",
        "stay_to=10000-01-01",
        "status=%00",
    ] {
        refused(
            &staff.get(&format!("reservations?{query}")).await,
            &json!(query),
        );
    }
    for query in [
        "arrival_from=0000-01-01&arrival_to=9999-12-31",
        "stay_from=9999-12-31&stay_to=0000-01-01",
        "tentative_hours=65535&q=%F0%9F%91%A9%20aa",
        "q=%EF%B7%BA%EF%B7%BA",
        "cursor=ffffffff-ffff-ffff-ffff-ffffffffffff",
    ] {
        staff
            .get(&format!("reservations?{query}"))
            .await
            .expect(200);
    }
    for hours in odd() {
        let rules = json!({"no_show_keeps": "first_night", "notify_guests": true, "tentative":
            {"alert_after_hours": hours, "escalate_after_hours": null, "release_after_hours": null}});
        let put = staff.request(Method::PUT, "booking-rules").json(&rules);
        refused(&put.await, &rules);
    }
}
