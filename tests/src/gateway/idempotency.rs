//! `Idempotency-Key`: every row of the table of what a repetition is answered.

use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection};
use tokio::task::JoinSet;

use crate::harness::{Line, World, lines, new_key};

const HOLDS: &str = "SELECT count(*) FROM holds";

#[tokio::test]
async fn a_missing_key_is_refused_wherever_something_is_created_or_moved() {
    let world = World::start().await;
    let staff = world.staff().await;
    let reservation = format!("reservations/{}", uuid::Uuid::nil());
    let steps = [
        "confirm",
        "decline",
        "cancel",
        "no-show",
        "check-in",
        "check-out",
    ]
    .map(|step| format!("{reservation}/{step}"));
    for path in ["holds", "reservations"]
        .into_iter()
        .map(str::to_owned)
        .chain(steps)
    {
        let answer = staff
            .post(&path, &json!({}))
            .without("idempotency-key")
            .await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "idempotency_key_missing"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_malformed_key_is_refused() {
    let world = World::start().await;
    let guest = world.guest().await;
    for key in ["", "\"\"", &"k".repeat(256), "naïve", "a\tb"] {
        let answer = guest.post("holds", &json!({})).idempotency_key(key).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "idempotency_key_malformed"),
            "{key:?}"
        );
    }
    let twice = guest
        .post("holds", &json!({}))
        .header_again("idempotency-key", "another")
        .await;
    assert_eq!(twice.code(), "idempotency_key_malformed");
}

#[tokio::test]
async fn a_repetition_gets_the_first_answer_byte_for_byte_and_does_nothing() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = json!({"quote": guest.quote(&[Line::default()]).await});
    let first = guest.post("holds", &body).idempotency_key("one").await;
    assert_eq!(
        (first.status, first.header("idempotent-replayed")),
        (201, None)
    );
    // Quoted, as the draft standard writes it, is the same key.
    for key in ["one", "\"one\""] {
        let again = guest.post("holds", &body).idempotency_key(key).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        for header in ["content-type", "location", "etag"] {
            assert_eq!(again.header(header), first.header(header), "{header}");
        }
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
    }
    assert_eq!(world.number(HOLDS).await, 1);
}

#[tokio::test]
async fn a_refusal_that_was_decided_is_repeated_even_when_it_would_be_granted_now() {
    let world = World::start().await;
    let guest = world.guest().await;
    let placing = guest
        .holding(&[Line::default()])
        .await
        .idempotency_key("late");
    let quote = json!({"quote": guest.quote(&[Line::default()]).await});
    drop(placing);
    let all = guest
        .hold(&[Line {
            units: 8,
            ..Line::default()
        }])
        .await;
    let refused = guest.post("holds", &quote).idempotency_key("late").await;
    assert_eq!(refused.code(), "sold_out");

    guest.delete(&format!("holds/{all}")).await.expect(200);
    let again = guest.post("holds", &quote).idempotency_key("late").await;
    assert_eq!((again.status, &again.body), (409, &refused.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.code(), "sold_out");
    assert_eq!(
        guest.post("holds", &quote).await.status,
        201,
        "a new attempt has a new key"
    );
}

#[tokio::test]
async fn another_payload_or_route_under_a_key_is_refused() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let quote = guest.quote(&[Line::default()]).await;
    guest
        .post("holds", &json!({"quote": quote}))
        .idempotency_key("one")
        .await
        .expect(201);
    let other = json!({"quote": guest.quote(&[Line { units: 2, ..Line::default() }]).await});
    assert_eq!(
        guest
            .post("holds", &other)
            .idempotency_key("one")
            .await
            .problem(),
        "422 idempotency_key_reused: this key belongs to another request: use a new key for a new intention"
    );
    // The bytes are compared, and the query belongs to the route.
    let spaced = format!("{{ \"quote\": \"{quote}\" }}");
    for (path, body) in [
        ("holds", spaced),
        ("holds?again=1", json!({"quote": quote}).to_string()),
    ] {
        let answer = guest.post(path, &json!({})).body(body);
        assert_eq!(
            answer.idempotency_key("one").await.code(),
            "idempotency_key_reused",
            "{path}"
        );
    }

    let made = guest.reserve(&[Line::default()]).await;
    staff
        .step(&made, "confirm")
        .idempotency_key("step")
        .await
        .expect(200);
    assert_eq!(
        staff
            .step(&made, "cancel")
            .idempotency_key("step")
            .await
            .code(),
        "idempotency_key_reused"
    );
}

#[tokio::test]
async fn while_the_first_is_under_way_a_repetition_is_answered_at_once() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = json!({"quote": guest.quote(&[Line::default()]).await});
    let mut first = world.owner().await;
    let mut under_way = first.begin().await.expect("a transaction");
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended(k.hotel_id || ':' || k.id || ':slow', 0)) FROM api_keys k
        JOIN hotels h ON h.id = k.hotel_id WHERE h.slug = 'aurora-rome' AND k.name = 'web-page'";
    sqlx::query(AssertSqlSafe(lock))
        .execute(&mut *under_way)
        .await
        .expect("the lock is free");

    let mut fastest = Duration::MAX;
    for _ in 0..10 {
        let begin = Instant::now();
        let answer = guest.post("holds", &body).idempotency_key("slow").await;
        fastest = fastest.min(begin.elapsed());
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (409, "idempotency_key_in_flight")
        );
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    assert!(fastest < Duration::from_millis(50), "{fastest:?}");

    under_way.rollback().await.expect("a rollback");
    assert_eq!(
        guest
            .post("holds", &body)
            .idempotency_key("slow")
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn of_many_repetitions_at_once_one_takes_effect() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = json!({"quote": guest.quote(&[Line::default()]).await});
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        callers.spawn(
            guest
                .post("holds", &body)
                .idempotency_key("same")
                .into_future(),
        );
    }
    let answers = callers.join_all().await;
    let (done, busy): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert!(done.iter().all(|answer| answer.body == done[0].body));
    assert!(
        busy.iter()
            .all(|answer| answer.code() == "idempotency_key_in_flight")
    );
    assert_eq!(world.number(HOLDS).await, 1);
}

#[tokio::test]
async fn what_was_refused_before_anything_was_decided_is_not_stored() {
    let world = World::start().await;
    let guest = world.guest().await;
    let key = new_key();
    let stranger = guest
        .reserving(&uuid::Uuid::nil().to_string())
        .idempotency_key(&key)
        .await;
    assert_eq!(stranger.code(), "not_found");
    let malformed = guest
        .post("holds", &json!({"quote": "none of ours"}))
        .idempotency_key(&key)
        .await;
    assert_eq!(malformed.code(), "invalid_request");
    assert_eq!(
        world.number("SELECT count(*) FROM idempotency_keys").await,
        0
    );
    assert_eq!(
        guest
            .holding(&[Line::default()])
            .await
            .idempotency_key(&key)
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn another_version_is_no_decision_and_the_right_one_may_use_the_key() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let made = guest.reserve(&[Line::default()]).await;
    staff.step(&made, "confirm").await.expect(200);
    let cancel = |version: &str| {
        let step = staff.step(&made, "cancel").idempotency_key("mended");
        step.header("if-match", version)
    };
    let stale = cancel("\"1\"").await;
    assert_eq!(
        (stale.status, stale.code().as_str()),
        (412, "version_changed")
    );
    let mended = cancel("\"2\"").await;
    assert_eq!(mended.header("idempotent-replayed"), None);
    assert_eq!(mended.expect(200)["status"], "cancelled");
    // What was done is replayed, whatever version the repetition names.
    let again = cancel("\"2\"").await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.expect(200)["version"], 3);
}

#[tokio::test]
async fn a_fault_of_ours_is_not_stored_and_the_repetition_succeeds() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = json!({"quote": guest.quote(&[Line::default()]).await});
    let arguments = "(uuid, jsonb, boolean)";
    world
        .execute(&format!(
            "ALTER FUNCTION count_inventory{arguments} RENAME TO broken"
        ))
        .await;
    let failed = guest.post("holds", &body).idempotency_key("fault").await;
    assert_eq!(
        failed.problem(),
        "500 internal: something went wrong on our side; nothing is half done"
    );
    assert_eq!(world.number(HOLDS).await, 0);
    world
        .execute(&format!(
            "ALTER FUNCTION broken{arguments} RENAME TO count_inventory"
        ))
        .await;
    assert_eq!(
        guest
            .post("holds", &body)
            .idempotency_key("fault")
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn the_same_key_of_another_credential_or_hotel_is_another_key() {
    let world = World::start().await;
    let (guest, staff, operator) = (
        world.guest().await,
        world.staff().await,
        world.operator().await,
    );
    let kyoto = [Line {
        room_type: "TATAMI",
        rate_plan: "HALF",
        ..Line::default()
    }];
    for caller in [&guest, &staff, &operator] {
        assert_eq!(
            caller
                .holding(&[Line::default()])
                .await
                .idempotency_key("shared")
                .await
                .status,
            201
        );
    }
    let abroad = operator.at("sakura-kyoto");
    assert_eq!(
        abroad
            .holding(&kyoto)
            .await
            .idempotency_key("shared")
            .await
            .status,
        201
    );
    assert_eq!(world.number(HOLDS).await, 4);
}

#[tokio::test]
async fn a_key_whose_answer_was_forgotten_is_never_executed_again() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = json!({"quote": guest.quote(&[Line::default()]).await});
    guest
        .post("holds", &body)
        .idempotency_key("old")
        .await
        .expect(201);
    world
        .execute(
            "UPDATE idempotency_keys SET created_at = clock_timestamp() - interval '80 hours';
         SELECT prune_idempotency_keys(id) FROM hotels",
        )
        .await;
    let answer = guest.post("holds", &body).idempotency_key("old").await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (409, "idempotency_key_expired")
    );
    assert_eq!(world.number(HOLDS).await, 1);
    // Quotes take nothing, so they need no key.
    assert_eq!(
        guest
            .post("quotes", &lines(&[Line::default()]))
            .without("idempotency-key")
            .await
            .status,
        201
    );
}
