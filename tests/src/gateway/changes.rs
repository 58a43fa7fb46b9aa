//! `PATCH …/reservations/{id}`: previewed, priced, and done as a whole or not at all.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Call, Client, Line, World, night};

fn changing(staff: &Client, made: &Value, body: &Value) -> Call {
    let id = made["id"].as_str().expect("an id");
    staff
        .patch(&format!("reservations/{id}"))
        .header("if-match", "*")
        .json(body)
}

fn prices(reservation: &Value) -> Vec<i64> {
    let nights = reservation["rooms"][0]["nights"]
        .as_array()
        .expect("nights");
    nights
        .iter()
        .map(|night| night["minor"].as_i64().expect("a price"))
        .collect()
}

async fn sold(world: &World) -> Vec<i64> {
    let query = "SELECT jsonb_agg(a.sold ORDER BY a.night) FROM room_availability a
        JOIN room_types t ON t.hotel_id = a.hotel_id AND t.id = a.room_type_id
        WHERE t.code = 'DBL' AND a.night BETWEEN";
    let nights = world
        .value(&format!("{query} '{}' AND '{}'", night(0), night(4)))
        .await;
    serde_json::from_value(nights).expect("numbers")
}

#[tokio::test]
async fn a_preview_tells_the_price_and_changes_nothing() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = world.guest().await.reserve(&[Line::default()]).await;
    let body = json!({"dry_run": true, "rooms": [{"line": 0, "check_out": night(4)}]});
    let preview = changing(&staff, &made, &body).await.expect(200);
    assert_eq!(
        (&preview["dry_run"], &preview["difference"]["minor"]),
        (&json!(true), &json!(24_000))
    );
    assert_eq!(
        preview["reservation"]["rooms"][0]["check_out"],
        json!(night(4))
    );
    assert_eq!(sold(&world).await, [1, 1, 0, 0, 0]);
    let id = made["id"].as_str().expect("an id");
    let read = staff.get(&format!("reservations/{id}")).await.expect(200);
    assert_eq!(
        (&read["version"], &read["rooms"]),
        (&json!(1), &made["rooms"])
    );
    assert_eq!(world.number("SELECT count(*) FROM booking_events").await, 1);
}

#[tokio::test]
async fn nights_that_stay_keep_their_price_and_new_ones_have_todays() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = world.guest().await.reserve(&[Line::default()]).await;
    world.execute("UPDATE rates SET price_minor = 50000").await;
    let body = json!({"reason": "a day later", "rooms": [{"line": 0, "check_in": night(1), "check_out": night(3)}]});
    let moved = changing(&staff, &made, &body).await.expect(200);
    assert_eq!(prices(&moved["reservation"]), [12_000, 50_000]);
    assert_eq!(moved["reservation"]["version"], 2);
    assert_eq!(sold(&world).await, [0, 1, 1, 0, 0]);
    let body = json!({"reprice": true, "rooms": [{"line": 0}]});
    let repriced = changing(&staff, &made, &body).await.expect(200);
    assert_eq!(prices(&repriced["reservation"]), [50_000, 50_000]);
    let id = made["id"].as_str().expect("an id");
    let events = staff
        .get(&format!("reservations/{id}/events"))
        .await
        .expect(200);
    let event = &events["events"][1];
    assert_eq!(
        (&event["kind"], &event["reason"]),
        (&json!("changed"), &json!("a day later"))
    );
    assert_eq!(event["before"]["rooms"][0]["check_in"], json!(night(0)));
    assert_eq!(event["after"]["rooms"][0]["check_in"], json!(night(1)));
}

#[tokio::test]
async fn a_change_that_does_not_fit_names_the_cell_and_leaves_all_as_it_was() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let made = guest
        .reserve(&[Line {
            units: 2,
            ..Line::default()
        }])
        .await;
    guest
        .reserve(&[Line {
            arrival: 3,
            nights: 1,
            units: 8,
            ..Line::default()
        }])
        .await;
    let body = json!({"rooms": [{"line": 0, "check_out": night(5)}]});
    let refused = changing(&staff, &made, &body).await;
    assert_eq!(refused.code(), "sold_out");
    assert_eq!(
        refused.json()["conflict"],
        json!({"room_type": "DBL", "night": night(3)})
    );
    assert_eq!(sold(&world).await, [2, 2, 0, 8, 0]);
    let id = made["id"].as_str().expect("an id");
    let read = staff.get(&format!("reservations/{id}")).await.expect(200);
    assert_eq!(read["version"], 1);
}

#[tokio::test]
async fn a_sold_out_stay_is_moved_and_changed_on_its_own_units() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let made = guest
        .reserve(&[Line {
            nights: 3,
            units: 8,
            ..Line::default()
        }])
        .await;
    let plan = json!({"rooms": [{"line": 0, "rate_plan": "BB", "check_out": night(2)}]});
    let changed = changing(&staff, &made, &plan).await.expect(200);
    assert_eq!(prices(&changed["reservation"]), [14_400, 14_400]);
    assert_eq!(sold(&world).await, [8, 8, 0, 0, 0]);
    let shift = json!({"rooms": [{"line": 0, "check_in": night(1), "check_out": night(3)}]});
    changing(&staff, &made, &shift).await.expect(200);
    assert_eq!(sold(&world).await, [0, 8, 8, 0, 0]);
}

#[tokio::test]
async fn the_last_unit_goes_to_one_of_many_changes_and_nobody_loses_what_they_had() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let mut callers = JoinSet::new();
    let mut made = Vec::new();
    for _ in 0..8 {
        made.push(
            guest
                .reserve(&[Line {
                    nights: 1,
                    ..Line::default()
                }])
                .await,
        );
    }
    guest
        .reserve(&[Line {
            arrival: 1,
            nights: 1,
            units: 7,
            ..Line::default()
        }])
        .await;
    for one in &made {
        let body = json!({"rooms": [{"line": 0, "check_out": night(2)}]});
        callers.spawn(changing(&staff, one, &body).into_future());
    }
    let answers = callers.join_all().await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 409).count();
    assert_eq!((done, refused), (1, 7));
    assert_eq!(sold(&world).await, [8, 8, 0, 0, 0]);
}

#[tokio::test]
async fn restrictions_hold_for_what_is_new_unless_staff_pass_over_them() {
    let world = World::start().await;
    let staff = world.staff().await;
    let line = Line {
        room_type: "SGL",
        rate_plan: "BB",
        adults: 1,
        ..Line::default()
    };
    let made = world.guest().await.reserve(&[line]).await;
    let shorter = |skip: bool| json!({"skip_restrictions": skip, "rooms": [{"line": 0, "check_out": night(1)}]});
    let refused = changing(&staff, &made, &shorter(false)).await;
    assert_eq!(refused.code(), "not_sellable");
    assert!(
        refused.problem().contains("min_stay_arrival 2"),
        "{}",
        refused.text()
    );
    changing(&staff, &made, &shorter(true)).await.expect(200);
    let crowd = json!({"skip_restrictions": true, "rooms": [{"line": 0, "adults": 2}]});
    assert_eq!(changing(&staff, &made, &crowd).await.code(), "not_sellable");
}

#[tokio::test]
async fn a_change_says_what_it_has_read() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = world.guest().await.reserve(&[Line::default()]).await;
    let notes = json!({"notes": "a cot", "booker": {"first_name": "Grace", "last_name": "Hopper"}});
    let blind = changing(&staff, &made, &notes).without("if-match").await;
    assert_eq!(
        (blind.status, blind.code().as_str()),
        (428, "if_match_missing")
    );
    let stale = changing(&staff, &made, &notes)
        .header("if-match", "\"7\"")
        .await;
    assert_eq!(stale.code(), "version_changed");
    let changed = changing(&staff, &made, &notes)
        .header("if-match", "\"1\"")
        .await;
    assert_eq!(changed.header("etag"), Some("\"2\""));
    let reservation = &changed.expect(200)["reservation"];
    assert_eq!(
        (&reservation["notes"], &reservation["booker"]["first_name"]),
        (&json!("a cot"), &json!("Grace"))
    );
    assert_eq!(reservation["total"], made["total"]);
    // The trail tells what was changed, and nobody's name.
    let id = made["id"].as_str().expect("an id");
    let trail = staff.get(&format!("reservations/{id}/events")).await;
    let trail = trail.expect(200);
    assert_eq!(
        trail["events"][1]["after"]["also_changed"],
        json!(["/booker", "/notes"])
    );
    assert!(!trail.to_string().contains("Hopper"), "{trail}");
    let found = staff.get("reservations?q=hop").await.expect(200);
    assert_eq!(found["reservations"][0]["id"], made["id"]);
    let gone = staff.get("reservations?q=lovelace").await.expect(200);
    assert_eq!(gone["reservations"], json!([]));
}

#[tokio::test]
async fn what_has_ended_or_makes_no_sense_is_not_changed() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = world.guest().await.reserve(&[Line::default()]).await;
    for body in [
        json!({"rooms": [{"line": 9, "adults": 1}]}),
        json!({"rooms": [{"line": 0}, {"line": 0}]}),
        json!({"rooms": [{"line": 0, "check_out": night(0)}]}),
        json!({"rooms": [{"line": 0, "check_in": "2020-01-01", "check_out": "2020-01-02"}]}),
        json!({"rooms": [{"line": 0, "check_out": "9999-12-31"}]}),
        json!({"rooms": [{"line": 0, "room_type": "NONE"}]}),
        json!({"rooms": [{"line": 0, "units": 0}]}),
        json!({"rooms": [{"line": 70000}]}),
        json!({"notes": "\u{0}"}),
        json!({"status": "confirmed"}),
    ] {
        assert_eq!(
            changing(&staff, &made, &body).await.code(),
            "invalid_request",
            "{body}"
        );
    }
    let second = json!({"rooms": [{"line": 0}, {"line": 7, "guests": []}]});
    let answer = changing(&staff, &made, &second).await;
    assert_eq!(answer.json()["errors"][0]["pointer"], "/rooms/1/line");
    staff.step(&made, "decline").await.expect(200);
    assert_eq!(
        changing(&staff, &made, &json!({"notes": "x"})).await.code(),
        "not_modifiable"
    );
}
