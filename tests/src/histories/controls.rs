//! The same histories on a schema that was made worse: they must find it, or they prove nothing.

use crate::histories::play::Stage;
use crate::histories::property::{Parted, play_all, runtime};

/// Whatever is given back, its last night is forgotten.
const FORGETFUL: &str = "
    ALTER FUNCTION count_inventory(uuid, jsonb, boolean) RENAME TO count_every_night;
    CREATE FUNCTION count_inventory(
        p_hotel uuid, p_cells jsonb, p_force boolean, OUT wanted integer, OUT moved integer
    ) LANGUAGE plpgsql AS $$
    DECLARE
        v_kept jsonb;
    BEGIN
        SELECT coalesce(jsonb_agg(c) FILTER (WHERE units >= 0 OR place > 1), '[]') INTO v_kept FROM (
            SELECT c, units, row_number() OVER (PARTITION BY units < 0 ORDER BY c ->> 'night' DESC) AS place
            FROM jsonb_array_elements(p_cells) AS c,
                LATERAL (SELECT coalesce((c ->> 'sold')::integer, 0) + coalesce((c ->> 'held')::integer, 0) AS units) AS u
        ) AS cells;
        PERFORM count_every_night(p_hotel, v_kept, p_force);
        SELECT count(*), count(*) INTO wanted, moved FROM (
            SELECT DISTINCT c ->> 'room_type_id', c ->> 'night' FROM jsonb_array_elements(p_cells) AS c) AS d;
    END $$";

/// Nothing is ever short.
const NO_GUARD: &str = "
    ALTER TABLE room_availability DROP CONSTRAINT never_oversold;
    CREATE OR REPLACE FUNCTION short_cells(p_hotel uuid, p_demand jsonb) RETURNS TABLE (room_type_id uuid, night date)
        LANGUAGE sql STABLE AS 'SELECT NULL::uuid, NULL::date WHERE false';
    CREATE OR REPLACE FUNCTION count_inventory(
        p_hotel uuid, p_cells jsonb, p_force boolean, OUT wanted integer, OUT moved integer
    ) LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM lock_inventory(p_hotel, p_cells);
        SELECT count(DISTINCT (c.room_type_id, c.night)) INTO wanted
        FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date);
        UPDATE room_availability a SET held = a.held + d.held, sold = a.sold + d.sold
        FROM (
            SELECT c.room_type_id, c.night, sum(coalesce(c.held, 0))::integer AS held, sum(coalesce(c.sold, 0))::integer AS sold
            FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date, held integer, sold integer)
            GROUP BY c.room_type_id, c.night
        ) AS d
        WHERE a.hotel_id = p_hotel AND a.room_type_id = d.room_type_id AND a.night = d.night;
        GET DIAGNOSTICS moved = ROW_COUNT;
    END $$";

/// A lapsed hold is confirmed as if it lived.
const TIMELESS: &str = "
    DO $$
    BEGIN
        EXECUTE replace(pg_get_functiondef('end_hold'::regproc), 'v_expires <= clock_timestamp()', 'false');
    END $$";

/// The shortest history that was found to part.
fn found(statements: &str) -> Parted {
    let runtime = runtime();
    let mut stage = runtime.block_on(Stage::new());
    runtime.block_on(stage.world.execute(statements));
    let parted = play_all(&runtime, &mut stage, 1, 40);
    let Stage { world, .. } = stage;
    // Its invariants are broken, which is what this is about.
    runtime.block_on(world.into_database());
    parted.expect_err("the histories would not notice")
}

#[test]
fn a_night_that_is_not_given_back_is_found_in_a_few_steps() {
    let parted = found(FORGETFUL);
    assert!(parted.steps.len() <= 3, "{parted:#?}");
}

#[test]
fn inventory_without_its_guard_is_found_in_a_few_steps() {
    let parted = found(NO_GUARD);
    assert!(parted.steps.len() <= 6, "{parted:#?}");
}

#[test]
fn a_hold_that_is_used_after_its_time_is_found_in_three_steps() {
    let parted = found(TIMELESS);
    assert!(parted.steps.len() <= 3, "{parted:#?}");
}
