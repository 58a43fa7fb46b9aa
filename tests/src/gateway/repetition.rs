//! What a repetition depends on besides its key: headers of the answer, age, and an outcome that nobody knows.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Line, World};

#[tokio::test]
async fn a_replay_carries_the_answers_own_headers() {
    let world = World::start().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let hold = guest.hold(&[Line::default()]).await;
    let first = guest.reserving(&hold).idempotency_key("one").await;
    let id = first.json()["id"].as_str().expect("an id").to_owned();
    let place = format!("/v1/hotels/aurora-rome/reservations/{id}");
    assert_eq!(first.header("etag"), Some("\"1\""));
    assert_eq!(first.header("location"), Some(place.as_str()));
    assert_eq!(staff.get(&place).await.header("etag"), Some("\"1\""));

    let confirm = || staff.step(&first.json(), "confirm").idempotency_key("two");
    let (once, again) = (confirm().await, confirm().await);
    assert_eq!(once.header("etag"), Some("\"2\""));
    assert_eq!(again.header("etag"), Some("\"2\""));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body, once.body);
}

#[tokio::test]
async fn an_answer_is_kept_for_72_hours_whether_the_pruning_job_came_or_not() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = json!({"quote": guest.quote(&[Line::default()]).await});
    let ask = || guest.post("holds", &body).idempotency_key("old");
    ask().await.expect(201);
    let aged = |hours: u32| {
        format!(
            "UPDATE idempotency_keys SET created_at = clock_timestamp() - interval '{hours} hours'"
        )
    };
    let prune = "SELECT prune_idempotency_keys(id) FROM hotels";
    let bodies = "SELECT count(body) + count(headers) FROM idempotency_keys";
    world.execute(&aged(71)).await;
    world.execute(prune).await;
    assert_eq!(ask().await.header("idempotent-replayed"), Some("true"));
    world.execute(&aged(73)).await;
    assert_eq!(ask().await.code(), "idempotency_key_expired");
    assert_eq!(world.number(bodies).await, 2);
    world.execute(prune).await;
    assert_eq!(world.number(bodies).await, 0, "only a tombstone is left");
    world.execute(&aged(72 + 29 * 24)).await;
    world.execute(prune).await;
    assert_eq!(ask().await.code(), "idempotency_key_expired");
    world.execute(&aged(72 + 31 * 24)).await;
    world.execute(prune).await;
    assert_eq!(
        world.number("SELECT count(*) FROM idempotency_keys").await,
        0
    );
    assert_eq!(world.number("SELECT count(*) FROM holds").await, 1);
}

#[tokio::test]
async fn another_payload_under_an_expired_key_is_still_another_request() {
    let world = World::start().await;
    let guest = world.guest().await;
    let holding = guest.holding(&[Line::default()]).await;
    holding.idempotency_key("old").await.expect(201);
    world
        .execute("UPDATE idempotency_keys SET created_at = clock_timestamp() - interval '80 hours'")
        .await;
    let other = guest
        .holding(&[Line {
            units: 2,
            ..Line::default()
        }])
        .await;
    assert_eq!(
        other.idempotency_key("old").await.code(),
        "idempotency_key_reused"
    );
}

/// A commit that the database refuses at its very end stands for one whose answer is lost: nothing tells them apart.
#[tokio::test]
async fn a_commit_that_is_lost_is_never_told_as_a_failure_of_the_booking() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = json!({"quote": guest.quote(&[Line::default()]).await});
    let ask = || guest.post("holds", &body).idempotency_key("lost");
    world
        .execute(
            "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
             CREATE CONSTRAINT TRIGGER lose AFTER INSERT ON holds DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION lose()",
        )
        .await;
    let begin = Instant::now();
    let lost = ask().await;
    assert_eq!((lost.status, lost.code().as_str()), (503, "unavailable"));
    assert_eq!(lost.header("retry-after"), Some("1"));
    assert!(
        begin.elapsed() < Duration::from_secs(4),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(
        world.number("SELECT count(*) FROM idempotency_keys").await,
        0
    );
    world
        .execute("DROP TRIGGER lose ON holds; DROP FUNCTION lose()")
        .await;
    assert_eq!(ask().await.status, 201, "the same key does it afresh");
    assert_eq!(world.number("SELECT count(*) FROM holds").await, 1);
}

#[tokio::test]
async fn what_is_refused_at_the_edge_is_not_stored_under_the_key() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = json!({"quote": guest.quote(&[Line::default()]).await});
    let ask = || guest.post("holds", &body).idempotency_key("edge");
    for (call, status) in [
        (ask().without("authorization"), 401),
        (ask().body("{"), 400),
        (ask().body("x".repeat(70_000)), 413),
        (ask().header("content-type", "text/plain"), 415),
    ] {
        assert_eq!(call.await.status, status);
    }
    let elsewhere = guest
        .at("sakura-kyoto")
        .post("holds", &body)
        .idempotency_key("edge");
    assert_eq!(elsewhere.await.status, 404);
    assert_eq!(
        world.number("SELECT count(*) FROM idempotency_keys").await,
        0
    );
    assert_eq!(ask().await.status, 201);
}

#[tokio::test]
async fn what_was_done_is_answered_also_when_its_quote_is_no_longer_read() {
    let world = World::start().await;
    let guest = world.guest().await;
    let quote = guest.quote(&[Line::default()]).await;
    let booker = json!({"first_name": "Ada", "last_name": "Lovelace"});
    let bodies = [
        ("holds", json!({"quote": quote})),
        ("reservations", json!({"quote": quote, "booker": booker})),
    ];
    let mut done = Vec::new();
    for (path, body) in &bodies {
        let first = guest.post(path, body).idempotency_key(path).await;
        assert_eq!(first.status, 201, "{}", first.text());
        done.push(first);
    }
    // As unreadable as after the key that signed it was taken away.
    let sell_in = |currency: &str| {
        format!("UPDATE hotels SET currency = '{currency}' WHERE slug = 'aurora-rome'")
    };
    world.execute(&sell_in("USD")).await;
    for ((path, body), first) in bodies.iter().zip(&done) {
        assert_eq!(guest.post(path, body).await.code(), "invalid_request");
        let again = guest.post(path, body).idempotency_key(path).await;
        assert_eq!((again.status, &again.body), (201, &first.body), "{path}");
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
    }
    world.execute(&sell_in("EUR")).await;
}
