//! The same load on a schema that was made worse: it must fail there, or it proves nothing.

use crate::harness::violations;
use crate::inventory::load::{NIGHTS, Scarce, UNITS};

/// Locks the nights in an order of each session's own.
const DISORDERED_LOCK: &str = "
    CREATE OR REPLACE FUNCTION lock_inventory(p_hotel uuid, p_cells jsonb) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        v_cell record;
    BEGIN
        FOR v_cell IN
            SELECT c.room_type_id, c.night FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date)
            ORDER BY md5(c.night || txid_current()::text)
        LOOP
            PERFORM 1 FROM room_availability a
            WHERE a.hotel_id = p_hotel AND a.room_type_id = v_cell.room_type_id AND a.night = v_cell.night
            FOR UPDATE;
        END LOOP;
    END $$";

/// Locks nothing, and adds to the counters without looking.
pub(super) const NO_GUARD: &str = "
    CREATE OR REPLACE FUNCTION lock_inventory(p_hotel uuid, p_cells jsonb) RETURNS void LANGUAGE sql AS 'SELECT';
    CREATE OR REPLACE FUNCTION count_inventory(
        p_hotel uuid, p_cells jsonb, p_force boolean, OUT wanted integer, OUT moved integer
    ) LANGUAGE plpgsql AS $$
    BEGIN
        SELECT count(*) INTO wanted FROM jsonb_to_recordset(p_cells) AS c (night date);
        moved := wanted;
        UPDATE room_availability a SET held = a.held + d.held
        FROM (
            SELECT * FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date, held integer)
            ORDER BY room_type_id, night
        ) AS d
        WHERE a.hotel_id = p_hotel AND a.room_type_id = d.room_type_id AND a.night = d.night;
    END $$;
    ALTER TABLE room_availability DROP CONSTRAINT never_oversold";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_one_lock_order_the_load_deadlocks() {
    let scarce = Scarce::new().await;
    scarce.alter(DISORDERED_LOCK).await;
    let store = scarce.open(32).await;
    scarce
        .everybody_wants(&store, 4, |turn| turn % (NIGHTS - 2))
        .await;
    assert!(
        scarce.deadlocks(store).await > 0,
        "the load would not notice a lock that is taken in no order"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_guard_the_load_oversells_and_the_invariants_say_so() {
    let scarce = Scarce::new().await;
    scarce.alter(NO_GUARD).await;
    let store = scarce.open(32).await;
    let tally = scarce.everybody_wants(&store, 2, |_| 0).await;
    store.close().await;
    assert!(
        tally.held > UNITS,
        "the load would not notice a guard that is missing: {tally:?}"
    );
    let broken = violations(&scarce.database.owner()).await;
    assert!(
        broken
            .iter()
            .any(|line| line.starts_with("I1 ") && line.contains("sold")),
        "{broken:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_that_lost_an_update_breaks_an_invariant() {
    let scarce = Scarce::new().await;
    let store = scarce.open(4).await;
    scarce.everybody_wants(&store, 1, |_| 0).await;
    store.close().await;
    scarce
        .alter("UPDATE room_availability SET held = held - 1 WHERE held > 0")
        .await;
    let broken = violations(&scarce.database.owner()).await;
    assert_eq!(broken.len(), 3, "{broken:?}");
    assert!(
        broken.iter().all(|line| line.starts_with("I2 ")),
        "{broken:?}"
    );
}
