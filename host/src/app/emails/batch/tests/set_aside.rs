//! What would keep a whole batch back: a mail that cannot be made.

use super::*;

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
