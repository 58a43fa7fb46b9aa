//! Derived rate plans: their prices are their parent's, changed, and written with them.

use serde_json::{Value, json};

use crate::calendar::bar;
use crate::harness::{Client, Line, World, night};

/// Members pay ten percent less than the best available rate.
async fn member(staff: &Client) -> Value {
    let plan = json!({"code": "MEMBER", "name": "Members", "derived_from": {"rate_plan": "BAR", "kind": "percent", "value": -1000}});
    let plan = staff.post("rate-plans", &plan).await.expect(201);
    staff
        .post(
            "products",
            &json!({"room_type": "DBL", "rate_plan": "MEMBER"}),
        )
        .await
        .expect(201);
    plan
}

async fn price(staff: &Client, plan: &str) -> Value {
    staff
        .cell(0, "products", &format!("&rate_plan={plan}"))
        .await["price"]
        .clone()
}

#[tokio::test]
async fn a_derived_plan_has_its_parents_prices_at_once_and_can_be_booked_at_them() {
    let world = World::start().await;
    let staff = world.staff().await;
    member(&staff).await;
    assert_eq!(price(&staff, "MEMBER").await, 10800);
    let line = Line {
        rate_plan: "MEMBER",
        ..Line::default()
    };
    let made = world.guest().await.reserve(&[line]).await;
    assert_eq!(made["rooms"][0]["nights"][0]["minor"], 10800);
}

#[tokio::test]
async fn a_parents_new_price_is_its_childrens_in_the_same_entry_and_restrictions_stay_their_own() {
    let world = World::start().await;
    let staff = world.staff().await;
    member(&staff).await;
    let plan = json!({"code": "CLUB", "name": "Club", "derived_from": {"rate_plan": "MEMBER", "kind": "amount", "value": -305}});
    staff.post("rate-plans", &plan).await.expect(201);
    staff
        .post(
            "products",
            &json!({"room_type": "DBL", "rate_plan": "CLUB"}),
        )
        .await
        .expect(201);
    let mut stop = bar(0, 0, json!({"stop_sell": true}));
    stop["products"] = json!([{"room_type": "DBL", "rate_plan": "CLUB"}]);
    staff.edit(&[stop]).await.expect(200);

    let edited = staff
        .edit(&[bar(
            0,
            1,
            json!({"price": 10005, "closed_to_arrival": true}),
        )])
        .await
        .expect(200);
    assert_eq!(edited["cells"], json!({"price": 6, "closed_to_arrival": 2}));
    // 9004.5 is rounded half up.
    assert_eq!(price(&staff, "MEMBER").await, 9005);
    let club = staff.cell(0, "products", "&rate_plan=CLUB").await;
    assert_eq!(
        (&club["price"], &club["stop_sell"]),
        (&json!(8700), &json!(true))
    );
    assert_eq!(club["closed_to_arrival"], false);
}

#[tokio::test]
async fn a_derived_price_is_not_edited_directly() {
    let world = World::start().await;
    let staff = world.staff().await;
    member(&staff).await;
    let mut update = bar(0, 1, json!({"price": 9000}));
    update["products"] = json!([{"room_type": "DBL", "rate_plan": "MEMBER"}]);
    assert_eq!(
        staff.edit(&[update]).await.problem(),
        format!(
            "409 derived_price: the night of {} of DBL/MEMBER takes its price from the rate plan BAR: change that one, \
            or the derivation",
            night(0)
        )
    );
}

#[tokio::test]
async fn another_derivation_changes_the_prices_in_the_same_transaction() {
    let world = World::start().await;
    let staff = world.staff().await;
    member(&staff).await;
    let other = json!({"derived_from": {"rate_plan": "BB", "kind": "amount", "value": -1}});
    staff
        .patch("rate-plans/MEMBER")
        .json(&other)
        .await
        .expect(200);
    assert_eq!(price(&staff, "MEMBER").await, 14399);
    let newest = staff.get("ari/changes?limit=1").await.expect(200)["changes"][0].clone();
    assert_eq!(newest["kind"], "derivation");
    let id = newest["id"].as_str().expect("an id");
    let undo = staff
        .post(&format!("ari/changes/{id}/undo"), &json!({}))
        .await;
    assert_eq!(undo.code(), "not_undoable");
    // Without a derivation the prices stay, and are the plan's own.
    staff
        .patch("rate-plans/MEMBER")
        .json(&json!({"derived_from": null}))
        .await
        .expect(200);
    staff
        .edit(&[bar(0, 1, json!({"price": 5000}))])
        .await
        .expect(200);
    assert_eq!(price(&staff, "MEMBER").await, 14399);
}

#[tokio::test]
async fn a_circle_and_a_parent_that_is_not_sold_are_refused() {
    let world = World::start().await;
    let staff = world.staff().await;
    member(&staff).await;
    for (plan, parent) in [("BAR", "MEMBER"), ("MEMBER", "MEMBER")] {
        let derived = json!({"derived_from": {"rate_plan": parent, "kind": "amount", "value": 1}});
        let answer = staff
            .patch(&format!("rate-plans/{plan}"))
            .json(&derived)
            .await;
        assert_eq!(
            answer.problem(),
            format!("409 derivation_circle: the rate plan `{plan}` would derive from itself")
        );
    }
    staff
        .post(
            "rate-plans",
            &json!({"code": "EMPTY", "name": "Sold nowhere"}),
        )
        .await
        .expect(201);
    let derived = json!({"derived_from": {"rate_plan": "EMPTY", "kind": "amount", "value": 1}});
    let answer = staff.patch("rate-plans/BB").json(&derived).await;
    assert_eq!(answer.code(), "parent_not_sold");
    let product = json!({"room_type": "SGL", "rate_plan": "MEMBER"});
    staff.post("products", &product).await.expect(201);
    let answer = staff.delete("products/SGL/BAR").await;
    assert_eq!(answer.code(), "in_use", "its prices are the members'");
}
