//! What the calendar refuses, with the field or the cell.

use jiff::ToSpan;
use serde_json::{Value, json};

use crate::calendar::{bar, doubles};
use crate::harness::{Line, World, night};

#[tokio::test]
async fn an_allotment_below_what_is_sold_is_refused_with_the_first_night() {
    let world = World::start().await;
    let staff = world.staff().await;
    world
        .guest()
        .await
        .reserve(&[Line {
            arrival: 2,
            units: 3,
            ..Line::default()
        }])
        .await;
    let answer = staff.edit(&[doubles(0, 5, json!({"allotment": 2}))]).await;
    assert_eq!(
        answer.problem(),
        format!(
            "409 below_sold: the night of {} of DBL: 3 units are sold or held, and the limit would be 2",
            night(2)
        )
    );
    assert_eq!(
        answer.json()["conflict"],
        json!({"room_type": "DBL", "night": night(2)})
    );
    let (first, _) = staff.double(0).await;
    assert_eq!(first["allotment"], 8, "all or nothing");
    let covered = doubles(0, 5, json!({"allotment": 2, "overbooking": 1}));
    staff.edit(&[covered]).await.expect(200);
}

#[tokio::test]
async fn lapsed_holds_do_not_stand_in_the_way_and_live_ones_do() {
    let world = World::start().await;
    let staff = world.staff().await;
    world.guest().await.hold(&[Line::default()]).await;
    let none = [doubles(0, 1, json!({"allotment": 0}))];
    assert_eq!(staff.edit(&none).await.code(), "below_sold");
    world
        .execute("UPDATE holds SET expires_at = clock_timestamp()")
        .await;
    staff.edit(&none).await.expect(200);
}

#[tokio::test]
async fn a_restriction_without_a_price_is_refused_with_its_cell() {
    let world = World::start().await;
    world
        .execute(&format!("DELETE FROM rates WHERE night = '{}'", night(1)))
        .await;
    let answer = world
        .staff()
        .await
        .edit(&[bar(0, 2, json!({"stop_sell": true}))])
        .await;
    assert_eq!(
        answer.problem(),
        format!(
            "409 no_price: the night of {} of DBL/BAR has no price yet: send one with its restrictions",
            night(1)
        )
    );
    assert_eq!(answer.json()["conflict"]["rate_plan"], "BAR");
}

#[tokio::test]
async fn a_bad_edit_is_named_by_its_pointer() {
    let world = World::start().await;
    let staff = world.staff().await;
    let with = |field: &str, value: Value| {
        let mut update = bar(0, 1, json!({"price": 9000}));
        update[field] = value;
        update
    };
    let far = night(0) + 1_080.days();
    let unpartitioned = night(0) + 740.days();
    let cases = [
        (
            with("price", json!(0)),
            "/updates/0/price: is not between 1 and 1000000000000",
        ),
        (
            with("price", json!(i64::MAX)),
            "/updates/0/price: is not between 1 and 1000000000000",
        ),
        (
            with("price", json!(1.5)),
            "/updates/0/price: must be a whole number from -9223372036854775808 to 9223372036854775807",
        ),
        (
            with("max_stay", json!(0)),
            "/updates/0/max_stay: is not between 1 and 999",
        ),
        (
            with("weekdays", json!(["sunday"])),
            "/updates/0/weekdays: no night of the given dates falls on these days of the week",
        ),
        (
            with("dates", json!([])),
            "/updates/0/dates: an update has 1 to 200 ranges of dates",
        ),
        (
            with("dates", json!([{"from": "2020-01-01", "to": "2020-01-02"}])),
            "is past: today at the hotel is",
        ),
        (
            with("dates", json!([{"from": night(1), "to": night(0)}])),
            "/updates/0/dates/0/to: is before `from`; both are included",
        ),
        (
            with("dates", json!([{"from": night(0), "to": "9999-12-31"}])),
            "/updates/0/dates/0/to: the calendar is not open yet after",
        ),
        (
            with("dates", json!([{"from": night(0), "to": unpartitioned}])),
            "/updates: the calendar is not open yet from",
        ),
        (
            with("dates", json!([{"from": night(0), "to": far}])),
            "the calendar is not open yet",
        ),
        (
            with(
                "products",
                json!([{"room_type": "DBL", "rate_plan": "GO\u{0}LD"}]),
            ),
            "does not sell `DBL` under",
        ),
        (
            with("room_types", json!(["DBL"])),
            "is needed with `allotment` or `overbooking`, and only with them",
        ),
        (
            with("allotment", json!(5)),
            "is needed with `allotment` or `overbooking`, and only with them",
        ),
        (
            doubles(0, 1, json!({"allotment": null})),
            "/updates/0/allotment: is a number: null takes restrictions away",
        ),
        (
            with("price", Value::Null),
            "/updates/0/price: is a number: null takes restrictions away",
        ),
        (
            with("prize", json!(5)),
            "/updates/0/prize: unknown field `prize`",
        ),
        (
            doubles(0, 1, json!({"allotment": -1})),
            "/updates/0/allotment: is not between 0 and 100000",
        ),
    ];
    for (update, expected) in cases {
        let answer = staff.edit(std::slice::from_ref(&update)).await;
        let problem = answer.problem();
        assert!(
            problem.starts_with("422 invalid_request") && problem.contains(expected),
            "{update}: {problem}"
        );
    }
    assert_eq!(staff.edit(&[]).await.code(), "invalid_request");
    for query in [
        "",
        "from=2027-01-02",
        "from=2027-01-02&to=2027-01-01",
        "from=2027-01-01&to=2029-01-01",
    ] {
        let answer = staff.get(&format!("ari?{query}")).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (422, "invalid_request"),
            "{query}"
        );
    }
    let unknown = staff
        .get("ari?from=2027-01-01&to=2027-01-01&room_type=%00")
        .await;
    assert_eq!(unknown.code(), "invalid_request");
}

#[tokio::test]
async fn a_web_pages_key_neither_reads_nor_edits_the_calendar() {
    let world = World::start().await;
    let guest = world.guest().await;
    let reading = guest.get("ari?from=2027-01-01&to=2027-01-01").await;
    assert_eq!(
        reading.problem(),
        "403 scope_missing: the API key lacks the scope `ari:manage`"
    );
    let editing = guest.edit(&[bar(0, 1, json!({"price": 1}))]).await;
    assert_eq!(editing.code(), "scope_missing");
}
