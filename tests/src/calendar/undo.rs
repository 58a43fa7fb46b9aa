//! Undoing: everything as it was, or nothing.

use serde_json::{Value, json};

use crate::calendar::{bar, connect, doubles, marked};
use crate::harness::{Client, Line, World, night};

fn undo(staff: &Client, change: &Value) -> crate::harness::Call {
    let id = change["id"].as_str().expect("an id");
    staff.post(
        &format!("ari/changes/{id}/undo"),
        &json!({"reason": "a mistake"}),
    )
}

async fn everything(world: &World) -> (Value, Value) {
    let stock = world
        .value(
            "SELECT jsonb_agg(to_jsonb(a) ORDER BY room_type_id, night) FROM room_availability a",
        )
        .await;
    let terms =
        "SELECT jsonb_agg(to_jsonb(r) ORDER BY room_type_id, rate_plan_id, night) FROM rates r";
    (stock, world.value(terms).await)
}

#[tokio::test]
async fn an_undone_change_leaves_everything_as_it_was_and_can_be_undone_itself() {
    let world = World::start().await;
    connect(&world).await;
    world.execute(&format!("DELETE FROM rates WHERE night = '{0}'; DELETE FROM room_availability WHERE night = '{0}'", night(3))).await;
    let staff = world.staff().await;
    let before = everything(&world).await;
    let edit = [
        bar(0, 4, json!({"price": 7000, "max_stay": 5})),
        doubles(2, 4, json!({"allotment": 4})),
    ];
    let change = staff.edit(&edit).await.expect(200)["change"].clone();
    let after = everything(&world).await;
    assert_ne!(before, after);
    let told = marked(&world).await;

    let undone = undo(&staff, &change).await.expect(200);
    assert_eq!(everything(&world).await, before);
    assert_eq!(
        marked(&world).await,
        told,
        "the channel is told of the same cells again"
    );
    assert_eq!(
        (&undone["kind"], &undone["undoes"]),
        (&json!("undo"), &change["id"])
    );
    assert_eq!(
        (&undone["number"], &undone["reason"]),
        (&json!(2), &json!("a mistake"))
    );

    undo(&staff, &undone).await.expect(200);
    assert_eq!(everything(&world).await, after);
}

#[tokio::test]
async fn what_was_changed_since_is_not_undone_and_the_first_cell_is_named() {
    let world = World::start().await;
    let staff = world.staff().await;
    let change = staff
        .edit(&[bar(0, 4, json!({"price": 7000}))])
        .await
        .expect(200)["change"]
        .clone();
    // Another field of the same cells does not matter.
    staff
        .edit(&[bar(0, 4, json!({"stop_sell": true}))])
        .await
        .expect(200);
    let later = staff
        .edit(&[bar(2, 3, json!({"price": 7500}))])
        .await
        .expect(200)["change"]
        .clone();
    let answer = undo(&staff, &change).await;
    assert_eq!(
        answer.problem(),
        format!(
            "409 changed_since: the night of {} of DBL/BAR was changed since, so the change cannot be undone as a whole",
            night(2)
        )
    );
    undo(&staff, &later).await.expect(200);
    undo(&staff, &change).await.expect(200);
    let (_, terms) = staff.double(0).await;
    assert_eq!(
        (&terms["price"], &terms["stop_sell"]),
        (&json!(12000), &json!(true))
    );
    assert_eq!(
        undo(&staff, &change).await.code(),
        "changed_since",
        "once is enough"
    );
}

#[tokio::test]
async fn an_undo_that_would_oversell_is_refused() {
    let world = World::start().await;
    let staff = world.staff().await;
    let change = staff
        .edit(&[doubles(0, 1, json!({"allotment": 9}))])
        .await
        .expect(200)["change"]
        .clone();
    world
        .guest()
        .await
        .reserve(&[Line {
            units: 9,
            ..Line::default()
        }])
        .await;
    let answer = undo(&staff, &change).await;
    assert_eq!(
        (answer.code().as_str(), &answer.json()["conflict"]["night"]),
        ("below_sold", &json!(night(0)))
    );
}

#[tokio::test]
async fn an_undo_is_repeated_under_its_key_and_unknown_or_foreign_changes_are_not_found() {
    let world = World::start().await;
    let staff = world.staff().await;
    let change = staff
        .edit(&[bar(0, 4, json!({"price": 7000}))])
        .await
        .expect(200)["change"]
        .clone();
    let first = undo(&staff, &change).idempotency_key("undo-1").await;
    let again = undo(&staff, &change).idempotency_key("undo-1").await;
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    for id in ["x".to_owned(), uuid::Uuid::nil().to_string()] {
        let answer = staff
            .post(&format!("ari/changes/{id}/undo"), &json!({}))
            .await;
        assert_eq!(answer.code(), "not_found");
    }
    let foreign = world.staff_of("sakura-kyoto").await;
    assert_eq!(undo(&foreign, &change).await.code(), "not_found");
    assert_eq!(
        foreign.get("ari/changes").await.expect(200),
        json!({"changes": []})
    );
}
