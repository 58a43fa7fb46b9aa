//! The checker of invariants: each violation is planted by one who may do everything, and must be named.

use sqlx::ConnectOptions;

use crate::harness::{Line, TestDatabase, World, violations};

/// What is broken after these statements, in a database with a hold, a reservation and a planned sweep.
async fn broken_after(statements: &str) -> Vec<String> {
    let database = booked().await;
    let mut owner = database
        .owner()
        .connect()
        .await
        .expect("the owner connects");
    // Foreign keys and constraints of ours would refuse most of this: that is their purpose.
    let planted = format!("SET session_replication_role = replica; {statements}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(planted.clone()))
        .execute(&mut owner)
        .await
        .unwrap_or_else(|error| panic!("{error}: {planted}"));
    violations(&database.owner()).await
}

/// A database in which a guest booked, another holds, and the background's next sweep is planned.
async fn booked() -> TestDatabase {
    let world = World::start().await;
    let guest = world.guest().await;
    guest.reserve(&[Line::default()]).await;
    guest.hold(&[Line::default()]).await;
    world
        .execute("INSERT INTO jobs (kind, key, run_at) VALUES ('expire_holds', 'expire_holds', now() + interval '5 s')")
        .await;
    world.into_database().await
}

#[tokio::test]
async fn a_sound_database_breaks_nothing() {
    assert_eq!(broken_after("SELECT").await, Vec::<String>::new());
}

/// The invariant, and what breaks it.
const PLANTED: [(&str, &str); 38] = [
    (
        "I1",
        "ALTER TABLE room_availability DROP CONSTRAINT never_oversold; UPDATE room_availability SET allotment = 0 WHERE sold > 0",
    ),
    (
        "I1",
        "ALTER TABLE room_availability DROP CONSTRAINT never_oversold",
    ),
    (
        "I2",
        "UPDATE room_availability SET held = held + 1 WHERE held > 0",
    ),
    ("I2", "DELETE FROM room_availability WHERE sold > 0"),
    ("I2", "UPDATE reservation_rooms SET freed_from = check_in"),
    (
        "I2",
        "UPDATE hold_lines SET extras = jsonb_build_array(jsonb_build_object('id', hotel_id, 'counted', true,
             'units', 1, 'days', jsonb_build_array(check_in), 'amount', 0))
             WHERE hold_id IN (SELECT id FROM holds WHERE state = 'held')",
    ),
    (
        "I2",
        "UPDATE reservation_rooms SET extras = jsonb_build_array(jsonb_build_object('id', hotel_id, 'counted', true,
             'units', 1, 'days', jsonb_build_array(check_in), 'amount', 0))",
    ),
    ("I3", "DELETE FROM hold_lines"),
    ("I3", "DELETE FROM reservation_rooms"),
    ("I3", "UPDATE reservation_rooms SET prices = prices[1:1]"),
    (
        "I4",
        "UPDATE holds SET state = 'released' WHERE state = 'confirmed'",
    ),
    ("I4", "DELETE FROM holds WHERE state = 'confirmed'"),
    ("I5", "DELETE FROM reservations"),
    ("I5", "DELETE FROM holds"),
    ("I6", "UPDATE booking_events SET before = '{}'"),
    (
        "I6",
        "UPDATE reservations SET hold_id = NULL, connection_id = gen_random_uuid()",
    ),
    ("I7", "UPDATE idempotency_keys SET body = NULL"),
    (
        "I8",
        "UPDATE holds SET ended_at = expires_at + interval '1 minute' WHERE state = 'confirmed'",
    ),
    (
        "I9",
        "UPDATE holds SET expires_at = clock_timestamp() - interval '1 minute' WHERE state = 'held'",
    ),
    (
        "I10",
        "INSERT INTO emails (hotel_id, business_key, connection_id, reservation_id, template)
             SELECT hotel_id, 'received', gen_random_uuid(), id, 'received' FROM reservations",
    ),
    (
        "I10",
        "INSERT INTO messages (hotel_id, id, thread_id, sender, text, sent_at, state, actor)
             SELECT hotel_id, gen_random_uuid(), gen_random_uuid(), 'hotel', 'Welcome', now(), 'queued', 'somebody'
             FROM reservations",
    ),
    ("I16", "ALTER TABLE holds NO FORCE ROW LEVEL SECURITY"),
    (
        "I16",
        "DROP POLICY own_hotel ON room_types; CREATE POLICY own_hotel ON room_types USING (true)",
    ),
    (
        "I19",
        "UPDATE reservations SET total_minor = total_minor + 1",
    ),
    (
        "I19",
        "UPDATE reservation_rooms SET extras = '[{\"counted\": false, \"amount\": 1}]'",
    ),
    ("I19", "UPDATE reservations SET currency = 'JPY'"),
    ("I19", "UPDATE hold_lines SET discount = 1"),
    (
        "I19",
        "UPDATE holds SET promo_code_id = gen_random_uuid() WHERE state = 'confirmed'",
    ),
    ("I19", "UPDATE reservations SET discount_minor = 1"),
    ("I20", "UPDATE reservations SET version = 2"),
    ("I20", "DELETE FROM audit_unsealed"),
    (
        "I20",
        "INSERT INTO audit_chain (hotel_id, number, event_id, hash)
             SELECT hotel_id, 1, event_id, sha256('') FROM audit_unsealed LIMIT 1",
    ),
    (
        "I22",
        "UPDATE holds SET expires_at = expires_at_most + interval '1 hour' WHERE state = 'held'",
    ),
    (
        "I25",
        "INSERT INTO room_assignments (hotel_id, id, reservation_id, line, unit, room_id, from_night, until_night)
             SELECT hotel_id, gen_random_uuid(), reservation_id, line, units, gen_random_uuid(), check_in, check_out
             FROM reservation_rooms",
    ),
    (
        "I25",
        "ALTER TABLE room_assignments DROP CONSTRAINT one_unit_a_room, DROP CONSTRAINT one_room_a_unit;
             INSERT INTO room_assignments (hotel_id, id, reservation_id, line, unit, room_id, from_night, until_night)
             SELECT hotel_id, gen_random_uuid(), reservation_id, line, 0, hotel_id, check_in, check_out
             FROM reservation_rooms, generate_series(1, 2)",
    ),
    (
        "I25",
        "ALTER TABLE room_assignments DROP CONSTRAINT one_room_a_unit",
    ),
    (
        "I26",
        "INSERT INTO waitlist_entries (hotel_id, id, state, check_in, check_out, units, adults, guest, reservation_id)
             SELECT hotel_id, gen_random_uuid(), 'fulfilled', check_in, check_out, 1, 2, '{}', gen_random_uuid()
             FROM reservations",
    ),
    (
        "I26",
        "INSERT INTO waitlist_entries (hotel_id, id, state, check_in, check_out, units, adults, guest, hold_id)
             SELECT hotel_id, id, 'offered', check_in, check_out, 1, 2, '{}', gen_random_uuid() FROM reservations;
             INSERT INTO waitlist_events (hotel_id, entry_id, number, kind, actor)
             SELECT hotel_id, id, n, 'offered', 'somebody' FROM reservations, generate_series(1, 2) AS n",
    ),
];

#[tokio::test]
async fn each_planted_violation_is_named() {
    for (invariant, statements) in PLANTED {
        let broken = broken_after(statements).await;
        let named = broken
            .iter()
            .any(|line| line.starts_with(&format!("{invariant} ")));
        assert!(named, "{statements} is not named {invariant}: {broken:#?}");
    }
}

#[tokio::test]
async fn a_lease_that_nobody_takes_back_and_a_month_that_is_missing_are_named() {
    for (invariant, statements) in [
        (
            "I22",
            "INSERT INTO jobs (kind, state, lease_until) VALUES ('push', 'running', now() + interval '2 hours')",
        ),
        (
            "I24",
            "INSERT INTO jobs (kind, state, lease_until) VALUES ('push', 'running', now() - interval '2 minutes')",
        ),
        (
            "I23",
            "CREATE TABLE booking_events_rest PARTITION OF booking_events DEFAULT PARTITION BY HASH (hotel_id)",
        ),
        (
            "I23",
            "DO $$ DECLARE m text; BEGIN FOR m IN SELECT inhrelid::regclass::text FROM pg_inherits
            WHERE inhparent = 'booking_events'::regclass ORDER BY 1 DESC LIMIT 5
            LOOP EXECUTE format('DROP TABLE %s', m); END LOOP; END $$",
        ),
    ] {
        let broken = broken_after(statements).await;
        let named = broken
            .iter()
            .any(|line| line.starts_with(&format!("{invariant} ")));
        assert!(named, "{statements} is not named {invariant}: {broken:#?}");
    }
}
