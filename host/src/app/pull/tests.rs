//! A scripted channel is pulled, asked and told.

use super::*;
use crate::app::inbound_world::{World, lock};
use crate::domain::reservation::Status;

fn page(revisions: Vec<Revision>, next: Option<&str>) -> Result<RevisionPage, ConnectorFailure> {
    Ok(RevisionPage {
        revisions,
        refused: vec![],
        next: next.map(str::to_owned),
    })
}

fn named(world: &World, reservation: &str, acknowledgement: Option<&str>) -> Revision {
    Revision {
        reservation: reservation.to_owned(),
        acknowledgement: acknowledgement.map(str::to_owned),
        ..world.revision(1, "D", 3..5)
    }
}

async fn pulled(world: &World) -> Result<(), CallError> {
    pull(&world.app, world.hotel.id, world.connection.id).await
}

async fn acknowledged(world: &World) -> Result<(), CallError> {
    acknowledge(&world.app, world.hotel.id, world.connection.id).await
}

#[tokio::test]
async fn a_pull_reads_every_page_and_the_next_one_begins_a_little_before_it() {
    let world = World::new().await;
    let started = world.app.clock.now();
    lock(&world.channel.pages).extend([
        page(vec![named(&world, "R1", None)], Some("two")),
        page(
            vec![named(&world, "R2", None), named(&world, "R1", None)],
            None,
        ),
    ]);
    pulled(&world).await.expect("a pull");
    assert_eq!(world.reservations().await.len(), 2);

    world.app.clock.advance(SignedDuration::from_hours(1));
    pulled(&world).await.expect("a pull");
    let pulls = lock(&world.channel.pulls).clone();
    let month = started.saturating_sub(FIRST).expect("an instant");
    assert_eq!(pulls[0], (month, None));
    assert_eq!(pulls[1], (month, Some("two".to_owned())));
    let (since, _) = pulls[2];
    let early = started.duration_since(since);
    assert!(
        (early - OVERLAP).abs() < SignedDuration::from_millis(1),
        "{early:?}"
    );
}

#[tokio::test]
async fn a_failed_page_keeps_what_came_before_it_and_starts_there_again() {
    let world = World::new().await;
    let gone = ConnectorFailure::Retry("the line is dead".to_owned());
    lock(&world.channel.pages).extend([
        page(vec![named(&world, "R1", None)], Some("two")),
        Err(gone),
    ]);
    assert!(matches!(
        pulled(&world).await,
        Err(CallError::Connector(ConnectorFailure::Retry(_)))
    ));
    assert_eq!(world.reservations().await.len(), 1);

    pulled(&world).await.expect("a pull");
    let pulls = lock(&world.channel.pulls).clone();
    assert_eq!(pulls[0], pulls[2], "nothing was skipped");
}

#[tokio::test]
async fn a_revision_that_makes_no_sense_does_not_hold_up_the_others() {
    let world = World::new().await;
    let senseless = Revision {
        rooms: vec![],
        ..named(&world, "R1", None)
    };
    lock(&world.channel.pages).push_back(page(vec![senseless, named(&world, "R2", None)], None));
    pulled(&world).await.expect("a pull");
    assert_eq!(world.reservations().await.len(), 1);
    let jobs = world.claim("fetch_reservation").await;
    assert_eq!(jobs[0].payload["reservation"], "R1");
}

#[tokio::test]
async fn a_revision_that_the_host_refuses_is_asked_for_by_itself_and_the_others_are_applied() {
    let world = World::new().await;
    let refused = |reservation: Option<&str>| RefusedRevision {
        reservation: reservation.map(str::to_owned),
        reason: "`check-out` is before `check-in`".to_owned(),
    };
    lock(&world.channel.pages).push_back(Ok(RevisionPage {
        revisions: vec![named(&world, "R2", None)],
        refused: vec![refused(Some("R1")), refused(None)],
        next: None,
    }));
    pulled(&world).await.expect("a pull");
    assert_eq!(world.reservations().await.len(), 1);
    let jobs = world.claim("fetch_reservation").await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].payload["reservation"], "R1");
}

#[tokio::test]
async fn a_fetch_applies_what_the_channel_says_now() {
    let world = World::new().await;
    let fetched = async || fetch(&world.app, world.hotel.id, world.connection.id, "R1").await;
    let unknown = fetched().await;
    assert!(matches!(
        unknown,
        Err(CallError::Connector(ConnectorFailure::NotFound(_)))
    ));

    lock(&world.channel.reservations).insert("R1".to_owned(), world.revision(1, "D", 3..5));
    fetched().await.expect("a fetch");
    let cancelled = Revision {
        status: crate::domain::connector::RevisionStatus::Cancelled,
        ..world.revision(2, "D", 3..5)
    };
    lock(&world.channel.reservations).insert("R1".to_owned(), cancelled);
    fetched().await.expect("a fetch");
    fetched().await.expect("a fetch");
    let reservation = world.reservation().await;
    assert_eq!(
        (reservation.status, reservation.version),
        (Status::Cancelled, 2)
    );
}

#[tokio::test]
async fn a_channel_hears_of_what_is_stored_once_and_again_if_it_asks_again() {
    let world = World::new().await;
    let feed = || {
        page(
            vec![
                named(&world, "R1", Some("ack-1")),
                named(&world, "R2", Some("ack-2")),
            ],
            None,
        )
    };
    lock(&world.channel.pages).push_back(feed());
    pulled(&world).await.expect("a pull");
    assert_eq!(world.claim("acknowledge").await.len(), 1);

    lock(&world.channel.deaf).push_back(ConnectorFailure::Retry("busy".to_owned()));
    assert!(acknowledged(&world).await.is_err());
    acknowledged(&world).await.expect("an acknowledgement");
    acknowledged(&world).await.expect("nothing to say");
    assert_eq!(*lock(&world.channel.acknowledged), ["ack-1", "ack-2"]);

    lock(&world.channel.pages).push_back(feed());
    pulled(&world).await.expect("a pull");
    acknowledged(&world).await.expect("an acknowledgement");
    assert_eq!(lock(&world.channel.acknowledged).len(), 4);
    assert_eq!(world.reservations().await.len(), 2);
}

#[tokio::test]
async fn an_acknowledgement_that_is_not_wanted_does_not_hold_up_the_others() {
    let world = World::new().await;
    let revisions = vec![
        named(&world, "R1", Some("ack-1")),
        named(&world, "R2", Some("ack-2")),
    ];
    lock(&world.channel.pages).push_back(page(revisions, None));
    pulled(&world).await.expect("a pull");
    let unknown = || ConnectorFailure::NotFound("no such revision".to_owned());
    lock(&world.channel.deaf).extend([unknown(), unknown()]);
    acknowledged(&world).await.expect("an acknowledgement");
    assert_eq!(*lock(&world.channel.acknowledged), ["ack-2"]);
}
