//! `GET /v1/search`: hotels with a room for every party.

use serde_json::{Value, json};

use crate::harness::{Client, Line, World, night};

/// The hotels that are found for two nights.
async fn search(client: &Client, query: &str) -> Vec<Value> {
    let path = format!(
        "/v1/search?check_in={}&check_out={}{query}",
        night(0),
        night(2)
    );
    let page = client.get(&path).await.expect(200);
    page["hotels"].as_array().expect("a list").clone()
}

fn slugs(hotels: &[Value]) -> Vec<&str> {
    hotels
        .iter()
        .map(|found| found["hotel"]["slug"].as_str().expect("a slug"))
        .collect()
}

#[tokio::test]
async fn the_operator_finds_every_hotel_with_its_cheapest_offer_first() {
    let world = World::start().await;
    let found = search(&world.operator().await, "").await;
    assert_eq!(slugs(&found), ["aurora-rome", "sakura-kyoto"]);
    assert_eq!(
        found[0]["total"],
        json!({"minor": 24_000, "currency": "EUR"})
    );
    let offers = found[0]["rooms"][0]["offers"].as_array().expect("a list");
    assert_eq!(offers.len(), 2, "a single does not fit two");
    assert_eq!(offers[0]["rate_plan"]["code"], "BAR");
    assert_eq!(offers[0]["total"], found[0]["total"]);
    assert_eq!(found[1]["total"]["currency"], "JPY");
}

#[tokio::test]
async fn a_hotels_key_finds_its_own_hotel_and_never_another() {
    let world = World::start().await;
    let guest = world.guest().await;
    assert_eq!(slugs(&search(&guest, "").await), ["aurora-rome"]);
    assert!(search(&guest, "&hotels=sakura-kyoto").await.is_empty());
    assert!(search(&guest, "&place=kyoto").await.is_empty());
}

#[tokio::test]
async fn hotels_are_found_by_place_name_id_and_circle() {
    let world = World::start().await;
    world
        .execute(
            "UPDATE hotels SET latitude = 41.9028, longitude = 12.4964 WHERE slug = 'aurora-rome'",
        )
        .await;
    let kyoto = world
        .value("SELECT id FROM hotels WHERE slug = 'sakura-kyoto'")
        .await;
    let kyoto = kyoto.as_str().expect("an id").to_uppercase();
    let operator = world.operator().await;
    for (query, expected) in [
        ("&place=ROM".to_owned(), vec!["aurora-rome"]),
        ("&place=%25".to_owned(), vec![]),
        (
            "&hotels=aurora-rome,nowhere".to_owned(),
            vec!["aurora-rome"],
        ),
        (format!("&hotels={kyoto}"), vec!["sakura-kyoto"]),
        ("&currency=JPY".to_owned(), vec!["sakura-kyoto"]),
        // Tivoli is about 26 km from the middle of Rome.
        (
            "&latitude=41.9634&longitude=12.7984&radius_km=27".to_owned(),
            vec!["aurora-rome"],
        ),
        (
            "&latitude=41.9634&longitude=12.7984&radius_km=25".to_owned(),
            vec![],
        ),
    ] {
        assert_eq!(slugs(&search(&operator, &query).await), expected, "{query}");
    }
}

#[tokio::test]
async fn a_place_is_found_in_any_case_of_its_letters() {
    let world = World::start().await;
    world
        .execute("UPDATE hotels SET place = 'Zürich' WHERE slug = 'aurora-rome'")
        .await;
    let operator = world.operator().await;
    for part in ["Z%C3%9CRICH", "z%C3%BCrich", "%C3%9CRI"] {
        let found = search(&operator, &format!("&place={part}")).await;
        assert_eq!(slugs(&found), ["aurora-rome"], "{part}");
    }
    assert!(search(&operator, "&place=zurich").await.is_empty());
}

#[tokio::test]
async fn every_room_of_a_group_finds_a_unit_of_its_own() {
    let world = World::start().await;
    let guest = world.guest().await;
    // Four singles, and the fifth sleeps in a double.
    let found = search(&guest, "&room=1&room=1&room=1&room=1&room=1").await;
    assert_eq!(found[0]["total"]["minor"], 2 * (4 * 8_000 + 12_000));
    let rooms = found[0]["rooms"].as_array().expect("a list");
    let types: Vec<_> = rooms
        .iter()
        .map(|room| &room["offers"][0]["room_type"]["code"])
        .collect();
    assert_eq!(types.iter().filter(|code| **code == "DBL").count(), 1);

    guest
        .hold(&[Line {
            units: 7,
            ..Line::default()
        }])
        .await;
    assert_eq!(search(&guest, "&room=2").await.len(), 1);
    assert!(search(&guest, "&room=2&room=2").await.is_empty());
}

#[tokio::test]
async fn totals_have_taxes_and_fees_and_the_filters_see_them() {
    let world = World::start().await;
    world
        .execute(
            "INSERT INTO charges (hotel_id, id, code, name, kind, basis, value, included, min_age)
             SELECT id, gen_random_uuid(), 'CITY', 'City tax', 'tax', 'person_night', 350, false, 4
             FROM hotels WHERE slug = 'aurora-rome'",
        )
        .await;
    let guest = world.guest().await;
    let found = search(&guest, "&room=2-4").await;
    assert_eq!(found[0]["total"]["minor"], 24_000 + 6 * 350);
    assert_eq!(found[0]["rooms"][0]["children_ages"], json!([4]));
    assert_eq!(search(&guest, "&room=2-3&max_total=25400").await.len(), 1);
    assert!(search(&guest, "&room=2-3&max_total=25399").await.is_empty());
    let breakfast = search(&guest, "&meal_plan=breakfast").await;
    assert_eq!(breakfast[0]["total"]["minor"], 28_800 + 4 * 350);
    assert!(search(&guest, "&meal_plan=unheard").await.is_empty());
    assert!(search(&guest, "&accessible=true").await.is_empty());
}

#[tokio::test]
async fn a_hotel_that_sells_nothing_is_not_found() {
    let world = World::start().await;
    let operator = world.operator().await;
    world
        .execute("UPDATE hotels SET active = false WHERE slug = 'sakura-kyoto'")
        .await;
    world.execute("UPDATE rates SET stop_sell = true").await;
    assert!(search(&operator, "").await.is_empty());
}

#[tokio::test]
async fn pages_follow_each_other_by_slug() {
    let world = World::start().await;
    let operator = world.operator().await;
    let base = format!(
        "/v1/search?check_in={}&check_out={}&limit=1",
        night(0),
        night(2)
    );
    let first = operator.get(&base).await.expect(200);
    assert_eq!(first["next"], "aurora-rome");
    let second = operator
        .get(&format!("{base}&cursor=aurora-rome"))
        .await
        .expect(200);
    assert_eq!(second["hotels"][0]["hotel"]["slug"], "sakura-kyoto");
    assert_eq!(second.get("next"), None);
}

#[tokio::test]
async fn what_makes_no_sense_names_its_parameter() {
    let world = World::start().await;
    let guest = world.guest().await;
    let dates = format!("check_in={}&check_out={}", night(0), night(2));
    for (query, pointer) in [
        ("check_in=2026-12-24".to_owned(), "check_out"),
        (format!("{dates}&check_in=2026-12-24"), "check_in"),
        (format!("{dates}&room=two"), "room"),
        (format!("{dates}&room=2-"), "room"),
        (format!("{dates}&room=2-18"), "room.children_ages"),
        (format!("{dates}&room=0"), "room.adults"),
        (format!("{dates}&room=99999999999999999999"), "room"),
        (format!("{dates}{}", "&room=1".repeat(10)), "room"),
        (format!("{dates}&place=%00"), "place"),
        (format!("{dates}&hotels=%00"), "hotels"),
        (format!("{dates}&cursor=%00"), "cursor"),
        (format!("{dates}&latitude=1"), "radius_km"),
        (
            format!("{dates}&latitude=NaN&longitude=1&radius_km=1"),
            "latitude",
        ),
        (
            format!("{dates}&latitude=1&longitude=1&radius_km=inf"),
            "radius_km",
        ),
        (format!("{dates}&max_total=1.5"), "max_total"),
        (format!("{dates}&currency=EURO"), "currency"),
        (format!("{dates}&limit=0"), "limit"),
        (format!("{dates}&accessible=maybe"), "accessible"),
        (format!("{dates}&stars=5"), "stars"),
    ] {
        let answer = guest.get(&format!("/v1/search?{query}")).await;
        assert_eq!(answer.code(), "invalid_request", "{query}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{query}");
    }
}
