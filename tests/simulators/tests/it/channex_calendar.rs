//! What Channex shows when it is asked: the property, what it sells, and its calendar.

use http::Method;
use roomwire_simulators::channex::{Channex, Property, RatePlan, RoomType};
use serde_json::json;

use crate::harness::{Answer, Call, channex, channex_call};

async fn get(channex: &Channex, path: &str) -> Answer {
    channex_call(channex, Method::GET, path).send().await
}

fn of_property(path: &str) -> String {
    format!("{path}?filter[property_id]={}", Property::default().id)
}

fn nights(path: &str) -> String {
    let dates = "filter[date][gte]=2026-12-01&filter[date][lte]=2026-12-02";
    format!("{}&{dates}", of_property(path))
}

#[tokio::test]
async fn every_call_needs_the_key_in_its_own_header() {
    let (channex, _) = channex().await;
    let path = "/api/v1/room_types";
    let call = || Call::get(channex.address(), path);
    for call in [
        call(),
        call().header("user-api-key", "another"),
        call().header("x-api-key", "simulated-channex-key"),
        call().bearer("simulated-channex-key"),
    ] {
        let answer = call.send().await;
        assert_eq!(answer.status, 401);
        assert_eq!(
            answer.json(),
            json!({"errors": {"code": "unauthorized", "title": "Unauthorized"}})
        );
    }
    assert_eq!(get(&channex, "/room_types").await.status, 200);
    let kept = channex.requests().pop().unwrap();
    assert_eq!(kept.header("user-api-key"), Some("(not kept)"));
}

#[tokio::test]
async fn the_property_and_what_it_sells_are_listed() {
    let (channex, _) = channex().await;
    let property = get(&channex, &format!("/properties/{}", Property::default().id)).await;
    assert_eq!(
        property.json()["data"]["attributes"]["timezone"],
        "Europe/Rome"
    );
    let rooms = get(&channex, &of_property("/room_types")).await.json();
    assert_eq!(rooms["data"][0]["id"], RoomType::default().id);
    assert_eq!(
        (&rooms["meta"]["total"], &rooms["meta"]["limit"]),
        (&json!(1), &json!(10))
    );
    let rates = get(&channex, &of_property("/rate_plans")).await.json();
    assert_eq!(
        rates["data"][0]["relationships"]["room_type"]["data"]["id"],
        RoomType::default().id
    );
    let other = get(&channex, "/rate_plans?filter[property_id]=other").await;
    assert_eq!(other.json()["data"], json!([]));
    assert_eq!(get(&channex, "/properties/other").await.status, 404);
}

#[tokio::test]
async fn a_list_is_cut_into_pages_that_count_from_one() {
    let (channex, _) = channex().await;
    for number in 2..=5 {
        let id = format!("room-{number}");
        assert!(channex.add_room_type(RoomType {
            id,
            ..RoomType::default()
        }));
    }
    let page = |number: u32| format!("/room_types?pagination[page]={number}&pagination[limit]=2");
    let mut ids = Vec::new();
    for (number, items) in [(1, 2), (2, 2), (3, 1), (4, 0)] {
        let answer = get(&channex, &page(number)).await.json();
        let data = answer["data"].as_array().unwrap();
        assert_eq!((data.len(), &answer["meta"]["total"]), (items, &json!(5)));
        ids.extend(data.iter().map(|item| item["id"].clone()));
    }
    assert_eq!(ids.len(), 5);
    for wrong in [
        "pagination[page]=0",
        "pagination[limit]=101",
        "pagination[limit]=0",
        "page=1",
    ] {
        assert_eq!(
            get(&channex, &format!("/room_types?{wrong}")).await.status,
            400,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn the_calendar_shows_units_as_numbers_and_rates_as_text() {
    let (channex, _) = channex().await;
    let units = get(&channex, &nights("/availability")).await.json();
    let room_type = RoomType::default().id;
    assert_eq!(
        units["data"][&room_type],
        json!({"2026-12-01": 3, "2026-12-02": 3})
    );

    let path = format!(
        "{}&filter[restrictions]=rate,stop_sell",
        nights("/restrictions")
    );
    let terms = get(&channex, &path).await.json();
    let rate_plan = RatePlan::default().id;
    assert_eq!(
        terms["data"][&rate_plan]["2026-12-01"],
        json!({"rate": "120.50", "stop_sell": false})
    );
}

#[tokio::test]
async fn a_read_that_does_not_say_what_is_refused() {
    let (channex, _) = channex().await;
    let without = get(&channex, &nights("/restrictions")).await;
    assert_eq!(without.status, 400);
    assert_eq!(
        without.json()["errors"]["details"],
        json!(["restrictions is required"])
    );
    let unknown = format!("{}&filter[restrictions]=price", nights("/restrictions"));
    assert_eq!(get(&channex, &unknown).await.status, 400);
    assert_eq!(
        get(&channex, &of_property("/availability")).await.status,
        400
    );
    assert_eq!(get(&channex, "/tasks/unknown").await.status, 404);
    assert_eq!(get(&channex, "/elsewhere").await.status, 404);
}
