//! Drift is injected into a fake channel, and found, believed, mended and closed.

use super::*;
use crate::app::push::{full_sync, push};
use crate::app::test_world::{FakeChannel, Script, World};
use crate::domain::connector::ConnectorFailure;

/// A channel that shows all that we hold.
async fn synced() -> World {
    let world = World::new().await;
    full_sync(&world.app, world.hotel.id, world.connection.id)
        .await
        .unwrap();
    push_now(&world).await;
    world.alter("DELETE FROM jobs").await;
    world
}

async fn push_now(world: &World) {
    push(&world.app, world.hotel.id, world.connection.id)
        .await
        .unwrap();
}

async fn look_once(world: &World) {
    let first = Look {
        from: None,
        again: LOOKS,
    };
    look(&world.app, world.hotel.id, world.connection.id, first)
        .await
        .unwrap();
}

async fn states(world: &World) -> Vec<(State, i32)> {
    let mut tx = world.app.store.begin(world.hotel.id).await.unwrap();
    let known = parity::known(
        &mut tx,
        world.connection.id,
        world.night(0),
        world.night(365),
    )
    .await
    .unwrap();
    known
        .into_iter()
        .map(|known| (known.state, known.sightings))
        .collect()
}

async fn allow_repair(world: &World) {
    world
        .alter("UPDATE connections SET repair_drift = true")
        .await;
}

fn oversell(world: &World, offset: i32) {
    world.channel.drift("BAR", world.night(offset), |shown| {
        shown.availability = Some(9);
    });
}

#[tokio::test]
async fn a_channel_in_parity_has_no_drift() {
    let world = synced().await;
    look_once(&world).await;
    assert!(states(&world).await.is_empty());
    assert_eq!(world.number("SELECT count(*) FROM jobs").await, 0);
}

#[tokio::test]
async fn one_sighting_is_a_suspicion_and_asks_for_another_look() {
    let world = synced().await;
    oversell(&world, 5);
    look_once(&world).await;
    assert_eq!(states(&world).await, [(State::Suspected, 1)]);
    let soon = "SELECT count(*) FROM jobs WHERE kind = 'parity' AND run_at > now() + interval '30 seconds'";
    assert_eq!(world.number(soon).await, 1);
}

#[tokio::test]
async fn a_drift_is_opened_at_the_second_sighting_and_not_mended_unasked() {
    let world = synced().await;
    oversell(&world, 5);
    look_once(&world).await;
    look_once(&world).await;
    assert_eq!(states(&world).await, [(State::Open, 2)]);
    assert!(world.dirty().await.is_empty());
}

#[tokio::test]
async fn a_drift_is_pushed_over_and_closed_when_the_channel_agrees() {
    let world = synced().await;
    allow_repair(&world).await;
    oversell(&world, 5);
    look_once(&world).await;
    look_once(&world).await;
    assert_eq!(states(&world).await, [(State::Repairing, 2)]);
    assert_eq!(world.dirty().await, [world.availability(5)]);

    push_now(&world).await;
    look_once(&world).await;
    assert_eq!(states(&world).await, [(State::Healed, 2)]);
    assert_eq!(
        world
            .channel
            .shown("BAR", world.night(5))
            .unwrap()
            .availability,
        Some(3)
    );
}

#[tokio::test]
async fn a_missing_night_is_sent_again_whole() {
    let world = synced().await;
    allow_repair(&world).await;
    world.channel.forget("BAR", world.night(7));
    look_once(&world).await;
    look_once(&world).await;
    assert_eq!(world.dirty().await, [world.availability(7), world.rate(7)]);
    push_now(&world).await;
    look_once(&world).await;
    assert_eq!(states(&world).await, [(State::Healed, 2)]);
}

#[tokio::test]
async fn a_cell_on_its_way_to_the_channel_is_no_drift() {
    let world = synced().await;
    oversell(&world, 5);
    world.mark([world.availability(5)]).await;
    look_once(&world).await;
    assert!(states(&world).await.is_empty());
}

#[tokio::test]
async fn a_cell_that_the_channel_refused_is_a_drift() {
    let world = synced().await;
    oversell(&world, 5);
    world.mark([world.availability(5)]).await;
    world
        .alter("UPDATE dirty_cells SET reason = 'refused'")
        .await;
    look_once(&world).await;
    assert_eq!(states(&world).await, [(State::Suspected, 1)]);
}

#[tokio::test]
async fn a_suspicion_that_was_nothing_is_closed() {
    let world = synced().await;
    oversell(&world, 5);
    look_once(&world).await;
    world
        .channel
        .drift("BAR", world.night(5), |shown| shown.availability = Some(3));
    look_once(&world).await;
    assert_eq!(states(&world).await, [(State::Healed, 1)]);
    oversell(&world, 5);
    look_once(&world).await;
    assert_eq!(states(&world).await, [(State::Suspected, 1)]);
}

#[tokio::test]
async fn a_long_horizon_is_read_window_by_window() {
    let mut channel = FakeChannel::default();
    channel.profile.horizon_nights = 500;
    let world = World::with_channel(channel).await;
    let mut from = None;
    let mut windows = 0;
    loop {
        world.alter("DELETE FROM jobs").await;
        look(
            &world.app,
            world.hotel.id,
            world.connection.id,
            Look { from, again: 0 },
        )
        .await
        .unwrap();
        windows += 1;
        let next = "SELECT coalesce(max((payload->>'from')::date - current_date), 0)::bigint FROM jobs WHERE kind = 'parity'";
        match world.number(next).await {
            0 => break,
            offset => from = Some(world.night(i32::try_from(offset).unwrap())),
        }
    }
    assert_eq!((windows, world.channel.reads()), (6, 6));
}

#[tokio::test]
async fn a_failed_read_says_what_next_and_proves_nothing() {
    let world = synced().await;
    oversell(&world, 5);
    look_once(&world).await;
    world
        .channel
        .will(Script::Fail(ConnectorFailure::Retry("busy".to_owned())));
    let first = Look {
        from: None,
        again: LOOKS,
    };
    let failure = look(&world.app, world.hotel.id, world.connection.id, first)
        .await
        .unwrap_err();
    assert!(matches!(
        failure,
        CallError::Connector(ConnectorFailure::Retry(_))
    ));
    assert_eq!(states(&world).await, [(State::Suspected, 1)]);
}

#[tokio::test]
async fn a_cell_that_has_been_on_its_way_for_too_long_is_a_drift() {
    let world = synced().await;
    oversell(&world, 5);
    world.mark([world.availability(5)]).await;
    world
        .alter("UPDATE dirty_cells SET dirty_since = now() - interval '16 minutes'")
        .await;
    // Marked again meanwhile: it has waited all the same.
    world.mark([world.availability(5)]).await;
    look_once(&world).await;
    assert_eq!(states(&world).await, [(State::Suspected, 1)]);
}

#[tokio::test]
async fn parity_leaves_half_of_the_channels_pace_to_pushes() {
    let mut channel = FakeChannel::default();
    channel.profile.requests_per_minute = Some(4);
    let world = World::with_channel(channel).await;
    let first = Look {
        from: None,
        again: 0,
    };
    let mut looks = 0;
    while look(&world.app, world.hotel.id, world.connection.id, first)
        .await
        .is_ok()
    {
        looks += 1;
        assert!(looks < 5, "nothing held it back");
    }
    assert_eq!(looks, 2);
    world.mark([world.rate(1)]).await;
    push_now(&world).await;
}
