//! How fast holds are placed: measured by `cargo xtask bench holds`, and no test of a machine's speed.

use std::time::Instant;

use crate::harness::violations;
use crate::inventory::load::{CALLERS, NIGHTS, Scarce, place};

/// Holds of each caller.
const ROUNDS: i32 = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: cargo xtask bench holds"]
async fn three_night_holds_of_sixty_four_callers_on_eight_nights() {
    let scarce = Scarce::new().await;
    scarce
        .alter("UPDATE room_availability SET allotment = 1000000")
        .await;
    let store = scarce.open(32).await;

    let started = Instant::now();
    for round in 0..ROUNDS * 4 {
        place(&store, scarce.hotel, &scarce.stay(round % (NIGHTS - 2)))
            .await
            .expect("there is enough for everybody");
    }
    let alone = f64::from(ROUNDS * 4) / started.elapsed().as_secs_f64();

    let started = Instant::now();
    let tally = scarce
        .everybody_wants(&store, ROUNDS, |turn| turn % (NIGHTS - 2))
        .await;
    let together = f64::from(CALLERS * ROUNDS) / started.elapsed().as_secs_f64();

    assert_eq!((tally.sold_out, tally.failed), (0, 0), "{tally:?}");
    let deadlocks = scarce.deadlocks(store).await;
    println!("{CALLERS} callers, {NIGHTS} hot nights   {together:>8.0} holds/s");
    println!("one caller alone            {alone:>8.0} holds/s");
    println!("together against alone      {:>8.2}", together / alone);
    println!("deadlocks                   {deadlocks:>8}");
    assert_eq!(deadlocks, 0);
    assert_eq!(
        violations(&scarce.database.owner()).await,
        Vec::<String>::new()
    );
}
