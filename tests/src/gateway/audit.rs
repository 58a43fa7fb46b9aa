//! The audit trail as a chain: sealed in the background, verified by its readers, and broken by whoever tampers.

use std::process::Output;

use serde_json::{Value, json};
use sqlx::ConnectOptions as _;
use tokio::task::JoinSet;

use crate::harness::{Client, Line, Setup, World, programs};

/// A hotel with six events, all of them sealed.
async fn sealed() -> World {
    let world = World::with(Setup::working()).await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    for _ in 0..3 {
        let made = guest.reserve(&[Line::default()]).await;
        staff.step(&made, "confirm").await.expect(200);
    }
    seal(&world).await;
    world
}

/// Has the background seal what waits for it.
pub(crate) async fn seal(world: &World) {
    world
        .execute("INSERT INTO jobs (kind) SELECT 'seal_audit' FROM generate_series(1, 4)")
        .await;
    world.until("SELECT count(*) FROM audit_unsealed", 0).await;
}

/// What `roomwire audit verify --json` says of the hotel in Rome, and its exit status.
pub(crate) fn verify(world: &World, more: &[&str]) -> (Value, Option<i32>) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let output: Output = std::process::Command::new(programs::host())
        .args(["audit", "verify", "--json", "--hotel", "aurora-rome"])
        .args(more)
        .current_dir(folder.path())
        .env(
            "DATABASE_URL",
            world.database.application().to_url_lossy().as_str(),
        )
        .output()
        .expect("the program runs");
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    (rows[0].clone(), output.status.code())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_that_nobody_touched_is_whole_and_each_event_is_one_link() {
    let world = sealed().await;
    let (row, status) = verify(&world, &[]);
    assert_eq!(
        (&row["links"], &row["broken"], status),
        (&json!(6), &json!(null), Some(0))
    );
    let head = row["head"].as_str().expect("a head");
    assert_eq!(verify(&world, &["--expect", head]).1, Some(0));
    let other = format!("6:{}", "ab".repeat(32));
    let (row, status) = verify(&world, &["--expect", &other]);
    assert_eq!(status, Some(4));
    assert!(
        row["broken"]
            .as_str()
            .is_some_and(|why| why.contains("written anew")),
        "{row}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_changed_removed_or_slipped_in_is_named() {
    let world = sealed().await;
    let event = "id = (SELECT event_id FROM kept.links WHERE number = 3)";
    // Apart from the hotels' tables: in `public`, a copy without a wall of its own is a violation.
    world
        .execute(
            "CREATE SCHEMA kept; CREATE TABLE kept.links AS SELECT * FROM audit_chain;
             CREATE TABLE kept.events AS SELECT * FROM booking_events",
        )
        .await;
    let mend = "DELETE FROM audit_unsealed; DELETE FROM audit_chain; INSERT INTO audit_chain SELECT * FROM kept.links;
        DELETE FROM booking_events; INSERT INTO booking_events SELECT * FROM kept.events";
    for (tampering, expected) in [
        (format!("UPDATE booking_events SET reason = 'never' WHERE {event}"), "link 3: event"),
        (format!("UPDATE booking_events SET sequence = sequence + 1000 WHERE {event}"), "link 3: event"),
        (format!("DELETE FROM booking_events WHERE {event}"), "link 3: event"),
        ("UPDATE audit_chain SET hash = sha256('') WHERE number = 4".to_owned(), "link 4: event"),
        ("DELETE FROM audit_chain WHERE number = 5".to_owned(), "link 5 was removed"),
        ("DELETE FROM audit_chain WHERE number = 6".to_owned(), "event"),
        (
            "INSERT INTO audit_unsealed SELECT hotel_id, uuid_at(now()), 99 FROM kept.links LIMIT 1".to_owned(),
            "event",
        ),
        (
            format!("INSERT INTO booking_events SELECT hotel_id, uuid_at(now()), sequence, reservation_id, kind, actor,
                reason, before, after, at FROM kept.events WHERE {event}"),
            "event",
        ),
    ] {
        world.execute(&tampering).await;
        let (row, status) = verify(&world, &[]);
        let why = row["broken"].as_str().unwrap_or_default();
        assert!(why.starts_with(expected) && status == Some(4), "{tampering}: {row}");
        world.execute(mend).await;
        assert_eq!(verify(&world, &[]).1, Some(0), "{tampering}");
    }
}

#[tokio::test]
async fn the_application_changes_and_deletes_neither_events_nor_links() {
    let world = sealed().await;
    let mut application = world
        .database
        .application()
        .connect()
        .await
        .expect("it connects");
    let hotel = world
        .value("SELECT id FROM hotels WHERE slug = 'aurora-rome'")
        .await;
    sqlx::query("SELECT set_config('app.hotel_id', $1, false)")
        .bind(hotel.as_str().expect("an id"))
        .execute(&mut application)
        .await
        .expect("the setting is taken");
    for table in ["booking_events", "audit_chain", "audit_unsealed"] {
        for statement in [
            format!("UPDATE {table} SET hotel_id = hotel_id"),
            format!("DELETE FROM {table}"),
        ] {
            let refused = sqlx::query(sqlx::AssertSqlSafe(statement.clone()))
                .execute(&mut application)
                .await;
            let error = refused.expect_err(&statement).to_string();
            assert!(error.contains("permission denied"), "{statement}: {error}");
        }
    }
}

/// Books and confirms, one after the other.
async fn book(guest: Client, staff: Client, arrival: i32) {
    for turn in 0..5 {
        let made = guest
            .reserve(&[Line {
                arrival: arrival + turn,
                nights: 1,
                ..Line::default()
            }])
            .await;
        staff.step(&made, "confirm").await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_write_while_many_seal_make_one_whole_chain() {
    let world = World::with(Setup::working()).await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let mut writers = JoinSet::new();
    for number in 0..6 {
        writers.spawn(book(guest.clone(), staff.clone(), number * 5));
    }
    while !writers.is_empty() {
        world
            .execute("INSERT INTO jobs (kind) SELECT 'seal_audit' FROM generate_series(1, 4)")
            .await;
        while let Some(done) = writers.try_join_next() {
            done.expect("a writer books");
        }
        tokio::task::yield_now().await;
    }
    world
        .execute("INSERT INTO jobs (kind) VALUES ('seal_audit')")
        .await;
    world.until("SELECT count(*) FROM audit_unsealed", 0).await;
    let (row, status) = verify(&world, &[]);
    assert_eq!(
        (&row["links"], &row["broken"], status),
        (&json!(60), &json!(null), Some(0))
    );
}
