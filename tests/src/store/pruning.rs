//! Plans: what is asked for every request touches its own partitions and no others.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::harness::{Line, World, night};

/// A query may touch the leaves of two months, where a stay begins in one and ends in the next.
const MOST_LEAVES: usize = 2;

/// The relations that a plan reads.
async fn touched(connection: &mut PgConnection, statement: &str) -> Vec<String> {
    let explain = format!("EXPLAIN (COSTS OFF, FORMAT TEXT) {statement}");
    let lines: Vec<String> = sqlx::query_scalar(AssertSqlSafe(explain))
        .fetch_all(connection)
        .await
        .unwrap_or_else(|error| {
            panic!("{error}: {statement}");
        });
    let mut tables: Vec<String> = lines
        .iter()
        .filter(|line| line.contains(" Scan") || line.trim_start().starts_with("Update on"))
        .filter_map(|line| line.split(" on ").nth(1)?.split(' ').next())
        .filter(|relation| relation.chars().rev().nth(1) == Some('_'))
        .map(str::to_owned)
        .collect();
    tables.sort();
    tables.dedup();
    tables
}

#[tokio::test]
async fn hot_queries_read_the_leaves_of_their_months_and_hotel_only() {
    let world = World::start().await;
    let made = world.guest().await.reserve(&[Line::default()]).await;
    let id = made["id"].as_str().expect("an id");
    let hotel = world
        .value("SELECT id FROM hotels WHERE slug = 'aurora-rome'")
        .await;
    let hotel = hotel.as_str().expect("an id");
    let room_type = made["rooms"][0]["room_type_id"].as_str().expect("an id");
    let (first, last) = (night(0), night(1));
    let cells = format!("a.hotel_id = '{hotel}' AND a.night BETWEEN '{first}' AND '{last}'");

    let mut application = world
        .database
        .application()
        .connect()
        .await
        .expect("the application connects");
    sqlx::query("SELECT set_config('app.hotel_id', $1, false)")
        .bind(hotel)
        .execute(&mut application)
        .await
        .expect("the setting is taken");
    // As `markets` and what holds do to nights are planned, for any hotel and nights.
    sqlx::raw_sql(
        "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;
         PREPARE selling (uuid, date, date, uuid[], uuid[]) AS SELECT * FROM shelves($1, $2, $3, $4, $5);
         PREPARE locking (uuid, date, date, uuid) AS
             SELECT 1 FROM room_availability a
             WHERE a.hotel_id = $1 AND a.night BETWEEN $2 AND $3 AND a.room_type_id = $4
             ORDER BY a.room_type_id, a.night FOR UPDATE",
    )
    .execute(&mut application)
    .await
    .expect("a statement is prepared");
    for statement in [
        // A function in SQL is planned as a part of the query: this is what offers, quotes and each hotel of a search read.
        format!("EXECUTE selling('{hotel}', '{first}', '{last}', NULL, NULL)"),
        format!(
            "EXECUTE selling('{hotel}', '{first}', '{last}', ARRAY['{room_type}'::uuid], NULL)"
        ),
        format!("EXECUTE locking('{hotel}', '{first}', '{last}', '{room_type}')"),
        format!("SELECT * FROM shelves('{hotel}', '{first}', '{last}', NULL, NULL)"),
        format!("SELECT * FROM room_availability a WHERE {cells}"),
        format!(
            "SELECT 1 FROM room_availability a WHERE {cells} AND a.room_type_id = '{room_type}'
            ORDER BY a.room_type_id, a.night FOR UPDATE"
        ),
        format!(
            "UPDATE room_availability a SET held = a.held WHERE {cells} AND a.room_type_id = '{room_type}'"
        ),
        format!("SELECT * FROM reservations WHERE hotel_id = '{hotel}' AND id = '{id}'"),
        format!(
            "SELECT * FROM reservation_rooms WHERE hotel_id = '{hotel}' AND reservation_id = '{id}'"
        ),
        format!(
            "UPDATE reservations SET version = version WHERE hotel_id = '{hotel}' AND id = '{id}'"
        ),
    ] {
        let leaves = touched(&mut application, &statement).await;
        assert!(
            (1..=MOST_LEAVES).contains(&leaves.len()),
            "{statement} touches {leaves:?}"
        );
    }
}

/// The leaves of nights that a hold of two nights and its release look at or change, each with how often it was read
/// from end to end. Once before for the plans, whose making looks at more.
async fn booked(connection: &mut PgConnection, statement: &str) -> Vec<(String, i64)> {
    let mut leaves = Vec::new();
    for _ in 0..2 {
        let mut tx = connection.begin().await.expect("a transaction");
        let outcomes: Vec<String> = sqlx::query_scalar(AssertSqlSafe(statement.to_owned()))
            .fetch_all(&mut *tx)
            .await
            .unwrap_or_else(|error| panic!("{error}: {statement}"));
        assert_eq!(outcomes, ["held released"], "{statement}");
        let read = "SELECT relname::text, seq_scan FROM pg_stat_xact_user_tables
            WHERE relname ~ '^room_availability_[0-9_]+_[0-3]$' AND seq_scan + idx_scan + n_tup_upd > 0 ORDER BY relname";
        leaves = sqlx::query_as(read)
            .fetch_all(&mut *tx)
            .await
            .expect("the statistics can be read");
        tx.rollback().await.expect("a rollback");
        // What was counted so far goes, so that the next time is counted alone.
        sqlx::raw_sql("SELECT pg_stat_force_next_flush()")
            .execute(&mut *connection)
            .await
            .expect("the statistics are told");
    }
    leaves
}

#[tokio::test]
async fn a_booking_reads_its_own_leaves_by_an_index_also_where_their_month_was_made_after_its_plans()
 {
    let world = World::start().await;
    let hotel = world
        .value("SELECT id FROM hotels WHERE slug = 'aurora-rome'")
        .await;
    let hotel = hotel.as_str().expect("an id");
    let role = world.database.application();
    let mut application = role.connect().await.expect("the application connects");
    sqlx::query("SELECT set_config('app.hotel_id', $1, false)")
        .bind(hotel)
        .execute(&mut application)
        .await
        .expect("the setting is taken");
    let booking = |arrival: i32| {
        let (check_in, check_out) = (night(arrival), night(arrival + 2));
        format!(
            "SELECT p.outcome || ' ' || release_hold('{hotel}', s.hold)
             FROM (SELECT gen_random_uuid() AS hold, s.room_type_id, s.rate_plan_id FROM products s
                     JOIN room_types t ON t.id = s.room_type_id AND t.code = 'DBL'
                     JOIN rate_plans r ON r.id = s.rate_plan_id AND r.code = 'BAR' OFFSET 0) AS s,
                 place_hold('{hotel}', s.hold, jsonb_build_array(jsonb_build_object('line', 0,
                     'room_type_id', s.room_type_id, 'rate_plan_id', s.rate_plan_id, 'check_in', date '{check_in}',
                     'check_out', date '{check_out}', 'units', 1, 'adults', 2, 'children_ages', jsonb '[]',
                     'prices', jsonb '[12000, 12000]')), interval '10 minutes', interval '30 minutes', NULL, NULL) AS p"
        )
    };
    let near = booked(&mut application, &booking(0)).await;

    let (first, last) = (night(1100), night(1102));
    let made = format!(
        "SELECT ensure_nights('{first}', '{last}');
         INSERT INTO room_availability (hotel_id, room_type_id, night, allotment)
         SELECT t.hotel_id, t.id, n::date, 1
         FROM room_types t, generate_series(date '{first}', date '{last}', interval '1 day') AS n
         WHERE t.hotel_id = '{hotel}' AND t.code = 'DBL'"
    );
    world.execute(&made).await;
    let far = booked(&mut application, &booking(1100)).await;

    for leaves in [&near, &far] {
        assert!((1..=MOST_LEAVES).contains(&leaves.len()), "{leaves:?}");
        assert!(leaves.iter().all(|(_, whole)| *whole == 0), "{leaves:?}");
    }
    assert!(far.iter().all(|leaf| !near.contains(leaf)), "{far:?}");
}
