//! The queue's promises, on a real database, with as many workers as each needs.

use serde_json::json;

use super::*;
use crate::store::test_database::TestDatabase;

const NOW: Duration = Duration::ZERO;

struct World {
    database: TestDatabase,
    kinds: Vec<String>,
}

impl World {
    async fn new() -> Self {
        Self {
            database: TestDatabase::new().await,
            kinds: vec!["work".to_owned()],
        }
    }

    fn store(&self) -> &Store {
        &self.database.store
    }

    async fn enqueue(&self, key: Option<&str>, ordering: Option<&str>, delay: Duration) {
        let mut tx = self.store().begin_shared().await.unwrap();
        enqueue(&mut tx, job(key, ordering, delay)).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn claim(&self, worker: u128) -> Vec<Job> {
        claim(self.store(), lease(worker), &self.kinds, 100)
            .await
            .unwrap()
    }

    async fn claim_one(&self, worker: u128) -> Job {
        let mut jobs = self.claim(worker).await;
        assert_eq!(jobs.len(), 1, "one job is due");
        jobs.remove(0)
    }

    async fn complete(&self, job: &Job) -> bool {
        complete(self.store(), &[(job.id, job.fence)])
            .await
            .unwrap()
            == 1
    }

    async fn retry(&self, job: &Job, after: Duration, burns_attempt: bool) -> bool {
        let outcome = NotDone::Retry {
            after,
            reason: "because".to_owned(),
            burns_attempt,
        };
        not_done(self.store(), job, outcome).await.unwrap()
    }

    /// Lets every lease end, as if the workers had been killed half a minute ago.
    async fn kill_workers(&self) -> Vec<Rescued> {
        self.alter(
            "UPDATE jobs SET lease_until = now() - interval '1 second' WHERE state = 'running'",
        )
        .await;
        rescue(self.store()).await.unwrap()
    }

    async fn make_all_due(&self) {
        self.alter("UPDATE jobs SET run_at = now() - interval '1 second' WHERE state = 'waiting'")
            .await;
    }

    async fn alter(&self, statement: &str) {
        self.database.alter(statement).await;
    }

    async fn count(&self, state: &str) -> i64 {
        self.database
            .number(&format!(
                "SELECT count(*) FROM jobs WHERE state = '{state}'"
            ))
            .await
    }
}

fn lease(worker: u128) -> Lease {
    Lease {
        worker: Uuid::from_u128(worker),
        duration: Duration::from_secs(30),
    }
}

fn job(key: Option<&str>, ordering: Option<&str>, delay: Duration) -> NewJob<'static> {
    NewJob {
        kind: "work",
        key: key.map(str::to_owned),
        ordering: ordering.map(str::to_owned),
        hotel: None,
        payload: json!({}),
        priority: 0,
        delay,
    }
}

#[tokio::test]
async fn a_job_exists_only_if_its_transaction_commits() {
    let world = World::new().await;
    let mut tx = world.store().begin_shared().await.unwrap();
    enqueue(&mut tx, job(None, None, NOW)).await.unwrap();
    drop(tx);
    assert!(world.claim(1).await.is_empty());
    world.enqueue(None, None, NOW).await;
    assert_eq!(world.claim(1).await.len(), 1);
}

#[tokio::test]
async fn waiting_jobs_of_one_key_are_one_and_the_sooner_time_counts() {
    let world = World::new().await;
    world
        .enqueue(Some("a"), None, Duration::from_secs(60))
        .await;
    assert!(world.claim(1).await.is_empty());
    world.enqueue(Some("a"), None, NOW).await;
    world
        .enqueue(Some("a"), None, Duration::from_secs(60))
        .await;
    assert_eq!(world.claim(1).await.len(), 1);
    assert_eq!(world.count("waiting").await, 0);
}

#[tokio::test]
async fn changes_during_a_run_make_one_successor_that_waits_for_it() {
    let world = World::new().await;
    world.enqueue(Some("a"), Some("a"), NOW).await;
    let first = world.claim_one(1).await;
    world.enqueue(Some("a"), Some("a"), NOW).await;
    world.enqueue(Some("a"), Some("a"), NOW).await;
    assert!(world.claim(2).await.is_empty());
    assert!(world.complete(&first).await);
    let second = world.claim_one(2).await;
    assert!(world.complete(&second).await);
    assert_eq!(world.count("waiting").await, 0);
}

#[tokio::test]
async fn a_coalesced_job_is_not_claimed_before_the_change_that_needs_it_is_visible() {
    let world = World::new().await;
    world.enqueue(Some("a"), None, NOW).await;
    let mut change = world.store().begin_shared().await.unwrap();
    enqueue(&mut change, job(Some("a"), None, NOW))
        .await
        .unwrap();
    assert!(world.claim(1).await.is_empty());
    change.commit().await.unwrap();
    assert_eq!(world.claim(1).await.len(), 1);
}

#[tokio::test]
async fn two_workers_share_the_jobs_and_never_one_of_them() {
    let world = World::new().await;
    for _ in 0..50 {
        world.enqueue(None, None, NOW).await;
    }
    let half = |worker| claim(world.store(), lease(worker), &world.kinds, 25);
    let (first, second) = tokio::join!(half(1), half(2));
    let mut ids: Vec<i64> = first
        .unwrap()
        .iter()
        .chain(&second.unwrap())
        .map(|job| job.id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let rest = world.claim(3).await.len();
    assert_eq!(ids.len() + rest, 50);
}

#[tokio::test]
async fn jobs_of_one_ordering_run_in_order_across_workers() {
    let world = World::new().await;
    for key in ["a", "b", "c"] {
        world.enqueue(Some(key), Some("line"), NOW).await;
    }
    let mut ids = Vec::new();
    for worker in [1, 2, 1] {
        let job = world.claim_one(worker).await;
        assert!(world.claim(worker + 1).await.is_empty());
        ids.push(job.id);
        world.complete(&job).await;
    }
    assert!(ids.is_sorted());
}

#[tokio::test]
async fn a_failed_head_is_waited_for_and_a_job_of_later_is_not() {
    let world = World::new().await;
    world.enqueue(Some("a"), Some("line"), NOW).await;
    world.enqueue(Some("b"), Some("line"), NOW).await;
    let head = world.claim_one(1).await;
    world.retry(&head, Duration::from_secs(60), true).await;
    assert!(world.claim(1).await.is_empty());

    world
        .enqueue(
            Some("tomorrow"),
            Some("other line"),
            Duration::from_secs(86_400),
        )
        .await;
    world.enqueue(Some("today"), Some("other line"), NOW).await;
    assert_eq!(world.claim(1).await.len(), 1);
}

#[tokio::test]
async fn an_ordering_has_one_running_job_even_where_an_older_one_commits_late() {
    let world = World::new().await;
    let mut late = world.store().begin_shared().await.unwrap();
    enqueue(&mut late, job(Some("a"), Some("line"), NOW))
        .await
        .unwrap();
    world.enqueue(Some("b"), Some("line"), NOW).await;
    let running = world.claim_one(1).await;
    late.commit().await.unwrap();
    assert!(world.claim(2).await.is_empty());
    world.complete(&running).await;
    assert_eq!(world.claim(2).await.len(), 1);
}

#[tokio::test]
async fn many_workers_at_once_keep_the_order_of_every_line() {
    let world = World::new().await;
    for number in 0..60 {
        let (key, line) = (format!("{number}"), format!("line {}", number % 3));
        world.enqueue(Some(&key), Some(&line), NOW).await;
    }
    let mut done = 0;
    while done < 60 {
        let claims = (0..6).map(|worker| claim(world.store(), lease(worker), &world.kinds, 10));
        let claimed = futures::future::try_join_all(claims)
            .await
            .unwrap()
            .concat();
        assert!(claimed.len() <= 3, "at most one job a line");
        let fences: Vec<_> = claimed.iter().map(|job| (job.id, job.fence)).collect();
        done += complete(world.store(), &fences).await.unwrap();
    }
}

#[tokio::test]
async fn a_worker_that_lost_its_job_can_neither_complete_nor_return_it() {
    let world = World::new().await;
    world.enqueue(None, None, NOW).await;
    let lost = world.claim_one(1).await;
    world.kill_workers().await;
    let taken = world.claim_one(2).await;
    assert_eq!(taken.attempt, lost.attempt);
    assert!(!world.complete(&lost).await);
    assert!(!world.retry(&lost, NOW, true).await);
    assert!(
        heartbeat(world.store(), lease(1), &[(lost.id, lost.fence)])
            .await
            .unwrap()
            .is_empty()
    );
    assert!(world.complete(&taken).await);
}

#[tokio::test]
async fn a_heartbeat_keeps_a_job_from_being_rescued() {
    let world = World::new().await;
    world.enqueue(None, None, NOW).await;
    let job = world.claim_one(1).await;
    world
        .alter("UPDATE jobs SET lease_until = now() - interval '1 second'")
        .await;
    let kept = heartbeat(world.store(), lease(1), &[(job.id, job.fence)])
        .await
        .unwrap();
    assert_eq!(kept, [job.id]);
    assert!(rescue(world.store()).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_third_death_of_its_worker_sets_a_job_aside() {
    let world = World::new().await;
    world.enqueue(None, None, NOW).await;
    for death in 1..=3 {
        assert_eq!(world.claim_one(death).await.attempt, 1);
        let rescued = world.kill_workers().await;
        assert_eq!(
            rescued.iter().map(|job| job.dead).collect::<Vec<_>>(),
            [death == 3]
        );
    }
    assert!(world.claim(1).await.is_empty());
    assert_eq!(world.count("dead").await, 1);
}

#[tokio::test]
async fn a_rescued_job_and_its_successor_become_one() {
    let world = World::new().await;
    world.enqueue(Some("a"), Some("a"), NOW).await;
    world.claim_one(1).await;
    world.enqueue(Some("a"), Some("a"), NOW).await;
    world.kill_workers().await;
    let job = world.claim_one(2).await;
    world.complete(&job).await;
    assert_eq!(world.count("waiting").await, 0);
}

#[tokio::test]
async fn a_retry_swallows_its_successor_and_keeps_its_pause() {
    let world = World::new().await;
    world.enqueue(Some("a"), None, NOW).await;
    let job = world.claim_one(1).await;
    world.enqueue(Some("a"), None, NOW).await;
    assert!(world.retry(&job, Duration::from_secs(60), true).await);
    world.enqueue(Some("a"), None, NOW).await;
    assert_eq!(world.count("waiting").await, 1);
    assert!(
        world.claim(1).await.is_empty(),
        "an enqueue must not shorten the pause"
    );
    world.make_all_due().await;
    assert_eq!(world.claim_one(1).await.attempt, 2);
}

#[tokio::test]
async fn retries_under_a_storm_of_enqueues_lose_nothing() {
    let world = World::new().await;
    world.enqueue(Some("a"), None, NOW).await;
    for _ in 0..20 {
        let job = world.claim_one(1).await;
        let storm = futures::future::join_all((0..6).map(|_| world.enqueue(Some("a"), None, NOW)));
        let (returned, _) = tokio::join!(world.retry(&job, NOW, false), storm);
        assert!(returned);
        assert_eq!(
            (world.count("waiting").await, world.count("running").await),
            (1, 0)
        );
    }
}

#[tokio::test]
async fn a_pause_that_is_nobodys_fault_costs_no_attempt() {
    let world = World::new().await;
    world.enqueue(None, None, NOW).await;
    for _ in 0..3 {
        let job = world.claim_one(1).await;
        assert_eq!(job.attempt, 1);
        world.retry(&job, NOW, false).await;
    }
    let job = world.claim_one(1).await;
    world.retry(&job, NOW, true).await;
    assert_eq!(world.claim_one(1).await.attempt, 2);
}

#[tokio::test]
async fn a_dead_letter_neither_runs_nor_blocks_its_line() {
    let world = World::new().await;
    world.enqueue(Some("a"), Some("line"), NOW).await;
    world.enqueue(Some("b"), Some("line"), NOW).await;
    let job = world.claim_one(1).await;
    let outcome = NotDone::Dead {
        reason: "because".to_owned(),
    };
    assert!(not_done(world.store(), &job, outcome).await.unwrap());
    let next = world.claim_one(1).await;
    assert_ne!(next.id, job.id);
    assert_eq!(world.count("dead").await, 1);
}

#[tokio::test]
async fn the_same_work_is_one_dead_letter_however_often_it_dies() {
    let world = World::new().await;
    for _ in 0..3 {
        world.enqueue(Some("a"), None, NOW).await;
        let job = world.claim_one(1).await;
        let outcome = NotDone::Dead {
            reason: "because".to_owned(),
        };
        assert!(not_done(world.store(), &job, outcome).await.unwrap());
    }
    assert_eq!(world.count("dead").await, 1);
}

#[tokio::test]
async fn a_stopping_worker_gives_its_jobs_back_at_once() {
    let world = World::new().await;
    world.enqueue(None, None, NOW).await;
    world.enqueue(None, None, NOW).await;
    assert_eq!(world.claim(1).await.len(), 2);
    assert_eq!(
        hand_back(world.store(), Uuid::from_u128(1)).await.unwrap(),
        2
    );
    let again = world.claim(2).await;
    assert_eq!(
        again.iter().map(|job| job.attempt).collect::<Vec<_>>(),
        [1, 1]
    );
}

#[tokio::test]
async fn a_scheduled_run_is_planned_once_and_only_brought_forward() {
    let world = World::new().await;
    let now = crate::domain::clock::Clock::system().now();
    let plan = async |seconds: i64| {
        let mut tx = world.store().begin_shared().await.unwrap();
        let at = now + jiff::SignedDuration::from_secs(seconds);
        let planned = schedule(&mut tx, job(Some("nightly"), None, NOW), at)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        planned
    };
    assert!(plan(600).await);
    assert!(plan(600).await, "another process plans the same");
    assert!(!plan(1_200).await, "the earlier run has to start first");
    assert_eq!(world.count("waiting").await, 1);
    assert!(plan(-1).await);
    let running = world.claim_one(1).await;
    assert!(plan(-1).await);
    assert_eq!(
        world.count("waiting").await,
        1,
        "the next run may be planned while one runs"
    );
    world.complete(&running).await;
}
