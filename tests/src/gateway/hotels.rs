//! `/v1/hotels`: the directory and the catalogue.

use serde_json::{Value, json};

use crate::harness::World;

fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a Value> {
    list.as_array()
        .expect("a list")
        .iter()
        .map(|one| &one[field])
        .collect()
}

#[tokio::test]
async fn a_hotels_key_lists_its_own_hotel_only() {
    let world = World::start().await;
    let hotels = world.guest().await.get("/v1/hotels").await.expect(200);
    assert_eq!(each(&hotels["hotels"], "slug"), ["aurora-rome"]);
}

#[tokio::test]
async fn the_operator_lists_every_hotel() {
    let world = World::start().await;
    let hotels = world.operator().await.get("/v1/hotels").await.expect(200);
    let mut first = hotels["hotels"][0].clone();
    assert!(first["id"].take().is_string());
    let rome = json!({"id": null, "slug": "aurora-rome", "name": "Hotel Aurora", "time_zone": "Europe/Rome",
        "currency": "EUR", "place": "Rome"});
    assert_eq!(first, rome);
    assert_eq!(
        each(&hotels["hotels"], "slug"),
        ["aurora-rome", "sakura-kyoto"]
    );
}

#[tokio::test]
async fn a_hotel_shows_its_products_and_rooms_by_slug_and_by_id() {
    let world = World::start().await;
    let guest = world.guest().await;
    let by_slug = guest.get("/v1/hotels/aurora-rome").await.expect(200);
    let products: Vec<String> = by_slug["products"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|product| {
            format!(
                "{}/{}",
                product["room_type"]["code"], product["rate_plan"]["code"]
            )
            .replace('"', "")
        })
        .collect();
    assert_eq!(products, ["DBL/BAR", "DBL/BB", "SGL/BAR", "SGL/BB"]);
    assert_eq!(by_slug["rooms"].as_array().expect("a list").len(), 12);

    let id = by_slug["id"].as_str().expect("an id");
    assert_eq!(
        guest.get(&format!("/v1/hotels/{id}")).await.expect(200),
        by_slug
    );
}
