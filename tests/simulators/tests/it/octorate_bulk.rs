//! Writing Octorate's calendar in bulk: what is taken, what is refused, and when it shows.

use jiff::SignedDuration;
use roomwire_simulators::octorate::{BASE, BulkItem, BulkMessage, Day, Options, Product, Values};
use serde_json::{Value, json};

use crate::harness::{Call, START, day, double, instant, octorate, octorate_with, post, token};

fn item(values: &Value) -> Value {
    json!([{ "room": "9001", "dateFrom": "2026-12-01", "dateTo": "2026-12-03", "values": values }])
}

#[tokio::test]
async fn a_message_sets_only_the_given_fields_from_the_first_to_the_last_night() {
    let (octorate, _) = octorate().await;

    let answer = post(
        &octorate,
        "/calendar/bulk",
        &item(&json!({ "availability": 1, "stopSells": true })),
    )
    .await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({ "process": [4711], "success": true }));
    let usual = double().usual_day;
    let set = Day {
        availability: 1,
        stop_sells: true,
        ..usual.clone()
    };
    for (night, shown) in [
        ("2026-11-30", &usual),
        ("2026-12-01", &set),
        ("2026-12-02", &set),
        ("2026-12-03", &set),
        ("2026-12-04", &usual),
    ] {
        assert_eq!(octorate.calendar("9001", day(night)).as_ref(), Some(shown));
    }
}

#[tokio::test]
async fn every_field_can_be_set() {
    let (octorate, _) = octorate().await;

    let values = json!({
        "availability": 5, "price": 99.9, "minStay": 2, "maxStay": 9, "closeToArrival": true,
        "closeToDeparture": true, "stopSells": true, "cutOffDays": 4,
    });
    assert_eq!(
        post(&octorate, "/calendar/bulk", &item(&values))
            .await
            .status,
        200
    );

    assert_eq!(
        octorate.calendar("9001", day("2026-12-02")),
        Some(Day {
            availability: 5,
            price: Some(9_990),
            min_stay: 2,
            max_stay: 9,
            close_to_arrival: true,
            close_to_departure: true,
            stop_sells: true,
            cut_off_days: 4,
        })
    );
}

#[tokio::test]
async fn a_price_is_taken_exactly() {
    let (octorate, _) = octorate().await;
    let token = token(&octorate).await;

    let body = item(&json!({ "price": "PRICE" }))
        .to_string()
        .replace("\"PRICE\"", "90071992547409.93");
    let answer = Call::post(octorate.address(), &format!("{BASE}/calendar/bulk"))
        .bearer(&token)
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    let shown = octorate.calendar("9001", day("2026-12-01")).unwrap();
    assert_eq!(shown.price, Some(9_007_199_254_740_993));
}

#[tokio::test]
async fn what_reached_it_is_listed_in_order_with_its_instants() {
    let (octorate, hand) = octorate().await;

    post(
        &octorate,
        "/calendar/bulk",
        &item(&json!({ "availability": 1 })),
    )
    .await;
    hand.advance(SignedDuration::from_secs(5));
    post(&octorate, "/calendar/bulk", &item(&json!({ "price": 80 }))).await;

    let message = |process, seconds, values| BulkMessage {
        process,
        arrived: instant(START) + SignedDuration::from_secs(seconds),
        items: vec![BulkItem {
            product: "9001".to_owned(),
            first: day("2026-12-01"),
            last: day("2026-12-03"),
            values,
        }],
    };
    let availability = Values {
        availability: Some(1),
        ..Values::default()
    };
    let price = Values {
        price: Some(8_000),
        ..Values::default()
    };
    assert_eq!(
        octorate.bulk_messages(),
        [message(4711, 0, availability), message(4712, 5, price)]
    );
}

#[tokio::test]
async fn later_items_of_a_message_win() {
    let (octorate, _) = octorate().await;
    let mut both = item(&json!({ "availability": 1 }));
    let later = item(&json!({ "availability": 2 }))[0].clone();
    both.as_array_mut().unwrap().push(later);

    post(&octorate, "/calendar/bulk", &both).await;

    let shown = octorate.calendar("9001", day("2026-12-01")).unwrap();
    assert_eq!(shown.availability, 2);
}

#[tokio::test]
async fn a_message_shows_only_after_the_delay() {
    let options = Options {
        apply_after: SignedDuration::from_secs(2),
        ..Options::default()
    };
    let (octorate, hand) = octorate_with(options).await;
    let shown = || octorate.calendar("9001", day("2026-12-01")).unwrap();

    post(
        &octorate,
        "/calendar/bulk",
        &item(&json!({ "availability": 0 })),
    )
    .await;

    hand.advance(SignedDuration::from_secs(1));
    assert_eq!(shown().availability, 3);
    hand.advance(SignedDuration::from_secs(1));
    assert_eq!(shown().availability, 0);
}

#[tokio::test]
async fn a_value_of_the_wrong_kind_is_refused() {
    let (octorate, _) = octorate().await;
    for values in [
        json!({}),
        json!({ "availability": -1 }),
        json!({ "availability": 1.5 }),
        json!({ "availability": "1" }),
        json!({ "availability": null }),
        json!({ "price": "120.50" }),
        json!({ "price": null }),
        json!({ "price": true }),
        json!({ "price": 0 }),
        json!({ "price": -5 }),
        json!({ "price": 1.005 }),
        json!({ "minStay": -1 }),
        json!({ "maxStay": "7" }),
        json!({ "closeToArrival": 1 }),
        json!({ "closeToDeparture": "true" }),
        json!({ "stopSells": null }),
        json!({ "cutOffDays": 1.5 }),
        json!({ "stopSell": true }),
        json!([1]),
    ] {
        let answer = post(&octorate, "/calendar/bulk", &item(&values)).await;
        assert_eq!(answer.status, 400, "{values}");
        assert_eq!(answer.json()["type"], "ApiParamsExemption", "{values}");
    }
    assert!(octorate.bulk_messages().is_empty());
}

#[tokio::test]
async fn an_item_of_the_wrong_shape_is_refused() {
    let (octorate, _) = octorate().await;
    let good = item(&json!({ "availability": 1 }));
    let with = |field: &str, value: Value| {
        let mut changed = good.clone();
        changed[0][field] = value;
        changed
    };
    for body in [
        json!([]),
        json!({}),
        good[0].clone(),
        with("dateTo", json!("2026-11-30")),
        with("dateTo", json!("2030-12-01")),
        with("dateFrom", json!("01/12/2026")),
        with("dateFrom", Value::Null),
        with("room", json!("4242")),
        with("room", json!(9001)),
        with("note", json!("please")),
        json!([["9001", "2026-12-01", "2026-12-01", { "availability": 1 }]]),
        json!([{ "room": "9001", "dateFrom": "2026-12-01", "values": { "availability": 1 } }]),
    ] {
        let answer = post(&octorate, "/calendar/bulk", &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json()["type"], "ApiParamsExemption", "{body}");
    }
}

#[tokio::test]
async fn one_wrong_item_keeps_the_whole_message_out() {
    let (octorate, _) = octorate().await;
    let mut body = item(&json!({ "availability": 1 }));
    let unknown = json!({ "room": "4242", "dateFrom": "2026-12-01", "dateTo": "2026-12-01",
        "values": { "availability": 1 } });
    body.as_array_mut().unwrap().push(unknown);

    let answer = post(&octorate, "/calendar/bulk", &body).await;

    assert_eq!(answer.json()["message"], "room 4242 is unknown");
    let shown = octorate.calendar("9001", day("2026-12-01")).unwrap();
    assert_eq!(shown.availability, 3);
}

#[tokio::test]
async fn an_inactive_product_takes_no_updates() {
    let (octorate, _) = octorate().await;
    assert!(octorate.add_product(Product {
        active: false,
        ..double()
    }));

    let answer = post(&octorate, "/calendar/bulk", &item(&json!({ "price": 80 }))).await;

    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["message"], "room 9001 is not active");
}

#[tokio::test]
async fn a_body_that_is_not_sent_as_json_is_refused() {
    let (octorate, _) = octorate().await;
    let token = token(&octorate).await;
    let body = item(&json!({ "availability": 1 })).to_string();
    let call = Call::post(octorate.address(), &format!("{BASE}/calendar/bulk"))
        .bearer(&token)
        .body(body);

    let untyped = call.clone().send().await;
    let plain = call
        .clone()
        .header("content-type", "text/plain")
        .send()
        .await;
    let broken = call
        .header("content-type", "application/json")
        .body("[{")
        .send()
        .await;

    assert_eq!(untyped.status, 415);
    assert_eq!(plain.status, 415);
    assert_eq!(broken.status, 400);
    assert_eq!(broken.json()["type"], "ApiParamsExemption");
}
