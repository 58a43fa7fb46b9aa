//! The program of the release before beside this one, on this schema: what it says to the database still holds, and
//! neither of the two does again what the other did.

use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::harness::{Line, World, night};

/// A session of its program, within the hotel in Rome, and that hotel's id.
async fn session(world: &World) -> (PgConnection, String) {
    let hotel = id(world, "SELECT id FROM hotels WHERE slug = 'aurora-rome'").await;
    let role = world.database.application();
    let mut session = role.connect().await.expect("the application connects");
    sqlx::query("SELECT set_config('app.hotel_id', $1, false)")
        .bind(&hotel)
        .execute(&mut session)
        .await
        .expect("the setting is taken");
    (session, hotel)
}

async fn id(world: &World, query: &str) -> String {
    let id = world.value(query).await;
    id.as_str().expect("an id").to_owned()
}

/// Whose the keys of the hotel's web page are.
async fn credential(world: &World) -> String {
    let query = "SELECT k.id FROM api_keys k JOIN hotels h ON h.id = k.hotel_id
        WHERE h.slug = 'aurora-rome' AND k.name = 'web-page'";
    id(world, query).await
}

async fn text(connection: &mut PgConnection, statement: String) -> String {
    let asked = sqlx::query_scalar(AssertSqlSafe(statement.clone())).fetch_one(connection);
    asked
        .await
        .unwrap_or_else(|error| panic!("{error}: {statement}"))
}

#[tokio::test]
async fn a_key_is_busy_and_then_taken_for_either_release_whichever_works_under_it() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = json!({"quote": guest.quote(&[Line::default()]).await});
    let ask = |key: &str| guest.post("holds", &body).idempotency_key(key);
    let credential = credential(&world).await;
    let (mut before, hotel) = session(&world).await;
    let claim = |key: &str| {
        format!("SELECT claim_idempotency_key('{hotel}', '{credential}', '{key}', '\\x00')")
    };
    let lock =
        |key: &str| format!("SELECT lock_idempotency_key('{hotel}', '{credential}', '{key}')");

    let mut tx = before.begin().await.expect("a transaction");
    assert_eq!(text(&mut tx, claim("before")).await, "mine");
    assert_eq!(
        ask("before").await.code(),
        "idempotency_key_in_flight",
        "it would be done twice"
    );
    sqlx::query("UPDATE idempotency_keys SET status = 200, content_type = 'text/plain', body = '' WHERE key = 'before'")
        .execute(&mut *tx)
        .await
        .expect("an answer is stored");
    tx.commit().await.expect("a commit");
    // What it stored is of another request than ours.
    assert_eq!(ask("before").await.code(), "idempotency_key_reused");

    ask("now").await.expect(201);
    assert_eq!(text(&mut before, claim("now")).await, "taken");

    let (mut now, _) = session(&world).await;
    let mut tx = now.begin().await.expect("a transaction");
    assert_eq!(text(&mut tx, lock("under way")).await, "mine");
    assert_eq!(text(&mut before, claim("under way")).await, "busy");
    tx.rollback().await.expect("a rollback");
    assert_eq!(world.number("SELECT count(*) FROM holds").await, 1);
}

#[tokio::test]
async fn what_the_release_before_holds_is_counted_and_can_be_booked_by_this_one() {
    let world = World::start().await;
    let (mut before, hotel) = session(&world).await;
    let product = |what: &str| {
        format!(
            "SELECT p.{what}_id FROM products p
             JOIN room_types t ON t.hotel_id = p.hotel_id AND t.id = p.room_type_id
             JOIN rate_plans r ON r.hotel_id = p.hotel_id AND r.id = p.rate_plan_id
             WHERE p.hotel_id = '{hotel}' AND t.code = 'DBL' AND r.code = 'BAR'"
        )
    };
    let lines = json!([{
        "line": 0, "room_type_id": id(&world, &product("room_type")).await,
        "rate_plan_id": id(&world, &product("rate_plan")).await,
        "check_in": night(0), "check_out": night(2), "units": 8, "adults": 2, "children_ages": [],
        "prices": [12_000, 12_000], "charges": [], "extras": [], "discount": 0,
    }]);
    let hold = uuid::Uuid::from_u128(7);
    let placing = |hold: uuid::Uuid| {
        format!(
            "SELECT outcome FROM place_hold('{hotel}', '{hold}', '{lines}', interval '10 minutes', interval '30 minutes')"
        )
    };
    let credential = credential(&world).await;
    let mut tx = before.begin().await.expect("a transaction");
    assert_eq!(text(&mut tx, placing(hold)).await, "held");
    let whose = format!(
        "UPDATE holds SET credential_id = '{credential}' WHERE id = '{hold}' RETURNING state"
    );
    assert_eq!(text(&mut tx, whose).await, "held");
    tx.commit().await.expect("a commit");

    let guest = world.guest().await;
    assert_eq!(guest.units_left(&Line::default()).await, 0);
    let another = uuid::Uuid::from_u128(8);
    assert_eq!(text(&mut before, placing(another)).await, "sold_out");
    guest.reserving(&hold.to_string()).await.expect(201);
    let sold = "SELECT max(sold)::bigint - max(held) FROM room_availability";
    assert_eq!(world.number(sold).await, 8);

    // It reads markets by the functions of then.
    let (first, last) = (night(0), night(3));
    let old = format!("SELECT * FROM markets(ARRAY['{hotel}'::uuid], '{first}', '{last}')");
    let new = old.replace("')", "', NULL, NULL)");
    let differing = format!(
        "SELECT concat((SELECT count(*) FROM ({old}) AS o), ' of which ', (SELECT count(*) FROM ({old} EXCEPT {new}) AS d))"
    );
    assert_eq!(text(&mut before, differing).await, "4 of which 0");
}
