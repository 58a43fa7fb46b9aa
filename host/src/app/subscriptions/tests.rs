//! A channel is asked once for what is wanted of it, again where that changes, and to stop.

use super::*;
use crate::app::inbound_world::{World, apply, apply_subscribing, configured, lock};
use crate::config;
use crate::domain::connector::ConnectorFailure;
use crate::domain::subscription::Subscription;

const HOME: SubscriptionDigest = SubscriptionDigest([1; 32]);
const AWAY: SubscriptionDigest = SubscriptionDigest([2; 32]);

const CONNECTED: &str = r#"
[[hotels]]
slug = "seaside"
[[hotels.connections]]
name = "channel"
connector = "scripted"
"#;

fn connected() -> Vec<config::Hotel> {
    configured(CONNECTED, "")
}

/// Applies the configuration and works off what became necessary; answers how many jobs that were.
async fn applied(world: &World, wanted: Option<SubscriptionDigest>) -> usize {
    apply_subscribing(&world.app, &connected(), wanted)
        .await
        .expect("applied");
    worked_off(world).await
}

async fn worked_off(world: &World) -> usize {
    let mut done = 0;
    loop {
        let claimed = world.claim("webhook_subscription").await;
        let Some(job) = claimed.first() else {
            return done;
        };
        assert_eq!(claimed.len(), 1, "those to one system run one by one");
        let connection = job.payload["connection_id"].as_str().expect("an id");
        let connection = ConnectionId(connection.parse().expect("an id"));
        settle(&world.app, world.hotel.id, connection)
            .await
            .expect("the channel answers");
        jobs::complete(&world.app.store, &[(job.id, job.fence)])
            .await
            .expect("completed");
        done += 1;
    }
}

async fn stored(world: &World) -> Option<Subscription> {
    let store = &world.app.store;
    let mut tx = store.begin(world.hotel.id).await.expect("a transaction");
    subscriptions::find(&mut tx, world.connection.id)
        .await
        .expect("a read")
}

fn asked(world: &World) -> Vec<Option<SubscriptionDigest>> {
    lock(&world.channel.subscriptions).clone()
}

#[tokio::test]
async fn a_channel_is_asked_once_for_what_is_wanted_and_again_where_that_changes() {
    let world = World::new().await;
    assert_eq!(applied(&world, Some(HOME)).await, 1);
    let held = stored(&world).await.expect("a subscription");
    assert_eq!(held.state().as_str(), "subscribed");
    assert_eq!(held.events, ["BOOKED"]);
    assert_eq!(applied(&world, Some(HOME)).await, 0);

    assert_eq!(applied(&world, Some(AWAY)).await, 1);
    let version = [(world.connection.id, Some(HOME))];
    renew(&world.app.store, world.hotel.id, &version)
        .await
        .expect("renewed");
    assert_eq!(worked_off(&world).await, 1);
    assert_eq!(asked(&world), [Some(HOME), Some(AWAY), Some(HOME)]);
}

#[tokio::test]
async fn a_channel_whose_connection_is_disabled_or_removed_is_asked_to_stop() {
    let world = World::new().await;
    applied(&world, Some(HOME)).await;
    let mut disabled = connected();
    disabled[0].connections[0].enabled = false;
    for left in [disabled, Vec::new()] {
        let is_there = !left.is_empty();
        let after = apply(&world.app, &left).await.expect("applied");
        let [leaving] = after.leaving.as_slice() else {
            panic!("one connection leaves")
        };
        assert_eq!(leaving.id, world.connection.id);
        assert_eq!(leaving.configured.is_some(), is_there);
        assert_eq!(worked_off(&world).await, 1);
        assert_eq!(stored(&world).await, None);
        applied(&world, Some(HOME)).await;
    }
    let (on, off) = (Some(HOME), None);
    assert_eq!(asked(&world), [on, off, on, off, on]);
    // An enabled one for which nothing is wanted any more is no other case, but it does not leave.
    let after = apply(&world.app, &connected()).await.expect("applied");
    assert!(after.leaving.is_empty());
    assert_eq!(worked_off(&world).await, 1);
    assert_eq!(asked(&world).last(), Some(&off));
}

#[tokio::test]
async fn a_connection_with_another_name_and_the_same_address_stays_subscribed() {
    let world = World::new().await;
    applied(&world, Some(HOME)).await;
    let renamed = configured(&CONNECTED.replace("\"channel\"", "\"another\""), "");
    apply_subscribing(&world.app, &renamed, Some(HOME))
        .await
        .expect("applied");
    worked_off(&world).await;
    let asked = asked(&world);
    assert!(asked.contains(&None), "the former one ends: {asked:?}");
    assert_eq!(asked.last(), Some(&Some(HOME)));
}

#[tokio::test]
async fn a_failure_is_shown_until_the_channel_has_answered() {
    let world = World::new().await;
    apply_subscribing(&world.app, &connected(), Some(HOME))
        .await
        .expect("applied");
    let down = ConnectorFailure::Retry("it is down".to_owned());
    lock(&world.channel.deaf).push_back(down);
    let failed = settle(&world.app, world.hotel.id, world.connection.id).await;
    assert!(matches!(
        failed,
        Err(CallError::Connector(ConnectorFailure::Retry(_)))
    ));
    let failing = stored(&world).await.expect("a subscription");
    assert_eq!(failing.state().as_str(), "failing");
    let (failure, _) = failing.failure.expect("a reason");
    assert_eq!(failure, "passing fault: it is down");

    assert_eq!(worked_off(&world).await, 1);
    let held = stored(&world).await.expect("a subscription");
    assert_eq!((held.state().as_str(), held.failure), ("subscribed", None));
}
