//! Promo codes from the quote to the reservation, and their uses among many callers.

use serde_json::{Value, json};

use crate::harness::{Client, Line, World, lines};

async fn add(world: &World, code: &Value) {
    world
        .staff()
        .await
        .post("promo-codes", code)
        .await
        .expect(201);
}

fn asking(code: &str) -> Value {
    let mut body = lines(&[Line::default()]);
    body["promo_code"] = json!(code);
    body
}

async fn token(guest: &Client, code: &str) -> Value {
    let quote = guest.post("quotes", &asking(code)).await.expect(201);
    json!({"quote": quote["quote"]})
}

fn booking(hold: &Value, email: Option<&str>) -> Value {
    json!({"hold": hold["id"], "booker": {"first_name": "Ada", "last_name": "Lovelace", "email": email}})
}

#[tokio::test]
async fn each_kind_is_taken_off_from_the_quote_to_the_reservation() {
    let world = World::start().await;
    let guest = world.guest().await;
    for code in [
        json!({"code": "tenth", "name": "A tenth", "kind": "percent", "value": 1000}),
        json!({"code": "FIVE", "name": "Five euros", "kind": "amount", "value": 501}),
        json!({"code": "FREE", "name": "Two for one", "kind": "free_nights", "value": 1, "stay_nights": 2}),
    ] {
        add(&world, &code).await;
    }
    let list = guest
        .post("quotes", &lines(&[Line::default()]))
        .await
        .expect(201);
    let whole = list["total"]["minor"].as_i64().expect("a number");
    let night = list["lines"][0]["nights"][0]["minor"]
        .as_i64()
        .expect("a number");
    for (code, off) in [("Tenth", whole / 10), ("five", 501), ("FREE", night)] {
        let quote = guest.post("quotes", &asking(code)).await.expect(201);
        assert_eq!(quote["promo_code"], code.to_uppercase());
        assert_eq!(quote["lines"][0]["discount"]["minor"], off, "{code}");
        assert_eq!(quote["total"]["minor"], whole - off, "{code}");
        let body = json!({"quote": quote["quote"]});
        let hold = guest.post("holds", &body).await.expect(201);
        let made = guest
            .post("reservations", &booking(&hold, Some("ada@guest.example")))
            .await
            .expect(201);
        for answer in [&hold, &made] {
            assert_eq!(answer["total"], quote["total"], "{code}");
            assert_eq!(answer["promo_code"], quote["promo_code"]);
        }
    }
}

#[tokio::test]
async fn a_code_that_does_not_count_says_why() {
    let world = World::start().await;
    let guest = world.guest().await;
    for (code, rule, value, reason) in [
        (
            "OLD",
            "book_until",
            json!("2020-01-01"),
            "it can no longer be used",
        ),
        (
            "SOON",
            "book_from",
            json!("2099-01-01"),
            "it cannot be used yet",
        ),
        ("OFF", "active", json!(false), "it is no longer active"),
        (
            "SUITE",
            "room_types",
            json!(["SGL"]),
            "it takes nothing off these rooms and nights",
        ),
        (
            "LATER",
            "stay_from",
            json!("2099-01-01"),
            "it takes nothing off these rooms and nights",
        ),
    ] {
        let mut wanted = json!({"code": code, "name": code, "kind": "percent", "value": 1000});
        wanted[rule] = value;
        add(&world, &wanted).await;
        assert_eq!(
            guest.post("quotes", &asking(code)).await.problem(),
            format!("409 promo_code_invalid: the promo code is not taken: {reason}")
        );
    }
    assert_eq!(
        guest.post("quotes", &asking("NONE")).await.problem(),
        "409 promo_code_invalid: the promo code is not taken: the hotel has no such code"
    );
}

#[tokio::test]
async fn a_code_that_ended_after_the_quote_holds_nothing() {
    let world = World::start().await;
    let guest = world.guest().await;
    add(
        &world,
        &json!({"code": "GO", "name": "Go", "kind": "amount", "value": 100}),
    )
    .await;
    let body = token(&guest, "GO").await;
    let staff = world.staff().await;
    let change = json!({"active": false});
    staff
        .patch("promo-codes/go")
        .json(&change)
        .await
        .expect(200);
    assert_eq!(
        guest.post("holds", &body).await.code(),
        "promo_code_invalid"
    );
}

#[tokio::test]
async fn the_last_use_goes_to_one_of_many_and_comes_back_when_it_is_given_up() {
    let world = World::start().await;
    let guest = world.guest().await;
    let once =
        json!({"code": "ONE", "name": "One", "kind": "amount", "value": 100, "uses_at_most": 1});
    add(&world, &once).await;
    let body = token(&guest, "ONE").await;
    let calls = (0..6).map(|_| {
        let call = guest.post("holds", &body);
        tokio::spawn(async move { call.await })
    });
    let mut held = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        let answer = call.await.expect("a call");
        if answer.status == 201 {
            held.push(answer.expect(201));
        } else {
            assert_eq!(answer.code(), "promo_code_used_up");
        }
    }
    assert_eq!(held.len(), 1);
    let made = guest
        .post("reservations", &booking(&held[0], None))
        .await
        .expect(201);
    assert_eq!(
        guest.post("holds", &body).await.code(),
        "promo_code_used_up"
    );
    let id = made["id"].as_str().expect("an id");
    world
        .execute(&format!(
            "UPDATE reservations SET status = 'cancelled' WHERE id = '{id}'"
        ))
        .await;
    guest.post("holds", &body).await.expect(201);
}

#[tokio::test]
async fn a_guest_is_told_by_the_email_and_uses_a_code_as_often_as_it_says() {
    let world = World::start().await;
    let guest = world.guest().await;
    let each = json!({"code": "EACH", "name": "Each", "kind": "amount", "value": 100, "uses_per_guest": 1});
    add(&world, &each).await;
    let body = token(&guest, "EACH").await;
    let first = guest.post("holds", &body).await.expect(201);
    let second = guest.post("holds", &body).await.expect(201);
    let nameless = guest.post("reservations", &booking(&first, None)).await;
    assert_eq!(nameless.code(), "invalid_request");
    let (one, other) = tokio::join!(
        guest
            .post("reservations", &booking(&first, Some("ada@guest.example")))
            .into_future(),
        guest
            .post("reservations", &booking(&second, Some("ADA@guest.example")))
            .into_future(),
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let refused = if one.status == 409 { one } else { other };
    assert_eq!(refused.code(), "promo_code_used_up");
}
