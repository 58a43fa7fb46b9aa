//! The same races on a schema without its guards: they must find it, or they prove nothing.

use crate::races::arena::Track;
use crate::races::pairs::anomalies;
use crate::races::route::Route;

/// Whoever ends a hold looks at it without keeping others away, and takes a moment.
const UNLOCKED_HOLD: &str = "
    DO $$
    BEGIN
        EXECUTE replace(pg_get_functiondef('end_hold'::regproc), 'id = p_hold FOR UPDATE;', 'id = p_hold; PERFORM pg_sleep(0.02);');
    END $$";

/// Nobody waits for a night, and it is counted without a look.
const UNLOCKED_NIGHTS: &str = "
    ALTER TABLE room_availability DROP CONSTRAINT never_oversold;
    CREATE OR REPLACE FUNCTION lock_inventory(p_hotel uuid, p_cells jsonb) RETURNS void LANGUAGE sql AS 'SELECT';
    DO $$
    BEGIN
        EXECUTE replace(replace(pg_get_functiondef('count_inventory'::regproc), 'AND (p_force', 'AND (true OR p_force'),
            'UPDATE room_availability', 'PERFORM pg_sleep(0.02); UPDATE room_availability');
    END $$";

/// Nobody waits for a reservation, and whoever has read it takes a moment before changing it.
const UNLOCKED_RESERVATION: &str = "
    CREATE OR REPLACE FUNCTION lock_reservation(p_hotel uuid, p_reservation uuid) RETURNS void LANGUAGE sql AS 'SELECT';
    CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.02); RETURN NULL; END';
    CREATE TRIGGER linger BEFORE UPDATE ON reservations FOR EACH STATEMENT EXECUTE FUNCTION linger()";

async fn found(statements: &str, one: Route, other: Route) -> Vec<String> {
    let track = Track::new().await;
    track.world.execute(statements).await;
    let wrong = anomalies(&track, one, other, 20).await;
    let Track { world, .. } = track;
    // Its invariants are broken, which is what this is about.
    world.into_database().await;
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_that_two_may_end_is_found() {
    let wrong = found(UNLOCKED_HOLD, Route::Release, Route::ReserveHold).await;
    assert!(!wrong.is_empty(), "the races would not notice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_last_unit_that_two_get_is_found() {
    let wrong = found(UNLOCKED_NIGHTS, Route::Hold, Route::Desk).await;
    assert!(
        wrong
            .iter()
            .any(|what| what.contains("2 were done") || what.contains("neither of")),
        "the races would not notice: {wrong:?}"
    );
}

/// Both find it tentative. The version that each update insists on lets only one of them through, so what is stored
/// stays sound; the other one's caller is told of a failure of ours instead of what became of the reservation.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reservation_that_two_may_decide_is_found() {
    let wrong = found(UNLOCKED_RESERVATION, Route::Confirm, Route::Decline).await;
    assert!(
        wrong
            .iter()
            .any(|what| what.contains("500 internal") && what.contains("neither of")),
        "the races would not notice: {wrong:?}"
    );
}
