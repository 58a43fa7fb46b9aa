//! Partitioned tables or plain ones, and many reservations in either.

use roomwire::config::Environment;

use crate::harness::{TestDatabase, World, violations};

/// Puts a plain table with the same rows, keys and walls in the place of each partitioned one.
const PLAIN: &str = "
    DO $$
    DECLARE
        v_name text;
    BEGIN
        FOR v_name IN SELECT name FROM partitioned_tables ORDER BY name LOOP
            EXECUTE format('ALTER TABLE %I RENAME TO %I', v_name, 'old_' || v_name);
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', v_name, 'old_' || v_name);
            EXECUTE format('INSERT INTO %I SELECT * FROM %I', v_name, 'old_' || v_name);
            EXECUTE format('ALTER TABLE %I SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)', v_name);
            PERFORM secure_tenant_table(v_name::regclass);
        END LOOP;
        -- What a copy of columns and keys leaves out.
        ALTER TABLE room_availability ADD FOREIGN KEY (hotel_id, room_type_id) REFERENCES room_types (hotel_id, id);
        ALTER TABLE reservation_rooms ADD FOREIGN KEY (hotel_id, room_type_id) REFERENCES room_types (hotel_id, id);
        ALTER TABLE reservations ADD FOREIGN KEY (hotel_id) REFERENCES hotels (id);
    END $$";

/// A hundred thousand confirmed reservations of two nights at the first hotel, with their counters.
const LOAD: &str = "
    CREATE TEMP TABLE made AS
    SELECT h.id AS hotel_id, t.id AS room_type_id, p.id AS rate_plan_id, numbered.number,
        overlay(uuid_at(clock_timestamp())::text PLACING right(gen_random_uuid()::text, 22) FROM 15)::uuid AS id,
        current_date + 1 + (numbered.number % 350)::integer AS check_in
    FROM generate_series(1, 100000) AS numbered (number)
    JOIN hotels h ON h.slug = 'grand-0'
    JOIN room_types t ON t.hotel_id = h.id AND t.code = 'T' || numbered.number % 8
    JOIN rate_plans p ON p.hotel_id = h.id AND p.code = 'P' || numbered.number % 5;
    INSERT INTO reservations (hotel_id, id, number, status, source, booker, total_minor, currency, check_in, check_out)
    SELECT hotel_id, id, 'L' || number, 'confirmed', 'loaded', '{\"first_name\": \"Ada\", \"last_name\": \"Lovelace\"}',
        20000, 'EUR', check_in, check_in + 2
    FROM made;
    INSERT INTO reservation_rooms (hotel_id, reservation_id, line, room_type_id, rate_plan_id, check_in, check_out, units,
        adults, prices)
    SELECT hotel_id, id, 0, room_type_id, rate_plan_id, check_in, check_in + 2, 1, 2, '{10000, 10000}' FROM made;
    UPDATE room_availability a SET sold = a.sold + d.units
    FROM (SELECT hotel_id, room_type_id, n::date AS night, count(*)::integer AS units
        FROM made, generate_series(check_in, check_in + 1, interval '1 day') AS n GROUP BY 1, 2, 3) AS d
    WHERE a.hotel_id = d.hotel_id AND a.room_type_id = d.room_type_id AND a.night = d.night;
    ANALYZE";

fn are_plain() -> bool {
    Environment::of_process().get("ROOMWIRE_BENCH_TABLES") == Some("plain")
}

/// Leaves the tables as they are, or makes them plain.
pub(super) async fn choose(world: &World) {
    if are_plain() {
        world.execute(PLAIN).await;
    }
    println!(
        "tables                      {:>10}",
        if are_plain() { "plain" } else { "partitioned" }
    );
}

pub(super) async fn load(world: &World) {
    world.execute(LOAD).await;
}

/// The counters are right after all that: a measurement of what is wrong is none.
pub(super) async fn verify(database: TestDatabase) {
    let mut broken = violations(&database.owner()).await;
    // What was loaded has no trail, and plain tables have no months.
    broken.retain(|line| {
        line.starts_with("I1 ") || line.starts_with("I2 ") || line.starts_with("I4 ")
    });
    assert_eq!(broken, Vec::<String>::new());
}
