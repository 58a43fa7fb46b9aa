//! The audit trail of the catalogue: every route that changes it leaves one line, sealed like those of reservations.

use http::Method;
use roomwire::app::seed;
use serde_json::{Value, json};

use crate::catalogue::entries::nouns;
use crate::catalogue::hotels::lakeside;
use crate::gateway::audit::{seal, verify};
use crate::harness::{Client, Setup, World, night, start_instant};

/// A request that changes the catalogue, and the kind of the line that it leaves.
struct Step {
    method: Method,
    path: String,
    body: Value,
    kind: String,
}

fn step(method: Method, path: impl Into<String>, body: Value, kind: impl Into<String>) -> Step {
    Step {
        method,
        path: path.into(),
        body,
        kind: kind.into(),
    }
}

/// Every noun is added, changed and deleted.
fn entry_steps() -> Vec<Step> {
    let massage = json!({"code": "MASSAGE", "name": "Massage", "price": 6000, "basis": "person"});
    let mut steps = vec![step(Method::POST, "extras", massage, "extra.created")];
    let names = [
        "room_type",
        "room",
        "cancellation_policy",
        "charge",
        "rate_plan",
        "extra",
        "package",
        "promo_code",
    ];
    let nouns = nouns();
    assert_eq!(nouns.len(), names.len());
    for ((path, code, wanted, change), name) in nouns.into_iter().zip(names) {
        let one = format!("{path}/{}", wanted[code].as_str().expect("a code"));
        steps.extend([
            step(Method::POST, path, wanted, format!("{name}.created")),
            step(
                Method::PATCH,
                one.clone(),
                change,
                format!("{name}.changed"),
            ),
            step(Method::DELETE, one, Value::Null, format!("{name}.deleted")),
        ]);
    }
    steps
}

fn dinner() -> Value {
    json!({"code": "DINNER", "name": "Dinner", "price": 4000, "basis": "person", "daily_capacity": 10})
}

/// What is no entry of its own: products, the days of an extra, the hotel and its rules.
fn other_steps() -> Vec<Step> {
    let product = "products/SGL/BB";
    let again = json!({"room_type": "SGL", "rate_plan": "BB"});
    let prices = json!({"occupancy_prices": [{"adults": 1, "kind": "amount", "value": -500}]});
    let days = json!({"ranges": [{"from": night(0), "to": night(1), "capacity": 3}]});
    let rules = json!({"tentative": {"alert_after_hours": 5, "escalate_after_hours": 9, "release_after_hours": 30},
        "no_show_keeps": "whole_stay", "notify_guests": false});
    vec![
        step(Method::DELETE, product, Value::Null, "product.deleted"),
        step(Method::POST, "products", again, "product.created"),
        step(Method::PATCH, product, prices, "product.changed"),
        step(Method::POST, "extras", dinner(), "extra.created"),
        step(
            Method::PATCH,
            "extras/DINNER/capacity",
            days,
            "extra_capacity.changed",
        ),
        step(
            Method::PATCH,
            "settings",
            json!({"name": "Aurora"}),
            "hotel.changed",
        ),
        step(Method::PUT, "booking-rules", rules, "booking_rules.changed"),
    ]
}

async fn walk(client: &Client, step: &Step) {
    let answer = match step.method {
        Method::POST => client.post(&step.path, &step.body).await,
        Method::DELETE => client.delete(&step.path).await,
        _ => {
            let call = client.request(step.method.clone(), &step.path);
            call.json(&step.body).await
        }
    };
    let status = if step.method == Method::POST {
        201
    } else {
        200
    };
    assert_eq!(answer.status, status, "{}: {}", step.path, answer.text());
}

/// The lines about a hotel's catalogue, the oldest first, read by pages.
async fn lines(client: &Client) -> Vec<Value> {
    let mut lines = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("catalogue/events?limit=7{cursor}");
        let page = client.get(&path).await.expect(200);
        let events = page["events"].as_array().expect("a list");
        lines.extend(events.iter().cloned());
        let Some(next) = page["next"].as_i64() else {
            lines.reverse();
            return lines;
        };
        cursor = format!("&cursor={next}");
    }
}

fn kinds(lines: &[Value]) -> Vec<&str> {
    let kinds = lines.iter().map(|line| line["kind"].as_str());
    kinds.map(|kind| kind.expect("a kind")).collect()
}

/// Refuses a route of the document that changes the catalogue and was not walked.
async fn assert_all_walked(world: &World, steps: &[Step]) {
    let document = world.anonymous().get("/openapi.json").await.expect(200);
    let mut routes = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let ours = ["Catalogue", "Hotels"].map(Value::from);
            let tags = operation["tags"].as_array().expect("tags");
            if method == "get" || !tags.iter().any(|tag| ours.contains(tag)) {
                continue;
            }
            routes += 1;
            let walked = steps.iter().any(|step| {
                let same = step.method.as_str().eq_ignore_ascii_case(method);
                same && leads_to(path, &step.path)
            });
            assert!(walked, "{method} {path} leaves what in the audit trail?");
        }
    }
    assert!(routes > 25, "{routes} routes");
}

/// Whether a route of the document is that of a path, which is of a hotel unless it begins with a slash.
fn leads_to(route: &str, path: &str) -> bool {
    let whole = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/v1/hotels/aurora-rome/{path}")
    };
    let (route, whole): (Vec<&str>, Vec<&str>) =
        (route.split('/').collect(), whole.split('/').collect());
    route.len() == whole.len()
        && route
            .iter()
            .zip(whole)
            .all(|(wanted, given)| wanted.starts_with('{') || *wanted == given)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_that_changes_the_catalogue_leaves_one_line_and_the_chain_holds_it() {
    let world = World::with(Setup::working()).await;
    let operator = world.operator().await;
    let mut steps: Vec<Step> = entry_steps().into_iter().chain(other_steps()).collect();
    for step in &steps {
        walk(&operator, step).await;
    }
    let found = lines(&operator).await;
    let expected: Vec<&str> = steps.iter().map(|step| step.kind.as_str()).collect();
    assert_eq!(kinds(&found), expected);
    for line in &found {
        let actor = line["actor"].as_str().unwrap_or_default();
        assert!(actor.starts_with("api-key:"), "{line}");
        let kind = line["kind"].as_str().expect("a kind");
        let there = (line["before"].is_object(), line["after"].is_object());
        let wanted = (!kind.ends_with(".created"), !kind.ends_with(".deleted"));
        assert_eq!(there, wanted, "{line}");
        assert_ne!(line["before"], line["after"], "{line}");
    }

    let hotel = step(Method::POST, "/v1/hotels", lakeside(), "hotel.created");
    walk(&operator, &hotel).await;
    assert_eq!(
        kinds(&lines(&operator.at("lakeside")).await),
        ["hotel.created"]
    );
    steps.push(hotel);
    assert_all_walked(&world, &steps).await;

    seal(&world).await;
    let (row, status) = verify(&world, &[]);
    assert_eq!(
        (&row["links"], &row["broken"], status),
        (&json!(found.len()), &json!(null), Some(0))
    );
    let tampering = "UPDATE booking_events SET after = jsonb_set(after, '{name}', '\"Never\"')
        WHERE kind = 'room_type.changed'";
    world.execute(tampering).await;
    let (row, status) = verify(&world, &[]);
    let why = row["broken"].as_str().unwrap_or_default();
    assert!(
        why.starts_with("link 3: event") && status == Some(4),
        "{row}"
    );
    // Its trail is broken, which is what this is about.
    world.into_database().await;
}

#[tokio::test]
async fn a_line_says_what_was_before_and_what_is_after() {
    let world = World::start().await;
    let staff = world.staff().await;
    staff.post("extras", &dinner()).await.expect(201);
    let dearer = staff.patch("extras/DINNER").json(&json!({"price": 4500}));
    dearer.await.expect(200);
    // The second of these days has what it would have anyway.
    let days = json!({"ranges": [{"from": night(0), "to": night(1), "capacity": 3},
        {"from": night(1), "to": night(1), "capacity": null}]});
    let counted = staff.patch("extras/DINNER/capacity").json(&days);
    counted.await.expect(200);
    let found = lines(&staff).await;
    let price = |line: &Value| {
        (
            line["before"]["price_minor"].clone(),
            line["after"]["price_minor"].clone(),
        )
    };
    assert_eq!(price(&found[1]), (json!(4000), json!(4500)));
    let day = |capacity: i32, own: bool| {
        let day = json!({"day": night(0), "capacity": capacity, "own": own});
        json!({"code": "DINNER", "days": [day]})
    };
    assert_eq!(
        (&found[2]["before"], &found[2]["after"]),
        (&day(10, false), &day(3, true))
    );
}

#[tokio::test]
async fn a_discount_is_told_in_the_words_of_its_route() {
    let world = World::start().await;
    let staff = world.staff().await;
    let (path, _, spring, change) = nouns().pop().expect("promo codes");
    staff.post(path, &spring).await.expect(201);
    let changing = staff.patch("promo-codes/SPRING").json(&change);
    changing.await.expect(200);
    let found = lines(&staff).await;
    for (told, of) in [
        (&found[1]["before"], &spring),
        (&found[1]["after"], &change),
    ] {
        for field in ["kind", "value", "stay_nights"] {
            assert_eq!(told[field], of[field], "{field}");
        }
        assert_eq!(told.get("discount"), None);
    }
}

#[tokio::test]
async fn what_changes_nothing_is_refused_or_was_done_before_leaves_no_line() {
    let world = World::start().await;
    let staff = world.staff().await;
    let (path, _, triple, _) = nouns().swap_remove(0);
    let mut id = String::new();
    for _ in 0..2 {
        let made = staff.post(path, &triple).idempotency_key("triple").await;
        let made = made.expect(201);
        made["id"].as_str().expect("an id").clone_into(&mut id);
    }
    let same = staff
        .patch("room-types/TRP")
        .json(&json!({"name": "Triple"}));
    same.await.expect(200);
    assert_eq!(staff.post(path, &triple).await.code(), "code_taken");
    assert_eq!(staff.delete("room-types/DBL").await.code(), "in_use");
    assert_eq!(kinds(&lines(&staff).await), ["room_type.created"]);

    // A line about a room type is no reservation's.
    let of_reservation = staff.get(&format!("reservations/{id}/events")).await;
    assert_eq!(of_reservation.code(), "not_found");
    let guest = world.guest().await.get("catalogue/events").await;
    assert_eq!(guest.code(), "scope_missing");
    let endless = staff.get("catalogue/events?limit=0").await;
    assert_eq!(endless.code(), "invalid_request");
}

/// A hotel's file, with the rooms that it has.
fn hillside(name: &str, rooms: &[&str]) -> String {
    let rooms = json!(rooms);
    format!(
        r#"
slug = "hillside"
name = "{name}"
time_zone = "Europe/Rome"
currency = "EUR"
nights = 2
room_types = [
    {{ code = "DBL", name = "Double", standard_occupancy = 2, max_occupancy = 3, rooms = {rooms} }},
]
rate_plans = [{{ code = "BAR", name = "Best Available Rate", meal_plan = "room_only" }}]
products = [{{ room_type = "DBL", rate_plan = "BAR", price = 10000 }}]
"#
    )
}

#[tokio::test]
async fn what_is_seeded_leaves_the_lines_that_it_would_leave_over_http_and_once() {
    let world = World::start().await;
    let store = world.database.store(2).await;
    let operator = world.operator().await.at("hillside");
    let mut expected = vec![
        "hotel.created",
        "room_type.created",
        "rate_plan.created",
        "room.created",
        "room.created",
        "product.created",
    ];
    let three = ["1", "2", "3"];
    for (file, more) in [
        (hillside("Hillside", &three[..2]), None),
        (hillside("Hillside", &three[..2]), None),
        (hillside("Hillside", &three), Some("room.created")),
        (hillside("Hillside Inn", &three), Some("hotel.changed")),
    ] {
        expected.extend(more);
        let seeded = seed::seed(&store, start_instant(), &file).await;
        seeded.expect("the file is good");
        assert_eq!(kinds(&lines(&operator).await), expected, "{file}");
    }
    store.close().await;

    let found = lines(&operator).await;
    for line in &found {
        assert_eq!(line["actor"], "command:seed", "{line}");
    }
    assert_eq!(found[1]["after"]["code"], "DBL");
    assert_eq!(found[5]["after"]["rate_plan"], "BAR");
    assert_eq!(found[6]["after"]["number"], "3");
    let names = ["before", "after"].map(|side| found[7][side]["name"].clone());
    assert_eq!(names, [json!("Hillside"), json!("Hillside Inn")]);
}
