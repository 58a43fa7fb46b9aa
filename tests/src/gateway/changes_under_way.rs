//! Changes of a stay that has begun, that others change at the same time, that crosses months, or that is said again.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Answer, Call, Client, Line, World, night};

fn changing(staff: &Client, made: &Value, version: &str, body: &Value) -> Call {
    let id = made["id"].as_str().expect("an id");
    staff
        .patch(&format!("reservations/{id}"))
        .header("if-match", version)
        .json(body)
}

fn codes(answers: &[Answer]) -> Vec<String> {
    let mut codes: Vec<String> = answers
        .iter()
        .map(|answer| match answer.status {
            200 => "done".to_owned(),
            _ => answer.code(),
        })
        .collect();
    codes.sort();
    codes
}

fn nights(reservation: &Value) -> Vec<i64> {
    let nights = reservation["rooms"][0]["nights"].as_array();
    let nights = nights.expect("nights").iter();
    nights
        .map(|night| night["minor"].as_i64().expect("a price"))
        .collect()
}

fn noon_of(world: &World, days: i32) {
    let rome = TimeZone::get("Europe/Rome").expect("a known zone");
    let noon = night(days).at(12, 0, 0, 0).to_zoned(rome).expect("noon is");
    let ahead = noon.timestamp().duration_since(world.clock.now());
    assert!(ahead > SignedDuration::ZERO, "clocks go forwards");
    world.clock.advance(ahead);
}

/// Six who change a reservation's departure and two who cancel it, all at once, at this version.
async fn all_at_once(world: &World, version: &str) -> Vec<Answer> {
    let staff = world.staff().await;
    let made = world.guest().await.reserve(&[Line::default()]).await;
    let mut callers = JoinSet::new();
    for departure in 3..9 {
        let body = json!({"rooms": [{"line": 0, "check_out": night(departure)}]});
        callers.spawn(changing(&staff, &made, version, &body).into_future());
    }
    for _ in 0..2 {
        let cancel = staff.step(&made, "cancel").header("if-match", version);
        callers.spawn(cancel.into_future());
    }
    callers.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_all_who_have_read_the_same_version_one_changes_it() {
    let world = World::start().await;
    for _ in 0..5 {
        let codes = codes(&all_at_once(&world, "\"1\"").await);
        assert_eq!(codes[0], "done");
        assert_eq!(codes[1..], ["version_changed"; 7]);
    }
}

/// The control: who insists on no version is refused by none, and the counters are right all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_insists_on_no_version_comes_one_after_the_other() {
    let world = World::start().await;
    for _ in 0..5 {
        let codes = codes(&all_at_once(&world, "*").await);
        let done = codes.iter().filter(|code| *code == "done").count();
        assert!(done >= 1, "{codes:?}");
        for code in &codes[done..] {
            assert!(
                ["not_modifiable", "wrong_status"].contains(&code.as_str()),
                "{codes:?}"
            );
        }
    }
    let sold = "SELECT sum(sold)::bigint FROM room_availability";
    assert_eq!(world.number(sold).await, 0, "all were cancelled in the end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_while_the_stay_is_made_longer_takes_exactly_what_is_left() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let mut made = Vec::new();
    for _ in 0..4 {
        made.push(guest.reserve(&[Line::default()]).await);
    }
    noon_of(&world, 0);
    let mut callers = JoinSet::new();
    for one in &made {
        staff.step(one, "confirm").await.expect(200);
        staff.step(one, "check-in").await.expect(200);
        let longer = json!({"rooms": [{"line": 0, "check_out": night(5)}]});
        callers.spawn(changing(&staff, one, "*", &longer).into_future());
        callers.spawn(staff.step(one, "check-out").into_future());
    }
    for answer in callers.join_all().await {
        assert!(
            answer.status == 200 || answer.code() == "not_modifiable",
            "{}",
            answer.text()
        );
    }
    // Who left keeps the first night only, whichever came first.
    let sold = "SELECT sum(sold)::bigint FROM room_availability";
    assert_eq!(world.number(sold).await, 4);
}

#[tokio::test]
async fn a_change_across_the_end_of_a_month_moves_the_nights_of_both() {
    let world = World::start().await;
    let staff = world.staff().await;
    let first = (3..40)
        .find(|days| night(*days).day() == 1)
        .expect("a month begins");
    let made = world
        .guest()
        .await
        .reserve(&[Line {
            arrival: first - 2,
            ..Line::default()
        }])
        .await;
    let sold = async || {
        let sold = format!(
            "SELECT jsonb_agg(a.sold ORDER BY a.night) FROM room_availability a
             JOIN room_types t ON t.hotel_id = a.hotel_id AND t.id = a.room_type_id
             WHERE t.code = 'DBL' AND a.night BETWEEN '{}' AND '{}'",
            night(first - 2),
            night(first + 1)
        );
        world.value(&sold).await
    };
    assert_eq!(sold().await, json!([1, 1, 0, 0]));
    let later = json!({"rooms": [{"line": 0, "check_in": night(first - 1), "check_out": night(first + 2)}]});
    changing(&staff, &made, "*", &later).await.expect(200);
    assert_eq!(sold().await, json!([0, 1, 1, 1]));
    let other =
        json!({"rooms": [{"line": 0, "check_in": night(first), "check_out": night(first + 1)}]});
    changing(&staff, &made, "*", &other).await.expect(200);
    assert_eq!(sold().await, json!([0, 0, 1, 0]));
}

#[tokio::test]
async fn nights_that_have_passed_stay_as_they_were() {
    let world = World::start().await;
    let staff = world.staff().await;
    let line = Line {
        nights: 4,
        ..Line::default()
    };
    let made = world.guest().await.reserve(&[line]).await;
    noon_of(&world, 0);
    staff.step(&made, "confirm").await.expect(200);
    staff.step(&made, "check-in").await.expect(200);
    noon_of(&world, 2);
    world
        .execute("UPDATE rates SET price_minor = 50000, stop_sell = night < '2000-01-01'")
        .await;
    let refused: [(Value, &str); 5] = [
        (json!({"check_in": night(1)}), "invalid_request"),
        (json!({"check_in": night(2)}), "not_modifiable"),
        (json!({"check_out": night(1)}), "invalid_request"),
        (json!({"units": 2}), "not_modifiable"),
        (
            json!({"room_type": "SGL", "adults": 1, "rate_plan": "BAR"}),
            "not_modifiable",
        ),
    ];
    for (mut change, code) in refused {
        change["line"] = json!(0);
        let answer = changing(&staff, &made, "*", &json!({"rooms": [change]})).await;
        assert_eq!(answer.code(), code, "{change}");
    }
    let alone = json!({"rooms": [{"line": 0, "adults": 1, "check_in": night(0), "units": 1}]});
    let changed = changing(&staff, &made, "*", &alone).await.expect(200);
    let kept = [12_000, 12_000, 50_000, 50_000];
    assert_eq!(nights(&changed["reservation"]), kept);
    let breakfast =
        json!({"reprice": true, "rooms": [{"line": 0, "rate_plan": "BB", "check_out": night(3)}]});
    let changed = changing(&staff, &made, "*", &breakfast).await.expect(200);
    assert_eq!(nights(&changed["reservation"]), kept[..3]);
    let today = json!({"rooms": [{"line": 0, "check_out": night(2)}]});
    let changed = changing(&staff, &made, "*", &today).await.expect(200);
    assert_eq!(nights(&changed["reservation"]), kept[..2]);
}

#[tokio::test]
async fn what_is_said_again_is_done_once() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = world.guest().await.reserve(&[Line::default()]).await;
    let body = json!({"notes": "a cot", "rooms": [{"line": 0, "check_out": night(3)}]});
    for _ in 0..3 {
        let changed = changing(&staff, &made, "*", &body).await;
        assert_eq!(changed.header("etag"), Some("\"2\""));
        assert_eq!(changed.expect(200)["reservation"]["version"], 2);
    }
    let nothing = changing(&staff, &made, "\"2\"", &json!({})).await;
    assert_eq!(nothing.expect(200)["difference"]["minor"], 0);
    let events = "SELECT count(*) FROM booking_events WHERE kind = 'changed'";
    assert_eq!(world.number(events).await, 1);
    let again = changing(&staff, &made, "\"1\"", &body).await;
    assert_eq!(again.code(), "version_changed");
}

#[tokio::test]
async fn another_plans_restrictions_hold_for_the_same_nights() {
    let world = World::start().await;
    let staff = world.staff().await;
    let line = Line {
        room_type: "SGL",
        adults: 1,
        nights: 1,
        ..Line::default()
    };
    let made = world.guest().await.reserve(&[line]).await;
    let breakfast = json!({"rooms": [{"line": 0, "rate_plan": "BB"}]});
    let refused = changing(&staff, &made, "*", &breakfast).await;
    assert_eq!(refused.code(), "not_sellable");
    assert!(refused.text().contains("min_stay_arrival 2"));
}
