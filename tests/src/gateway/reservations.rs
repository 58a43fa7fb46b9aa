//! `…/reservations`: made from holds, then confirmed, declined or cancelled, once.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Line, Setup, World, night};

#[tokio::test]
async fn a_hold_becomes_a_tentative_reservation_that_keeps_the_units() {
    let world = World::start().await;
    let guest = world.guest().await;
    let hold = guest
        .hold(&[Line {
            units: 2,
            ..Line::default()
        }])
        .await;
    let made = guest.reserving(&hold).await.expect(201);
    assert_eq!(
        (&made["status"], &made["version"], &made["source"]),
        (&json!("tentative"), &json!(1), &json!("gateway"))
    );
    assert_eq!(made["total"], json!({"minor": 48_000, "currency": "EUR"}));
    assert_eq!(
        made["rooms"][0]["nights"][0],
        json!({"night": night(0), "minor": 12_000})
    );
    assert_eq!(made["booker"]["email"], "ada@guest.example");
    assert_eq!(guest.units_left(&Line::default()).await, 6);
    assert_eq!(
        guest.get(&format!("holds/{hold}")).await.expect(200)["state"],
        "confirmed"
    );
    assert_eq!(
        guest.reserving(&hold).await.problem(),
        "409 hold_ended: the hold is confirmed: it can no longer be used"
    );
}

#[tokio::test]
async fn staff_confirm_and_the_trail_says_who_and_why() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let made = guest.reserve(&[Line::default()]).await;
    let path = format!("reservations/{}", made["id"].as_str().expect("an id"));
    let confirmed = staff
        .post(&format!("{path}/confirm"), &json!({"reason": "a regular"}))
        .await
        .expect(200);
    assert_eq!(
        (&confirmed["status"], &confirmed["version"]),
        (&json!("confirmed"), &json!(2))
    );

    let events = staff.get(&format!("{path}/events")).await.expect(200);
    let trail: Vec<Value> = events["events"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|event| {
            json!([
                event["kind"],
                event["actor"],
                event["reason"],
                event["before"]["status"]
            ])
        })
        .collect();
    let expected = [
        json!(["created", "api-key:web-page", null, null]),
        json!(["confirmed", "api-key:front-desk", "a regular", "tentative"]),
    ];
    assert_eq!(trail, expected);
}

#[tokio::test]
async fn declined_and_cancelled_units_are_free_again() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let declined = guest.reserve(&[Line::default()]).await;
    let cancelled = guest.reserve(&[Line::default()]).await;
    assert_eq!(guest.units_left(&Line::default()).await, 6);
    assert_eq!(
        staff.step(&declined, "decline").await.expect(200)["status"],
        "declined"
    );
    staff.step(&cancelled, "confirm").await.expect(200);
    assert_eq!(
        staff.step(&cancelled, "cancel").await.expect(200)["status"],
        "cancelled"
    );
    assert_eq!(guest.units_left(&Line::default()).await, 8);
    assert_eq!(
        staff.step(&cancelled, "confirm").await.problem(),
        "409 wrong_status: a reservation that is cancelled cannot be changed by `confirm`"
    );
}

#[tokio::test]
async fn of_sixty_four_confirmations_at_once_exactly_one_succeeds() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = world.guest().await.reserve(&[Line::default()]).await;
    let mut callers = JoinSet::new();
    for _ in 0..64 {
        callers.spawn(staff.step(&made, "confirm").into_future());
    }
    let mut answers: Vec<String> = callers
        .join_all()
        .await
        .iter()
        .map(|answer| {
            if answer.status == 200 {
                "confirmed".to_owned()
            } else {
                answer.code()
            }
        })
        .collect();
    answers.sort();
    assert_eq!(answers[0], "confirmed");
    assert_eq!(answers[1..], vec!["wrong_status"; 63]);
    assert_eq!(
        world
            .number("SELECT count(*) FROM booking_events WHERE kind = 'confirmed'")
            .await,
        1
    );
}

#[tokio::test]
async fn a_confirmation_and_a_cancellation_at_once_leave_one_truth() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = world.guest().await.reserve(&[Line::default()]).await;
    let (confirmed, declined) = tokio::join!(
        staff.step(&made, "confirm").into_future(),
        staff.step(&made, "decline").into_future()
    );
    let statuses = [confirmed.status, declined.status];
    assert!(
        statuses == [200, 409] || statuses == [409, 200],
        "{statuses:?}"
    );
}

#[tokio::test]
async fn whoever_read_an_older_version_is_told_so() {
    let world = World::start().await;
    let staff = world.staff().await;
    let made = world.guest().await.reserve(&[Line::default()]).await;
    let read = staff
        .get(&format!(
            "reservations/{}",
            made["id"].as_str().expect("an id")
        ))
        .await;
    assert_eq!(read.header("etag"), Some("\"1\""));
    assert_eq!(
        staff
            .step(&made, "confirm")
            .header("if-match", "\"1\"")
            .await
            .status,
        200
    );
    assert_eq!(
        staff
            .step(&made, "cancel")
            .header("if-match", "\"1\"")
            .await
            .problem(),
        "412 version_changed: the reservation has changed since it was read: it is at version 2 now"
    );
    assert_eq!(
        staff
            .step(&made, "cancel")
            .header("if-match", "2")
            .await
            .problem(),
        "400 if_match_malformed: `If-Match` takes one ETag as we gave it, such as \"3\""
    );
    assert_eq!(
        staff
            .step(&made, "cancel")
            .header("if-match", "\"2\"")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn reservations_are_listed_newest_first_by_status_and_by_page() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let mut made = Vec::new();
    for _ in 0..5 {
        // Ids of one instant sort by nothing.
        world.clock.advance(jiff::SignedDuration::from_secs(1));
        made.push(guest.reserve(&[Line::default()]).await);
    }
    staff.step(&made[1], "confirm").await.expect(200);
    made.reverse();

    let mut seen = Vec::new();
    let mut path = "reservations?limit=2".to_owned();
    loop {
        let page = staff.get(&path).await.expect(200);
        seen.extend(
            page["reservations"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|one| one["id"].clone()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("reservations?limit=2&cursor={next}");
    }
    assert_eq!(
        seen,
        made.iter().map(|one| one["id"].clone()).collect::<Vec<_>>()
    );

    let confirmed = staff.get("reservations?status=confirmed").await.expect(200);
    assert_eq!(
        confirmed["reservations"].as_array().expect("a list").len(),
        1
    );
    assert_eq!(confirmed["reservations"][0]["id"], made[3]["id"]);
}

#[tokio::test]
async fn notes_keep_their_lines_and_tabs_and_end_lines_as_all_others_do() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let hold = guest.hold(&[Line::default()]).await;
    let body = |notes: &str| {
        let ada = json!({"first_name": "Ada", "last_name": "Lovelace"});
        json!({"hold": hold, "booker": ada, "notes": notes})
    };
    let bare = guest.post("reservations", &body("late\rby train")).await;
    assert_eq!(
        bare.problem(),
        "422 invalid_request: /notes: has a control character"
    );
    let made = guest.post("reservations", &body("late\r\n\tby train\n"));
    let made = made.await.expect(201);
    assert_eq!(made["notes"], "late\n\tby train\n");
    let path = format!("reservations/{}", made["id"].as_str().expect("an id"));
    let change = json!({"notes": "a cot\r\nby the window", "reason": "she\r\ncalled"});
    let changing = staff.patch(&path).json(&change).header("if-match", "*");
    let changed = changing.await.expect(200);
    assert_eq!(changed["reservation"]["notes"], "a cot\nby the window");
}

#[tokio::test]
async fn guests_are_named_line_by_line() {
    let world = World::start().await;
    let guest = world.guest().await;
    let hold = guest.hold(&[Line::default()]).await;
    let ada = json!({"first_name": "Ada", "last_name": "Lovelace"});
    let body = |rooms: Value| json!({"hold": hold, "booker": ada, "rooms": rooms, "notes": "a cot\nplease"});
    let too_many = guest
        .post(
            "reservations",
            &body(json!([{"guests": [ada]}, {"guests": [ada]}])),
        )
        .await;
    assert_eq!(
        too_many.problem(),
        "422 invalid_request: /rooms/1: the hold has 1 lines, and guests are given for more"
    );
    let made = guest
        .post("reservations", &body(json!([{"guests": [ada]}])))
        .await
        .expect(201);
    assert_eq!(made["rooms"][0]["guests"], json!([ada]));
    assert_eq!(made["notes"], "a cot\nplease");
}

#[tokio::test]
async fn a_new_reservation_is_answered_as_it_is_read_afterwards() {
    // Its instants are finer than those of the database.
    let world = World::with(Setup::gateway().with_running_clock()).await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let hold = guest.hold(&[Line::default(), Line::default()]).await;
    let ada = json!({"first_name": "Ada", "last_name": "Lovelace", "phone": "+39 06 555-1234"});
    let body = json!({"hold": hold, "booker": ada, "rooms": [{"guests": [ada]}], "notes": "a cot"});
    let made = guest.post("reservations", &body).await.expect(201);
    assert!(made["tentative_since"].is_string(), "{made}");
    let path = format!("reservations/{}", made["id"].as_str().expect("an id"));
    assert_eq!(staff.get(&path).await.expect(200), made);
}
