//! Extras and packages: quoted with a room, held with it, given back with it, and never sold beyond their number.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::harness::{Call, Client, Line, World, night};

/// A dinner for each person on the arrival day, so many a day.
async fn with_dinner(world: &World, capacity: i32) -> Client {
    let staff = world.staff().await;
    let dinner = json!({"code": "DINNER", "name": "Dinner", "price": 4500, "basis": "person",
        "daily_capacity": capacity});
    staff.post("extras", &dinner).await.expect(201);
    staff
}

/// A line for two with an extra.
fn line_with(code: &str) -> Value {
    let mut line = Line::default().json();
    line["extras"] = json!([{"code": code}]);
    line
}

fn quoting(client: &Client, line: &Value) -> Call {
    client.post("quotes", &json!({"lines": [line]}))
}

async fn quoted(client: &Client, line: &Value) -> Value {
    quoting(client, line).await.expect(201)
}

fn holding(client: &Client, quote: &Value) -> Call {
    client.post("holds", &json!({"quote": quote["quote"]}))
}

async fn booked(client: &Client, line: &Value) -> Value {
    let hold = holding(client, &quoted(client, line).await)
        .await
        .expect(201);
    client
        .reserving(hold["id"].as_str().expect("an id"))
        .await
        .expect(201)
}

/// Sold and held units of an extra on a day that [`night`] counts; nothing where it has no row.
async fn counted(world: &World, code: &str, day: i32) -> Value {
    let query = format!(
        "SELECT jsonb_build_array(a.sold, a.held) FROM room_availability a JOIN extras x ON x.id = a.room_type_id
         WHERE x.code = '{code}' AND a.night = '{}'",
        night(day)
    );
    world.value(&query).await
}

async fn held_rooms(world: &World) -> i64 {
    let query = "SELECT coalesce(sum(a.held), 0)::bigint FROM room_availability a JOIN room_types t ON t.id = a.room_type_id";
    world.number(query).await
}

fn changing(staff: &Client, made: &Value, body: &Value) -> Call {
    let id = made["id"].as_str().expect("an id");
    let change = staff.patch(&format!("reservations/{id}"));
    change.header("if-match", "*").json(body)
}

fn noon_of(world: &World, days: i32) {
    let rome = TimeZone::get("Europe/Rome").expect("a known zone");
    let noon = night(days).at(12, 0, 0, 0).to_zoned(rome).expect("noon is");
    let ahead = noon.timestamp().duration_since(world.clock.now());
    assert!(ahead > SignedDuration::ZERO, "clocks go forwards");
    world.clock.advance(ahead);
}

#[tokio::test]
async fn a_dinner_is_quoted_held_booked_and_given_back_with_its_room() {
    let world = World::start().await;
    let staff = with_dinner(&world, 6).await;
    let guest = world.guest().await;
    let quote = quoted(&guest, &line_with("DINNER")).await;
    let extra = &quote["lines"][0]["extras"][0];
    assert_eq!(
        (&extra["units"], &extra["days"], &extra["amount"]["minor"]),
        (&json!(2), &json!([night(0)]), &json!(9_000))
    );
    assert_eq!(quote["extras_total"]["minor"], 9_000);
    assert_eq!(quote["total"]["minor"], 24_000 + 9_000);
    assert_eq!(counted(&world, "DINNER", 0).await, Value::Null);

    let hold = holding(&guest, &quote).await.expect(201);
    assert_eq!(hold["lines"], quote["lines"]);
    assert_eq!(hold["total"], quote["total"]);
    assert_eq!(counted(&world, "DINNER", 0).await, json!([0, 2]));
    let made = guest
        .reserving(hold["id"].as_str().expect("an id"))
        .await
        .expect(201);
    assert_eq!(made["rooms"][0]["extras"], quote["lines"][0]["extras"]);
    assert_eq!(
        (&made["extras_total"], &made["total"]),
        (&quote["extras_total"], &quote["total"])
    );
    assert_eq!(counted(&world, "DINNER", 0).await, json!([2, 0]));

    staff.step(&made, "confirm").await.expect(200);
    staff.step(&made, "cancel").await.expect(200);
    assert_eq!(counted(&world, "DINNER", 0).await, json!([0, 0]));
    let id = made["id"].as_str().expect("an id");
    let events = staff
        .get(&format!("reservations/{id}/events"))
        .await
        .expect(200);
    let audited = &events["events"][0]["after"]["rooms"][0]["extras"][0];
    assert_eq!(
        (&audited["code"], &audited["units"]),
        (&json!("DINNER"), &json!(2))
    );
}

#[tokio::test]
async fn a_hold_that_is_released_or_lapsed_gives_its_dinners_back() {
    let world = World::start().await;
    with_dinner(&world, 2).await;
    let guest = world.guest().await;
    let line = line_with("DINNER");
    let hold = holding(&guest, &quoted(&guest, &line).await)
        .await
        .expect(201);
    let id = hold["id"].as_str().expect("an id").to_owned();
    let refused = quoting(&guest, &line).await;
    assert_eq!(refused.code(), "sold_out");
    guest.delete(&format!("holds/{id}")).await.expect(200);
    assert_eq!(counted(&world, "DINNER", 0).await, json!([0, 0]));

    let hold = holding(&guest, &quoted(&guest, &line).await)
        .await
        .expect(201);
    let lapsed = hold["id"].as_str().expect("an id").to_owned();
    world
        .execute(
            "UPDATE holds SET expires_at = clock_timestamp() - interval '1 s' WHERE state = 'held'",
        )
        .await;
    // Nobody swept: whoever wants the dinners ends the lapsed hold.
    let quote = quoted(&guest, &line).await;
    holding(&guest, &quote).await.expect(201);
    assert_eq!(counted(&world, "DINNER", 0).await, json!([0, 2]));
    let state = guest.get(&format!("holds/{lapsed}")).await.expect(200)["state"].clone();
    assert_eq!(state, "expired");
}

#[tokio::test]
async fn the_sweep_gives_lapsed_dinners_back() {
    let world = World::start().await;
    with_dinner(&world, 2).await;
    let guest = world.guest().await;
    let quote = quoted(&guest, &line_with("DINNER")).await;
    holding(&guest, &quote).await.expect(201);
    world
        .execute(
            "UPDATE holds SET expires_at = clock_timestamp() - interval '1 s' WHERE state = 'held';
             DO $$ BEGIN PERFORM set_config('app.hotel_id', (SELECT id::text FROM hotels WHERE slug = 'aurora-rome'), true);
             PERFORM expire_holds((SELECT id FROM hotels WHERE slug = 'aurora-rome'), 10); END $$",
        )
        .await;
    assert_eq!(counted(&world, "DINNER", 0).await, json!([0, 0]));
    assert_eq!(held_rooms(&world).await, 0);
}

#[tokio::test]
async fn a_dinner_too_few_refuses_the_room_too_and_names_extra_and_day() {
    let world = World::start().await;
    with_dinner(&world, 3).await;
    let guest = world.guest().await;
    let (first, second) = (
        quoted(&guest, &line_with("DINNER")).await,
        quoted(&guest, &line_with("DINNER")).await,
    );
    holding(&guest, &first).await.expect(201);
    let rooms = held_rooms(&world).await;
    let refused = holding(&guest, &second).await;
    assert_eq!(refused.code(), "sold_out");
    assert_eq!(
        refused.json()["conflict"],
        json!({"extra": "DINNER", "night": night(0)})
    );
    assert_eq!(held_rooms(&world).await, rooms);
    assert_eq!(counted(&world, "DINNER", 0).await, json!([0, 2]));
}

#[tokio::test]
async fn a_change_of_dates_moves_the_dinner_or_moves_nothing() {
    let world = World::start().await;
    let staff = with_dinner(&world, 4).await;
    let made = booked(&world.guest().await, &line_with("DINNER")).await;
    let later = |days: i32| json!({"rooms": [{"line": 0, "check_in": night(days), "check_out": night(days + 2)}]});
    let mut preview = later(1);
    preview["dry_run"] = json!(true);
    let told = changing(&staff, &made, &preview).await.expect(200);
    assert_eq!(
        told["reservation"]["rooms"][0]["extras"][0]["days"],
        json!([night(1)])
    );
    assert_eq!(counted(&world, "DINNER", 0).await, json!([2, 0]));

    // The hotel's price of today is for who books today.
    staff
        .patch("extras/DINNER")
        .json(&json!({"price": 9000}))
        .await
        .expect(200);
    let moved = changing(&staff, &made, &later(1)).await.expect(200);
    assert_eq!(moved["difference"]["minor"], 0);
    assert_eq!(counted(&world, "DINNER", 0).await, json!([0, 0]));
    assert_eq!(counted(&world, "DINNER", 1).await, json!([2, 0]));

    let closed = json!({"ranges": [{"from": night(3), "to": night(3), "capacity": 1}]});
    staff
        .patch("extras/DINNER/capacity")
        .json(&closed)
        .await
        .expect(200);
    let refused = changing(&staff, &made, &later(3)).await;
    assert_eq!(
        refused.json()["conflict"],
        json!({"extra": "DINNER", "night": night(3)})
    );
    assert_eq!(counted(&world, "DINNER", 1).await, json!([2, 0]));

    let more = json!({"rooms": [{"line": 0, "units": 2}], "reprice": true});
    let changed = changing(&staff, &made, &more).await.expect(200);
    assert_eq!(changed["reservation"]["extras_total"]["minor"], 36_000);
    assert_eq!(counted(&world, "DINNER", 1).await, json!([4, 0]));
}

#[tokio::test]
async fn an_extra_that_is_no_longer_sold_moves_no_more() {
    let world = World::start().await;
    let staff = with_dinner(&world, 4).await;
    let made = booked(&world.guest().await, &line_with("DINNER")).await;
    let off = staff.patch("extras/DINNER").json(&json!({"active": false}));
    off.await.expect(200);
    let guests = json!({"notes": "late", "rooms": [{"line": 0, "check_out": night(3)}]});
    // Its day stays, so a longer stay is no move of it.
    changing(&staff, &made, &guests).await.expect(200);
    let moved = json!({"rooms": [{"line": 0, "check_in": night(1)}]});
    let refused = changing(&staff, &made, &moved).await;
    assert_eq!(refused.code(), "not_modifiable");
    assert!(
        refused.problem().contains("DINNER"),
        "{}",
        refused.problem()
    );
}

#[tokio::test]
async fn who_leaves_early_gives_the_dinners_of_that_day_on_back() {
    let world = World::start().await;
    let staff = world.staff().await;
    let board = json!({"code": "HB", "name": "Half board", "price": 3000, "basis": "person_night",
        "daily_capacity": 10});
    staff.post("extras", &board).await.expect(201);
    let mut line = line_with("HB");
    line["check_out"] = json!(night(3));
    let made = booked(&world.guest().await, &line).await;
    staff.step(&made, "confirm").await.expect(200);
    noon_of(&world, 0);
    staff.step(&made, "check-in").await.expect(200);
    noon_of(&world, 1);
    staff.step(&made, "check-out").await.expect(200);
    for (day, sold) in [(0, 2), (1, 0), (2, 0)] {
        assert_eq!(counted(&world, "HB", day).await, json!([sold, 0]), "{day}");
    }
}

#[tokio::test]
async fn a_quote_whose_extra_changed_or_is_no_longer_sold_is_refused() {
    let world = World::start().await;
    let staff = with_dinner(&world, 4).await;
    let guest = world.guest().await;
    for change in [
        json!({"price": 5000}),
        json!({"basis": "stay"}),
        json!({"active": false}),
    ] {
        let quote = quoted(&guest, &line_with("DINNER")).await;
        staff.patch("extras/DINNER").json(&change).await.expect(200);
        assert_eq!(
            holding(&guest, &quote).await.problem(),
            "409 quote_changed: the extra DINNER is no longer sold as it was quoted: ask for a new quote",
            "{change}"
        );
    }
    let refused = quoting(&guest, &line_with("DINNER")).await;
    assert_eq!(refused.code(), "not_sellable");
    let unknown = quoting(&guest, &line_with("LUNCH")).await;
    assert_eq!(unknown.code(), "invalid_request");
    assert_eq!(
        unknown.json()["errors"][0]["pointer"],
        "/lines/0/extras/0/code"
    );
}

#[tokio::test]
async fn a_package_has_its_own_price_and_counts_what_it_contains() {
    let world = World::start().await;
    let staff = with_dinner(&world, 4).await;
    let guest = world.guest().await;
    let package = json!({"code": "ROMANCE", "name": "Romance", "extras": [{"extra": "DINNER", "quantity": 2}],
        "rate_plans": ["BAR"], "price": 9900, "min_nights": 2});
    staff.post("packages", &package).await.expect(201);
    let mut line = Line::default().json();
    line["package"] = json!("ROMANCE");
    let quote = quoted(&guest, &line).await;
    let amounts: Vec<&Value> = quote["lines"][0]["extras"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|extra| &extra["amount"]["minor"])
        .collect();
    assert_eq!(amounts, [&json!(9_900), &json!(0)]);
    assert_eq!(quote["extras_total"]["minor"], 9_900);
    holding(&guest, &quote).await.expect(201);
    assert_eq!(counted(&world, "DINNER", 0).await, json!([0, 4]));

    let (mut short, mut breakfast) = (line.clone(), line.clone());
    short["check_out"] = json!(night(1));
    breakfast["rate_plan"] = json!("BB");
    for (line, why) in [(short, "needs 2 nights"), (breakfast, "is not booked with")] {
        let refused = quoting(&guest, &line).await;
        assert_eq!(refused.code(), "not_sellable");
        assert!(refused.problem().contains(why), "{}", refused.problem());
    }
    let sum = staff
        .patch("packages/ROMANCE")
        .json(&json!({"price": null}));
    sum.await.expect(200);
    world
        .execute("UPDATE extras SET daily_capacity = NULL")
        .await;
    let quote = quoted(&guest, &line).await;
    assert_eq!(quote["extras_total"]["minor"], 4 * 4_500);
}

#[tokio::test]
async fn days_have_a_number_of_their_own_or_follow_their_extra_and_never_less_than_is_taken() {
    let world = World::start().await;
    let staff = with_dinner(&world, 6).await;
    booked(&world.guest().await, &line_with("DINNER")).await;
    let capacity = |ranges: Value| {
        let set = staff.patch("extras/DINNER/capacity");
        set.json(&json!({"ranges": ranges}))
    };
    let own = json!([{"from": night(1), "to": night(2), "capacity": 9}]);
    capacity(own).await.expect(200);
    staff
        .patch("extras/DINNER")
        .json(&json!({"daily_capacity": 5}))
        .await
        .expect(200);
    let path = format!("extras/DINNER/capacity?from={}&to={}", night(0), night(3));
    let days = staff.get(&path).await.expect(200)["days"].clone();
    let told: Vec<(i64, i64, bool)> = days
        .as_array()
        .expect("a list")
        .iter()
        .map(|day| {
            let number = |field: &str| day[field].as_i64().expect("a number");
            (number("capacity"), number("left"), day["own"] == true)
        })
        .collect();
    assert_eq!(
        told,
        [(5, 3, false), (9, 9, true), (9, 9, true), (5, 5, false)]
    );
    let below = capacity(json!([{"from": night(0), "to": night(5), "capacity": 1}])).await;
    assert_eq!(below.code(), "below_sold");
    let below = staff
        .patch("extras/DINNER")
        .json(&json!({"daily_capacity": 1}));
    assert_eq!(below.await.code(), "below_sold");
    assert_eq!(staff.get(&path).await.expect(200)["days"], days);
    let back = json!([{"from": night(0), "to": night(3), "capacity": null}]);
    let back = capacity(back).await.expect(200);
    assert_eq!(back["days"][1]["capacity"], 5);
    let far = json!([{"from": "2190-01-01", "to": "2190-01-01", "capacity": 1}]);
    assert_eq!(capacity(far).await.code(), "invalid_request");
    let last = json!([{"from": "9999-12-31", "to": "9999-12-31", "capacity": 1}]);
    assert_eq!(capacity(last).await.code(), "invalid_request");
}

#[tokio::test]
async fn an_extra_is_not_deleted_while_any_of_it_is_taken() {
    let world = World::start().await;
    let staff = with_dinner(&world, 6).await;
    let made = booked(&world.guest().await, &line_with("DINNER")).await;
    assert_eq!(staff.delete("extras/DINNER").await.code(), "in_use");
    staff.step(&made, "decline").await.expect(200);
    staff.delete("extras/DINNER").await.expect(200);
    let id = made["id"].as_str().expect("an id");
    let read = staff.get(&format!("reservations/{id}")).await.expect(200);
    assert_eq!(read["rooms"][0]["extras"][0]["name"], "Dinner");
}

#[tokio::test]
async fn staff_book_extras_with_their_own_prices_of_the_room() {
    let world = World::start().await;
    let staff = with_dinner(&world, 6).await;
    let mut line = line_with("DINNER");
    line["prices"] = json!([100, 100]);
    let booking = json!({"lines": [line], "staff": {"reason": "a friend"},
        "booker": {"first_name": "Ada", "last_name": "Lovelace"}});
    let made = staff.post("reservations", &booking).await.expect(201);
    assert_eq!(made["total"]["minor"], 200 + 9_000);
    assert_eq!(counted(&world, "DINNER", 0).await, json!([2, 0]));
}

#[tokio::test]
async fn a_web_page_reads_what_is_for_sale_of_extras_and_packages_and_changes_nothing() {
    let world = World::start().await;
    let staff = with_dinner(&world, 4).await;
    let guest = world.guest().await;
    let package = json!({"code": "ROMANCE", "name": "Romance", "extras": [{"extra": "DINNER", "quantity": 2}]});
    staff.post("packages", &package).await.expect(201);
    for (list, code, body) in [
        (
            "extras",
            "DINNER",
            json!({"code": "SPA", "name": "Spa", "price": 1, "basis": "stay"}),
        ),
        ("packages", "ROMANCE", package.clone()),
    ] {
        let one = format!("{list}/{code}");
        let all = staff.get(list).await.expect(200);
        assert_eq!(all["entries"][0]["code"], code);
        assert_eq!(guest.get(list).await.expect(200), all, "{list}");
        assert_eq!(guest.get(&one).await.expect(200), all["entries"][0]);

        let off = json!({"active": false});
        for refused in [
            guest.post(list, &body).await,
            guest.patch(&one).json(&off).await,
            guest.delete(&one).await,
        ] {
            assert_eq!(refused.code(), "scope_missing", "{list}");
        }
        staff.patch(&one).json(&off).await.expect(200);
        assert_eq!(guest.get(list).await.expect(200), json!({"entries": []}));
        assert_eq!(guest.get(&one).await.code(), "not_found");
        assert_eq!(staff.get(&one).await.expect(200)["active"], false);
    }
    let capacity = format!("extras/DINNER/capacity?from={}&to={}", night(0), night(1));
    for list in ["room-types", "promo-codes", &capacity] {
        assert_eq!(guest.get(list).await.code(), "scope_missing", "{list}");
    }
}
