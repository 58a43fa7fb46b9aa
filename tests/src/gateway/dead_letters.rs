//! `…/dead-letters`: what waits for a person is seen, done again, or given up.

use std::process::Command;

use serde_json::{Value, json};
use sqlx::ConnectOptions as _;

use crate::harness::{World, new_key, programs};

/// Sets work of a hotel aside.
async fn set_aside(world: &World, hotel: &str, (kind, payload): (&str, &Value)) -> i64 {
    let key = new_key();
    world
        .execute(&format!(
            "INSERT INTO jobs (kind, key, hotel_id, payload, state, attempt, reason, died_at)
             SELECT '{kind}', '{key}', id, '{payload}', 'dead', 3, 'the channel was away', now()
             FROM hotels WHERE slug = '{hotel}'"
        ))
        .await;
    world
        .number(&format!("SELECT id FROM jobs WHERE key = '{key}'"))
        .await
}

fn why(reason: &str) -> Value {
    json!({"reason": reason})
}

#[tokio::test]
async fn dead_letters_are_listed_newest_first_and_only_those_of_the_hotel() {
    let mut world = World::start().await;
    let nothing = json!({});
    let first = set_aside(&world, "aurora-rome", ("pull", &nothing)).await;
    let second = set_aside(&world, "aurora-rome", ("fetch_reservation", &nothing)).await;
    set_aside(&world, "sakura-kyoto", ("pull", &nothing)).await;
    world
        .execute("INSERT INTO jobs (kind, key, state, reason, died_at) VALUES ('forget', 'ours', 'dead', 'no', now())")
        .await;
    let staff = world.staff().await;
    let of_none = "SELECT id FROM jobs WHERE key = 'ours'";
    let of_none = world.number(of_none).await;
    for verb in ["replay", "discard"] {
        let path = format!("dead-letters/{of_none}/{verb}");
        assert_eq!(staff.post(&path, &nothing).await.code(), "not_found");
    }
    let page = staff.get("dead-letters?limit=1").await.expect(200);
    let letter = &page["dead_letters"][0];
    assert_eq!(
        (
            &letter["id"],
            &letter["kind"],
            &letter["attempts"],
            &letter["reason"]
        ),
        (
            &json!(second),
            &json!("fetch_reservation"),
            &json!(3),
            &json!("the channel was away")
        )
    );
    let next = format!("dead-letters?limit=1&cursor={}", page["next"]);
    let page = staff.get(&next).await.expect(200);
    assert_eq!(page["dead_letters"][0]["id"], first);
    let next = format!("dead-letters?cursor={}", page["next"]);
    let page = staff.get(&next).await.expect(200);
    assert_eq!(page, json!({"dead_letters": []}));
    assert_eq!(
        staff.get("dead-letters?limit=0").await.code(),
        "invalid_request"
    );
    assert_eq!(
        world.guest().await.get("dead-letters").await.code(),
        "scope_missing"
    );
    world.expect_dead(4);
}

#[tokio::test]
async fn a_letter_is_replayed_once_and_another_hotels_is_not_there() {
    let world = World::start().await;
    let letter = set_aside(
        &world,
        "aurora-rome",
        ("pull", &json!({"connection_id": "none"})),
    )
    .await;
    let (staff, foreign) = (world.staff().await, world.staff_of("sakura-kyoto").await);
    let path = format!("dead-letters/{letter}/replay");
    for nobody in [
        foreign.post(&path, &json!({})).await,
        staff
            .post("dead-letters/9223372036854775807/replay", &json!({}))
            .await,
        staff
            .post("dead-letters/9223372036854775808/replay", &json!({}))
            .await,
        staff.post("dead-letters/-1/discard", &json!({})).await,
    ] {
        assert_eq!(
            nobody.problem(),
            "404 not_found: there is no such dead letter"
        );
    }
    let replay = || {
        staff
            .post(&path, &why("it is back"))
            .idempotency_key("again")
    };
    assert_eq!(replay().await.expect(200)["id"], letter);
    assert_eq!(replay().await.header("idempotent-replayed"), Some("true"));
    assert_eq!(staff.post(&path, &json!({})).await.code(), "not_found");
    let waiting =
        "SELECT count(*) FROM jobs WHERE kind = 'pull' AND state = 'waiting' AND attempt = 0
        AND payload ->> 'connection_id' = 'none'";
    assert_eq!(world.number(waiting).await, 1);
    let told = staff.get("catalogue/events?limit=1").await.expect(200);
    let line = &told["events"][0];
    assert_eq!(
        (&line["kind"], &line["reason"], &line["before"]["id"]),
        (
            &json!("dead_letter.replayed"),
            &json!("it is back"),
            &json!(letter)
        )
    );
}

#[tokio::test]
async fn what_waits_already_does_the_work_of_a_letter_that_is_replayed() {
    let world = World::start().await;
    let letter = set_aside(&world, "aurora-rome", ("remap", &json!({}))).await;
    let twin = format!(
        "INSERT INTO jobs (kind, key, hotel_id, payload, run_at)
         SELECT kind, key, hotel_id, payload, now() + interval '1 day' FROM jobs WHERE id = {letter}"
    );
    world.execute(&twin).await;
    let path = format!("dead-letters/{letter}/replay");
    world
        .staff()
        .await
        .post(&path, &json!({}))
        .await
        .expect(200);
    let due =
        "SELECT count(*) FROM jobs WHERE kind = 'remap' AND state = 'waiting' AND run_at <= now()";
    assert_eq!(world.number(due).await, 1);
    assert_eq!(
        world
            .number("SELECT count(*) FROM jobs WHERE kind = 'remap'")
            .await,
        1
    );
}

#[tokio::test]
async fn what_is_given_up_is_never_done_and_a_push_is_not_given_up() {
    let mut world = World::start().await;
    let staff = world.staff().await;
    let letter = set_aside(&world, "aurora-rome", ("parity", &json!({}))).await;
    let path = format!("dead-letters/{letter}/discard");
    staff
        .post(&path, &why("closed for the winter"))
        .await
        .expect(200);
    assert_eq!(
        world
            .number("SELECT count(*) FROM jobs WHERE kind = 'parity'")
            .await,
        0
    );
    let told = staff.get("catalogue/events?limit=1").await.expect(200);
    assert_eq!(told["events"][0]["kind"], "dead_letter.discarded");

    let push = set_aside(&world, "aurora-rome", ("push", &json!({}))).await;
    let refused = staff
        .post(&format!("dead-letters/{push}/discard"), &json!({}))
        .await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (409, "not_supported")
    );
    world.expect_dead(1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_decides_of_letters_at_the_command_line_also_of_those_of_no_hotel() {
    let world = World::start().await;
    let of_hotel = set_aside(&world, "aurora-rome", ("pull", &json!({}))).await;
    world
        .execute("INSERT INTO jobs (kind, key, state, reason, died_at) VALUES ('forget', 'forget-me', 'dead', 'no', now())")
        .await;
    let of_none = world
        .number("SELECT id FROM jobs WHERE key = 'forget-me'")
        .await;
    let folder = tempfile::tempdir().expect("a folder can be made");
    let run = |arguments: &[&str]| {
        let ran = Command::new(programs::host())
            .arg("dead-letters")
            .args(arguments)
            .current_dir(folder.path())
            .env(
                "DATABASE_URL",
                world.database.application().to_url_lossy().as_str(),
            )
            .output();
        ran.expect("the program runs")
    };
    let listed = run(&["list", "--json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    let told: Vec<_> = (0..2_usize)
        .map(|place| (&listed[place]["id"], &listed[place]["hotel"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!(of_none), &Value::Null),
            (&json!(of_hotel), &json!("aurora-rome"))
        ]
    );
    let (of_hotel, of_none) = (of_hotel.to_string(), of_none.to_string());
    assert!(run(&["replay", &of_none]).status.success());
    assert!(
        run(&["discard", &of_hotel, "--reason", "a test"])
            .status
            .success()
    );
    assert_eq!(run(&["discard", &of_hotel]).status.code(), Some(1));
    let left = "SELECT count(*) FROM jobs WHERE key = 'forget-me' AND state = 'waiting'";
    assert_eq!(world.number(left).await, 1);
    let line =
        "SELECT actor || ' ' || reason FROM booking_events WHERE kind = 'dead_letter.discarded'";
    assert_eq!(
        world.value(line).await,
        json!("command:dead-letters a test")
    );
}
