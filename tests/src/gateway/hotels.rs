//! `/v1/hotels`: the directory and the catalogue.

use serde_json::json;

use crate::harness::World;

#[tokio::test]
async fn a_hotels_key_lists_its_own_hotel_only() {
    let world = World::start().await;
    let hotels = world.guest().await.get("/v1/hotels").await.expect(200);
    let names: Vec<_> = hotels["hotels"].as_array().unwrap().iter().map(|hotel| &hotel["slug"]).collect();
    assert_eq!(names, [&json!("aurora-rome")]);
}

#[tokio::test]
async fn the_operator_lists_every_hotel() {
    let world = World::start().await;
    let hotels = world.operator().await.get("/v1/hotels").await.expect(200);
    insta::assert_json_snapshot!(hotels["hotels"].as_array().unwrap().iter().map(|hotel| json!([
        hotel["slug"], hotel["name"], hotel["time_zone"], hotel["currency"], hotel["place"]
    ])).collect::<Vec<_>>());
}
