//! Migrations: every one can be taken back, and applied again to the same schema.

use roomwire::store::migrate;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use crate::harness::{Line, TestDatabase, World};

/// Everything that a migration makes in a schema, one line each: columns with types and defaults, constraints,
/// indexes, policies, functions, grants and comments.
const SCHEMA: &str = include_str!("schema.sql");

async fn schema(owner: &PgConnectOptions) -> Vec<String> {
    let mut connection = owner.connect().await.expect("the owner connects");
    sqlx::query_scalar(SCHEMA)
        .fetch_all(&mut connection)
        .await
        .expect("the catalogue can be read")
}

#[tokio::test]
async fn all_up_all_down_and_all_up_again_is_the_same_schema() {
    let database = TestDatabase::empty().await;
    let owner = database.owner();
    let blank = schema(&owner).await;
    migrate::up(&owner).await.expect("all are applied");
    let first = schema(&owner).await;
    assert!(first.len() > 500, "the schema has {} lines", first.len());

    migrate::down_to(&owner, 0)
        .await
        .expect("all are taken back");
    let left: Vec<String> = schema(&owner)
        .await
        .into_iter()
        .filter(|line| !blank.contains(line))
        .collect();
    let left: Vec<&String> = left
        .iter()
        .filter(|line| !line.contains("_sqlx_migrations"))
        .collect();
    assert!(left.is_empty(), "left behind: {left:#?}");

    migrate::up(&owner).await.expect("all are applied again");
    let second = schema(&owner).await;
    let lost: Vec<&String> = first.iter().filter(|line| !second.contains(line)).collect();
    let new: Vec<&String> = second.iter().filter(|line| !first.contains(line)).collect();
    assert!(
        lost.is_empty() && new.is_empty(),
        "lost: {lost:#?}\nnew: {new:#?}"
    );
}

#[tokio::test]
async fn each_step_down_can_be_taken_up_again() {
    let database = TestDatabase::empty().await;
    let owner = database.owner();
    migrate::up(&owner).await.expect("all are applied");
    let all = migrate::status(&owner)
        .await
        .expect("the versions can be read");
    let whole = schema(&owner).await;
    for version in all.iter().rev().map(|migration| migration.version - 1) {
        migrate::down_to(&owner, version)
            .await
            .unwrap_or_else(|error| panic!("down to {version}: {error:?}"));
    }
    for migration in migrate::status(&owner)
        .await
        .expect("the versions can be read")
    {
        assert!(
            !migration.applied,
            "{} {}",
            migration.version, migration.purpose
        );
    }
    migrate::up(&owner).await.expect("all are applied again");
    assert_eq!(schema(&owner).await, whole);
}

#[tokio::test]
async fn what_was_booked_before_is_found_ages_and_is_sealed_like_what_comes_after() {
    let world = World::start().await;
    let booker = serde_json::json!({"first_name": "Ada Zo\u{eb}", "last_name": "O'Brien-Hall", "phone": "+39 06 555-1234"});
    let guest = world.guest().await;
    let hold = guest.hold(&[Line::default()]).await;
    guest
        .post(
            "reservations",
            &serde_json::json!({"hold": hold, "booker": booker}),
        )
        .await
        .expect(201);
    let database = world.into_database().await;
    let owner = database.owner();
    let kept = "SELECT concat_ws(' ', word, reservation_id) FROM reservation_words
        UNION ALL SELECT concat_ws(' ', id, tentative_since IS NOT NULL) FROM reservations
        UNION ALL SELECT concat_ws(' ', event_id, sequence) FROM audit_unsealed ORDER BY 1";
    let read = async || -> Vec<String> {
        let mut connection = owner.connect().await.expect("the owner connects");
        sqlx::query_scalar(kept)
            .fetch_all(&mut connection)
            .await
            .expect("the rows can be read")
    };
    let before = read().await;
    assert_eq!(before.len(), 7 + 1 + 1, "{before:#?}");
    migrate::down_to(&owner, 11).await.expect("it is undone");
    migrate::up(&owner).await.expect("it is applied again");
    assert_eq!(read().await, before);
}
