//! What a channel shows after a push, and what stays to be sent.

use std::time::Duration;

use super::*;
use crate::app::test_world::{FakeChannel, Script, World};
use crate::domain::ari::Fields;
use crate::domain::connector::ConnectorFailure;
use crate::domain::reservation::CellChange;
use crate::store::availability::{Beyond, move_inventory};

async fn push_now(world: &World) -> Result<(), CallError> {
    push(&world.app, world.hotel.id, world.connection.id).await
}

/// Sells one unit of a night, as a reservation does.
async fn sell(
    app: &App,
    hotel: HotelId,
    room_type: crate::domain::ids::RoomTypeId,
    night: jiff::civil::Date,
) {
    let mut tx = app.store.begin(hotel).await.unwrap();
    let cell = CellChange {
        room_type,
        night,
        held: 0,
        sold: 1,
    };
    move_inventory(&mut tx, &[cell], Beyond::Refuse)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

fn mapping_missing() -> ConnectorFailure {
    ConnectorFailure::MappingMissing(vec!["DBL".to_owned()])
}

#[tokio::test]
async fn a_sale_reaches_every_rate_that_the_channel_sells() {
    let world = World::new().await;
    sell(&world.app, world.hotel.id, world.room_type, world.night(3)).await;
    push_now(&world).await.unwrap();
    for rate in ["BAR", "BB"] {
        assert_eq!(
            world
                .channel
                .shown(rate, world.night(3))
                .unwrap()
                .availability,
            Some(2)
        );
    }
    assert!(world.dirty().await.is_empty());
    assert_eq!(
        world
            .number("SELECT count(*) FROM jobs WHERE key LIKE 'push:%'")
            .await,
        1
    );
}

#[tokio::test]
async fn a_change_during_the_call_is_sent_by_the_next_push() {
    let world = World::new().await;
    sell(&world.app, world.hotel.id, world.room_type, world.night(3)).await;
    let (app, hotel, room_type, night) = (
        world.app.clone(),
        world.hotel.id,
        world.room_type,
        world.night(3),
    );
    world.channel.will(Script::After(Box::pin(async move {
        sell(&app, hotel, room_type, night).await;
    })));
    push_now(&world).await.unwrap();
    assert_eq!(world.dirty().await, [world.availability(3)]);
    push_now(&world).await.unwrap();
    assert_eq!(
        world
            .channel
            .shown("BAR", world.night(3))
            .unwrap()
            .availability,
        Some(1)
    );
    assert!(world.dirty().await.is_empty());
}

#[tokio::test]
async fn a_refused_item_is_kept_aside_until_it_changes() {
    let world = World::new().await;
    world.mark([world.rate(1), world.rate(9)]).await;
    world
        .channel
        .will(Script::Refuse(vec![(0, mapping_missing())]));
    push_now(&world).await.unwrap();
    assert!(world.dirty().await.is_empty());
    assert_eq!(
        world
            .number("SELECT count(*) FROM dirty_cells WHERE reason LIKE '%DBL%'")
            .await,
        1
    );
    push_now(&world).await.unwrap();
    assert_eq!(world.channel.calls().len(), 1);

    world.mark([world.rate(1)]).await;
    push_now(&world).await.unwrap();
    assert_eq!(world.channel.calls().len(), 2);
    assert_eq!(world.number("SELECT count(*) FROM dirty_cells").await, 0);
}

#[tokio::test]
async fn a_warning_is_told_once_in_the_log_of_the_call_and_keeps_nothing_back() {
    let world = World::new().await;
    world.mark([world.rate(1), world.rate(9)]).await;
    world.channel.will(Script::Warn("no place for a cut-off"));
    push_now(&world).await.unwrap();
    assert!(world.dirty().await.is_empty());
    let told = "SELECT count(*) FROM channel_sync_logs WHERE outcome = 'succeeded' AND jsonb_array_length(log) = 1
        AND log ->> 0 LIKE '[warn] no place for a cut-off (2 updates, the first of DBL/BAR from %'";
    assert_eq!(world.number(told).await, 1);
}

#[tokio::test]
async fn a_failed_call_keeps_everything_and_says_what_next() {
    let world = World::new().await;
    world.mark([world.availability(1), world.rate(1)]).await;
    world
        .channel
        .will(Script::Fail(ConnectorFailure::OutcomeUnknown(
            "no answer".to_owned(),
        )));
    let failure = push_now(&world).await.unwrap_err();
    assert!(matches!(
        failure,
        CallError::Connector(ConnectorFailure::OutcomeUnknown(_))
    ));
    assert_eq!(world.dirty().await.len(), 2);
    let logged = "SELECT count(*) FROM channel_sync_logs WHERE outcome = 'failed' AND class = 'outcome-unknown'";
    assert_eq!(world.number(logged).await, 1);
}

#[tokio::test]
async fn an_item_that_met_a_passing_fault_is_sent_again_and_the_others_are_not() {
    let world = World::new().await;
    world.mark([world.rate(1), world.rate(9)]).await;
    world.channel.will(Script::Refuse(vec![(
        1,
        ConnectorFailure::Retry("busy".to_owned()),
    )]));
    push_now(&world).await.unwrap_err();
    assert_eq!(world.dirty().await, [world.rate(9)]);
    assert_eq!(
        world
            .number("SELECT count(*) FROM channel_sync_logs WHERE outcome = 'partial'")
            .await,
        1
    );
}

#[tokio::test]
async fn calls_are_no_larger_than_the_channel_takes() {
    let mut channel = FakeChannel::default();
    channel.profile.max_updates_per_call = 2;
    let world = World::with_channel(channel).await;
    world
        .mark([0, 2, 4, 6, 8].map(|offset| world.rate(offset)))
        .await;
    push_now(&world).await.unwrap();
    assert_eq!(
        world
            .channel
            .calls()
            .iter()
            .map(Vec::len)
            .collect::<Vec<_>>(),
        [2, 2, 1]
    );
}

#[tokio::test]
async fn the_channels_pace_is_kept_across_pushes() {
    let mut channel = FakeChannel::default();
    channel.profile.requests_per_minute = Some(2);
    let world = World::with_channel(channel).await;
    for offset in [1, 2] {
        world.mark([world.rate(offset)]).await;
        push_now(&world).await.unwrap();
    }
    world.mark([world.rate(3)]).await;
    let Err(CallError::Paced { after }) = push_now(&world).await else {
        panic!("the third request of the minute has to wait");
    };
    assert!(after > Duration::from_secs(30) && after <= Duration::from_secs(60));
    assert_eq!(world.channel.calls().len(), 2);
    assert_eq!(world.dirty().await, [world.rate(3)]);
}

#[tokio::test]
async fn a_full_sync_shows_the_whole_horizon_in_few_updates() {
    let world = World::new().await;
    let marked = full_sync(&world.app, world.hotel.id, world.connection.id)
        .await
        .unwrap();
    assert_eq!(marked, 50 * 3);
    push_now(&world).await.unwrap();
    let calls = world.channel.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].len(), 4);
    assert_eq!(
        world
            .channel
            .shown("BB", world.night(49))
            .unwrap()
            .price
            .unwrap()
            .minor,
        12_000
    );
    assert!(world.channel.shown("BB", world.night(50)).is_none());
}

#[tokio::test]
async fn past_nights_are_dropped_and_those_beyond_the_horizon_wait() {
    let world = World::new().await;
    world
        .mark([world.availability(-1), world.availability(55)])
        .await;
    push_now(&world).await.unwrap();
    assert!(world.channel.calls().is_empty());
    assert_eq!(world.dirty().await, [world.availability(55)]);
}

#[tokio::test]
async fn an_edited_rate_is_marked_for_the_channels_that_sell_it() {
    let world = World::new().await;
    let mut tx = world.app.store.begin(world.hotel.id).await.unwrap();
    cells::mark_rates(
        &mut tx,
        &[(
            world.room_type,
            world.rate_plan,
            world.night(2),
            Fields::ALL,
        )],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.dirty().await, [world.rate(2)]);
}

#[tokio::test]
async fn a_disabled_connection_is_told_nothing() {
    let world = World::new().await;
    world.mark([world.availability(1)]).await;
    world.alter("UPDATE connections SET enabled = false").await;
    push_now(&world).await.unwrap();
    assert!(world.channel.calls().is_empty());
    assert_eq!(world.dirty().await.len(), 1);
}

async fn catch_up_now(world: &World) {
    catch_up(&world.app, &world.hotel).await.unwrap();
}

#[tokio::test]
async fn a_night_that_comes_within_the_horizon_is_told_of_once() {
    let world = World::new().await;
    full_sync(&world.app, world.hotel.id, world.connection.id)
        .await
        .unwrap();
    push_now(&world).await.unwrap();
    catch_up_now(&world).await;
    assert!(world.dirty().await.is_empty());

    world
        .alter("UPDATE connections SET shown_until = shown_until - 1")
        .await;
    catch_up_now(&world).await;
    assert_eq!(world.dirty().await.len(), 3);
    push_now(&world).await.unwrap();
    catch_up_now(&world).await;
    assert!(world.dirty().await.is_empty());
}

#[tokio::test]
async fn a_push_that_was_set_aside_is_tried_again_after_an_hour_and_not_before() {
    let world = World::new().await;
    full_sync(&world.app, world.hotel.id, world.connection.id)
        .await
        .unwrap();
    let waiting = "SELECT count(*) FROM jobs WHERE kind = 'push' AND state = 'waiting'";
    let aside = "UPDATE jobs SET state = 'dead', died_at = now() WHERE kind = 'push'";
    world.alter(aside).await;
    catch_up_now(&world).await;
    assert_eq!(world.number(waiting).await, 0);
    world
        .alter("UPDATE jobs SET died_at = now() - interval '61 minutes'")
        .await;
    catch_up_now(&world).await;
    assert_eq!(world.number(waiting).await, 1);
}

#[tokio::test]
async fn nights_that_are_opened_later_reach_the_channel() {
    let world = World::new().await;
    let longer = crate::app::test_world::HOTEL.replace("nights = 60", "nights = 61");
    crate::app::seed::seed(&world.app.store, world.app.clock.now(), &longer)
        .await
        .unwrap();
    let expected = [world.availability(60), world.rate(60)];
    let dirty = world.dirty().await;
    assert!(expected.iter().all(|cell| dirty.contains(cell)));
    assert_eq!(dirty.len(), 3, "what was there before is not sent again");
}

#[tokio::test]
async fn marks_of_one_night_add_up_and_a_repair_is_about_everything() {
    let world = World::new().await;
    let mut tx = world.app.store.begin(world.hotel.id).await.unwrap();
    let night = world.night(2);
    for fields in [Fields::PRICE, Fields::STOP_SELL] {
        let cell = (world.room_type, world.rate_plan, night, fields);
        cells::mark_rates(&mut tx, &[cell]).await.unwrap();
    }
    let beyond = world.night(1000);
    let dirty = cells::dirty(&mut tx, world.connection.id, beyond, 10);
    let dirty = dirty.await.unwrap();
    assert_eq!(dirty.len(), 1);
    assert_eq!(dirty[0].fields, Fields::PRICE | Fields::STOP_SELL);

    let repair = std::collections::BTreeSet::from([world.rate(2)]);
    cells::mark(&mut tx, world.connection.id, &repair)
        .await
        .unwrap();
    let dirty = cells::dirty(&mut tx, world.connection.id, beyond, 10);
    assert_eq!(dirty.await.unwrap()[0].fields, Fields::ALL);
}
