//! Promo codes from the offer to the reservation, and their uses. Many who want the last ones: `inventory::promo_codes`.

use serde_json::{Value, json};

use crate::harness::{Call, Client, Line, World, lines, night};

async fn add(world: &World, code: &Value) {
    let staff = world.staff().await;
    staff.post("promo-codes", code).await.expect(201);
}

/// A tenth off double rooms at the best available rate.
async fn add_tenth(world: &World) {
    let code = json!({"code": "tenth", "name": "A tenth", "kind": "percent", "value": 1000,
        "room_types": ["DBL"], "rate_plans": ["BAR"]});
    add(world, &code).await;
}

/// An amount off, with one more rule.
async fn add_with(world: &World, code: &str, rule: &str, value: Value) {
    let mut body = json!({"code": code, "name": code, "kind": "amount", "value": 100});
    body[rule] = value;
    add(world, &body).await;
}

fn asking(code: &str) -> Value {
    let mut body = lines(&[Line::default()]);
    body["promo_code"] = json!(code);
    body
}

/// What `holds` takes, of a quote with the code.
async fn quoted(guest: &Client, code: &str) -> Value {
    let quote = guest.post("quotes", &asking(code)).await.expect(201);
    json!({"quote": quote["quote"]})
}

/// A reservation from a hold or a quote.
fn booking(guest: &Client, source: &Value, email: Option<&str>) -> Call {
    let mut body = source.clone();
    body["booker"] = json!({"first_name": "Ada", "last_name": "Lovelace", "email": email});
    guest.post("reservations", &body)
}

fn of_hold(hold: &Value) -> Value {
    json!({"hold": hold["id"]})
}

fn offers(code: &str, first: i32) -> String {
    let (check_in, check_out) = (night(first), night(first + 2));
    format!("offers?check_in={check_in}&check_out={check_out}&promo_code={code}")
}

#[tokio::test]
async fn each_kind_is_taken_off_from_the_quote_to_the_reservation() {
    let world = World::start().await;
    let guest = world.guest().await;
    add_tenth(&world).await;
    for code in [
        json!({"code": "FIVE", "name": "Five euros", "kind": "amount", "value": 501}),
        json!({"code": "FREE", "name": "Two for one", "kind": "free_nights", "value": 1, "stay_nights": 2}),
    ] {
        add(&world, &code).await;
    }
    for (code, off) in [("Tenth", 2_400), ("five", 501), ("FREE", 12_000)] {
        let quote = guest.post("quotes", &asking(code)).await.expect(201);
        assert_eq!(quote["promo_code"], code.to_uppercase());
        assert_eq!(quote["lines"][0]["discount"]["minor"], off, "{code}");
        assert_eq!(quote["total"]["minor"], 24_000 - off, "{code}");
        let body = json!({"quote": quote["quote"]});
        let hold = guest.post("holds", &body).await.expect(201);
        assert_eq!(hold["lines"], quote["lines"], "{code}");
        let made = booking(&guest, &of_hold(&hold), Some("ada@guest.example"))
            .await
            .expect(201);
        for answer in [&hold, &made] {
            assert_eq!(answer["total"], quote["total"], "{code}");
            assert_eq!(answer["promo_code"], quote["promo_code"]);
        }
    }
}

#[tokio::test]
async fn offers_with_a_code_show_what_it_takes_off_where_it_is_for_the_product() {
    let world = World::start().await;
    let guest = world.guest().await;
    add_tenth(&world).await;
    let found = guest.get(&offers("Tenth", 0)).await.expect(200);
    assert_eq!(found["promo_code"], "TENTH");
    let found = found["offers"].as_array().expect("a list");
    let offer = |rate_plan: &str| {
        let mut offers = found.iter();
        let offer = offers.find(|offer| {
            offer["room_type"]["code"] == "DBL" && offer["rate_plan"]["code"] == rate_plan
        });
        offer.expect("it is for sale")
    };
    let tenth = offer("BAR");
    assert_eq!(
        tenth["discount"],
        json!({"minor": 2_400, "currency": "EUR"})
    );
    assert_eq!(tenth["nights"][0]["minor"], 10_800);
    assert_eq!(tenth["total"]["minor"], 21_600);
    let other = offer("BB");
    assert_eq!(other.get("discount"), None);
    assert_eq!(other["total"]["minor"], 28_800);
}

#[tokio::test]
async fn where_nothing_is_for_sale_offers_with_a_code_say_why() {
    let world = World::start().await;
    add_tenth(&world).await;
    let guest = world.guest().await;
    let found = guest.get(&offers("TENTH", 400)).await.expect(200);
    assert_eq!(found["offers"][0]["reasons"][0]["code"], "not_open");
}

#[tokio::test]
async fn a_code_that_does_not_count_says_why() {
    let world = World::start().await;
    let guest = world.guest().await;
    let elsewhere = "it takes nothing off these rooms and nights";
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
        ("SINGLE", "room_types", json!(["SGL"]), elsewhere),
        ("LATER", "stay_from", json!("2099-01-01"), elsewhere),
        ("LONG", "min_nights", json!(3), elsewhere),
    ] {
        add_with(&world, code, rule, value).await;
        let problem = format!("409 promo_code_invalid: the promo code is not taken: {reason}");
        assert_eq!(guest.post("quotes", &asking(code)).await.problem(), problem);
        assert_eq!(guest.get(&offers(code, 0)).await.problem(), problem);
    }
    add_with(&world, "BREAKFAST", "rate_plans", json!(["BB"])).await;
    let other = guest.post("quotes", &asking("BREAKFAST")).await;
    assert!(other.problem().ends_with(elsewhere), "{}", other.text());
    let unknown = "409 promo_code_invalid: the promo code is not taken: the hotel has no such code";
    assert_eq!(
        guest.post("quotes", &asking("NONE")).await.problem(),
        unknown
    );
    assert_eq!(guest.get(&offers("NONE", 0)).await.problem(), unknown);
    for nonsense in ["%00", "X".repeat(33).as_str()] {
        let answer = guest.get(&offers(nonsense, 0)).await;
        assert_eq!(answer.code(), "invalid_request", "{nonsense}");
    }
}

#[tokio::test]
async fn taxes_are_of_the_reduced_price_and_extras_keep_theirs() {
    let world = World::start().await;
    let guest = world.guest().await;
    add_tenth(&world).await;
    let staff = world.staff().await;
    let tax = json!({"code": "VAT", "name": "VAT", "kind": "tax", "basis": "percent", "value": 1000,
        "included": false});
    staff.post("charges", &tax).await.expect(201);
    let dinner = json!({"code": "DINNER", "name": "Dinner", "price": 4500, "basis": "person"});
    staff.post("extras", &dinner).await.expect(201);
    let mut wanted = asking("TENTH");
    wanted["lines"][0]["extras"] = json!([{"code": "DINNER"}]);
    wanted["lines"][0]["units"] = json!(2);
    let quote = guest.post("quotes", &wanted).await.expect(201);
    let minor = |field: &str| quote[field]["minor"].clone();
    assert_eq!(quote["lines"][0]["discount"]["minor"], 4_800);
    assert_eq!(minor("room_total"), 43_200);
    assert_eq!(quote["charges"][0]["amount"]["minor"], 4_320);
    assert_eq!(minor("extras_total"), 18_000);
    assert_eq!(minor("total"), 43_200 + 4_320 + 18_000);
    let body = json!({"quote": quote["quote"]});
    let made = booking(&guest, &body, None).await.expect(201);
    assert_eq!(made["total"], quote["total"]);
}

#[tokio::test]
async fn booked_nights_keep_their_price_and_the_code_through_steps_and_changes() {
    let world = World::start().await;
    let guest = world.guest().await;
    let staff = world.staff().await;
    add_tenth(&world).await;
    let made = booking(&guest, &quoted(&guest, "TENTH").await, None)
        .await
        .expect(201);
    let confirmed = staff.step(&made, "confirm").await.expect(200);
    assert_eq!(confirmed["promo_code"], "TENTH");
    let path = format!("reservations/{}", made["id"].as_str().expect("an id"));
    let longer = json!({"rooms": [{"line": 0, "check_out": night(3)}]});
    let change = staff.patch(&path).header("if-match", "*").json(&longer);
    let changed = change.await.expect(200)["reservation"].clone();
    assert_eq!(changed["promo_code"], "TENTH");
    assert_eq!(changed["total"]["minor"], 21_600 + 12_000);
    let events = staff.get(&format!("{path}/events")).await.expect(200);
    for event in events["events"].as_array().expect("a list") {
        assert_eq!(event["after"]["promo_code"], "TENTH", "{event}");
    }
}

#[tokio::test]
async fn a_code_that_ended_after_the_quote_holds_nothing_and_what_is_held_keeps_it() {
    let world = World::start().await;
    let guest = world.guest().await;
    add_tenth(&world).await;
    let quote = quoted(&guest, "TENTH").await;
    let hold = guest.post("holds", &quote).await.expect(201);
    let change = json!({"active": false});
    let staff = world.staff().await;
    staff
        .patch("promo-codes/tenth")
        .json(&change)
        .await
        .expect(200);
    let refused = guest.post("holds", &quote).await;
    assert_eq!(refused.code(), "promo_code_invalid");
    let made = booking(&guest, &of_hold(&hold), None).await.expect(201);
    assert_eq!(made["total"], hold["total"]);
    let kept = staff.delete("promo-codes/tenth").await.problem();
    assert!(kept.starts_with("409 in_use: "), "{kept}");
}

#[tokio::test]
async fn a_discount_that_changed_after_the_quote_is_another_price() {
    let world = World::start().await;
    let guest = world.guest().await;
    add_tenth(&world).await;
    let quote = quoted(&guest, "TENTH").await;
    let change = json!({"value": 2000});
    let staff = world.staff().await;
    staff
        .patch("promo-codes/TENTH")
        .json(&change)
        .await
        .expect(200);
    let refused = guest.post("holds", &quote).await;
    assert_eq!(refused.code(), "quote_changed");
}

#[tokio::test]
async fn what_is_released_lapsed_or_cancelled_gives_its_use_back_at_once() {
    let world = World::start().await;
    let guest = world.guest().await;
    add_with(&world, "ONE", "uses_at_most", json!(1)).await;
    let quote = quoted(&guest, "ONE").await;
    let holding = || guest.post("holds", &quote);
    let used_up = async || assert_eq!(holding().await.code(), "promo_code_used_up");
    let path = |hold: &Value| format!("holds/{}", hold["id"].as_str().expect("an id"));

    let released = holding().await.expect(201);
    used_up().await;
    assert_eq!(
        guest.post("quotes", &asking("ONE")).await.code(),
        "promo_code_used_up"
    );
    guest.delete(&path(&released)).await.expect(200);
    let kept = world.staff().await.delete("promo-codes/ONE").await;
    let problem = kept.problem();
    assert!(
        problem.starts_with("409 in_use: ") && problem.contains("even where they have ended"),
        "{problem}"
    );

    let lapsed = holding().await.expect(201);
    used_up().await;
    world
        .execute(
            "UPDATE holds SET expires_at = clock_timestamp() - interval '1 s' WHERE state = 'held'",
        )
        .await;
    // Nobody swept: it counts no longer, and its guest comes too late.
    let booked = holding().await.expect(201);
    assert_eq!(guest.patch(&path(&lapsed)).await.code(), "hold_ended");
    let late = booking(&guest, &of_hold(&lapsed), None).await;
    assert_eq!(late.code(), "hold_ended");

    let made = booking(&guest, &of_hold(&booked), None).await.expect(201);
    used_up().await;
    let staff = world.staff().await;
    staff.step(&made, "cancel").await.expect(200);
    holding().await.expect(201);
}

#[tokio::test]
async fn a_guest_is_told_by_the_email_and_uses_a_code_as_often_as_it_says() {
    let world = World::start().await;
    let guest = world.guest().await;
    add_with(&world, "EACH", "uses_per_guest", json!(1)).await;
    let quote = quoted(&guest, "EACH").await;
    let first = guest.post("holds", &quote).await.expect(201);
    let second = guest.post("holds", &quote).await.expect(201);
    let nameless = booking(&guest, &of_hold(&first), None).await;
    assert_eq!(
        nameless.json()["errors"][0]["pointer"],
        "/booker/email",
        "{}",
        nameless.text()
    );
    booking(&guest, &of_hold(&first), Some("ada@guest.example"))
        .await
        .expect(201);
    for source in [of_hold(&second), quote.clone()] {
        let again = booking(&guest, &source, Some("ADA@guest.example")).await;
        assert_eq!(again.code(), "promo_code_used_up");
    }
    // Whoever books an ended hold once more is told that it ended.
    let again = booking(&guest, &of_hold(&first), Some("ada@guest.example")).await;
    assert_eq!(again.code(), "hold_ended");
    // The refused quote held nothing.
    let held = "SELECT count(*) FROM holds WHERE state = 'held'";
    assert_eq!(world.number(held).await, 1);
    booking(&guest, &of_hold(&second), Some("grace@guest.example"))
        .await
        .expect(201);
}

#[tokio::test]
async fn a_guests_email_is_the_same_in_capital_and_small_letters_of_every_script() {
    let world = World::start().await;
    let guest = world.guest().await;
    add_with(&world, "EACH", "uses_per_guest", json!(1)).await;
    let quote = quoted(&guest, "EACH").await;
    for (first, again) in [
        ("bób@guest.example", "BÓB@guest.example"),
        // The sign of the unit kelvin is a K.
        ("\u{212a}im@guest.example", "kim@guest.example"),
    ] {
        booking(&guest, &quote, Some(first)).await.expect(201);
        let refused = booking(&guest, &quote, Some(again)).await;
        assert_eq!(refused.code(), "promo_code_used_up", "{again}");
    }
    booking(&guest, &quote, Some("bob@guest.example"))
        .await
        .expect(201);
}
