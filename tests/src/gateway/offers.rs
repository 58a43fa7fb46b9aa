//! `GET …/offers`: every product for a stay, with its price or the reasons why it is not for sale.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::harness::{Client, Line, World, night};

async fn offer(client: &Client, query: &str, room_type: &str, rate_plan: &str) -> Value {
    let offers = client.get(&format!("offers?{query}")).await.expect(200);
    let mut offers = offers["offers"].as_array().expect("a list").clone();
    offers.retain(|offer| {
        offer["room_type"]["code"] == room_type && offer["rate_plan"]["code"] == rate_plan
    });
    offers.pop().expect("one offer a product")
}

#[tokio::test]
async fn an_open_stay_shows_each_nights_price_the_total_and_the_units() {
    let world = World::start().await;
    // From Thursday: the second night is a weekend's.
    let query = format!("check_in={}&check_out={}", night(3), night(5));
    let offer = offer(&world.guest().await, &query, "DBL", "BAR").await;
    let nights =
        json!([{"night": night(3), "minor": 12_000}, {"night": night(4), "minor": 14_000}]);
    assert_eq!(offer["nights"], nights);
    assert_eq!(offer["total"], json!({"minor": 26_000, "currency": "EUR"}));
    assert_eq!(
        (&offer["sellable"], &offer["units"]),
        (&json!(true), &json!(8))
    );
}

#[tokio::test]
async fn yen_have_no_decimals() {
    let world = World::start().await;
    let query = format!("check_in={}&check_out={}", night(0), night(2));
    let offer = offer(
        &world.guest_of("sakura-kyoto").await,
        &query,
        "TATAMI",
        "HALF",
    )
    .await;
    assert_eq!(offer["total"], json!({"minor": 84_000, "currency": "JPY"}));
}

#[tokio::test]
async fn a_product_that_is_not_for_sale_says_every_reason() {
    let world = World::start().await;
    let query = format!(
        "check_in={}&check_out={}&adults=2&children_ages=4",
        night(0),
        night(1)
    );
    let offer = offer(&world.guest().await, &query, "SGL", "BB").await;
    assert_eq!(offer["sellable"], false);
    assert_eq!(offer.get("total"), None);
    let reasons = json!([{"code": "occupancy_exceeded", "limit": 1}, {"code": "min_stay_arrival", "limit": 2}]);
    assert_eq!(offer["reasons"], reasons);
}

#[tokio::test]
async fn nights_beyond_those_that_were_opened_are_not_for_sale() {
    let world = World::start().await;
    let query = format!("check_in={}&check_out={}", night(400), night(401));
    let offer = offer(&world.guest().await, &query, "DBL", "BAR").await;
    assert_eq!(
        offer["reasons"],
        json!([{"code": "not_open", "night": night(400)}])
    );
}

#[tokio::test]
async fn a_sold_out_night_is_named() {
    let world = World::start().await;
    let guest = world.guest().await;
    guest
        .hold(&[Line {
            arrival: 1,
            nights: 1,
            units: 8,
            ..Line::default()
        }])
        .await;
    let query = format!("check_in={}&check_out={}", night(0), night(2));
    let offer = offer(&guest, &query, "DBL", "BAR").await;
    assert_eq!(
        offer["reasons"],
        json!([{"code": "sold_out", "night": night(1)}])
    );
}

#[tokio::test]
async fn restrictions_and_gaps_are_those_of_their_own_nights_and_products() {
    let world = World::start().await;
    let mine = |table: &str| {
        format!(
            "hotel_id = (SELECT id FROM hotels WHERE slug = 'aurora-rome') AND room_type_id = (SELECT id
             FROM room_types t WHERE t.hotel_id = {table}.hotel_id AND code = 'DBL')"
        )
    };
    let plan = "rate_plan_id = (SELECT id FROM rate_plans p WHERE p.hotel_id = rates.hotel_id AND code = 'BAR')";
    world
        .execute(&format!(
            "UPDATE rates SET stop_sell = true WHERE {rates} AND {plan} AND night = '{}';
             UPDATE rates SET min_stay_through = 9 WHERE {rates} AND {plan} AND night = '{}';
             DELETE FROM rates WHERE {rates} AND {plan} AND night = '{}';
             DELETE FROM room_availability WHERE {stock} AND night = '{}'",
            night(2),
            night(4),
            night(3),
            night(5),
            rates = mine("rates"),
            stock = mine("room_availability"),
        ))
        .await;
    let query = format!("check_in={}&check_out={}", night(1), night(7));
    let guest = world.guest().await;
    let bar = offer(&guest, &query, "DBL", "BAR").await;
    let reasons = json!([
        {"code": "stop_sell", "night": night(2)},
        {"code": "not_open", "night": night(3)},
        {"code": "min_stay_through", "limit": 9},
        {"code": "not_open", "night": night(5)},
    ]);
    assert_eq!(bar["reasons"], reasons);
    // The same room type's other plan lacks the stock of that night and nothing else.
    let breakfast = offer(&guest, &query, "DBL", "BB").await;
    let reasons = json!([{"code": "not_open", "night": night(5)}]);
    assert_eq!(breakfast["reasons"], reasons);
}

#[tokio::test]
async fn today_is_the_hotels_date() {
    let world = World::start().await;
    // At half past four in the afternoon, UTC, it is still that day in Rome and already the next in Kyoto.
    let afternoon = night(0)
        .at(16, 30, 0, 0)
        .to_zoned(TimeZone::UTC)
        .expect("UTC has every time");
    world
        .clock
        .advance(afternoon.timestamp().duration_since(world.clock.now()));
    let query = format!("check_in={}&check_out={}", night(0), night(1));
    assert_eq!(
        offer(&world.guest().await, &query, "DBL", "BAR").await["sellable"],
        true
    );
    let kyoto = offer(
        &world.guest_of("sakura-kyoto").await,
        &query,
        "TATAMI",
        "HALF",
    )
    .await;
    assert_eq!(kyoto["reasons"], json!([{"code": "in_the_past"}]));
}
