//! Batches against a fake provider, a real ledger and a real queue.

mod set_aside;

use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::app::emails::send;
use crate::app::emails::tests::{enqueued, in_state, reservation, world};
use crate::app::test_world::World;
use crate::domain::connector::SandboxFailure;
use crate::store::jobs::{Lease, NotDone};
use crate::store::reservations;

const HOUR: Duration = Duration::from_secs(3600);

/// A hotel whose provider takes three messages at once, and so many new mails of it: their keys, in order.
async fn mails(count: usize) -> (World, Vec<String>) {
    let (world, first) = world().await;
    world.email.take_several(3);
    let mut keys = vec![enqueued(&world, &first).await];
    for _ in 1..count {
        keys.push(another(&world).await);
    }
    keys.sort();
    (world, keys)
}

/// One more mail, of a reservation of its own.
async fn another(world: &World) -> String {
    let reservation = reservation(world);
    let mut tx = world.app.store.begin(world.hotel.id).await.unwrap();
    reservations::insert(&mut tx, &reservation).await.unwrap();
    tx.commit().await.unwrap();
    enqueued(world, &reservation).await
}

async fn claim(world: &World) -> Vec<Job> {
    let lease = Lease {
        worker: Uuid::from_u128(1),
        duration: Duration::from_secs(30),
    };
    let kinds = ["email", "email_batch"].map(str::to_owned);
    jobs::claim(&world.app.store, lease, &kinds, 100)
        .await
        .unwrap()
}

async fn run(world: &World, job: &Job) -> Result<(), SendError> {
    if job.kind == "email" {
        let key = job.payload["business_key"].as_str().unwrap();
        return send(&world.app, world.hotel.id, key).await;
    }
    let carried = Carried {
        hotel: world.hotel.id,
        connection: world.app.senders.of(world.hotel.id).unwrap().connection,
        business_keys: serde_json::from_value(job.payload["business_keys"].clone()).unwrap(),
    };
    send_batch(&world.app, job, carried).await
}

/// Runs everything that is due, as a worker does. What did not succeed waits for an hour.
async fn work(world: &World) -> Vec<Result<(), SendError>> {
    let mut answers = Vec::new();
    loop {
        let claimed = claim(world).await;
        if claimed.is_empty() {
            return answers;
        }
        for job in claimed {
            let answer = run(world, &job).await;
            let store = &world.app.store;
            if answer.is_ok() {
                jobs::complete(store, &[(job.id, job.fence)]).await.unwrap();
            } else {
                let later = NotDone::Retry {
                    after: HOUR,
                    reason: "because".to_owned(),
                    burns_attempt: true,
                };
                jobs::not_done(store, &job, later).await.unwrap();
            }
            answers.push(answer);
        }
    }
}

/// The same, after everything that waits became due.
async fn work_later(world: &World) -> Vec<Result<(), SendError>> {
    world
        .alter("UPDATE jobs SET run_at = now() - interval '1 second' WHERE state = 'waiting'")
        .await;
    work(world).await
}

async fn jobs_of(world: &World, kind: &str) -> i64 {
    world
        .number(&format!("SELECT count(*) FROM jobs WHERE kind = '{kind}'"))
        .await
}

fn unknown() -> ConnectorFailure {
    ConnectorFailure::OutcomeUnknown("no answer".to_owned())
}

#[tokio::test]
async fn mails_of_one_moment_go_in_few_requests_and_each_once() {
    let (world, _) = mails(7).await;
    let answers = work_later(&world).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let sizes: Vec<usize> = world
        .email
        .batches()
        .iter()
        .map(|batch| batch.messages.len())
        .collect();
    assert_eq!((sizes, world.email.attempts()), (vec![3, 3], 3));
    assert_eq!(in_state(&world, EmailState::Sent).await, 7);
    assert_eq!(world.email.most_copies(), 1);
    assert_eq!(jobs_of(&world, "email_batch").await, 0);
    assert_eq!(jobs_of(&world, "email").await, 0);
}

#[tokio::test]
async fn a_mail_waits_a_moment_and_then_takes_along_those_that_still_would() {
    let (world, _) = mails(2).await;
    assert!(work(&world).await.is_empty());
    world
        .alter(
            "UPDATE jobs SET run_at = now() - interval '1 second'
             WHERE id = (SELECT min(id) FROM jobs WHERE kind = 'email_batch')",
        )
        .await;
    assert_eq!(work(&world).await.len(), 1);
    assert_eq!(world.email.batches()[0].messages.len(), 2);
}

#[tokio::test]
async fn a_mail_that_nobody_joins_is_sent_by_itself() {
    let (world, keys) = mails(1).await;
    world.email.will_fail(unknown());
    assert!(work_later(&world).await[0].is_err());
    // From here on it is a job like those of a provider without batches.
    assert_eq!(jobs_of(&world, "email").await, 1);
    assert!(work_later(&world).await[0].is_ok());
    assert!(world.email.batches().is_empty());
    assert_eq!(world.email.sent()[0].idempotency_key, keys[0]);
    assert_eq!(world.email.most_copies(), 1);
}

#[tokio::test]
async fn a_lost_answer_repeats_the_same_batch_under_the_same_key() {
    let (world, keys) = mails(3).await;
    world.email.will_fail(unknown());
    assert!(work_later(&world).await[0].is_err());
    another(&world).await;
    let answers = work_later(&world).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");

    let batches = world.email.batches();
    assert_eq!(batches.len(), 2);
    assert_eq!(batches[0], batches[1]);
    assert_eq!(batches[0].idempotency_key, format!("batch/{}", keys[0]));
    assert_eq!(in_state(&world, EmailState::Sent).await, 4);
    assert_eq!(world.email.most_copies(), 1);
}

#[tokio::test]
async fn to_a_provider_that_recognises_nothing_a_lost_batch_is_not_repeated() {
    let stopped = ConnectorFailure::Sandbox {
        kind: SandboxFailure::Deadline,
        message: "stopped".to_owned(),
    };
    for failure in [unknown(), stopped] {
        let (world, _) = mails(3).await;
        world.email.forget_keys();
        world.email.will_fail(failure);
        let answers = work_later(&world).await;
        assert!(
            matches!(answers[..], [Err(SendError::Unknown(_))]),
            "{answers:?}"
        );
        assert_eq!(in_state(&world, EmailState::Unknown).await, 3);
        each_waits_for_a_person(&world).await;
        assert_eq!(world.email.attempts(), 1);
    }
}

/// After ten minutes, a person looks at each of three mails by itself.
async fn each_waits_for_a_person(world: &World) {
    assert_eq!(jobs_of(world, "email").await, 3);
    let answers = work_later(world).await;
    let still = |answer: &Result<(), SendError>| matches!(answer, Err(SendError::StillUnknown));
    assert!(
        answers.len() == 3 && answers.iter().all(still),
        "{answers:?}"
    );
    assert!(world.email.most_copies() <= 1);
}

/// Hands a batch over, and dies before the answer.
async fn killed(world: &World) {
    world.email.be_silent(true);
    world
        .alter("UPDATE jobs SET run_at = now() - interval '1 second' WHERE state = 'waiting'")
        .await;
    let job = claim(world).await.remove(0);
    tokio::select! {
        answer = run(world, &job) => panic!("it was answered: {answer:?}"),
        () = world.email.has_taken() => {}
    }
    world.email.be_silent(false);
    world
        .alter("UPDATE jobs SET lease_until = now() - interval '1 second' WHERE state = 'running'")
        .await;
    jobs::rescue(&world.app.store).await.unwrap();
}

#[tokio::test]
async fn a_batch_whose_sender_died_is_sent_again_only_where_it_is_recognised() {
    let (world, _) = mails(3).await;
    killed(&world).await;
    assert_eq!(in_state(&world, EmailState::Sending).await, 3);
    assert!(work(&world).await[0].is_ok());
    let batches = world.email.batches();
    assert_eq!((batches.len(), world.email.most_copies()), (2, 1));
    assert_eq!(batches[0], batches[1]);
    assert_eq!(in_state(&world, EmailState::Sent).await, 3);

    let (world, _) = mails(3).await;
    world.email.forget_keys();
    killed(&world).await;
    let answers = work(&world).await;
    assert!(
        matches!(answers[..], [Err(SendError::Unknown("interrupted"))]),
        "{answers:?}"
    );
    each_waits_for_a_person(&world).await;
    assert_eq!(world.email.batches().len(), 1);
}

#[tokio::test]
async fn a_batch_that_was_surely_not_taken_goes_again_whole_whatever_is_recognised() {
    let (world, _) = mails(3).await;
    world.email.forget_keys();
    world.email.will_fail(ConnectorFailure::RateLimited {
        after_seconds: Some(7),
        scope: "account".to_owned(),
    });
    assert!(work_later(&world).await[0].is_err());
    assert_eq!(in_state(&world, EmailState::Queued).await, 3);
    assert!(work_later(&world).await[0].is_ok());
    let batches = world.email.batches();
    assert_eq!(batches[0], batches[1]);
    assert_eq!(in_state(&world, EmailState::Sent).await, 3);
    assert_eq!(world.email.most_copies(), 1);
}

#[tokio::test]
async fn a_suppressed_guest_and_a_wrong_address_fail_alone() {
    let (world, keys) = mails(3).await;
    let bounced = ConnectorFailure::Suppressed("it bounced".to_owned());
    world.email.refuses(&keys[0], bounced);
    let nowhere = ConnectorFailure::Invalid {
        item: String::new(),
        field: "to".to_owned(),
        message: "no mailbox".to_owned(),
    };
    world.email.refuses(&keys[2], nowhere);
    assert!(work_later(&world).await[0].is_ok());
    for state in [EmailState::Suppressed, EmailState::Sent, EmailState::Failed] {
        assert_eq!(in_state(&world, state).await, 1, "{state:?}");
    }
    assert!(work_later(&world).await.is_empty());
    assert_eq!(world.email.attempts(), 1);
}

#[tokio::test]
async fn what_a_batch_leaves_undone_goes_on_alone() {
    let (world, keys) = mails(3).await;
    let busy = ConnectorFailure::Retry("maintenance".to_owned());
    world.email.refuses(&keys[0], busy.clone());
    world.email.refuses(&keys[1], busy);
    world.email.refuses(&keys[2], unknown());
    let answers = work_later(&world).await;
    // The second of them had a job of its own, which was due at once.
    assert!(
        matches!(answers[..], [Err(SendError::Call(_)), Ok(())]),
        "{answers:?}"
    );
    let answers = work_later(&world).await;
    let failed = answers.iter().filter(|answer| answer.is_err()).count();
    assert_eq!((answers.len(), failed), (2, 1), "{answers:?}");
    assert_eq!(in_state(&world, EmailState::Sent).await, 2);
    assert_eq!(in_state(&world, EmailState::Unknown).await, 1);
    assert_eq!(world.email.attempts(), 3);
    assert_eq!(world.email.most_copies(), 1);
}

#[tokio::test]
async fn the_mails_of_a_batch_that_is_refused_are_sent_one_by_one() {
    let (world, _) = mails(3).await;
    world.email.will_fail(ConnectorFailure::Invalid {
        item: String::new(),
        field: "from".to_owned(),
        message: "one of them is wrong".to_owned(),
    });
    let answers = work_later(&world).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(
        (world.email.batches().len(), world.email.attempts()),
        (1, 4)
    );
    assert_eq!(in_state(&world, EmailState::Sent).await, 3);
    assert_eq!(world.email.most_copies(), 1);
}

#[tokio::test]
async fn where_the_provider_takes_one_at_a_time_by_now_mails_go_one_by_one() {
    let (world, _) = mails(3).await;
    world.email.take_several(1);
    assert_eq!(work_later(&world).await.len(), 3);
    assert!(world.email.batches().is_empty());
    assert_eq!(in_state(&world, EmailState::Sent).await, 3);
}

#[tokio::test]
async fn a_worker_that_lost_its_job_takes_no_mail_along_and_sends_none() {
    let (world, _) = mails(3).await;
    world
        .alter("UPDATE jobs SET run_at = now() - interval '1 second'")
        .await;
    let lost = claim(&world).await.remove(0);
    world
        .alter("UPDATE jobs SET lease_until = now() - interval '1 second' WHERE state = 'running'")
        .await;
    jobs::rescue(&world.app.store).await.unwrap();
    assert!(run(&world, &lost).await.is_err());
    assert_eq!(world.email.attempts(), 0);
    assert_eq!(work_later(&world).await.len(), 1);
    assert_eq!(world.email.batches()[0].messages.len(), 3);
}
