//! Time, memory and host calls are bounded, and nobody else pays for them.

use std::time::{Duration, Instant};

use roomwire::domain::connector::SandboxFailure;
use roomwire::plugin::Limits;

use super::world::{World, caller, stopped};

const MILLISECOND: Duration = Duration::from_millis(1);

/// How late a 5 ms timer was at worst while the work ran.
async fn worst_lateness(work: impl Future<Output = ()>) -> Duration {
    let mut worst = Duration::ZERO;
    tokio::pin!(work);
    loop {
        let due = Instant::now() + 5 * MILLISECOND;
        tokio::select! {
            () = tokio::time::sleep_until(due.into()) => worst = worst.max(due.elapsed()),
            () = &mut work => return worst,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_loop_is_stopped_at_its_deadline_while_other_work_keeps_time() {
    let limits = Limits {
        cpu: Duration::from_secs(60),
        wall: 400 * MILLISECOND,
        ..Limits::default()
    };
    let world = World::with_limits(limits).await;
    let connector = world.connector("loop");
    let spinning = tokio::task::spawn(async move {
        let started = Instant::now();
        (connector.check(&caller()).await, started.elapsed())
    });
    let mut outcome = None;
    let worst = worst_lateness(async { outcome = Some(spinning.await.expect("no panic")) }).await;
    let (called, took) = outcome.expect("it ended");
    assert_eq!(stopped(&called).0, SandboxFailure::Deadline);
    assert!(took <= 500 * MILLISECOND, "stopped after {took:?}");
    assert!(worst < 100 * MILLISECOND, "a timer was {worst:?} late");
    world.still_works().await;
}

#[tokio::test]
async fn on_a_single_thread_a_loop_does_not_keep_the_others_from_theirs() {
    let limits = Limits {
        cpu: Duration::from_secs(60),
        wall: 300 * MILLISECOND,
        ..Limits::default()
    };
    let world = World::with_limits(limits).await;
    let worst = worst_lateness(async {
        assert_eq!(
            stopped(&world.check("loop").await).0,
            SandboxFailure::Deadline
        );
    });
    let worst = worst.await;
    assert!(worst < 100 * MILLISECOND, "a timer was {worst:?} late");
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
    assert!(
        (100 * MILLISECOND..200 * MILLISECOND).contains(&called.cost.cpu),
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
    for _ in 0..20 {
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
