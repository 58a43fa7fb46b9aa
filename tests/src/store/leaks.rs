//! The second wall, as the catalogue lists it: every relation and function, by every way in, for a hotel that nobody
//! may see. Nothing here names a table or function that must not be forgotten.

use sqlx::postgres::{PgConnection, Postgres};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Transaction};

use crate::harness::{Line, World};
use crate::store::tenancy::SHARED;

/// A hotel whose rows are copies of the one in Rome, and which never logs in.
const CANARY: &str = "0ca0a21e-0000-7000-8000-00000000ca7a";
/// A hotel and a hold that do not exist.
const NOBODY: &str = "0b0d1e50-0000-7000-8000-000000000000";
const NOTHING: &str = "0b0d1e50-0000-7000-8000-000000000001";

/// How a connection comes to a statement.
#[derive(Clone, Copy, Debug)]
enum Context<'hotel> {
    /// No hotel was ever set.
    Unset,
    /// Another hotel's transaction.
    Other(&'hotel str),
    /// The connection served the canary before, and went back to the pool.
    Reused,
    Garbage,
}

async fn rows<T>(connection: &mut PgConnection, query: &str) -> Vec<T>
where
    T: Send + Unpin + for<'row> sqlx::Decode<'row, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    sqlx::query_scalar(AssertSqlSafe(query.to_owned()))
        .fetch_all(connection)
        .await
        .unwrap_or_else(|error| panic!("{error}: {query}"))
}

/// Tables, partitions, leaves and views with tenants' rows; `leaves`: partitions and leaves among them.
async fn relations(owner: &mut PgConnection, leaves: bool) -> Vec<String> {
    let kinds = if leaves {
        "true"
    } else {
        "NOT c.relispartition AND c.relkind IN ('r', 'p')"
    };
    let query = format!(
        "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
         AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {kinds} ORDER BY c.relname"
    );
    let all: Vec<String> = rows(owner, &query).await;
    all.into_iter()
        .filter(|name| !SHARED.contains(&name.as_str()))
        .collect()
}

/// Gives the canary a copy of whatever Rome has.
async fn hatch(owner: &mut PgConnection) {
    let copy = |table: &str, condition: &str, changes: &str| {
        format!(
            "INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, to_jsonb(original) || {changes})).*
             FROM {table} original WHERE {condition};"
        )
    };
    let mut statements = "SET session_replication_role = replica;".to_owned();
    let hotel = format!("'{{\"id\": \"{CANARY}\", \"slug\": \"canary\", \"name\": \"Canary\"}}'");
    statements += &copy("hotels", "slug = 'aurora-rome'", &hotel);
    let rome = "hotel_id = (SELECT id FROM hotels WHERE slug = 'aurora-rome')";
    for table in relations(owner, false).await {
        statements += &copy(&table, rome, &format!("'{{\"hotel_id\": \"{CANARY}\"}}'"));
    }
    // Rome's channels are asked for no webhooks.
    statements += &format!(
        "INSERT INTO webhook_subscriptions (hotel_id, connection_id, wanted)
         VALUES ('{CANARY}', '{NOTHING}', decode(repeat('00', 32), 'hex'));"
    );
    statements += "SET session_replication_role = origin";
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(owner)
        .await
        .expect("rows can be copied");
}

/// How many rows of each table are the canary's, and what is in them.
async fn feathers(owner: &mut PgConnection) -> Vec<String> {
    let tables = relations(owner, false).await;
    let each: Vec<String> = tables
        .iter()
        .map(|table| {
            format!(
                "SELECT format('{table} %s %s', count(*), sum(hashtextextended(t::text, 0))) FROM {table} t
                 WHERE hotel_id = '{CANARY}'"
            )
        })
        .collect();
    rows(owner, &each.join(" UNION ALL ")).await
}

async fn enter<'c>(
    application: &'c mut PgConnection,
    context: Context<'_>,
) -> Transaction<'c, Postgres> {
    if matches!(context, Context::Reused) {
        let mut before = application.begin().await.expect("a transaction");
        set(&mut before, CANARY).await;
        before.commit().await.expect("a commit");
    }
    let mut tx = application.begin().await.expect("a transaction");
    match context {
        Context::Unset | Context::Reused => {}
        Context::Other(hotel) => set(&mut tx, hotel).await,
        Context::Garbage => set(&mut tx, "garbage").await,
    }
    tx
}

/// What a function answers in a context, or why not, without the ids that it was asked about. It is rolled back.
async fn told(
    application: &mut PgConnection,
    context: Context<'_>,
    call: &str,
    asked: [&str; 2],
) -> Result<String, String> {
    let statement =
        format!("SELECT coalesce(string_agg(told::text, '; '), '') FROM {call} AS told");
    let mut tx = enter(application, context).await;
    let outcome: Result<String, sqlx::Error> = sqlx::query_scalar(AssertSqlSafe(statement))
        .fetch_one(&mut *tx)
        .await;
    tx.rollback().await.expect("a rollback");
    let but_for_ids = |text: String| text.replace(asked[0], "hotel").replace(asked[1], "hold");
    outcome
        .map(but_for_ids)
        .map_err(|error| but_for_ids(error.to_string()))
}

/// Performs a statement in a context, and answers how many rows it saw or changed, or why not. It is committed.
async fn attempt(
    application: &mut PgConnection,
    context: Context<'_>,
    statement: &str,
) -> Result<u64, String> {
    let mut tx = enter(application, context).await;
    let outcome = sqlx::query(AssertSqlSafe(statement.to_owned()))
        .execute(&mut *tx)
        .await
        .map(|done| done.rows_affected())
        .map_err(|error| error.to_string());
    match outcome {
        Ok(_) => tx.commit().await.map_err(|error| error.to_string())?,
        Err(_) => tx.rollback().await.expect("a rollback"),
    }
    outcome
}

async fn set(connection: &mut PgConnection, hotel: &str) {
    sqlx::query("SELECT set_config('app.hotel_id', $1, true)")
        .bind(hotel)
        .execute(connection)
        .await
        .expect("the setting is taken");
}

/// Everything that could show or change a row of the canary's.
fn statements(relation: &str) -> [String; 5] {
    let of_canary = format!("WHERE hotel_id = '{CANARY}'");
    [
        // Whatever the columns are called.
        format!("SELECT 1 FROM {relation} t WHERE t::text LIKE '%{CANARY}%'"),
        format!("UPDATE {relation} SET hotel_id = hotel_id {of_canary}"),
        format!("DELETE FROM {relation} {of_canary}"),
        format!(
            "MERGE INTO {relation} t USING (SELECT 1) s ON t.hotel_id = '{CANARY}' WHEN MATCHED THEN DELETE"
        ),
        format!(
            "INSERT INTO {relation} SELECT (jsonb_populate_record(NULL::{relation},
             jsonb_build_object('hotel_id', '{CANARY}'))).*"
        ),
    ]
}

/// The canary's hold, and a call of each function that the application may call, about it and its hotel.
async fn calls(owner: &mut PgConnection) -> (String, Vec<String>) {
    let holds: Vec<String> = rows(
        owner,
        &format!("SELECT id::text FROM holds WHERE hotel_id = '{CANARY}' ORDER BY id"),
    )
    .await;
    let hold = holds.first().expect("the canary has a hold").clone();
    let value = format!(
        "CASE WHEN name LIKE '%hotel%' THEN '''{CANARY}''::uuid' WHEN type = 'uuid' THEN '''{hold}''::uuid'
         WHEN type = 'uuid[]' THEN 'ARRAY[''{hold}''::uuid]' WHEN type IN ('integer', 'bigint', 'smallint') THEN '1'
         WHEN type = 'boolean' THEN 'true' WHEN type = 'jsonb' THEN '''[]''::jsonb'
         WHEN type = 'date' THEN 'current_date' WHEN type = 'interval' THEN 'interval ''1 hour'''
         WHEN type = 'bytea' THEN '''\\x00''::bytea' WHEN type LIKE 'timestamp%' THEN 'now()'
         WHEN type = 'text' THEN '''x''' ELSE 'NULL::' || type END"
    );
    let query = format!(
        "SELECT p.proname || '(' || coalesce((SELECT string_agg({value}, ', ' ORDER BY place)
             FROM (SELECT coalesce(p.proargnames[place], '') AS name, format_type(argument, NULL) AS type, place
                   FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (argument, place)) arguments), '') || ')'
         FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'
             AND p.prorettype <> 'trigger'::regtype
             AND has_function_privilege('roomwire_app', p.oid, 'EXECUTE') ORDER BY 1"
    );
    let calls = rows(owner, &query).await;
    (hold, calls)
}

async fn world_with_a_canary() -> (World, String) {
    let world = World::start().await;
    let made = world.guest().await.reserve(&[Line::default()]).await;
    let staff = world.staff().await;
    staff.step(&made, "confirm").await.expect(200);
    staff.step(&made, "rooms/auto").await.expect(200);
    let guest = world.guest().await;
    guest.hold(&[Line::default()]).await;
    waits(&world).await;
    hatch(&mut world.owner().await).await;
    let kyoto = world
        .value("SELECT id FROM hotels WHERE slug = 'sakura-kyoto'")
        .await;
    let kyoto = kyoto.as_str().expect("an id").to_owned();
    (world, kyoto)
}

/// Somebody waits for a night that is closed.
async fn waits(world: &World) {
    let night = crate::harness::night(20);
    world
        .execute(&format!(
            "UPDATE room_availability SET allotment = 0, overbooking = 0 WHERE night = '{night}' AND sold + held = 0"
        ))
        .await;
    let line = Line {
        arrival: 20,
        nights: 1,
        ..Line::default()
    };
    let guest = world.guest().await;
    guest
        .post("waitlist", &line.waiting("Ada"))
        .await
        .expect(201);
}

async fn application(world: &World) -> PgConnection {
    world
        .database
        .application()
        .connect()
        .await
        .expect("the application connects")
}

/// The canary is nobody's guest: it goes before the invariants of bookings are looked at.
async fn release(world: &World) {
    let mut owner = world.owner().await;
    let mut statements = "SET session_replication_role = replica;".to_owned();
    for table in relations(&mut owner, false).await {
        statements += &format!("DELETE FROM {table} WHERE hotel_id = '{CANARY}';");
    }
    statements += &format!(
        "DELETE FROM jobs WHERE hotel_id = '{CANARY}'; DELETE FROM hotels WHERE id = '{CANARY}'"
    );
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(&mut owner)
        .await
        .expect("the canary is released");
}

#[tokio::test]
async fn no_relation_shows_or_changes_a_row_of_a_hotel_that_is_not_the_transactions() {
    let (world, kyoto) = world_with_a_canary().await;
    let mut owner = world.owner().await;
    let before = feathers(&mut owner).await;
    let told = before.iter().filter(|line| !line.contains(" 0 ")).count();
    assert!(told >= 11, "the canary has rows to be seen: {before:#?}");
    let all = relations(&mut owner, true).await;
    assert!(all.len() > 100, "leaves are relations too: {}", all.len());
    for context in [
        Context::Unset,
        Context::Other(&kyoto),
        Context::Reused,
        Context::Garbage,
    ] {
        // A connection of its own for each: the first use must be a first use.
        let mut application = application(&world).await;
        for relation in &all {
            for statement in statements(relation) {
                let outcome = attempt(&mut application, context, &statement).await;
                assert!(
                    matches!(outcome, Ok(0) | Err(_)),
                    "{statement} {context:?}: {outcome:?}"
                );
            }
        }
    }
    assert_eq!(feathers(&mut owner).await, before);
    release(&world).await;
}

#[tokio::test]
async fn no_function_shows_or_changes_a_row_of_a_hotel_that_is_not_the_transactions() {
    let (world, kyoto) = world_with_a_canary().await;
    let mut owner = world.owner().await;
    let before = feathers(&mut owner).await;
    let (hold, calls) = calls(&mut owner).await;
    assert!(calls.len() > 15, "{calls:#?}");
    for context in [
        Context::Unset,
        Context::Other(&kyoto),
        Context::Reused,
        Context::Garbage,
    ] {
        let mut application = application(&world).await;
        for call in &calls {
            let of_canary = told(&mut application, context, call, [CANARY, &hold]).await;
            if call.contains(CANARY) || call.contains(&hold) {
                // Of the canary it tells no more than of a hotel that does not exist.
                let nobody = call.replace(CANARY, NOBODY).replace(&hold, NOTHING);
                let of_nobody = told(&mut application, context, &nobody, [NOBODY, NOTHING]).await;
                assert_eq!(of_canary, of_nobody, "{call} {context:?}");
            }
            let outcome = attempt(&mut application, context, &format!("SELECT {call}")).await;
            let after = feathers(&mut owner).await;
            assert_eq!(after, before, "{call} {context:?}: {outcome:?}");
        }
    }
    release(&world).await;
}

#[tokio::test]
async fn without_the_wall_the_canary_is_seen() {
    let (world, kyoto) = world_with_a_canary().await;
    let mut application = application(&world).await;
    let [look, ..] = statements("holds");
    assert_eq!(
        attempt(&mut application, Context::Other(&kyoto), &look).await,
        Ok(0)
    );
    world
        .execute("ALTER TABLE holds DISABLE ROW LEVEL SECURITY")
        .await;
    let seen = attempt(&mut application, Context::Other(&kyoto), &look).await;
    assert!(matches!(seen, Ok(1..)), "{seen:?}");
    world
        .execute("ALTER TABLE holds ENABLE ROW LEVEL SECURITY")
        .await;
    let (hold, calls) = calls(&mut world.owner().await).await;
    let cells = calls.iter().find(|call| call.starts_with("hold_cells"));
    let cells = cells.expect("a function that reads");
    let of_itself = told(
        &mut application,
        Context::Other(CANARY),
        cells,
        [CANARY, &hold],
    )
    .await;
    assert!(
        of_itself.is_ok_and(|cells| !cells.is_empty()),
        "functions tell a hotel of itself"
    );
    // In its own transaction the hotel sees itself: the statements are no empty questions.
    let own = attempt(&mut application, Context::Other(CANARY), &look).await;
    assert!(matches!(own, Ok(1..)), "{own:?}");
    release(&world).await;
}
