//! Fills a database with hotels of one size, as their owner would if it could write a thousand at once.

use std::time::Instant;

use jiff::civil::Date;

use crate::bench::grand::{A_PLACE, RATE_PLANS, ROOM_TYPES, Size};
use crate::harness::World;

/// Hotels of one transaction.
const AT_ONCE: usize = 25;

/// Adds the hotels, and says how far it is.
pub(super) async fn load(world: &World, size: Size, today: Date) {
    let begin = Instant::now();
    let mut told = 0;
    for first in (0..size.hotels).step_by(AT_ONCE) {
        let next = (first + AT_ONCE).min(size.hotels);
        world.execute(&statements(first, next, size, today)).await;
        let tenths = next * 10 / size.hotels;
        if tenths > told {
            told = tenths;
            let cells = Size {
                hotels: next,
                ..size
            };
            eprintln!(
                "    {next} of {} hotels, {} of {} cells, {} s",
                size.hotels,
                cells.cells(),
                size.cells(),
                begin.elapsed().as_secs()
            );
        }
    }
}

/// What autovacuum would do beside the first measurement is done before it.
pub(super) async fn settle(world: &World) {
    world.execute("VACUUM ANALYZE").await;
    world.execute("CHECKPOINT").await;
}

/// Hotels `[first, next)`. Row-level security binds the owner too, so each hotel's rows are written as that hotel.
fn statements(first: usize, next: usize, size: Size, today: Date) -> String {
    let (last_type, last_plan, last_night) = (ROOM_TYPES - 1, RATE_PLANS - 1, size.nights - 1);
    let last = next - 1;
    format!(
        "
        DO $$
        DECLARE
            v_hotel uuid;
        BEGIN
            FOR v_number IN {first}..{last} LOOP
                INSERT INTO hotels (id, slug, name, time_zone, currency, place)
                VALUES (gen_random_uuid(), 'grand-' || lpad(v_number::text, 4, '0'), 'Grand ' || v_number,
                    'Europe/Rome', 'EUR', 'town-' || lpad((v_number / {A_PLACE})::text, 4, '0'))
                RETURNING id INTO v_hotel;
                PERFORM set_config('app.hotel_id', v_hotel::text, true);
                INSERT INTO room_types (hotel_id, id, code, name, standard_occupancy, max_occupancy)
                SELECT v_hotel, gen_random_uuid(), 'T' || t, 'Room ' || t, 2, 4
                FROM generate_series(0, {last_type}) AS t;
                INSERT INTO rooms (hotel_id, id, room_type_id, number)
                SELECT v_hotel, gen_random_uuid(), t.id, t.code FROM room_types t WHERE t.hotel_id = v_hotel;
                INSERT INTO rate_plans (hotel_id, id, code, name, meal_plan)
                SELECT v_hotel, gen_random_uuid(), 'P' || p, 'Plan ' || p, 'room_only'
                FROM generate_series(0, {last_plan}) AS p;
                INSERT INTO products (hotel_id, room_type_id, rate_plan_id)
                SELECT v_hotel, t.id, p.id
                FROM room_types t JOIN rate_plans p ON p.hotel_id = t.hotel_id
                WHERE t.hotel_id = v_hotel;
                -- What follows is made from what is there: checking each key would take longer than all the rest.
                PERFORM set_config('session_replication_role', 'replica', true);
                INSERT INTO room_availability (hotel_id, room_type_id, night, allotment)
                SELECT v_hotel, t.id, date '{today}' + n, 1000000
                FROM room_types t, generate_series(0, {last_night}) AS n
                WHERE t.hotel_id = v_hotel
                ORDER BY t.id, n;
                INSERT INTO rates (hotel_id, room_type_id, rate_plan_id, night, price_minor)
                SELECT v_hotel, s.room_type_id, s.rate_plan_id, date '{today}' + n,
                    8000 + 1000 * right(t.code, 1)::integer + 300 * right(p.code, 1)::integer
                FROM products s
                JOIN room_types t ON t.hotel_id = s.hotel_id AND t.id = s.room_type_id
                JOIN rate_plans p ON p.hotel_id = s.hotel_id AND p.id = s.rate_plan_id,
                    generate_series(0, {last_night}) AS n
                WHERE s.hotel_id = v_hotel
                ORDER BY s.room_type_id, s.rate_plan_id, n;
                PERFORM set_config('session_replication_role', 'origin', true);
            END LOOP;
        END $$"
    )
}
