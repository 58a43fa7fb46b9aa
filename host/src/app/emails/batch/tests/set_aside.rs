//! What keeps a whole batch back: a mail that cannot be made, and a batch that waits for a person.

use super::*;
use crate::app::Refusal;
use crate::app::dead_letters::{Decide, Decision, of_hotel};
use crate::store::dead_letters::DeadLetter;

/// Makes the reservation that a mail is about one that cannot be read.
async fn spoil(world: &World, key: &str) {
    let reservation = key.split('/').nth(1).unwrap();
    world
        .alter(&format!(
            "UPDATE reservations SET checklist = '5' WHERE id = '{reservation}'"
        ))
        .await;
}

#[tokio::test]
async fn a_mail_that_cannot_be_made_keeps_none_of_those_beside_it_back() {
    for place in [0, 1] {
        let (world, keys) = mails(3).await;
        spoil(&world, &keys[place]).await;
        let answers = work_later(&world).await;
        let failed = answers.iter().filter(|answer| answer.is_err()).count();
        assert_eq!((answers.len(), failed), (3, 1), "{answers:?}");
        assert_eq!(in_state(&world, EmailState::Sent).await, 2);
        assert_eq!(in_state(&world, EmailState::Queued).await, 1);
        assert!(world.email.batches().is_empty());
        assert_eq!(world.email.most_copies(), 1);
    }
}

#[tokio::test]
async fn the_mails_of_a_batch_that_the_provider_may_have_are_not_sent_alone() {
    let (world, keys) = mails(3).await;
    world.email.will_fail(unknown());
    assert!(work_later(&world).await[0].is_err());
    spoil(&world, &keys[1]).await;
    assert!(work_later(&world).await[0].is_err());
    assert_eq!(jobs_of(&world, "email_batch").await, 1);
    assert_eq!((world.email.attempts(), world.email.most_copies()), (1, 1));
}

/// A batch of three mails that was not taken and waits for a person. One of them may have been sent, another was.
async fn letter() -> (World, Vec<String>, DeadLetter) {
    let (world, keys) = mails(3).await;
    let busy = ConnectorFailure::Retry("maintenance".to_owned());
    world.email.will_fail(busy);
    world
        .alter("UPDATE jobs SET run_at = now() - interval '1 second' WHERE state = 'waiting'")
        .await;
    let job = claim(&world).await.remove(0);
    assert!(run(&world, &job).await.is_err());
    let over = NotDone::Dead {
        reason: "its attempts are used up".to_owned(),
    };
    let store = &world.app.store;
    assert!(jobs::not_done(store, &job, over).await.unwrap());
    for (key, state) in keys.iter().zip(["unknown", "sent"]) {
        world
            .alter(&format!(
                "UPDATE emails SET state = '{state}' WHERE business_key = '{key}'"
            ))
            .await;
    }
    let letters = of_hotel(&world.app, &world.hotel, None, 10).await.unwrap();
    let [letter]: [DeadLetter; 1] = letters.try_into().unwrap();
    (world, keys, letter)
}

async fn decide(
    world: &World,
    letter: &DeadLetter,
    decision: Decision,
) -> Result<DeadLetter, AppError> {
    let verb = Decide {
        letter: letter.id,
        decision,
        actor: "api-key:desk".to_owned(),
        reason: None,
    };
    crate::app::perform(&world.app, world.hotel.id, &verb).await
}

#[tokio::test]
async fn a_batch_that_a_person_replays_has_what_was_not_sent_and_goes_once() {
    let (world, keys, letter) = letter().await;
    assert_eq!(letter.kind, "email_batch");
    assert_eq!(letter.payload["business_keys"], serde_json::json!(keys));
    let (one, other) = tokio::join!(
        decide(&world, &letter, Decision::Replay),
        decide(&world, &letter, Decision::Replay),
    );
    let (done, late): (Vec<_>, Vec<_>) = [one, other].into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 1);
    assert!(
        matches!(late[..], [Err(AppError::Refused(Refusal::NotFound { .. }))]),
        "{late:?}"
    );

    let answers = work(&world).await;
    assert!(matches!(answers[..], [Ok(())]), "{answers:?}");
    let batches = world.email.batches();
    assert_eq!(batches.len(), 2);
    let sent = batches[1].messages.iter();
    let sent: Vec<&String> = sent.map(|message| &message.idempotency_key).collect();
    assert_eq!(sent, [&keys[0], &keys[2]]);
    assert_eq!(in_state(&world, EmailState::Sent).await, 3);
    assert_eq!(world.email.most_copies(), 1);
}

#[tokio::test]
async fn of_a_batch_that_a_person_gives_up_nothing_is_sent_and_what_was_stays_so() {
    let (world, _, letter) = letter().await;
    let done = decide(&world, &letter, Decision::Discard).await;
    assert!(done.is_ok(), "{done:?}");
    let again = decide(&world, &letter, Decision::Discard).await;
    assert!(again.is_err(), "{again:?}");
    for state in [EmailState::Unknown, EmailState::Sent, EmailState::Failed] {
        assert_eq!(in_state(&world, state).await, 1, "{state:?}");
    }
    assert!(work_later(&world).await.is_empty());
    assert_eq!((world.email.attempts(), world.email.most_copies()), (1, 0));
}
