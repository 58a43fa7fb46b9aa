//! A reservation after it is made: arrival, departure, absence, cancellation terms, and what each gives back.

use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::harness::{Line, World, night};

/// Moves the application's clock to noon in Rome of a day that [`night`] counts.
fn noon_of(world: &World, days: i32) {
    let rome = TimeZone::get("Europe/Rome").expect("a known zone");
    let noon = night(days).at(12, 0, 0, 0).to_zoned(rome).expect("noon is");
    let ahead = noon.timestamp().duration_since(world.clock.now());
    assert!(ahead > SignedDuration::ZERO, "clocks go forwards");
    world.clock.advance(ahead);
}

fn path(made: &Value) -> String {
    format!("reservations/{}", made["id"].as_str().expect("an id"))
}

async fn confirmed(world: &World, line: Line) -> Value {
    let made = world.guest().await.reserve(&[line]).await;
    world.staff().await.step(&made, "confirm").await.expect(200)
}

/// Sold doubles of a night that [`night`] counts.
async fn sold(world: &World, days: i32) -> i64 {
    world
        .number(&format!(
            "SELECT a.sold FROM room_availability a JOIN room_types t ON t.id = a.room_type_id
             JOIN hotels h ON h.id = a.hotel_id
             WHERE h.slug = 'aurora-rome' AND t.code = 'DBL' AND a.night = '{}'",
            night(days)
        ))
        .await
}

async fn sold_nights(world: &World) -> Vec<i64> {
    let mut nights = Vec::new();
    for days in 0..4 {
        nights.push(sold(world, days).await);
    }
    nights
}

#[tokio::test]
async fn nobody_is_checked_in_before_the_arrival_day_at_the_hotel() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = confirmed(&world, Line::default()).await;
    let early = staff.step(&made, "check-in").await;
    assert_eq!(early.code(), "wrong_day");
    assert_eq!(staff.step(&made, "no-show").await.code(), "wrong_day");
    noon_of(&world, 0);
    let arrived = staff.step(&made, "check-in").await.expect(200);
    assert_eq!(arrived["status"], "checked_in");
    assert_eq!(staff.step(&made, "cancel").await.code(), "wrong_status");
    assert_eq!(staff.step(&made, "no-show").await.code(), "wrong_status");
    assert_eq!(
        staff.step(&arrived, "check-in").await.code(),
        "wrong_status"
    );
}

#[tokio::test]
async fn who_leaves_early_gives_the_nights_that_are_left_back_and_keeps_those_slept() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = confirmed(
        &world,
        Line {
            nights: 4,
            units: 2,
            ..Line::default()
        },
    )
    .await;
    noon_of(&world, 0);
    staff.step(&made, "check-in").await.expect(200);
    assert_eq!(sold_nights(&world).await, [2, 2, 2, 2]);
    noon_of(&world, 2);
    let left = staff.step(&made, "check-out").await.expect(200);
    assert_eq!(left["status"], "checked_out");
    assert_eq!(left["rooms"][0]["freed_from"], json!(night(2)));
    assert_eq!(left["total"], made["total"]);
    assert_eq!(sold_nights(&world).await, [2, 2, 0, 0]);
}

#[tokio::test]
async fn who_leaves_on_the_arrival_day_keeps_the_first_night_and_who_leaves_late_frees_nothing() {
    let world = World::start().await;
    let staff = world.staff().await;
    let first = confirmed(&world, Line::default()).await;
    let second = confirmed(&world, Line::default()).await;
    noon_of(&world, 0);
    for made in [&first, &second] {
        staff.step(made, "check-in").await.expect(200);
    }
    staff.step(&first, "check-out").await.expect(200);
    assert_eq!(sold_nights(&world).await, [2, 1, 0, 0]);
    noon_of(&world, 3);
    let late = staff.step(&second, "check-out").await.expect(200);
    assert_eq!(late["rooms"][0].get("freed_from"), None);
    assert_eq!(sold_nights(&world).await, [2, 1, 0, 0]);
}

#[tokio::test]
async fn a_no_show_keeps_the_first_night_or_the_whole_stay_by_the_hotels_rule() {
    let world = World::start().await;
    let staff = world.staff().await;
    let line = || Line {
        nights: 3,
        ..Line::default()
    };
    let (first, second) = (
        confirmed(&world, line()).await,
        confirmed(&world, line()).await,
    );
    noon_of(&world, 0);
    staff.step(&first, "no-show").await.expect(200);
    assert_eq!(sold_nights(&world).await, [2, 1, 1, 0]);
    let rules = json!({"tentative": {"alert_after_hours": null, "escalate_after_hours": null, "release_after_hours": null},
        "no_show_keeps": "whole_stay", "notify_guests": false, "waitlist_hold_minutes": 30});
    let put = staff
        .request(http::Method::PUT, "booking-rules")
        .json(&rules)
        .await
        .expect(200);
    assert_eq!(put, rules);
    assert_eq!(staff.get("booking-rules").await.expect(200), rules);
    staff.step(&second, "no-show").await.expect(200);
    assert_eq!(sold_nights(&world).await, [2, 1, 1, 0]);
}

#[tokio::test]
async fn rules_out_of_order_are_refused() {
    let world = World::start().await;
    let staff = world.staff().await;
    for (alert, escalate, release) in [
        (json!(0), json!(null), json!(null)),
        (json!(9), json!(8), json!(null)),
        (json!(9), json!(null), json!(8)),
        (json!(70000), json!(null), json!(null)),
        (json!(-1), json!(null), json!(null)),
    ] {
        let rules = json!({"tentative": {"alert_after_hours": alert, "escalate_after_hours": escalate,
            "release_after_hours": release}, "no_show_keeps": "first_night", "notify_guests": true});
        let answer = staff
            .request(http::Method::PUT, "booking-rules")
            .json(&rules)
            .await;
        assert_eq!(answer.code(), "invalid_request", "{rules}");
    }
    let guest = world.guest().await;
    assert_eq!(guest.get("booking-rules").await.code(), "scope_missing");
}

#[tokio::test]
async fn a_cancellation_owes_what_was_agreed_when_it_was_booked() {
    let world = World::start().await;
    let staff = world.staff().await;
    let policy = |hours: &str, penalty: &str| {
        format!(
            "INSERT INTO cancellation_policies (hotel_id, id, code, name, free_until_hours, penalty)
             SELECT id, gen_random_uuid(), 'FLEX', 'Flexible', {hours}, '{penalty}' FROM hotels WHERE slug = 'aurora-rome';
             UPDATE rate_plans p SET cancellation_policy_id = c.id FROM cancellation_policies c
             WHERE c.hotel_id = p.hotel_id AND p.code = 'BAR'"
        )
    };
    world.execute(&policy("24", "first_night")).await;
    let free = confirmed(&world, Line::default()).await;
    let late = confirmed(
        &world,
        Line {
            units: 2,
            ..Line::default()
        },
    )
    .await;
    assert_eq!(
        late["rooms"][0]["cancellation"],
        json!({"code": "FLEX", "name": "Flexible", "free_until_hours": 24, "penalty": "first_night"})
    );
    // What the hotel changes later does not bind those who booked before.
    world
        .execute("UPDATE cancellation_policies SET penalty = 'whole_stay', free_until_hours = NULL")
        .await;
    noon_of(&world, -2);
    let cancelled = staff.step(&free, "cancel").await.expect(200);
    assert_eq!(cancelled["owed"], json!({"minor": 0, "currency": "EUR"}));
    noon_of(&world, -1);
    let cancelled = staff.step(&late, "cancel").await.expect(200);
    assert_eq!(
        cancelled["owed"],
        json!({"minor": 24_000, "currency": "EUR"})
    );
    let without = confirmed(
        &world,
        Line {
            rate_plan: "BB",
            ..Line::default()
        },
    )
    .await;
    let cancelled = staff.step(&without, "cancel").await.expect(200);
    assert_eq!(cancelled.get("owed"), None);
}

#[tokio::test]
async fn a_confirmation_keeps_its_checklist() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let made = guest.reserve(&[Line::default()]).await;
    let confirm = format!("{}/confirm", path(&made));
    let file = |url: &str| json!({"files": [{"name": "passport.pdf", "url": url}]});
    for url in [
        "http://files.example/a",
        "https://",
        "https:///a",
        "https://a b",
        "javascript:alert(1)",
    ] {
        let answer = staff.post(&confirm, &file(url)).await;
        assert_eq!(answer.code(), "invalid_request", "{url}");
    }
    let body = json!({"notes": "key in the box", "notify_guest": false,
        "files": [{"name": "passport.pdf", "url": "https://files.example/p.pdf"}]});
    let confirmed = staff.post(&confirm, &body).await.expect(200);
    let expected = json!({"notes": "key in the box", "guest_notified": false,
        "files": [{"name": "passport.pdf", "url": "https://files.example/p.pdf"}]});
    assert_eq!(confirmed["checklist"], expected);
    let read = staff.get(&path(&made)).await.expect(200);
    assert_eq!(read["checklist"], expected);
}

#[tokio::test]
async fn a_reservation_is_made_from_lines_or_a_quote_in_one_step() {
    let world = World::start().await;
    let guest = world.guest().await;
    let ada = json!({"first_name": "Ada", "last_name": "Lovelace"});
    let line = Line {
        units: 7,
        ..Line::default()
    };
    let from_lines = json!({"lines": [line.json()], "booker": ada});
    let made = guest.post("reservations", &from_lines).await.expect(201);
    assert_eq!(
        (&made["status"], &made["total"]["minor"]),
        (&json!("tentative"), &json!(168_000))
    );
    assert!(made["tentative_since"].is_string(), "{made}");
    let quote = guest.quote(&[Line::default()]).await;
    guest
        .post("reservations", &json!({"quote": quote, "booker": ada}))
        .await
        .expect(201);
    let sold_out = guest
        .post(
            "reservations",
            &json!({"lines": [Line::default().json()], "booker": ada}),
        )
        .await;
    assert_eq!(sold_out.code(), "sold_out");
    assert_eq!(sold_out.json()["conflict"]["night"], json!(night(0)));
    assert_eq!(sold_nights(&world).await, [8, 8, 0, 0]);
    for body in [
        json!({"booker": ada}),
        json!({"booker": ada, "quote": quote, "lines": [Line::default().json()]}),
        json!({"booker": ada, "lines": []}),
        json!({"booker": ada, "quote": quote, "staff": {"reason": "x"}}),
    ] {
        let answer = guest.post("reservations", &body).await;
        assert!(
            ["invalid_request", "scope_missing"].contains(&answer.code().as_str()),
            "{body}"
        );
    }
}

#[tokio::test]
async fn staff_set_prices_and_pass_over_restrictions_but_never_over_inventory() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let ada = json!({"first_name": "Ada", "last_name": "Lovelace"});
    let mut line = Line {
        room_type: "SGL",
        rate_plan: "BB",
        nights: 1,
        adults: 1,
        ..Line::default()
    }
    .json();
    line["prices"] = json!([1]);
    let body = |line: &Value, staff: Value| json!({"lines": [line], "booker": ada, "staff": staff});
    let reason = json!({"reason": "a journalist"});
    assert_eq!(
        guest
            .post("reservations", &body(&line, reason.clone()))
            .await
            .code(),
        "scope_missing"
    );
    assert_eq!(
        staff
            .post("reservations", &body(&line, reason.clone()))
            .await
            .code(),
        "not_sellable"
    );
    let skipping = json!({"reason": "a journalist", "skip_restrictions": true});
    let made = staff
        .post("reservations", &body(&line, skipping.clone()))
        .await
        .expect(201);
    assert_eq!(
        (&made["status"], &made["total"]["minor"], &made["source"]),
        (&json!("confirmed"), &json!(1), &json!("staff"))
    );
    let events = staff
        .get(&format!("{}/events", path(&made)))
        .await
        .expect(200);
    assert_eq!(events["events"][0]["reason"], "a journalist");
    line["units"] = json!(4);
    let refused = staff.post("reservations", &body(&line, skipping)).await;
    assert_eq!(refused.code(), "sold_out");
}

#[tokio::test]
async fn staffs_prices_are_one_a_night_and_their_booking_says_why() {
    let world = World::start().await;
    let staff = world.staff().await;
    let ada = json!({"first_name": "Ada", "last_name": "Lovelace"});
    let line = |prices: Value| {
        let mut line = Line::default().json();
        line["prices"] = prices;
        line
    };
    for (prices, terms) in [
        (json!([]), json!({"reason": "x"})),
        (json!([1]), json!({"reason": "x"})),
        (json!([1, -1]), json!({"reason": "x"})),
        (json!([1, i64::MAX]), json!({"reason": "x"})),
        (json!([1, 1]), json!({"reason": " "})),
        (json!([1, 1]), json!({"reason": "x\u{0}"})),
        (
            json!([1, 1]),
            json!({"reason": "x", "walk_in": true, "tentative": true}),
        ),
    ] {
        let body = json!({"lines": [line(prices)], "booker": ada, "staff": terms});
        let refused = staff.post("reservations", &body).await;
        assert_eq!(refused.code(), "invalid_request", "{body}");
    }
}

#[tokio::test]
async fn who_walks_in_is_checked_in_at_once_and_arrives_today() {
    let world = World::start().await;
    let staff = world.staff().await;
    let ada = json!({"first_name": "Ada", "last_name": "Lovelace"});
    let body = json!({"lines": [Line::default().json()], "booker": ada, "staff": {"reason": "at the desk", "walk_in": true}});
    assert_eq!(
        staff.post("reservations", &body).await.code(),
        "invalid_request"
    );
    noon_of(&world, 0);
    let made = staff.post("reservations", &body).await.expect(201);
    assert_eq!(
        (&made["status"], &made["source"]),
        (&json!("checked_in"), &json!("walk_in"))
    );
    let yesterday: Date = night(2);
    noon_of(&world, 2);
    assert!(yesterday > night(0));
    assert_eq!(
        staff.post("reservations", &body).await.code(),
        "invalid_request"
    );
}

#[tokio::test]
async fn a_day_begins_when_it_does_at_the_hotel() {
    let world = World::start().await;
    let (guest, staff) = (
        world.guest_of("sakura-kyoto").await,
        world.staff_of("sakura-kyoto").await,
    );
    let line = Line {
        room_type: "TATAMI",
        rate_plan: "HALF",
        ..Line::default()
    };
    let made = guest.reserve(&[line]).await;
    staff.step(&made, "confirm").await.expect(200);
    // In Kyoto the arrival day begins at three in the afternoon of the day before in Greenwich.
    let begins = night(0).to_zoned(TimeZone::get("Asia/Tokyo").expect("a known zone"));
    let begins = begins.expect("the day begins").timestamp();
    let second = SignedDuration::from_secs(1);
    world
        .clock
        .advance(begins.duration_since(world.clock.now()) - second);
    assert_eq!(staff.step(&made, "no-show").await.code(), "wrong_day");
    assert_eq!(staff.step(&made, "check-in").await.code(), "wrong_day");
    world.clock.advance(second);
    let gone = staff.step(&made, "no-show").await.expect(200);
    assert_eq!(gone["rooms"][0]["freed_from"], json!(night(1)));
}

#[tokio::test]
async fn no_step_is_taken_out_of_its_order() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(
            guest
                .reserve(&[Line {
                    units: 1,
                    ..Line::default()
                }])
                .await,
        );
    }
    noon_of(&world, 0);
    let lives: [(&[&str], &[&str]); 7] = [
        (&[], &["check-in", "check-out", "no-show"]),
        (&["confirm"], &["confirm", "decline", "check-out"]),
        (
            &["confirm", "check-in"],
            &["confirm", "decline", "cancel", "no-show", "check-in"],
        ),
        (&["confirm", "check-in", "check-out"], &STEPS),
        (&["decline"], &STEPS),
        (&["confirm", "cancel"], &STEPS),
        (&["confirm", "no-show"], &STEPS),
    ];
    for (one, (life, refused)) in made.iter().zip(lives) {
        for step in life {
            staff.step(one, step).await.expect(200);
        }
        for step in refused {
            let answer = staff.step(one, step).await;
            assert_eq!(answer.code(), "wrong_status", "{life:?} {step}");
        }
        let read = staff.get(&path(one)).await.expect(200);
        assert_eq!(read["version"], json!(life.len() + 1), "{life:?}");
    }
}

const STEPS: [&str; 6] = [
    "confirm",
    "decline",
    "cancel",
    "check-in",
    "check-out",
    "no-show",
];
