//! Plain tables in the place of partitioned ones, many reservations in either, and whether all was counted right.

use roomwire::store::{hotels, recount};

use crate::bench::grand::slug;
use crate::harness::{TestDatabase, World};

/// Puts a plain table with the same rows, keys and walls in the place of each partitioned one.
const PLAIN: &str = "
    DO $$
    DECLARE
        v_name text;
        v_key text;
    BEGIN
        FOR v_name IN SELECT name FROM partitioned_tables ORDER BY name LOOP
            EXECUTE format('ALTER TABLE %I RENAME TO %I', v_name, 'old_' || v_name);
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', v_name, 'old_' || v_name);
            EXECUTE format('ALTER TABLE %I SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)', v_name);
            EXECUTE format('INSERT INTO %I SELECT * FROM %I', v_name, 'old_' || v_name);
            -- What a copy of columns and indexes leaves out.
            FOR v_key IN
                SELECT pg_get_constraintdef(oid) FROM pg_constraint
                WHERE conrelid = to_regclass('old_' || v_name) AND contype = 'f'
            LOOP
                EXECUTE format('ALTER TABLE %I ADD %s', v_name, v_key);
            END LOOP;
            PERFORM secure_tenant_table(v_name::regclass);
        END LOOP;
        REVOKE UPDATE, DELETE ON booking_events FROM roomwire_app;
    END $$";

/// A hundred thousand confirmed reservations of two nights at the first hotel, with their words and counters.
const LOAD: &str = "
    SELECT set_config('app.hotel_id', (SELECT id::text FROM hotels WHERE slug = 'grand-0000'), false);
    CREATE TEMP TABLE made AS
    SELECT h.id AS hotel_id, t.id AS room_type_id, p.id AS rate_plan_id, numbered.number,
        overlay(uuid_at(clock_timestamp())::text PLACING right(gen_random_uuid()::text, 22) FROM 15)::uuid AS id,
        current_date + 2 + (numbered.number % 340)::integer AS check_in
    FROM generate_series(1, 100000) AS numbered (number)
    JOIN hotels h ON h.slug = 'grand-0000'
    JOIN room_types t ON t.hotel_id = h.id AND t.code = 'T' || numbered.number % 8
    JOIN rate_plans p ON p.hotel_id = h.id AND p.code = 'P' || numbered.number % 5;
    INSERT INTO reservations (hotel_id, id, number, status, hold_id, source, booker, total_minor, currency, check_in,
        check_out)
    SELECT hotel_id, id, 'L' || number, 'confirmed', gen_random_uuid(), 'gateway',
        '{\"first_name\": \"Ada\", \"last_name\": \"Lovelace\"}', 20000, 'EUR', check_in, check_in + 2
    FROM made;
    INSERT INTO reservation_words (hotel_id, word, reservation_id)
    SELECT hotel_id, word, id FROM made, unnest(ARRAY['ada', 'lovelace', 'l' || number]) AS word;
    INSERT INTO reservation_rooms (hotel_id, reservation_id, line, room_type_id, rate_plan_id, check_in, check_out, units,
        adults, prices)
    SELECT hotel_id, id, 0, room_type_id, rate_plan_id, check_in, check_in + 2, 1, 2, '{10000, 10000}' FROM made;
    UPDATE room_availability a SET sold = a.sold + d.units
    FROM (SELECT hotel_id, room_type_id, n::date AS night, count(*)::integer AS units
        FROM made, generate_series(check_in, check_in + 1, interval '1 day') AS n GROUP BY 1, 2, 3) AS d
    WHERE a.hotel_id = d.hotel_id AND a.room_type_id = d.room_type_id AND a.night = d.night";

pub(super) async fn make_plain(world: &World) {
    world.execute(PLAIN).await;
}

pub(super) async fn add_reservations(world: &World) {
    world.execute(LOAD).await;
}

/// A measurement of what is wrong is none: the counters of the first hotels are the recount, and nothing deadlocked.
pub(super) async fn verify(database: &TestDatabase, hotels: usize) {
    assert_eq!(database.deadlocks().await, 0);
    let store = database.store(2).await;
    for number in 0..hotels {
        let hotel = hotels::find_by_slug(&store, &slug(number)).await;
        let hotel = hotel
            .expect("the directory is read")
            .expect("it was loaded");
        let mut tx = store.begin(hotel.id).await.expect("a transaction begins");
        let miscounts = recount::miscounts(&mut tx).await.expect("it is counted");
        assert_eq!(miscounts, Vec::new(), "{}", hotel.slug);
        tx.rollback().await.expect("a transaction ends");
    }
    store.close().await;
}
