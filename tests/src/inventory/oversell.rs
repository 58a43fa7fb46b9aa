//! Many want the same nights: nobody gets what is not there, nobody waits for ever, and the counters stay exact.

use std::collections::BTreeMap;

use roomwire::domain::ids::HoldId;
use roomwire::store::{StoreError, holds};
use tokio::task::JoinSet;

use crate::harness::violations;
use crate::inventory::load::{CALLERS, NIGHTS, Scarce, UNITS, end, place};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_callers_for_the_same_three_nights_get_exactly_what_there_is() {
    let scarce = Scarce::new().await;
    let store = scarce.open(32).await;
    let tally = scarce.everybody_wants(&store, 2, |_| 0).await;
    assert_eq!((tally.held, tally.failed), (UNITS, 0), "{tally:?}");
    assert_eq!(tally.sold_out, i64::from(2 * CALLERS) - UNITS);
    let held = scarce.held().await;
    assert_eq!(
        held.iter().map(|(_, held)| *held).collect::<Vec<_>>(),
        [UNITS; 3]
    );
    assert_eq!(scarce.deadlocks(store).await, 0);
    assert_eq!(
        violations(&scarce.database.owner()).await,
        Vec::<String>::new()
    );
}

/// The locks keep the order, and so keep deadlocks away. That nothing is oversold does not hang on them: the update
/// compares with the newest row, whatever its plan was made for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_locks_the_guard_alone_oversells_nothing_and_loses_no_count() {
    let scarce = Scarce::new().await;
    let no_lock =
        "CREATE OR REPLACE FUNCTION lock_inventory(p_hotel uuid, p_cells jsonb) RETURNS void
        LANGUAGE sql AS 'SELECT'";
    scarce.alter(no_lock).await;
    let store = scarce.open(16).await;
    let tally = scarce.everybody_wants(&store, 1, |_| 0).await;
    store.close().await;
    assert_eq!(tally.held, UNITS, "{tally:?}");
    let held = scarce.held().await;
    assert_eq!(
        held.iter().map(|(_, held)| *held).collect::<Vec<_>>(),
        [UNITS; 3]
    );
    assert_eq!(
        violations(&scarce.database.owner()).await,
        Vec::<String>::new()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_callers_for_overlapping_stays_deadlock_never_and_oversell_nothing() {
    let scarce = Scarce::new().await;
    let store = scarce.open(32).await;
    let tally = scarce
        .everybody_wants(&store, 4, |turn| turn % (NIGHTS - 2))
        .await;
    assert_eq!(tally.failed, 0, "{tally:?}");
    let held = scarce.held().await;
    assert_eq!(
        held.iter().map(|(_, held)| held).sum::<i64>(),
        3 * tally.held
    );
    assert!(held.iter().all(|(_, held)| *held <= UNITS), "{held:?}");
    // Nobody was refused while three nights in a row still had a unit.
    let free: BTreeMap<_, _> = held
        .iter()
        .filter(|(_, held)| *held < UNITS)
        .copied()
        .collect();
    let consecutive = free
        .keys()
        .any(|night| (1..3).all(|days| free.contains_key(&night_after(*night, days))));
    assert!(!consecutive, "{held:?}");
    assert_eq!(scarce.deadlocks(store).await, 0);
    assert_eq!(
        violations(&scarce.database.owner()).await,
        Vec::<String>::new()
    );
}

fn night_after(night: jiff::civil::Date, days: i32) -> jiff::civil::Date {
    night + jiff::ToSpan::days(days)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_that_are_placed_released_lapsed_and_swept_at_once_leave_exact_counters() {
    let scarce = Scarce::new().await;
    let store = scarce.open(32).await;
    let mut callers = JoinSet::new();
    for caller in 0..24 {
        let (store, hotel) = (store.clone(), scarce.hotel);
        let stays: Vec<_> = (0..12)
            .map(|round| scarce.stay((caller + round) % (NIGHTS - 2)))
            .collect();
        callers.spawn(async move {
            for (round, lines) in stays.iter().enumerate() {
                place(&store, hotel, lines).await?;
                let mut tx = store.begin(hotel).await?;
                let known: Vec<uuid::Uuid> = sqlx::query_scalar("SELECT id FROM holds ORDER BY id DESC LIMIT 40")
                    .fetch_all(&mut *tx)
                    .await
                    .expect("the holds can be read");
                let chosen = known[(round * 7 + usize::try_from(caller).expect("small")) % known.len()];
                sqlx::query("UPDATE holds SET expires_at = clock_timestamp() WHERE id = $1 AND state = 'held'")
                    .bind(known[0])
                    .execute(&mut *tx)
                    .await
                    .expect("a hold can lapse");
                tx.commit().await?;
                end(&store, hotel, HoldId(chosen), false).await?;
                let mut tx = store.begin(hotel).await?;
                holds::expire(&mut tx, 10).await?;
                tx.commit().await?;
            }
            Ok::<(), StoreError>(())
        });
    }
    for ended in callers.join_all().await {
        ended.expect("no caller is refused by contention");
    }
    assert_eq!(scarce.deadlocks(store).await, 0);
    assert_eq!(
        violations(&scarce.database.owner()).await,
        Vec::<String>::new()
    );
}
