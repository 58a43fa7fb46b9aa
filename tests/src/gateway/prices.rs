//! Prices from the first list to the booking: taxes and fees, parties, rules by date, accessible rooms, keys of quotes.

use serde_json::{Value, json};

use crate::harness::{Client, Line, Setup, World, lines, night};

const ROME: &str = "(SELECT id FROM hotels WHERE slug = 'aurora-rome')";

/// A city tax of 3.50 a person of 14 and older and night, on top; and 10 % that the price contains.
async fn with_charges(world: &World) {
    world
        .execute(&format!(
            "INSERT INTO charges (hotel_id, id, code, name, kind, basis, value, included, min_age, max_nights) VALUES
                ({ROME}, gen_random_uuid(), 'CITY', 'City tax', 'tax', 'person_night', 350, false, 14, 10),
                ({ROME}, gen_random_uuid(), 'VAT', 'Value added tax', 'tax', 'percent', 1000, true, 0, NULL)"
        ))
        .await;
}

async fn offer(client: &Client, query: &str, room_type: &str) -> Value {
    let query = format!("offers?check_in={}&check_out={}{query}", night(0), night(2));
    let offers = client.get(&query).await.expect(200);
    let mut offers = offers["offers"].as_array().expect("a list").clone();
    offers.retain(|offer| {
        offer["room_type"]["code"] == room_type && offer["rate_plan"]["code"] == "BAR"
    });
    offers.pop().expect("one offer a product")
}

fn euros(minor: i64) -> Value {
    json!({"minor": minor, "currency": "EUR"})
}

#[tokio::test]
async fn what_was_offered_and_quoted_is_what_the_reservation_says_whatever_changes_later() {
    let world = World::start().await;
    with_charges(&world).await;
    let guest = world.guest().await;

    let offered = offer(&guest, "&adults=2&children_ages=13", "DBL").await;
    assert_eq!(offered["room_total"], euros(24_000));
    assert_eq!(
        offered["charges"],
        json!([
            {"code": "CITY", "name": "City tax", "included": false, "amount": euros(4 * 350)},
            {"code": "VAT", "name": "Value added tax", "included": true, "amount": euros(2_182)},
        ])
    );
    assert_eq!(offered["total"], euros(25_400));

    let line = Line {
        units: 2,
        ..Line::default()
    };
    let quote = guest
        .post("quotes", &lines(std::slice::from_ref(&line)))
        .await
        .expect(201);
    assert_eq!(quote["lines"][0]["total"], euros(2 * 25_400));
    assert_eq!(quote["charges"][0]["amount"], euros(2 * 1_400));
    assert_eq!(quote["total"], euros(2 * 25_400));
    let held = guest
        .post("holds", &json!({"quote": quote["quote"]}))
        .await
        .expect(201);
    for field in ["room_total", "charges", "total"] {
        assert_eq!(held[field], quote[field], "{field}");
    }

    world.execute("UPDATE charges SET value = value * 2").await;
    let made = guest
        .reserving(held["id"].as_str().expect("an id"))
        .await
        .expect(201);
    world.execute("DELETE FROM charges").await;
    let id = made["id"].as_str().expect("an id");
    let read = world
        .staff()
        .await
        .get(&format!("reservations/{id}"))
        .await
        .expect(200);
    for field in ["room_total", "charges", "total"] {
        assert_eq!(made[field], quote[field], "{field}");
        assert_eq!(read[field], quote[field], "{field}");
    }
}

#[tokio::test]
async fn a_tax_that_changed_after_the_quote_is_told_and_not_charged() {
    let world = World::start().await;
    with_charges(&world).await;
    let placing = world.guest().await.holding(&[Line::default()]).await;
    world
        .execute("UPDATE charges SET value = 400 WHERE code = 'CITY'")
        .await;
    let refused = placing.await;
    assert_eq!(
        refused.problem(),
        "409 quote_changed: the taxes or fees of DBL are no longer what was quoted: ask for a new quote"
    );
    assert_eq!(
        refused.json()["conflict"],
        json!({"room_type": "DBL", "rate_plan": "BAR", "night": night(0)})
    );
}

#[tokio::test]
async fn a_party_pays_for_its_adults_and_its_childrens_ages() {
    let world = World::start().await;
    world
        .execute(&format!(
            "INSERT INTO occupancy_prices (hotel_id, room_type_id, rate_plan_id, adults, kind, value)
                SELECT hotel_id, room_type_id, rate_plan_id, n, 'amount', (n - 2) * 3000
                FROM products, unnest(ARRAY[1, 3]) AS n WHERE hotel_id = {ROME};
             INSERT INTO child_prices (hotel_id, rate_plan_id, min_age, max_age, kind, value)
                SELECT hotel_id, id, 0, 2, 'amount', 0 FROM rate_plans WHERE hotel_id = {ROME};
             INSERT INTO child_prices (hotel_id, rate_plan_id, min_age, max_age, kind, value)
                SELECT hotel_id, id, 3, 11, 'percent', 2500 FROM rate_plans WHERE hotel_id = {ROME}"
        ))
        .await;
    let guest = world.guest().await;
    for (query, nightly) in [
        ("&adults=1", 9_000),
        ("&adults=2", 12_000),
        ("&adults=2&children_ages=2", 12_000),
        ("&adults=2&children_ages=3", 15_000),
        ("&adults=2&children_ages=11", 15_000),
        // No bracket holds twelve: an adult.
        ("&adults=2&children_ages=12", 15_000),
        ("&adults=1&children_ages=12", 12_000),
    ] {
        let offer = offer(&guest, query, "DBL").await;
        assert_eq!(offer["room_total"], euros(2 * nightly), "{query}");
    }
}

#[tokio::test]
async fn dinars_have_three_decimals_and_a_part_is_rounded_at_the_third() {
    let world = World::start().await;
    world
        .execute(&format!(
            "UPDATE hotels SET currency = 'KWD' WHERE slug = 'aurora-rome';
             UPDATE rates SET price_minor = 12345 WHERE hotel_id = {ROME};
             INSERT INTO charges (hotel_id, id, code, name, kind, basis, value, included)
                VALUES ({ROME}, gen_random_uuid(), 'FEE', 'Service', 'fee', 'percent', 1050, false)"
        ))
        .await;
    let offer = offer(&world.guest().await, "", "DBL").await;
    // 10.5 % of 24.690 is 2.59245.
    assert_eq!(
        offer["charges"][0]["amount"],
        json!({"minor": 2_592, "currency": "KWD"})
    );
    assert_eq!(offer["total"], json!({"minor": 27_282, "currency": "KWD"}));
}

#[tokio::test]
async fn who_books_too_late_or_too_early_is_told_the_days() {
    let world = World::start().await;
    let guest = world.guest().await;
    let arrival = format!("WHERE night = '{}'", night(0));
    for (change, code, limit) in [
        ("cut_off_days = 400", "cut_off", 400),
        (
            "cut_off_days = NULL, max_advance_days = 30",
            "max_advance",
            30,
        ),
    ] {
        world
            .execute(&format!("UPDATE rates SET {change} {arrival}"))
            .await;
        let offer = offer(&guest, "", "DBL").await;
        assert_eq!(offer["reasons"], json!([{"code": code, "limit": limit}]));
    }
}

#[tokio::test]
async fn what_the_hotel_took_off_sale_is_inactive() {
    let world = World::start().await;
    let guest = world.guest().await;
    for table in ["room_types", "rate_plans", "hotels"] {
        world
            .execute(&format!("UPDATE {table} SET active = false"))
            .await;
        let offer = offer(&guest, "", "DBL").await;
        assert_eq!(offer["reasons"], json!([{"code": "inactive"}]), "{table}");
        world
            .execute(&format!("UPDATE {table} SET active = true"))
            .await;
    }
    assert_eq!(offer(&guest, "", "DBL").await["sellable"], true);
}

#[tokio::test]
async fn an_accessible_room_waits_for_who_needs_it_until_the_others_are_gone() {
    let world = World::start().await;
    world
        .execute("UPDATE room_types SET accessible = true, max_occupancy = 2 WHERE code = 'SGL'")
        .await;
    let guest = world.guest().await;
    let accessible = Line {
        room_type: "SGL",
        ..Line::default()
    };
    assert_eq!(
        offer(&guest, "", "SGL").await["reasons"],
        json!([{"code": "held_back"}])
    );
    assert_eq!(
        offer(&guest, "&accessible=true", "SGL").await["sellable"],
        true
    );
    let mut wanted = lines(std::slice::from_ref(&accessible));
    assert_eq!(
        guest.post("quotes", &wanted).await.problem(),
        "409 not_sellable: this cannot be sold: accessible rooms are kept for those who ask for one, while others are left (held_back)"
    );
    // In one step nothing else holds.
    let booking = |wanted: &Value| {
        let booker = json!({"first_name": "Ada", "last_name": "Lovelace"});
        json!({"lines": wanted["lines"], "booker": booker})
    };
    let refused = guest.post("reservations", &booking(&wanted)).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (409, "not_sellable")
    );
    wanted["lines"][0]["accessible"] = json!(true);
    let booked = guest.post("reservations", &booking(&wanted));
    booked.await.expect(201);
    let quote = guest.post("quotes", &wanted).await.expect(201);
    let held = guest.post("holds", &json!({"quote": quote["quote"]}));
    held.await.expect(201);

    guest
        .hold(&[Line {
            units: 8,
            ..Line::default()
        }])
        .await;
    guest.hold(&[accessible]).await;
}

#[tokio::test]
async fn a_quote_of_the_key_before_is_good_while_that_key_is_kept() {
    let before = World::start().await;
    let token = before.guest().await.quote(&[Line::default()]).await;
    let (old, new) = (
        "a key of at least thirty-two letters",
        "another one of at least thirty-two letters",
    );
    let rotated = Setup::gateway()
        .secret("ROOMWIRE_QUOTE_KEY", new)
        .secret("ROOMWIRE_QUOTE_KEYS_OLDER", old);
    // Worlds are copies of each other, so the hotel of the quote is the same.
    let during = World::with(rotated).await;
    let body = json!({"quote": token});
    during.guest().await.post("holds", &body).await.expect(201);

    let after = World::with(Setup::gateway().secret("ROOMWIRE_QUOTE_KEY", new)).await;
    assert_eq!(
        after.guest().await.post("holds", &body).await.code(),
        "invalid_request"
    );
}
