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
async fn hotels_follow_each_other_page_by_page_and_an_unknown_parameter_is_refused() {
    let world = World::start().await;
    let operator = world.operator().await;
    let first = operator.get("/v1/hotels?limit=1").await.expect(200);
    assert_eq!(each(&first["hotels"], "slug"), ["aurora-rome"]);
    assert_eq!(first["next"], "aurora-rome");
    let after = "/v1/hotels?limit=2&cursor=aurora-rome";
    let second = operator.get(after).await.expect(200);
    assert_eq!(each(&second["hotels"], "slug"), ["sakura-kyoto"]);
    assert_eq!(second["next"], Value::Null);
    // Of a hotel's own key, a cursor leads to nobody else.
    let own = world.guest().await.get("/v1/hotels?cursor=a").await;
    assert_eq!(each(&own.expect(200)["hotels"], "slug"), ["aurora-rome"]);
    for path in [
        "/v1/hotels?limit=0",
        "/v1/hotels?cursor=%00",
        "/v1/hotels?page=2",
        "/v1/hotels/aurora-rome?page=2",
        "/v1/hotels/aurora-rome/rooms?limit=2",
        "/v1/hotels/aurora-rome/connections?limit=2",
    ] {
        assert_eq!(operator.get(path).await.code(), "invalid_request", "{path}");
    }
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
