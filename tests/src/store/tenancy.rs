//! Row-level security, table by table, as the catalogue lists them: nothing here names a table that must not be forgotten.

use roomwire::boot::chain;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::harness::{Line, TestDatabase, World};

/// Tables that belong to no hotel, and why that is so.
pub(super) const SHARED: [&str; 7] = [
    "_sqlx_migrations", // The schema's versions; the application may not even read them.
    "account_tokens", // An account of a channel may be several hotels'; digests and sealed tokens only.
    "api_keys",       // Looked up before any hotel is known; secrets are hashed.
    "hotels",         // The directory.
    "jobs",           // Ids only, claimed across hotels.
    "partitioned_tables", // Names of tables.
    "webhook_endpoints", // Hashes of tokens, looked up before any hotel is known.
];

/// Every table, partitions and leaves among them, that is not shared.
async fn tenant_tables(connection: &mut PgConnection) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname::text FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname",
    )
    .fetch_all(connection)
    .await
    .expect("the catalogue can be read");
    tables
        .into_iter()
        .filter(|table| !SHARED.contains(&table.as_str()))
        .collect()
}

/// Tries a statement in a transaction that is always rolled back: how many rows it saw or changed, or that it was refused.
async fn attempt(
    connection: &mut PgConnection,
    hotel: Option<&str>,
    statement: &str,
) -> Result<u64, String> {
    let mut tx = connection.begin().await.expect("a transaction");
    if let Some(hotel) = hotel {
        let set = sqlx::query("SELECT set_config('app.hotel_id', $1, true)").bind(hotel);
        set.execute(&mut *tx).await.expect("the setting is taken");
    }
    let outcome = sqlx::query(AssertSqlSafe(statement.to_owned()))
        .execute(&mut *tx)
        .await;
    tx.rollback().await.expect("a rollback");
    outcome
        .map(|done| done.rows_affected())
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn no_tenants_table_shows_or_takes_a_row_without_its_hotel() {
    let world = World::start().await;
    let made = world.guest().await.reserve(&[Line::default()]).await;
    world.staff().await.step(&made, "confirm").await.expect(200);
    let kyoto = world
        .value("SELECT id FROM hotels WHERE slug = 'sakura-kyoto'")
        .await;
    let kyoto = kyoto.as_str().expect("an id");
    let rome = world
        .value("SELECT id FROM hotels WHERE slug = 'aurora-rome'")
        .await;
    let rome = rome.as_str().expect("an id");

    let mut owner = world.owner().await;
    let tables = tenant_tables(&mut owner).await;
    assert!(
        tables.len() > 100,
        "leaves are tables too: {}",
        tables.len()
    );
    let mut application = world
        .database
        .application()
        .connect()
        .await
        .expect("the application connects");
    for table in tables {
        let of_rome = format!("FROM {table} WHERE hotel_id = '{rome}'");
        for hotel in [None, Some(""), Some(kyoto)] {
            for statement in [
                format!("SELECT 1 {of_rome}"),
                format!("UPDATE {table} SET hotel_id = hotel_id WHERE hotel_id = '{rome}'"),
                format!("DELETE {of_rome}"),
            ] {
                let outcome = attempt(&mut application, hotel, &statement).await;
                assert!(
                    matches!(outcome, Ok(0) | Err(_)),
                    "{statement} as {hotel:?}: {outcome:?}"
                );
            }
            let insertion = format!(
                "INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, \
                jsonb_build_object('hotel_id', '{rome}'))).*"
            );
            let outcome = attempt(&mut application, hotel, &insertion).await;
            let refused = outcome.as_ref().is_err_and(|error| {
                error.contains("row-level security") || error.contains("permission denied")
            });
            assert!(
                refused || unmade(&outcome),
                "{insertion} as {hotel:?}: {outcome:?}"
            );
        }
        let garbage = attempt(
            &mut application,
            Some("garbage"),
            &format!("SELECT 1 {of_rome}"),
        )
        .await;
        assert!(matches!(garbage, Ok(0) | Err(_)), "{table}: {garbage:?}");
    }
}

/// A row that a partition cannot take never came to the policy.
fn unmade(outcome: &Result<u64, String>) -> bool {
    outcome.as_ref().is_err_and(|error| {
        error.contains("no partition") || error.contains("partition constraint")
    })
}

#[tokio::test]
async fn every_tenants_table_forces_row_level_security_and_the_application_owns_nothing() {
    let database = TestDatabase::seeded().await;
    let mut owner = database
        .owner()
        .connect()
        .await
        .expect("the owner connects");
    for table in tenant_tables(&mut owner).await {
        let walled: bool = sqlx::query_scalar(
            "SELECT c.relrowsecurity AND c.relforcerowsecurity AND NOT pg_has_role('roomwire_app', c.relowner, 'MEMBER')
             FROM pg_class c WHERE c.oid = $1::regclass",
        )
        .bind(&table)
        .fetch_one(&mut owner)
        .await
        .expect("the catalogue can be read");
        assert!(walled, "{table} has no wall");
    }
    let views: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')
             AND NOT coalesce(reloptions @> ARRAY['security_invoker=true'], false)",
    )
    .fetch_one(&mut owner)
    .await
    .expect("the catalogue can be read");
    assert_eq!(views, 0, "a view reads with its owner's eyes");
}

#[tokio::test]
async fn a_role_that_could_see_every_hotel_is_refused_at_the_start() {
    let database = TestDatabase::seeded().await;
    let superuser = World::refusal(&database, &database.owner()).await;
    assert!(
        chain(&superuser).contains("is a superuser or bypasses row-level security"),
        "{}",
        chain(&superuser)
    );

    let mut owner = database
        .owner()
        .connect()
        .await
        .expect("the owner connects");
    // Roles are the server's, so these are this test's own.
    sqlx::raw_sql(
        "CREATE ROLE refused_bypasser LOGIN PASSWORD 'test' BYPASSRLS IN ROLE roomwire_app;
         CREATE ROLE refused_stranger LOGIN PASSWORD 'test';
         CREATE ROLE refused_owner LOGIN PASSWORD 'test' IN ROLE roomwire_app;
         ALTER TABLE hotels OWNER TO refused_owner",
    )
    .execute(&mut owner)
    .await
    .expect("roles can be made");
    for (role, why) in [
        (
            "refused_bypasser",
            "is a superuser or bypasses row-level security",
        ),
        ("refused_owner", "owns the tables"),
        ("refused_stranger", "is no member of `roomwire_app`"),
    ] {
        let refusal =
            World::refusal(&database, &database.owner().username(role).password("test")).await;
        assert!(chain(&refusal).contains(why), "{role}: {}", chain(&refusal));
    }
}

#[tokio::test]
async fn a_database_without_the_schema_is_refused_with_the_command_that_makes_it() {
    let database = TestDatabase::empty().await;
    let refusal = World::refusal(&database, &database.application()).await;
    assert!(
        chain(&refusal).contains("run `roomwire migrate up`"),
        "{}",
        chain(&refusal)
    );
}
