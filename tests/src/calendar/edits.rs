//! `GET` and `PATCH …/ari`: what is set, what stays, and what channels are told.

use serde_json::json;

use crate::calendar::{bar, connect, doubles, marked};
use crate::harness::{Line, World, night};

#[tokio::test]
async fn the_calendar_shows_what_each_night_has_and_costs() {
    let world = World::start().await;
    let staff = world.staff().await;
    world.guest().await.hold(&[Line::default()]).await;
    world.guest().await.reserve(&[Line::default()]).await;
    let (stock, terms) = staff.double(0).await;
    assert_eq!(
        stock,
        json!({"night": night(0), "allotment": 8, "overbooking": 0, "sold": 1, "held": 1, "available": 6})
    );
    assert_eq!(
        terms,
        json!({"night": night(0), "price": 12000, "min_stay_arrival": null, "min_stay_through": null, "max_stay": null,
            "closed_to_arrival": false, "closed_to_departure": false, "stop_sell": false, "cut_off_days": null,
            "max_advance_days": null})
    );
    let whole = staff
        .get(&format!("ari?from={}&to={}", night(0), night(6)))
        .await
        .expect(200);
    assert_eq!(whole["products"].as_array().expect("a list").len(), 4);
    assert_eq!(
        whole["room_types"][1]["nights"]
            .as_array()
            .expect("a list")
            .len(),
        7
    );
}

#[tokio::test]
async fn a_lapsed_hold_is_not_held_any_more() {
    let world = World::start().await;
    world.guest().await.hold(&[Line::default()]).await;
    world
        .execute("UPDATE holds SET expires_at = clock_timestamp()")
        .await;
    let (stock, _) = world.staff().await.double(0).await;
    assert_eq!(
        (&stock["held"], &stock["available"]),
        (&json!(0), &json!(8))
    );
}

#[tokio::test]
async fn only_the_given_fields_of_the_given_days_change() {
    let world = World::start().await;
    let staff = world.staff().await;
    // The first night is a Monday.
    let mut weekend = bar(
        0,
        13,
        json!({"price": 15000, "min_stay_arrival": 2, "cut_off_days": 3}),
    );
    weekend["weekdays"] = json!(["friday", "saturday"]);
    let edited = staff
        .edit(&[weekend, doubles(0, 1, json!({"overbooking": 2}))])
        .await
        .expect(200);
    assert_eq!(
        edited["cells"],
        json!({"price": 4, "min_stay_arrival": 4, "cut_off_days": 4, "overbooking": 2})
    );
    let (_, friday) = staff.double(4).await;
    assert_eq!(
        (&friday["price"], &friday["min_stay_arrival"]),
        (&json!(15000), &json!(2))
    );
    assert_eq!(friday["cut_off_days"], 3);
    let (monday, terms) = staff.double(0).await;
    assert_eq!(
        (&monday["allotment"], &monday["overbooking"]),
        (&json!(8), &json!(2))
    );
    assert_eq!(terms["price"], 12000);

    staff
        .edit(&[bar(
            4,
            4,
            json!({"min_stay_arrival": null, "stop_sell": true}),
        )])
        .await
        .expect(200);
    let (_, friday) = staff.double(4).await;
    assert_eq!(
        (&friday["min_stay_arrival"], &friday["stop_sell"]),
        (&json!(null), &json!(true))
    );
    assert_eq!(
        (&friday["price"], &friday["cut_off_days"]),
        (&json!(15000), &json!(3))
    );
}

#[tokio::test]
async fn a_preview_counts_and_names_the_first_refused_cell_and_changes_nothing() {
    let world = World::start().await;
    let staff = world.staff().await;
    world
        .guest()
        .await
        .reserve(&[Line {
            arrival: 1,
            ..Line::default()
        }])
        .await;
    let body = json!({"dry_run": true, "updates": [
        bar(0, 2, json!({"price": 9000})), doubles(0, 3, json!({"allotment": 0}))]});
    let preview = staff.patch("ari").json(&body).await.expect(200);
    assert_eq!(preview["cells"], json!({"price": 3, "allotment": 4}));
    assert_eq!(
        preview["refused"],
        json!({"code": "below_sold", "room_type": "DBL", "night": night(1),
            "detail": format!("the night of {} of DBL: 1 units are sold or held, and the limit would be 0", night(1))})
    );
    assert!(preview.get("change").is_none());
    let (stock, terms) = staff.double(0).await;
    assert_eq!(
        (&stock["allotment"], &terms["price"]),
        (&json!(8), &json!(12000))
    );
    let changes = staff.get("ari/changes").await.expect(200);
    assert_eq!(changes, json!({"changes": []}));
}

#[tokio::test]
async fn a_night_that_was_never_opened_is_opened_and_can_be_sold() {
    let world = World::start().await;
    let staff = world.staff().await;
    world
        .execute("DELETE FROM room_availability; DELETE FROM rates")
        .await;
    assert_eq!(world.guest().await.units_left(&Line::default()).await, 0);
    let updates = [
        doubles(0, 1, json!({"allotment": 3})),
        bar(0, 1, json!({"price": 11000})),
    ];
    staff.edit(&updates).await.expect(200);
    assert_eq!(world.guest().await.units_left(&Line::default()).await, 3);
}

#[tokio::test]
async fn exactly_the_changed_cells_are_marked_in_their_lane() {
    let world = World::start().await;
    connect(&world).await;
    let staff = world.staff().await;
    staff
        .edit(&[bar(0, 1, json!({"price": 12500}))])
        .await
        .expect(200);
    let rates =
        |days: &[i32]| Vec::from_iter(days.iter().map(|day| ("rates".to_owned(), night(*day))));
    assert_eq!(marked(&world).await, rates(&[0, 1]));
    // The first two nights have this price already.
    staff
        .edit(&[bar(0, 2, json!({"price": 12500}))])
        .await
        .expect(200);
    assert_eq!(marked(&world).await, rates(&[2]));
    staff
        .edit(&[doubles(5, 5, json!({"allotment": 7}))])
        .await
        .expect(200);
    assert_eq!(
        marked(&world).await,
        [("availability".to_owned(), night(5))]
    );
    // No channel has a word for the advance.
    staff
        .edit(&[bar(0, 0, json!({"max_advance_days": 90}))])
        .await
        .expect(200);
    assert_eq!(marked(&world).await, []);
}

#[tokio::test]
async fn an_edit_of_nothing_leaves_no_trace() {
    let world = World::start().await;
    connect(&world).await;
    let staff = world.staff().await;
    let edited = staff
        .edit(&[
            bar(0, 3, json!({"price": 12000})),
            doubles(0, 3, json!({"allotment": 8})),
        ])
        .await;
    assert_eq!(edited.expect(200), json!({"dry_run": false, "cells": {}}));
    assert_eq!(marked(&world).await, []);
    assert_eq!(world.number("SELECT count(*) FROM ari_changes").await, 0);
    assert_eq!(
        world
            .number("SELECT count(*) FROM jobs WHERE kind = 'push'")
            .await,
        0
    );
}

#[tokio::test]
async fn a_year_of_every_product_is_one_entry() {
    let world = World::start().await;
    let staff = world.staff().await;
    let mut update = bar(0, 250, json!({"price": 20000, "closed_to_arrival": true}));
    let products = [("DBL", "BAR"), ("DBL", "BB"), ("SGL", "BAR"), ("SGL", "BB")];
    let products =
        products.map(|(room_type, plan)| json!({"room_type": room_type, "rate_plan": plan}));
    update["products"] = json!(products);
    let edited = staff.edit(&[update]).await.expect(200);
    assert_eq!(
        edited["cells"],
        json!({"price": 1004, "closed_to_arrival": 1004})
    );
    let listed = staff.get("ari/changes").await.expect(200);
    assert_eq!(listed["changes"], json!([edited["change"]]));
    assert_eq!(listed["changes"][0]["actor"], "api-key:front-desk");
}

#[tokio::test]
async fn if_match_refuses_an_edit_of_nights_that_changed_since_and_of_no_others() {
    let world = World::start().await;
    let staff = world.staff().await;
    let read = staff
        .get(&format!("ari?from={}&to={}", night(0), night(9)))
        .await;
    let etag = read.header("etag").expect("a tag").to_owned();
    staff
        .edit(&[bar(0, 4, json!({"price": 13000}))])
        .await
        .expect(200);
    let late = staff
        .edit(&[bar(4, 6, json!({"price": 14000}))])
        .header("if-match", &etag)
        .await;
    assert_eq!(
        late.problem(),
        "412 calendar_changed: the calendar changed since it was read: these nights are at version 1 now"
    );
    let beside = staff
        .edit(&[bar(5, 6, json!({"price": 14000}))])
        .header("if-match", &etag)
        .await;
    beside.expect(200);
    let malformed = staff
        .edit(&[bar(5, 6, json!({"price": 1}))])
        .header("if-match", "7")
        .await;
    assert_eq!(malformed.code(), "if_match_malformed");
}
