//! A hold that is extended at the moment at which it lapses, while others count.

use std::time::Duration;

use roomwire::domain::hold::{Capped, HoldCaps};
use roomwire::domain::ids::HoldId;
use roomwire::store::{hold_caps, holds};

use crate::harness::eventually;
use crate::inventory::caps::{Caller, MINUTE, NO_LOCKS, Told, roomy, value};
use crate::inventory::load::Scarce;

const ONE: HoldCaps = HoldCaps {
    per_key: 1,
    per_session: 1,
};

/// What another caller is told under a cap of one, when the only hold was extended in a transaction that commits after
/// it would have lapsed.
async fn told_after_an_extension_at_the_last_moment(scarce: &Scarce) -> Told {
    let store = scarce.open(3).await;
    let caller = Caller::of(scarce, &store, ONE);
    assert_eq!(caller.ask().await.expect("a hold"), Told::Held);
    scarce
        .alter("UPDATE holds SET expires_at = clock_timestamp() + interval '2 s'")
        .await;
    let hold = HoldId(value(scarce, "SELECT id FROM holds").await);
    let mut extending = store.begin(scarce.hotel).await.expect("a transaction");
    hold_caps::lock_of_hold(&mut extending, hold)
        .await
        .expect("the locks");
    let extended = holds::extend(&mut extending, hold, 10 * MINUTE).await;
    assert!(matches!(extended, Ok(Ok(_))), "{extended:?}");
    // Nobody sees the extension before it commits.
    let lapsed = "SELECT bool_and(expires_at <= clock_timestamp()) FROM holds";
    eventually("the hold would have lapsed", MINUTE, async || {
        value::<bool>(scarce, lapsed).await.then_some(())
    })
    .await;

    let mut asking = Box::pin(async move { caller.ask().await });
    // Whoever does not wait for the extension is through by then.
    let early = tokio::time::timeout(Duration::from_millis(500), &mut asking).await;
    extending.commit().await.expect("a commit");
    let told = match early {
        Ok(told) => told,
        Err(_) => asking.await,
    };
    store.close().await;
    told.expect("an answer")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_that_is_extended_at_the_last_moment_is_counted() {
    let scarce = roomy().await;
    let told = told_after_an_extension_at_the_last_moment(&scarce).await;
    assert_eq!(told, Told::Capped(Capped::Key));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_locks_a_hold_that_is_extended_at_the_last_moment_is_one_too_many() {
    let scarce = roomy().await;
    scarce.alter(NO_LOCKS).await;
    let told = told_after_an_extension_at_the_last_moment(&scarce).await;
    assert_eq!(told, Told::Held);
}
