//! Hotels: added by the operator, used at once.

use serde_json::{Value, json};

use crate::calendar::{connect, doubles, marked};
use crate::harness::{Client, Line, World, night};

pub(super) fn lakeside() -> Value {
    json!({"slug": "lakeside", "name": "Lakeside", "time_zone": "Europe/Zurich", "currency": "CHF", "place": "Lugano",
        "position": {"latitude": 46.0, "longitude": 8.95}, "contact_email": "desk@lakeside.example", "language": "it",
        "channel_status": "tentative", "active": true})
}

async fn opened(operator: &Client) {
    let add = async |path: &str, body: Value| operator.post(path, &body).await.expect(201);
    add(
        "room-types",
        json!({"code": "DBL", "name": "Double", "standard_occupancy": 2, "max_occupancy": 2}),
    )
    .await;
    add("rate-plans", json!({"code": "BAR", "name": "Best"})).await;
    add("products", json!({"room_type": "DBL", "rate_plan": "BAR"})).await;
    let price = json!({"products": [{"room_type": "DBL", "rate_plan": "BAR"}], "price": 21000,
        "dates": [{"from": night(0), "to": night(9)}]});
    operator
        .edit(&[doubles(0, 9, json!({"allotment": 2})), price])
        .await
        .expect(200);
}

#[tokio::test]
async fn a_hotel_that_was_just_added_is_opened_and_booked_through_the_gateway_alone() {
    let world = World::start().await;
    let operator = world.operator().await;
    let made = operator.post("/v1/hotels", &lakeside()).await.expect(201);
    let mut expected = lakeside();
    expected["id"] = made["id"].clone();
    assert_eq!(made, expected);
    let operator = operator.at("lakeside");
    assert_eq!(operator.get("settings").await.expect(200), made);
    opened(&operator).await;
    let reservation = operator.reserve(&[Line::default()]).await;
    assert_eq!(
        reservation["total"],
        json!({"minor": 42000, "currency": "CHF"})
    );
    operator.step(&reservation, "confirm").await.expect(200);
    assert_eq!(operator.units_left(&Line::default()).await, 1);
}

#[tokio::test]
async fn a_hotel_is_added_once_under_its_key_and_once_under_its_slug() {
    let world = World::start().await;
    let operator = world.operator().await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        calls.spawn(
            operator
                .post("/v1/hotels", &lakeside())
                .idempotency_key("one")
                .into_future(),
        );
    }
    let answers = calls.join_all().await;
    let made: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 201)
        .collect();
    assert_eq!(made.len(), 8, "{answers:?}");
    assert!(made.iter().all(|answer| answer.body == made[0].body));
    assert_eq!(
        world
            .number("SELECT count(*) FROM hotels WHERE slug = 'lakeside'")
            .await,
        1
    );
    let other = operator.post("/v1/hotels", &lakeside()).await;
    assert_eq!(
        other.problem(),
        "409 code_taken: there is a hotel `lakeside` already"
    );
    let mut changed = lakeside();
    changed["name"] = json!("Other");
    let reused = operator
        .post("/v1/hotels", &changed)
        .idempotency_key("one")
        .await;
    assert_eq!(reused.code(), "idempotency_key_reused");
}

#[tokio::test]
async fn only_the_operator_adds_and_sets_up_hotels() {
    let world = World::start().await;
    let staff = world.staff().await;
    for answer in [
        staff.post("/v1/hotels", &lakeside()).await,
        staff.get("settings").await,
        staff.patch("settings").json(&json!({"name": "Mine"})).await,
    ] {
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (403, "operator_only")
        );
    }
    let guest = world.guest().await.get("settings").await;
    assert_eq!(guest.code(), "scope_missing");
}

#[tokio::test]
async fn a_hotel_is_changed_and_deactivated_and_keeps_its_slug_and_currency() {
    let world = World::start().await;
    connect(&world).await;
    let operator = world.operator().await;
    let changed = json!({"name": "Aurora", "position": {"latitude": 41.9, "longitude": 12.5}});
    let settings = operator.patch("settings").json(&changed).await.expect(200);
    assert_eq!(
        (&settings["name"], &settings["position"]),
        (&changed["name"], &changed["position"])
    );
    assert_eq!(settings["currency"], "EUR");
    assert_eq!(marked(&world).await, []);
    operator
        .patch("settings")
        .json(&json!({"active": false}))
        .await
        .expect(200);
    assert!(
        marked(&world).await.len() > 300,
        "every open night is closed"
    );
    for (field, value) in [("slug", "other"), ("currency", "USD")] {
        let answer = operator
            .patch("settings")
            .json(&json!({field: value}))
            .await;
        assert_eq!(answer.json()["errors"][0]["pointer"], format!("/{field}"));
    }
}

#[tokio::test]
async fn a_bad_hotel_is_refused_with_its_field() {
    let world = World::start().await;
    let operator = world.operator().await;
    for (field, value) in [
        ("slug", json!("Not A Slug")),
        ("slug", json!("018f0000-0000-7000-8000-000000000001")),
        ("slug", json!("-x")),
        ("name", json!("\u{0}")),
        ("time_zone", json!("Mars/Olympus")),
        ("currency", json!("EURO")),
        ("language", json!("!")),
        ("contact_email", json!("nobody")),
        ("channel_status", json!("declined")),
        ("stars", json!(5)),
    ] {
        let mut body = lakeside();
        body[field] = value;
        let answer = operator.post("/v1/hotels", &body).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (422, "invalid_request"),
            "{body}"
        );
        assert_eq!(answer.json()["errors"][0]["pointer"], format!("/{field}"));
    }
}
