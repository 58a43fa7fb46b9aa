//! Room types, rooms, rate plans, products, policies and charges.

use serde_json::{Value, json};

use crate::calendar::{bar, connect, marked};
use crate::harness::{Line, World, night};

/// Each noun's path, one that can be added, and a change of it.
pub(super) fn nouns() -> Vec<(&'static str, &'static str, Value, Value)> {
    vec![
        (
            "room-types",
            "code",
            json!({"code": "TRP", "name": "Triple", "description": "Under the roof",
            "standard_occupancy": 3, "max_occupancy": 4, "accessible": true, "active": true}),
            json!({"name": "Family", "max_occupancy": 5}),
        ),
        (
            "rooms",
            "number",
            json!({"number": "301", "room_type": "DBL", "active": true}),
            json!({"room_type": "SGL"}),
        ),
        (
            "cancellation-policies",
            "code",
            json!({"code": "FLEX", "name": "Flexible", "free_until_hours": 48,
            "penalty": "percent", "penalty_percent": 50}),
            json!({"penalty": "whole_stay", "penalty_percent": null}),
        ),
        (
            "charges",
            "code",
            json!({"code": "CITY", "name": "City tax", "kind": "tax", "basis": "person_night",
            "value": 350, "included": false, "min_age": 10, "max_nights": 10, "active": true}),
            json!({"value": 400, "max_nights": null}),
        ),
        (
            "rate-plans",
            "code",
            json!({"code": "HB", "name": "Half board", "description": "", "meal_plan": "half_board",
            "cancellation_policy": null, "derived_from": {"rate_plan": "BAR", "kind": "amount", "value": 3000},
            "child_prices": [{"min_age": 0, "max_age": 5, "kind": "amount", "value": 0},
                {"min_age": 6, "max_age": 12, "kind": "percent", "value": 5000}], "active": true}),
            json!({"derived_from": null, "child_prices": [], "meal_plan": "full_board"}),
        ),
        (
            "extras",
            "code",
            json!({"code": "SPA", "name": "Spa", "description": "An hour", "price": 3000, "basis": "person",
            "used_on": "departure", "daily_capacity": 8, "active": true}),
            json!({"price": 3500, "daily_capacity": null}),
        ),
        (
            "packages",
            "code",
            json!({"code": "CALM", "name": "Calm", "description": "", "extras": [{"extra": "MASSAGE", "quantity": 2}],
            "room_types": ["DBL"], "rate_plans": ["BAR", "BB"], "price": 9900, "basis": "person", "min_nights": 2,
            "active": true}),
            json!({"room_types": [], "rate_plans": ["BB"], "price": null}),
        ),
        (
            "promo-codes",
            "code",
            json!({"code": "SPRING", "name": "Spring", "kind": "free_nights", "value": 1, "stay_nights": 3,
            "stay_from": "2026-03-01", "stay_until": null, "book_from": null, "book_until": "2026-05-31",
            "room_types": ["DBL"], "rate_plans": ["BAR", "BB"], "min_nights": 3, "uses_at_most": 100,
            "uses_per_guest": 1, "active": true}),
            json!({"kind": "percent", "value": 1500, "stay_nights": null, "room_types": [], "rate_plans": ["BB"]}),
        ),
    ]
}

#[tokio::test]
async fn every_noun_is_added_read_changed_and_deleted_by_id_and_by_code() {
    let world = World::start().await;
    let staff = world.staff().await;
    let massage = json!({"code": "MASSAGE", "name": "Massage", "price": 6000, "basis": "person"});
    staff.post("extras", &massage).await.expect(201);
    for (path, code, wanted, change) in nouns() {
        let made = staff.post(path, &wanted).await.expect(201);
        let id = made["id"].as_str().expect("an id").to_owned();
        let mut expected = wanted.clone();
        expected["id"] = json!(id);
        assert_eq!(made, expected, "{path}");
        let by_code = format!("{path}/{}", wanted[code].as_str().expect("a code"));
        assert_eq!(staff.get(&format!("{path}/{id}")).await.expect(200), made);
        assert_eq!(staff.get(&by_code).await.expect(200), made);

        let changed = staff.patch(&by_code).json(&change).await.expect(200);
        for (field, value) in change.as_object().expect("an object") {
            expected[field] = value.clone();
        }
        assert_eq!(changed, expected, "{path}");
        let listed = staff.get(path).await.expect(200)["entries"].clone();
        assert!(
            listed.as_array().expect("a list").contains(&changed),
            "{path}"
        );

        staff.delete(&by_code).await.expect(200);
        assert_eq!(staff.get(&by_code).await.code(), "not_found", "{path}");
    }
}

#[tokio::test]
async fn a_taken_code_is_refused_to_new_ones_and_to_changes() {
    let world = World::start().await;
    let staff = world.staff().await;
    let massage = json!({"code": "MASSAGE", "name": "Massage", "price": 6000, "basis": "person"});
    staff.post("extras", &massage).await.expect(201);
    for (path, code, wanted, _) in nouns() {
        staff.post(path, &wanted).await.expect(201);
        let again = staff.post(path, &wanted).await;
        assert_eq!(
            (again.status, again.code().as_str()),
            (409, "code_taken"),
            "{path}"
        );
        let mut other = wanted.clone();
        other[code] = json!("OTHER");
        staff.post(path, &other).await.expect(201);
        let renamed = staff
            .patch(&format!("{path}/OTHER"))
            .json(&json!({code: wanted[code]}))
            .await;
        assert_eq!(renamed.code(), "code_taken", "{path}");
    }
    let product = json!({"room_type": "DBL", "rate_plan": "BAR"});
    assert_eq!(staff.post("products", &product).await.code(), "code_taken");
}

#[tokio::test]
async fn what_is_referred_to_is_not_deleted_and_the_answer_says_by_what() {
    let world = World::start().await;
    let staff = world.staff().await;
    staff
        .post(
            "cancellation-policies",
            &json!({"code": "NR", "name": "Never", "penalty": "whole_stay"}),
        )
        .await
        .expect(201);
    staff
        .patch("rate-plans/BB")
        .json(&json!({"cancellation_policy": "NR"}))
        .await
        .expect(200);
    for (path, wanted) in [
        (
            "extras",
            json!({"code": "SPA", "name": "Spa", "price": 3000, "basis": "person"}),
        ),
        (
            "packages",
            json!({"code": "CALM", "name": "Calm", "extras": [{"extra": "SPA"}]}),
        ),
    ] {
        staff.post(path, &wanted).await.expect(201);
    }
    world.guest().await.reserve(&[Line::default()]).await;
    for (path, by) in [
        ("room-types/DBL", "rooms"),
        ("rate-plans/BAR", "products"),
        ("cancellation-policies/NR", "rate plans"),
        ("products/DBL/BAR", "reservations"),
        ("extras/SPA", "package extras"),
    ] {
        let problem = staff.delete(path).await.problem();
        assert!(
            problem.starts_with("409 in_use: ") && problem.contains(by),
            "{path}: {problem}"
        );
    }
    // What nobody booked goes with its nights.
    staff.delete("products/SGL/BB").await.expect(200);
    assert_eq!(staff.get("products/SGL/BB").await.code(), "not_found");
}

#[tokio::test]
async fn products_have_prices_by_occupancy() {
    let world = World::start().await;
    connect(&world).await;
    let staff = world.staff().await;
    let prices = json!([{"adults": 1, "kind": "amount", "value": -2000}, {"adults": 3, "kind": "percent", "value": 2500}]);
    let changed = staff
        .patch("products/DBL/BAR")
        .json(&json!({"occupancy_prices": prices}))
        .await
        .expect(200);
    assert_eq!(
        changed,
        json!({"room_type": "DBL", "rate_plan": "BAR", "occupancy_prices": prices, "active": true})
    );
    assert_eq!(
        staff.get("products").await.expect(200)["products"][0],
        changed
    );
    assert!(!marked(&world).await.is_empty(), "the channel is told");
    for (path, change, expected) in [
        (
            "products/DBL/BAR",
            json!({"occupancy_prices": prices}),
            false,
        ),
        (
            "products/DBL/BB",
            json!({"occupancy_prices": prices}),
            false,
        ),
        ("products/DBL/BAR", json!({"occupancy_prices": []}), true),
        ("room-types/DBL", json!({"name": "Double"}), false),
        ("room-types/DBL", json!({"max_occupancy": 4}), true),
        ("room-types/DBL", json!({"standard_occupancy": 1}), true),
    ] {
        staff.patch(path).json(&change).await.expect(200);
        let told = world
            .value("SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_array(lane, fields)), '[]') FROM dirty_cells")
            .await;
        let prices_alone = json!([["rates", 1]]);
        let wanted = if expected { prices_alone } else { json!([]) };
        assert_eq!(told, wanted, "{path} {change}");
        marked(&world).await;
    }
    let renamed = staff
        .patch("products/DBL/BAR")
        .json(&json!({"rate_plan": "BB"}))
        .await;
    assert_eq!(renamed.code(), "invalid_request");
}

#[tokio::test]
async fn what_is_deactivated_is_closed_at_its_channels() {
    let world = World::start().await;
    connect(&world).await;
    let staff = world.staff().await;
    let lanes = |marks: Vec<(String, jiff::civil::Date)>| {
        let lanes: std::collections::BTreeSet<String> =
            marks.into_iter().map(|(lane, _)| lane).collect();
        lanes.into_iter().collect::<Vec<_>>()
    };
    for (path, expected) in [
        ("products/DBL/BAR", vec!["rates"]),
        ("rate-plans/BAR", vec!["rates"]),
        ("room-types/DBL", vec!["availability", "rates"]),
    ] {
        staff
            .patch(path)
            .json(&json!({"active": false}))
            .await
            .expect(200);
        assert_eq!(lanes(marked(&world).await), expected, "{path}");
        staff
            .patch(path)
            .json(&json!({"active": false}))
            .await
            .expect(200);
        assert_eq!(marked(&world).await, [], "{path}: nothing changed");
        staff
            .patch(path)
            .json(&json!({"active": true}))
            .await
            .expect(200);
        assert_eq!(lanes(marked(&world).await), expected, "{path}");
    }
    // Another one's product is nobody's business here.
    staff
        .patch("products/SGL/BB")
        .json(&json!({"active": false}))
        .await
        .expect(200);
    assert_eq!(marked(&world).await, []);
    staff
        .edit(&[bar(0, 0, json!({"price": 1}))])
        .await
        .expect(200);
    assert_eq!(marked(&world).await, [("rates".to_owned(), night(0))]);
}

#[tokio::test]
async fn bad_entries_are_refused_with_their_field() {
    let world = World::start().await;
    let staff = world.staff().await;
    let with = |noun: usize, field: &str, value: Value| {
        let (path, _, mut body, _) = nouns().swap_remove(noun);
        body[field] = value;
        (path, body)
    };
    for ((path, body), pointer) in [
        (with(0, "code", json!("A B")), "/code"),
        (with(0, "code", json!("A\u{0}")), "/code"),
        (with(0, "code", json!("..")), "/code"),
        (
            with(0, "code", json!("6d951f28a206454ab1c350ed56f89a2f")),
            "/code",
        ),
        (with(0, "name", json!(" ")), "/name"),
        (with(0, "name", json!("\u{0}")), "/name"),
        (
            with(0, "standard_occupancy", json!(5)),
            "/standard_occupancy",
        ),
        (with(0, "max_occupancy", json!(99_999)), "/max_occupancy"),
        (with(0, "colour", json!("red")), "/colour"),
        (with(1, "room_type", json!("NONE")), "/room_type"),
        (with(2, "penalty", json!("beheading")), "/penalty"),
        (with(2, "penalty_percent", json!(null)), "/penalty_percent"),
        (with(3, "value", json!(-1)), "/value"),
        (with(3, "basis", json!("week")), "/basis"),
        (with(4, "meal_plan", json!("snacks")), "/meal_plan"),
        (
            with(4, "cancellation_policy", json!("NONE")),
            "/cancellation_policy",
        ),
        (
            with(
                4,
                "derived_from",
                json!({"rate_plan": "NONE", "kind": "amount", "value": 1}),
            ),
            "/derived_from/rate_plan",
        ),
        (
            with(
                4,
                "derived_from",
                json!({"rate_plan": "BAR", "kind": "percent", "value": -10_001}),
            ),
            "/derived_from/value",
        ),
        (
            with(
                4,
                "child_prices",
                json!([{"min_age": 3, "max_age": 2, "kind": "amount", "value": 1}]),
            ),
            "/child_prices/0/min_age",
        ),
        (with(5, "basis", json!("percent")), "/basis"),
        (with(5, "used_on", json!("never")), "/used_on"),
        (with(5, "daily_capacity", json!(-1)), "/daily_capacity"),
        (with(6, "extras", json!([])), "/extras"),
        (
            with(6, "extras", json!([{"extra": "NONE", "quantity": 1}])),
            "/extras/0/extra",
        ),
        (with(7, "kind", json!("gift")), "/kind"),
        (with(7, "value", json!(4)), "/value"),
        (with(7, "stay_nights", json!(null)), "/stay_nights"),
        (with(7, "stay_until", json!("2026-02-28")), "/stay_until"),
        (with(7, "uses_at_most", json!(0)), "/uses_at_most"),
        (with(7, "room_types", json!(["DBL", "DBL"])), "/room_types"),
        (with(7, "room_types", json!(["NONE"])), "/room_types/0"),
        (with(7, "rate_plans", json!(["NONE"])), "/rate_plans/0"),
    ] {
        let answer = staff.post(path, &body).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (422, "invalid_request"),
            "{path} {body}"
        );
        assert_eq!(
            answer.json()["errors"][0]["pointer"],
            pointer,
            "{}",
            answer.text()
        );
    }
    for path in [
        "room-types/%00",
        "rooms/no-such-room",
        "products/DBL/%00",
        "rate-plans/x",
    ] {
        assert_eq!(staff.get(path).await.code(), "not_found", "{path}");
    }
    let missing = staff
        .patch("room-types/DBL")
        .json(&json!({"code": null}))
        .await;
    assert_eq!(missing.code(), "invalid_request");
    let guest = world.guest().await.get("rate-plans").await;
    assert_eq!(
        guest.problem(),
        "403 scope_missing: the API key lacks the scope `catalogue:manage`"
    );
}

#[tokio::test]
async fn an_entry_that_is_added_again_under_its_key_is_added_once() {
    let world = World::start().await;
    let staff = world.staff().await;
    let (path, _, body, _) = nouns().swap_remove(0);
    let first = staff.post(path, &body).idempotency_key("triple").await;
    let again = staff.post(path, &body).idempotency_key("triple").await;
    assert_eq!(
        (first.status, first.body),
        (again.status, again.body.clone())
    );
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}
