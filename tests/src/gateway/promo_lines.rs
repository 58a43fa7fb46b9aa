//! Promo codes where no quote comes first: in reservations made from lines, and in searches over hotels.

use serde_json::{Value, json};

use crate::harness::{Answer, Call, Client, Line, World, lines, night};

/// Adds a code to the hotel in Rome: a tenth off, with one more rule.
async fn add(world: &World, code: &str, rule: &str, value: Value) {
    let mut body = json!({"code": code, "name": code, "kind": "percent", "value": 1000});
    body[rule] = value;
    let staff = world.staff().await;
    staff.post("promo-codes", &body).await.expect(201);
}

/// A reservation made from a line with a code.
fn booking(client: &Client, code: &str, email: Option<&str>) -> Call {
    let mut body = lines(&[Line::default()]);
    body["promo_code"] = json!(code);
    body["booker"] = json!({"first_name": "Ada", "last_name": "Lovelace", "email": email});
    client.post("reservations", &body)
}

async fn searching(client: &Client, first: i32, query: &str) -> Answer {
    let (check_in, check_out) = (night(first), night(first + 2));
    let path = format!("/v1/search?check_in={check_in}&check_out={check_out}{query}");
    client.get(&path).await
}

#[tokio::test]
async fn a_reservation_of_lines_with_a_code_costs_less_and_says_how_much() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    add(&world, "TENTH", "rate_plans", json!(["BAR"])).await;
    let made = booking(&guest, "tenth", None).await.expect(201);
    let off = json!({"minor": 2_400, "currency": "EUR"});
    assert_eq!(
        (&made["promo_code"], &made["discount"]),
        (&json!("TENTH"), &off)
    );
    assert_eq!(made["total"]["minor"], 24_000 - 2_400);

    let path = format!("reservations/{}", made["id"].as_str().expect("an id"));
    assert_eq!(staff.get(&path).await.expect(200)["discount"], off);
    for list in ["reservations", "reservations?q=lovelace"] {
        let found = staff.get(list).await.expect(200);
        assert_eq!(found["reservations"][0]["discount"], off, "{list}");
    }
    let events = staff.get(&format!("{path}/events")).await.expect(200);
    assert_eq!(events["events"][0]["after"]["discount_minor"], 2_400);
    // What was taken off stays told when the stay changes.
    let longer = json!({"rooms": [{"line": 0, "check_out": night(3)}]});
    let change = staff.patch(&path).header("if-match", "*").json(&longer);
    let changed = change.await.expect(200)["reservation"].clone();
    assert_eq!(changed["discount"], off);

    let without = guest.reserve(&[Line::default()]).await;
    assert_eq!(without.get("discount"), None);
}

#[tokio::test]
async fn a_code_on_lines_is_refused_as_one_of_a_quote_is_and_holds_nothing() {
    let world = World::start().await;
    let guest = world.guest().await;
    add(&world, "ONE", "uses_at_most", json!(1)).await;
    add(&world, "EACH", "uses_per_guest", json!(1)).await;
    add(&world, "OLD", "book_until", json!("2020-01-01")).await;
    add(&world, "BREAKFAST", "rate_plans", json!(["BB"])).await;
    let ada = Some("ada@guest.example");
    for code in ["ONE", "EACH"] {
        booking(&guest, code, ada).await.expect(201);
    }
    for (code, email, expected) in [
        ("one", Some("grace@guest.example"), "promo_code_used_up"),
        ("each", Some("ADA@guest.example"), "promo_code_used_up"),
        ("OLD", ada, "promo_code_invalid"),
        ("BREAKFAST", ada, "promo_code_invalid"),
        ("NONE", ada, "promo_code_invalid"),
        ("%", ada, "promo_code_invalid"),
        ("EACH", None, "invalid_request"),
        ("\u{0}", ada, "invalid_request"),
    ] {
        let refused = booking(&guest, code, email).await;
        assert_eq!(refused.code(), expected, "{code}: {}", refused.text());
    }
    assert_eq!(
        world.number("SELECT count(*) FROM holds").await,
        2,
        "who is refused holds nothing"
    );
    booking(&guest, "EACH", Some("grace@guest.example"))
        .await
        .expect(201);
}

#[tokio::test]
async fn only_lines_of_guests_take_a_code_of_their_own() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    add(&world, "TENTH", "min_nights", json!(1)).await;
    let hold = guest.hold(&[Line::default()]).await;
    let quote = guest.quote(&[Line::default()]).await;
    let mut desk = lines(&[Line::default()]);
    desk["staff"] = json!({"reason": "called from the airport"});
    for mut body in [json!({"hold": hold}), json!({"quote": quote}), desk] {
        body["promo_code"] = json!("TENTH");
        body["booker"] = json!({"first_name": "Ada", "last_name": "Lovelace"});
        let refused = staff.post("reservations", &body).await;
        assert_eq!(
            refused.json()["errors"][0]["pointer"],
            "/promo_code",
            "{}",
            refused.text()
        );
    }
}

#[tokio::test]
async fn a_search_with_a_code_has_its_prices_where_a_hotel_takes_it() {
    let world = World::start().await;
    let operator = world.operator().await;
    add(&world, "TENTH", "rate_plans", json!(["BAR"])).await;
    let without = searching(&operator, 0, "").await.expect(200);
    let found = searching(&operator, 0, "&promo_code=tenth")
        .await
        .expect(200);
    let (rome, kyoto) = (&found["hotels"][0], &found["hotels"][1]);
    assert_eq!(rome["promo_code"], "TENTH");
    assert_eq!(rome["total"]["minor"], 24_000 - 2_400);
    let offers = &rome["rooms"][0]["offers"];
    assert_eq!(offers[0]["discount"]["minor"], 2_400);
    assert_eq!(offers[1].get("discount"), None);
    assert_eq!(kyoto, &without["hotels"][1]);
    // The bound is of what is left to pay.
    let bounded = searching(
        &operator,
        0,
        "&promo_code=TENTH&max_total=21600&currency=EUR",
    )
    .await;
    assert_eq!(bounded.expect(200)["hotels"][0], *rome);
    // A hotel that has the code, and nothing to take it off, is as it is without.
    let breakfast = "&meal_plan=breakfast";
    let dear = searching(&operator, 0, breakfast).await.expect(200);
    let again = searching(
        &operator,
        0,
        &format!("{breakfast}&promo_code=TENTH&limit=1"),
    )
    .await;
    assert_eq!(again.expect(200)["hotels"][0], dear["hotels"][0]);
}

#[tokio::test]
async fn a_search_refuses_a_code_that_none_of_its_hotels_takes() {
    let world = World::start().await;
    let (guest, operator) = (world.guest().await, world.operator().await);
    add(&world, "OLD", "book_until", json!("2020-01-01")).await;
    add(&world, "SINGLE", "room_types", json!(["SGL"])).await;
    add(&world, "ONE", "uses_at_most", json!(1)).await;
    booking(&guest, "ONE", None).await.expect(201);
    let refused = "409 promo_code_invalid: the promo code is not taken: ";
    let elsewhere = format!("{refused}it takes nothing off these rooms and nights");
    for (code, expected) in [
        ("NONE", format!("{refused}the hotel has no such code")),
        ("OLD", format!("{refused}it can no longer be used")),
        ("SINGLE", elsewhere),
        (
            "ONE",
            "409 promo_code_used_up: the promo code has no use left".to_owned(),
        ),
    ] {
        let query = format!("&promo_code={code}");
        for client in [&guest, &operator] {
            let answer = searching(client, 0, &query).await;
            assert_eq!(answer.problem(), expected, "{code}");
        }
        // Whether a hotel of a later page takes it is not known.
        let page = searching(&operator, 0, &format!("{query}&limit=1")).await;
        let page = page.expect(200);
        let hotel = &page["hotels"][0];
        assert_eq!(
            (&hotel["total"]["minor"], hotel.get("promo_code")),
            (&json!(24_000), None),
            "{code}"
        );
        let after = format!("{query}&cursor=aurora-rome");
        searching(&operator, 0, &after).await.expect(200);
    }
    // Where nothing is for sale there is nothing to take off.
    let empty = searching(&guest, 400, "&promo_code=SINGLE").await;
    assert_eq!(empty.expect(200)["hotels"], json!([]));
    for nonsense in ["%00", "X".repeat(33).as_str(), "A&promo_code=B"] {
        let answer = searching(&guest, 0, &format!("&promo_code={nonsense}")).await;
        assert_eq!(answer.code(), "invalid_request", "{nonsense}");
        assert_eq!(answer.json()["errors"][0]["pointer"], "promo_code");
    }
}
