//! The controls and the product API: what people and mappings ask for.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use roomwire_simulators::expedia::{Expedia, RatePlan};
use serde_json::json;

use crate::expedia_harness::{NIGHTS, RATE, ROOM, error, expedia, retrieve};
use crate::harness::{Answer, Call, day};

async fn product(expedia: &Expedia, path: &str, password: &str) -> Answer {
    let login = BASE64_STANDARD.encode(format!("simulated-hotel:{password}"));
    Call::get(expedia.address(), &format!("/products/properties{path}"))
        .header("authorization", &format!("Basic {login}"))
        .send()
        .await
}

#[tokio::test]
async fn the_product_api_lists_what_is_sold_under_which_ids() {
    let (expedia, _) = expedia().await;
    assert!(expedia.add_rate_plan(RatePlan {
        follower: Some("301001007".to_owned()),
        ..RatePlan::default()
    }));
    let password = "simulated-expedia-password";
    let property = product(&expedia, "/12345678", password).await.json();
    assert_eq!(property["entity"]["pricingModel"], "PerDayPricing");
    let rooms = product(&expedia, "/12345678/roomTypes?status=all", password)
        .await
        .json();
    assert_eq!(rooms["entity"][0]["resourceId"], 201_001);
    let rates = product(&expedia, "/12345678/roomTypes/201001/ratePlans", password)
        .await
        .json();
    let rules = &rates["entity"][0]["distributionRules"];
    assert_eq!(
        (&rules[0]["expediaId"], &rules[0]["manageable"]),
        (&json!("301001"), &json!(true))
    );
    assert_eq!(
        (&rules[1]["expediaId"], &rules[1]["manageable"]),
        (&json!("301001007"), &json!(false))
    );
    let all = product(&expedia, "?offset=0&limit=200", password)
        .await
        .json();
    assert_eq!(all["entity"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_product_api_refuses_strangers_and_what_it_does_not_know() {
    let (expedia, _) = expedia().await;
    let password = "simulated-expedia-password";
    assert_eq!(
        product(&expedia, "/12345678", "another-password")
            .await
            .status,
        401
    );
    for (path, status) in [
        ("/1", 404),
        ("/12345678/roomTypes/9/ratePlans", 404),
        ("?limit=201", 400),
        ("/12345678/roomTypes?status=some", 400),
    ] {
        assert_eq!(
            product(&expedia, path, password).await.status,
            status,
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_controls_book_change_and_cancel_and_the_page_shows_it() {
    let (expedia, _) = expedia().await;
    let post = async |path: &str, body: &serde_json::Value| {
        Call::post(expedia.address(), &format!("/_control{path}"))
            .json(body)
            .send()
            .await
    };
    let night = json!({"rates": {"0": 9_900}});
    let put = Call::new(
        http::Method::PUT,
        expedia.address(),
        &format!("/_control/nights/{RATE}/{}", NIGHTS[0]),
    );
    assert_eq!(put.json(&night).send().await.status, 204);
    assert_eq!(
        expedia
            .night(RATE, day(NIGHTS[0]))
            .and_then(|night| night.rate()),
        Some(9_900)
    );
    let put = Call::new(
        http::Method::PUT,
        expedia.address(),
        &format!("/_control/availability/{ROOM}/{}", NIGHTS[0]),
    );
    assert_eq!(put.json(&json!(1)).send().await.status, 204);

    let stay = json!({"rate_plan": RATE, "check_in": NIGHTS[0], "check_out": NIGHTS[1]});
    let made = post("/bookings", &stay).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(post("/bookings", &stay).await.status, 409, "sold out");
    let changed = post(&format!("/bookings/{id}/change"), &json!({"price": 10_000})).await;
    assert_eq!(changed.status, 204, "{}", changed.body);
    assert_eq!(
        post(&format!("/bookings/{id}/cancel"), &json!({}))
            .await
            .status,
        204
    );
    assert_eq!(
        post(&format!("/bookings/{id}/cancel"), &json!({}))
            .await
            .status,
        409
    );
    assert_eq!(
        post("/rate_plans", &json!({"id": "letters"})).await.status,
        404
    );

    assert_eq!(post("/busy", &json!(1)).await.status, 204);
    assert_eq!(error(&retrieve(&expedia, "").await), Some("3210"));
    let page = Call::get(expedia.address(), "/").send().await;
    assert!(
        page.body.contains("Grace Hopper") && page.body.contains(&id),
        "{}",
        page.body
    );
    let state = Call::get(expedia.address(), "/_control/state")
        .send()
        .await
        .json();
    assert_eq!(state["transactions"].as_array().map(Vec::len), Some(3));
}
