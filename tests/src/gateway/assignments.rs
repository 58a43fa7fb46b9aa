//! Rooms of reservations: given, moved, exchanged, locked, taken back, and following their reservation's whole life.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::harness::{Call, Client, Line, World, night};

fn id(made: &Value) -> &str {
    made["id"].as_str().expect("an id")
}

fn arrange(staff: &Client, made: &Value, verb: &str, body: &Value) -> Call {
    staff.post(&format!("reservations/{}/rooms/{verb}", id(made)), body)
}

fn stay(arrival: i32, nights: i32) -> Line {
    Line {
        arrival,
        nights,
        ..Line::default()
    }
}

fn single(arrival: i32, nights: i32) -> Line {
    Line {
        room_type: "SGL",
        adults: 1,
        ..stay(arrival, nights)
    }
}

async fn confirmed(world: &World, line: Line) -> Value {
    let made = world.guest().await.reserve(&[line]).await;
    world.staff().await.step(&made, "confirm").await.expect(200)
}

/// A confirmed reservation in a room that was chosen.
async fn in_room(world: &World, line: Line, room: &str) -> Value {
    let made = confirmed(world, line).await;
    let staff = world.staff().await;
    let body = json!({"line": 0, "room": room});
    arrange(&staff, &made, "move", &body).await.expect(200)
}

/// `room from-until` of each assignment of the first line, nights as [`night`] counts.
fn rooms(reservation: &Value) -> Vec<String> {
    let assigned = reservation["rooms"][0]["assigned"].as_array();
    let day = |date: &Value| {
        let found = (-10..60).find(|days| json!(night(*days)) == *date);
        found.expect("a near day")
    };
    let line = |one: &Value| {
        let room = one["room"].as_str().expect("a number");
        format!("{room} {}-{}", day(&one["from"]), day(&one["until"]))
    };
    assigned.expect("a list").iter().map(line).collect()
}

async fn now(world: &World, made: &Value) -> Value {
    let staff = world.staff().await;
    staff
        .get(&format!("reservations/{}", id(made)))
        .await
        .expect(200)
}

async fn kinds(world: &World, made: &Value) -> Vec<String> {
    let staff = world.staff().await;
    let path = format!("reservations/{}/events", id(made));
    let events = staff.get(&path).await.expect(200);
    let events = events["events"].as_array().expect("a list");
    let kind = |event: &Value| event["kind"].as_str().expect("a kind").to_owned();
    events.iter().map(kind).collect()
}

/// Moves the application's clock to noon in Rome of a day that [`night`] counts.
fn noon_of(world: &World, days: i32) {
    let rome = TimeZone::get("Europe/Rome").expect("a known zone");
    let noon = night(days).at(12, 0, 0, 0).to_zoned(rome).expect("noon is");
    let ahead = noon.timestamp().duration_since(world.clock.now());
    assert!(ahead > SignedDuration::ZERO, "clocks go forwards");
    world.clock.advance(ahead);
}

fn change(staff: &Client, made: &Value, body: &Value) -> Call {
    let path = format!("reservations/{}", id(made));
    staff.patch(&path).header("if-match", "*").json(body)
}

#[tokio::test]
async fn each_unit_gets_a_room_of_its_type_and_the_reservation_and_the_rack_show_it() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = confirmed(
        &world,
        Line {
            units: 2,
            ..stay(0, 2)
        },
    )
    .await;
    let from = night(0);
    let rack = staff
        .get(&format!("assignments?from={from}&to={from}"))
        .await
        .expect(200);
    assert_eq!(rack["rooms"].as_array().map(Vec::len), Some(12));
    assert_eq!(rack["unassigned"].as_array().map(Vec::len), Some(2));
    assert_eq!(rack["unassigned"][0]["guest"], json!("Ada Lovelace"));

    let answer = arrange(&staff, &made, "auto", &json!({})).await;
    assert_eq!(answer.header("etag"), Some("\"3\""));
    let given = answer.expect(200);
    assert_eq!(rooms(&given), ["101 0-2", "102 0-2"]);
    assert_eq!(now(&world, &made).await["rooms"], given["rooms"]);
    let again = arrange(&staff, &made, "auto", &json!({})).await.expect(200);
    assert_eq!(again["version"], json!(3), "nothing was missing any more");
    let rack = staff
        .get(&format!("assignments?from={from}&to={from}"))
        .await
        .expect(200);
    assert_eq!(rack["unassigned"], json!([]));
    let cell = &rack["rooms"][0]["assignments"][0];
    assert_eq!(
        (&rack["rooms"][0]["number"], &cell["reservation"]),
        (&json!("101"), &made["id"])
    );
    let kinds = kinds(&world, &made).await;
    assert_eq!(kinds, ["created", "confirmed", "rooms_assigned"]);
}

#[tokio::test]
async fn stays_are_packed_tightly_and_split_only_where_somebody_says_so() {
    let world = World::start().await;
    let staff = world.staff().await;
    for (room, from) in [("104", 0), ("105", 0), ("206", 2), ("207", 2)] {
        in_room(&world, single(from, 2), room).await;
    }
    let long = confirmed(&world, single(0, 4)).await;
    let whole = arrange(&staff, &long, "auto", &json!({})).await.expect(200);
    assert_eq!(
        rooms(&whole),
        Vec::<String>::new(),
        "no room is free for all nights"
    );
    let split = arrange(&staff, &long, "auto", &json!({"split": true}));
    assert_eq!(rooms(&split.await.expect(200)), ["206 0-2", "104 2-4"]);

    // Beside a stay that ends on its arrival day, and not in a room that is wholly empty.
    in_room(&world, stay(10, 3), "203").await;
    let next = confirmed(&world, stay(13, 2)).await;
    let next = arrange(&staff, &next, "auto", &json!({})).await.expect(200);
    assert_eq!(rooms(&next), ["203 13-15"]);
}

#[tokio::test]
async fn everybody_who_arrives_on_a_day_gets_a_room_and_who_gets_none_is_named() {
    let world = World::start().await;
    let staff = world.staff().await;
    world
        .execute("UPDATE room_availability SET allotment = 20")
        .await;
    for _ in 0..5 {
        confirmed(&world, single(0, 2)).await;
    }
    let other_day = confirmed(&world, single(1, 1)).await;
    let body = json!({"arrival": night(0)});
    let given = staff.post("assignments/auto", &body).await.expect(200);
    assert_eq!(
        (&given["reservations"], &given["skipped"]),
        (&json!(4), &json!(0))
    );
    assert_eq!(given["unassigned"].as_array().map(Vec::len), Some(1));
    assert_eq!(rooms(&now(&world, &other_day).await), Vec::<String>::new());
}

#[tokio::test]
async fn a_guest_is_moved_to_a_better_room_from_a_night_on_and_never_into_somebody_elses() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = in_room(&world, single(0, 4), "104").await;
    let upgrade = json!({"line": 0, "room": "201", "from": night(2)});
    let moved = arrange(&staff, &made, "move", &upgrade).await.expect(200);
    assert_eq!(rooms(&moved), ["104 0-2", "201 2-4"]);
    let back = json!({"line": 0, "room": "104", "from": night(2)});
    let moved = arrange(&staff, &made, "move", &back).await.expect(200);
    assert_eq!(rooms(&moved), ["104 0-4"]);

    let other = confirmed(&world, single(3, 2)).await;
    let taken = arrange(&staff, &other, "move", &json!({"line": 0, "room": "104"})).await;
    assert_eq!(
        taken.problem(),
        format!(
            "409 room_taken: room 104 is somebody else's on the night of {}",
            night(3)
        )
    );
    for (body, status) in [
        (json!({"line": 0, "room": "999"}), 404),
        (json!({"line": 1, "room": "105"}), 422),
        (json!({"line": 0, "unit": 1, "room": "105"}), 422),
        (json!({"line": 0, "room": "105", "from": night(5)}), 422),
        (json!({"line": 0}), 422),
    ] {
        let answer = arrange(&staff, &other, "move", &body).await;
        assert_eq!(answer.status, status, "{body} {}", answer.text());
    }
}

#[tokio::test]
async fn two_guests_change_rooms_each_for_their_own_nights() {
    let world = World::start().await;
    let staff = world.staff().await;
    let first = in_room(&world, stay(0, 3), "101").await;
    let second = in_room(&world, stay(0, 2), "102").await;
    let pair = |one: &Value, other: &Value| {
        let id = |made: &Value| made["rooms"][0]["assigned"][0]["id"].clone();
        json!({"assignments": [id(one), id(other)]})
    };
    let swap = staff.post("assignments/swap", &pair(&first, &second));
    assert_eq!(
        swap.await.expect(200)["reservations"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    let (first, second) = (now(&world, &first).await, now(&world, &second).await);
    assert_eq!(
        (rooms(&first), rooms(&second)),
        (vec!["102 0-3".to_owned()], vec!["101 0-2".to_owned()])
    );
    assert_eq!(
        kinds(&world, &first).await.pop().as_deref(),
        Some("rooms_swapped")
    );

    // The longer stay does not fit where somebody comes after the shorter one.
    in_room(&world, stay(2, 1), "101").await;
    let taken = staff.post("assignments/swap", &pair(&first, &second)).await;
    assert_eq!(taken.code(), "room_taken");
    let locked = arrange(&staff, &second, "lock", &json!({}))
        .await
        .expect(200);
    let refused = staff.post("assignments/swap", &pair(&first, &locked)).await;
    assert_eq!(refused.code(), "assignment_locked");
    assert_eq!(rooms(&now(&world, &first).await), ["102 0-3"]);
}

#[tokio::test]
async fn a_locked_room_stays_until_it_is_unlocked() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = in_room(&world, stay(0, 2), "101").await;
    arrange(&staff, &made, "lock", &json!({"line": 0}))
        .await
        .expect(200);
    let elsewhere = json!({"line": 0, "room": "102"});
    for (verb, body) in [("move", &elsewhere), ("unassign", &json!({}))] {
        let refused = arrange(&staff, &made, verb, body).await;
        assert_eq!(refused.code(), "assignment_locked", "{verb}");
    }
    arrange(&staff, &made, "unlock", &json!({}))
        .await
        .expect(200);
    let free = arrange(&staff, &made, "unassign", &json!({}))
        .await
        .expect(200);
    assert_eq!(rooms(&free), Vec::<String>::new());
}

#[tokio::test]
async fn what_ends_or_leaves_early_gives_its_room_back_from_the_right_night() {
    let world = World::start().await;
    let staff = world.staff().await;
    let declined = world.guest().await.reserve(&[stay(0, 2)]).await;
    arrange(&staff, &declined, "auto", &json!({}))
        .await
        .expect(200);
    let cancelled = in_room(&world, stay(0, 4), "202").await;
    arrange(&staff, &cancelled, "lock", &json!({}))
        .await
        .expect(200);
    let absent = in_room(&world, stay(0, 4), "203").await;
    let early = in_room(&world, stay(0, 4), "204").await;
    for (made, step) in [(&declined, "decline"), (&cancelled, "cancel")] {
        let ended = staff.step(made, step).await.expect(200);
        assert_eq!(rooms(&ended), Vec::<String>::new(), "{step}");
    }
    let late = arrange(&staff, &cancelled, "auto", &json!({})).await;
    assert_eq!(late.code(), "not_modifiable");
    noon_of(&world, 1);
    let absent = staff.step(&absent, "no-show").await.expect(200);
    assert_eq!(rooms(&absent), ["203 0-1"]);
    staff.step(&early, "check-in").await.expect(200);
    noon_of(&world, 2);
    // Whoever is here moves from today on, whatever is said.
    let moved = json!({"line": 0, "room": "205"});
    let moved = arrange(&staff, &early, "move", &moved).await.expect(200);
    assert_eq!(rooms(&moved), ["204 0-2", "205 2-4"]);
    let freed = arrange(&staff, &early, "unassign", &json!({}))
        .await
        .expect(200);
    assert_eq!(rooms(&freed), ["204 0-2"]);
    arrange(&staff, &early, "auto", &json!({}))
        .await
        .expect(200);
    noon_of(&world, 3);
    let left = staff.step(&early, "check-out").await.expect(200);
    assert_eq!(
        rooms(&left).last().map(|room| room.ends_with("2-3")),
        Some(true)
    );
}

#[tokio::test]
async fn a_change_keeps_the_room_where_it_fits_and_gives_it_up_with_a_word_where_not() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = in_room(&world, stay(0, 2), "101").await;
    let to = |days: i32| json!({"rooms": [{"line": 0, "check_out": night(days)}]});
    let longer = change(&staff, &made, &to(4)).await.expect(200);
    assert_eq!(rooms(&longer["reservation"]), ["101 0-4"]);
    in_room(&world, stay(4, 2), "101").await;

    arrange(&staff, &made, "lock", &json!({})).await.expect(200);
    let refused = change(&staff, &made, &to(5)).await;
    assert_eq!(refused.code(), "assignment_locked");
    assert_eq!(rooms(&now(&world, &made).await), ["101 0-4"]);
    let mut body = to(5);
    body["release_locked_rooms"] = json!(true);
    let changed = change(&staff, &made, &body).await.expect(200);
    assert_eq!(rooms(&changed["reservation"]), Vec::<String>::new());
    let kinds = kinds(&world, &made).await;
    assert_eq!(kinds[kinds.len() - 2..], ["changed", "rooms_lost"]);

    let other = in_room(&world, stay(20, 2), "102").await;
    let single = json!({"rooms": [{"line": 0, "room_type": "SGL", "adults": 1}]});
    let changed = change(&staff, &other, &single).await.expect(200);
    assert_eq!(rooms(&changed["reservation"]), Vec::<String>::new());
}

#[tokio::test]
async fn an_arrangement_compares_the_version_is_done_once_and_is_for_staff() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = confirmed(&world, stay(0, 2)).await;
    let stale = arrange(&staff, &made, "auto", &json!({})).header("if-match", "\"1\"");
    assert_eq!(stale.await.code(), "version_changed");
    let key = "rooms-once";
    let call = || arrange(&staff, &made, "auto", &json!({})).idempotency_key(key);
    let (first, second) = (call().await, call().await);
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
    assert_eq!(first.body, second.body);
    let guest = world.guest().await;
    assert_eq!(
        arrange(&guest, &made, "auto", &json!({})).await.code(),
        "scope_missing"
    );
    let from = night(0);
    let rack = format!("assignments?from={from}&to={from}");
    assert_eq!(guest.get(&rack).await.code(), "scope_missing");
    let wide = format!("assignments?from={from}&to={}", night(92));
    assert_eq!(staff.get(&wide).await.code(), "invalid_request");
    let foreign = world.staff_of("sakura-kyoto").await;
    assert_eq!(
        arrange(&foreign, &made, "auto", &json!({})).await.code(),
        "not_found"
    );
}
