//! Messages of availability and of restrictions: their form, what they do, and what is left out with a warning.

use http::Method;
use jiff::SignedDuration;
use roomwire_simulators::channex::{Channex, Night, Options, Property, RatePlan, RoomType, Sort};
use serde_json::{Value, json};

use crate::harness::{Answer, START, channex, channex_call, channex_with, day, instant};

async fn send(channex: &Channex, what: &str, values: &Value) -> Answer {
    channex_call(channex, Method::POST, what)
        .json(&json!({ "values": values }))
        .send()
        .await
}

fn units(says: &Value) -> Value {
    let mut value = json!({ "property_id": Property::default().id, "room_type_id": RoomType::default().id,
        "date_from": "2026-12-01", "date_to": "2026-12-03" });
    with(&mut value, says);
    value
}

fn rates(says: &Value) -> Value {
    let mut value = json!({ "property_id": Property::default().id, "rate_plan_id": RatePlan::default().id,
        "date_from": "2026-12-01", "date_to": "2026-12-03" });
    with(&mut value, says);
    value
}

/// Null takes a field away.
fn with(value: &mut Value, says: &Value) {
    let value = value.as_object_mut().unwrap();
    for (name, said) in says.as_object().unwrap() {
        match said {
            Value::Null => drop(value.remove(name)),
            said => drop(value.insert(name.clone(), said.clone())),
        }
    }
}

fn shown(channex: &Channex, night: &str) -> (u32, Night) {
    let units = channex.units(&RoomType::default().id, day(night)).unwrap();
    (
        units,
        channex.night(&RatePlan::default().id, day(night)).unwrap(),
    )
}

#[tokio::test]
async fn a_message_sets_units_from_the_first_to_the_last_night_and_names_its_task() {
    let (channex, _) = channex().await;

    let answer = send(
        &channex,
        "/availability",
        &json!([units(&json!({"availability": 1}))]),
    )
    .await;

    let task = "00000001-0000-4000-8000-000000000001";
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(
        answer.json(),
        json!({"data": [{"id": task, "type": "task"}], "meta": {"message": "Success", "warnings": []}})
    );
    let nights = ["2026-11-30", "2026-12-01", "2026-12-03", "2026-12-04"];
    assert_eq!(nights.map(|night| shown(&channex, night).0), [0, 1, 1, 3]);
    let path = format!("/tasks/{task}");
    let found = channex_call(&channex, Method::GET, &path).send().await;
    assert_eq!(found.json()["data"]["attributes"]["status"], "completed");
}

#[tokio::test]
async fn only_the_given_fields_of_a_rate_change() {
    let (channex, _) = channex().await;
    let before = shown(&channex, "2026-12-02").1;

    let price = json!([rates(&json!({"rate": "99.90"}))]);
    assert_eq!(send(&channex, "/restrictions", &price).await.status, 200);
    let after = shown(&channex, "2026-12-02").1;
    assert_eq!(
        after,
        Night {
            rate: Some(9_990),
            ..before
        }
    );

    let all = json!({"rate": 10_000, "min_stay_arrival": 2, "min_stay_through": 3, "max_stay": 9,
        "closed_to_arrival": true, "closed_to_departure": true, "stop_sell": true});
    send(&channex, "/restrictions", &json!([rates(&all)])).await;
    let every = Night {
        rate: Some(10_000),
        rates: [].into(),
        min_stay_arrival: 2,
        min_stay_through: 3,
        max_stay: 9,
        closed_to_arrival: true,
        closed_to_departure: true,
        stop_sell: true,
    };
    assert_eq!(shown(&channex, "2026-12-02").1, every);
}

#[tokio::test]
async fn a_rate_plan_takes_prices_of_its_own_sort_only() {
    let (channex, _) = channex().await;
    let per_person = RatePlan {
        id: "0c2b51a1-2c5e-4d0b-8b1c-3d8a5f8d0009".to_owned(),
        per_person: true,
        ..RatePlan::default()
    };
    assert!(channex.add_rate_plan(per_person.clone()));
    let each = |people: u16| json!([{"occupancy": 1, "rate": "80.00"}, {"occupancy": people, "rate": 9_900}]);
    let of_it = |says: Value| {
        let mut value = rates(&says);
        value["rate_plan_id"] = json!(per_person.id);
        value
    };
    for (wrong, field) in [
        (rates(&json!({"rates": each(2)})), "rates"),
        (of_it(json!({"rate": "80.00"})), "rate"),
        (of_it(json!({"rates": each(3)})), "rates"),
    ] {
        let answer = send(&channex, "/restrictions", &json!([wrong])).await;
        let warning = &answer.json()["meta"]["warnings"][0]["warning"];
        assert!(warning.get(field).is_some(), "{}", answer.body);
    }
    let right = json!([of_it(json!({"rates": each(2)}))]);
    assert_eq!(send(&channex, "/restrictions", &right).await.status, 200);
    let shown = channex.night(&per_person.id, day("2026-12-02")).unwrap();
    assert_eq!(
        (shown.rate, shown.rates),
        (None, [(1, 8_000), (2, 9_900)].into())
    );
}

#[tokio::test]
async fn a_value_may_be_about_one_date_or_some_days_of_the_week() {
    let (channex, _) = channex().await;

    // The first of December is a Tuesday.
    let days = json!({"availability": 1, "days": ["tu", "th"]});
    let date = json!({"availability": 2, "date": "2026-12-04", "date_from": null, "date_to": null});
    let answer = send(
        &channex,
        "/availability",
        &json!([units(&days), units(&date)]),
    )
    .await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    let nights = ["2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04"];
    assert_eq!(nights.map(|night| shown(&channex, night).0), [1, 3, 1, 2]);
}

#[tokio::test]
async fn what_a_value_says_wrongly_is_left_out_with_a_warning_and_the_rest_is_taken() {
    let (channex, _) = channex().await;
    for (says, field) in [
        (json!({"rate": 0}), "rate"),
        (json!({"rate": "0.00"}), "rate"),
        (json!({"rate": "-1.00"}), "rate"),
        (json!({"rate": "1.005"}), "rate"),
        (json!({"rate": 12.5}), "rate"),
        (json!({"rate": true}), "rate"),
        (
            json!({"stop_sell": true, "rate_plan_id": "unknown"}),
            "rate_plan_id",
        ),
        (
            json!({"stop_sell": true, "property_id": "unknown"}),
            "property_id",
        ),
        (
            json!({"stop_sell": true, "date_from": "2026-11-22"}),
            "date",
        ),
        (
            json!({"stop_sell": true, "date_to": "2026-11-30"}),
            "date_to",
        ),
        (json!({"stop_sell": true, "days": ["xx"]}), "days"),
    ] {
        let (channex, _) = crate::harness::channex().await;
        let values = json!([rates(&says), rates(&json!({"max_stay": 4}))]);
        let answer = send(&channex, "/restrictions", &values).await;
        assert_eq!(answer.status, 200, "{says}");
        let warnings = &answer.json()["meta"]["warnings"];
        assert_eq!(
            warnings.as_array().map(Vec::len),
            Some(1),
            "{says}: {warnings}"
        );
        assert!(
            warnings[0]["warning"][field][0].is_string(),
            "{says}: {warnings}"
        );
        assert_eq!(warnings[0]["rate_plan_id"], values[0]["rate_plan_id"]);
        assert_eq!(warnings[0]["date_from"], values[0]["date_from"]);
        let night = shown(&channex, "2026-12-01").1;
        assert_eq!((night.max_stay, night.stop_sell), (4, false), "{says}");
    }
    let values = json!([units(&json!({"availability": -1}))]);
    let answer = send(&channex, "/availability", &values).await;
    assert!(answer.json()["meta"]["warnings"][0]["warning"]["availability"].is_array());
}

#[tokio::test]
async fn a_message_of_the_wrong_form_is_refused_whole() {
    let (channex, _) = channex().await;
    let good = units(&json!({"availability": 1}));
    for (what, wrong) in [
        ("/availability", units(&json!({}))),
        ("/availability", units(&json!({"availability": "1"}))),
        (
            "/availability",
            units(&json!({"availability": 1, "stop_sell": true})),
        ),
        (
            "/availability",
            units(&json!({"availability": 1, "date": "2026-12-01"})),
        ),
        (
            "/availability",
            units(&json!({"availability": 1, "date_to": null})),
        ),
        (
            "/availability",
            units(&json!({"availability": 1, "date_from": "1/12/2026"})),
        ),
        (
            "/availability",
            units(&json!({"availability": 1, "room_type_id": null})),
        ),
        (
            "/availability",
            units(&json!({"availability": 1, "note": "please"})),
        ),
        ("/availability", rates(&json!({"rate": 100}))),
        ("/restrictions", rates(&json!({}))),
        ("/restrictions", rates(&json!({"availability": 1}))),
        ("/restrictions", rates(&json!({"min_stay_arrival": -1}))),
        ("/restrictions", rates(&json!({"stop_sell": 1}))),
        ("/restrictions", units(&json!({"availability": 1}))),
    ] {
        let (channex, _) = crate::harness::channex().await;
        let answer = send(&channex, what, &json!([good, wrong])).await;
        assert_eq!(answer.status, 422, "{what} {wrong}");
        let errors = &answer.json()["errors"];
        assert_eq!(errors["code"], "validation_error", "{wrong}");
        assert!(errors["details"][0].is_string(), "{wrong}");
        assert!(channex.messages().is_empty());
    }
    for body in [
        json!({}),
        json!([]),
        json!({"values": []}),
        json!({"values": [good], "more": 1}),
    ] {
        let call = channex_call(&channex, Method::POST, "/availability").json(&body);
        assert_eq!(call.send().await.status, 422, "{body}");
    }
    let call = channex_call(&channex, Method::POST, "/availability");
    assert_eq!(
        call.body("{}").send().await.status,
        400,
        "it is not said to be JSON"
    );
}

#[tokio::test]
async fn the_eleventh_message_of_a_minute_is_refused_and_the_other_sort_has_its_own_ten() {
    let (channex, hand) = channex().await;
    let value = json!([units(&json!({"availability": 1}))]);
    for _ in 0..10 {
        assert_eq!(send(&channex, "/availability", &value).await.status, 200);
    }

    let refused = send(&channex, "/availability", &value).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.json()["errors"]["code"], "http_too_many_requests");
    assert!(!refused.headers.contains_key("retry-after"));
    let other = json!([rates(&json!({"stop_sell": true}))]);
    assert_eq!(send(&channex, "/restrictions", &other).await.status, 200);

    hand.advance(SignedDuration::from_secs(60));
    assert_eq!(send(&channex, "/availability", &value).await.status, 200);
}

#[tokio::test]
async fn messages_are_listed_as_they_were_written_and_show_after_their_time() {
    let options = Options {
        apply_after: SignedDuration::from_secs(2),
        ..Options::default()
    };
    let (channex, hand) = channex_with(options).await;
    let value = units(&json!({"availability": 0}));

    send(&channex, "/availability", &json!([value])).await;

    let [message] = channex.messages().try_into().unwrap();
    assert_eq!(
        (message.sort, message.arrived),
        (Sort::Availability, instant(START))
    );
    assert_eq!(message.values, [value]);
    assert_eq!(shown(&channex, "2026-12-01").0, 3);
    hand.advance(SignedDuration::from_secs(2));
    assert_eq!(shown(&channex, "2026-12-01").0, 0);
}

#[tokio::test]
async fn a_message_of_more_than_ten_megabytes_is_refused() {
    let (channex, _) = channex().await;
    let call = channex_call(&channex, Method::POST, "/availability");
    let body = " ".repeat(10_000_001);

    let answer = call
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await;

    assert_eq!(answer.status, 413);
}
