//! Time, memory and host calls are bounded, and nobody else pays for them.

use std::time::{Duration, Instant};

use roomwire::domain::connector::SandboxFailure;
use roomwire::plugin::Limits;
use tokio::task::JoinSet;

use super::world::{World, caller, stopped};

const MILLISECOND: Duration = Duration::from_millis(1);

/// How often a 5 ms timer rang while the work went on.
async fn beats_during(work: impl Future<Output = ()>) -> u32 {
    let mut beats = 0;
    tokio::pin!(work);
    loop {
        tokio::select! {
            () = tokio::time::sleep(5 * MILLISECOND) => beats += 1,
            () = &mut work => return beats,
        }
    }
}

/// A guest that would spin for a minute, in calls of this length.
async fn spinning(wall: Duration) -> World {
    let limits = Limits {
        cpu: Duration::from_secs(60),
        wall,
        ..Limits::default()
    };
    World::with_limits(limits).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_loop_is_stopped_at_its_deadline() {
    let world = spinning(400 * MILLISECOND).await;
    let mut fastest = Duration::MAX;
    // The best of three: a machine that is busy with other things may be late once.
    for _ in 0..3 {
        let started = Instant::now();
        let called = world.check("loop").await;
        fastest = fastest.min(started.elapsed());
        assert_eq!(stopped(&called).0, SandboxFailure::Deadline);
    }
    assert!(
        fastest <= 500 * MILLISECOND,
        "stopped after {fastest:?} at best"
    );
    world.still_works().await;
}

/// A timer that is starved for 400 ms at a time rings three times a second at most; one that the loops let through,
/// fifty times, or a tenth of it on a machine that is busy with other things.
const ENOUGH_BEATS: u32 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_loops_on_two_threads_let_other_work_go_on() {
    let world = spinning(Duration::from_secs(1)).await;
    let mut loops = JoinSet::new();
    for _ in 0..2 {
        let connector = world.connector("loop");
        loops.spawn(async move { connector.check(&caller()).await });
    }
    let beats = beats_during(async {
        for called in loops.join_all().await {
            assert_eq!(stopped(&called).0, SandboxFailure::Deadline);
        }
    });
    let beats = beats.await;
    assert!(beats >= ENOUGH_BEATS, "{beats} beats in a second");
}

#[tokio::test]
async fn on_a_single_thread_a_loop_lets_other_work_go_on() {
    let world = spinning(Duration::from_secs(1)).await;
    let beats = beats_during(async {
        assert_eq!(
            stopped(&world.check("loop").await).0,
            SandboxFailure::Deadline
        );
    });
    let beats = beats.await;
    assert!(beats >= ENOUGH_BEATS, "{beats} beats in a second");
}

#[tokio::test]
async fn an_endless_loop_is_stopped_when_its_computing_time_is_used_up() {
    let world = World::with_limits(Limits {
        cpu: 100 * MILLISECOND,
        ..Limits::default()
    })
    .await;
    let called = world.check("loop").await;
    let (kind, message) = stopped(&called);
    assert_eq!(kind, SandboxFailure::CpuExceeded);
    assert_eq!(
        message,
        "plugin `hostile` 0.1.0: it used up its computing time"
    );
    assert!(called.cost.cpu >= 100 * MILLISECOND, "{:?}", called.cost);
    assert!(
        called.cost.cpu < Duration::from_secs(1),
        "{:?}",
        called.cost
    );
}

#[tokio::test]
async fn waiting_for_a_remote_is_not_computing() {
    let world = World::with_limits(Limits {
        cpu: 60 * MILLISECOND,
        ..Limits::default()
    })
    .await;
    let called = world.check("patient-requests").await;
    assert_eq!(
        called
            .result
            .expect("twenty answers")
            .matches("200")
            .count(),
        20
    );
    assert!(
        called.cost.duration >= 500 * MILLISECOND,
        "{:?}",
        called.cost
    );
    assert!(called.cost.cpu < 60 * MILLISECOND, "{:?}", called.cost);
}

#[tokio::test]
async fn memory_is_bounded() {
    let world = World::new().await;
    let called = world.check("memory").await;
    assert_eq!(stopped(&called).0, SandboxFailure::Memory);
    world.still_works().await;
}

#[tokio::test]
async fn endless_recursion_is_a_trap_of_the_guests_own() {
    let world = World::new().await;
    let called = world.check("recursion").await;
    assert_eq!(stopped(&called).0, SandboxFailure::Trap);
    world.still_works().await;
}

#[tokio::test]
async fn a_million_host_calls_are_not_answered() {
    let world = World::new().await;
    let called = world.check("host-calls").await;
    let (kind, message) = stopped(&called);
    assert_eq!(kind, SandboxFailure::Limit);
    assert_eq!(
        message,
        "plugin `hostile` 0.1.0: it called the host more often than it may"
    );
}

#[tokio::test]
async fn a_trap_names_the_plugin_and_hurts_nobody() {
    let world = World::new().await;
    // Fewer than put it into quarantine.
    for _ in 0..9 {
        let called = world.check("trap").await;
        let (kind, message) = stopped(&called);
        assert_eq!(kind, SandboxFailure::Trap);
        assert!(
            message.starts_with("plugin `hostile` 0.1.0: wasm trap"),
            "{message}"
        );
    }
    world.still_works().await;
}

#[tokio::test]
async fn what_the_host_computes_for_a_guest_is_the_guests_own_time() {
    let limits = Limits {
        cpu: 100 * MILLISECOND,
        ..Limits::default()
    };
    let world = World::with_limits(limits).await;
    let called = world.check("sign-for-ever").await;
    assert_eq!(stopped(&called).0, SandboxFailure::CpuExceeded);
    world.still_works().await;
}
