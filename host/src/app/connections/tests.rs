//! Configurations in, connections out.

use super::*;
use crate::app::inbound_world::{TOKEN, World, apply, configured};

const SECOND: &str = r#"
[[hotels]]
slug = "seaside"
[[hotels.connections]]
name = "second"
connector = "scripted"
mappings = "mappings.toml"
"#;

const ONE_DOUBLE: &str = r#"
[[mappings]]
room_type = "double"
rate_plan = "bar"
external_room = "one"
"#;

async fn stored(world: &World) -> Vec<Connection> {
    let mut tx = world
        .app
        .store
        .begin(world.hotel.id)
        .await
        .expect("a transaction");
    connections::list(&mut tx).await.expect("a list")
}

async fn refusal(world: &World, text: &str, mappings: &str) -> String {
    let refused = apply(&world.app, &configured(text, mappings)).await;
    let error = refused.expect_err("a refused configuration").to_string();
    // The folder is a test's own.
    error.rsplit('/').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn what_is_configured_is_stored_and_what_is_not_is_disabled_but_kept() {
    let world = World::new().await;
    assert!(world.connection.enabled);
    let endpoint = async || {
        connections::find_endpoint(&world.app.store, token_hash(TOKEN))
            .await
            .expect("a read")
    };
    assert_eq!(
        endpoint().await,
        Some((world.hotel.id, world.connection.id))
    );

    let applied = apply(&world.app, &configured(SECOND, ONE_DOUBLE))
        .await
        .expect("applied");
    let [first, second] =
        <[Connection; 2]>::try_from(stored(&world).await).expect("two connections");
    assert_eq!((first.name.as_str(), first.enabled), ("channel", false));
    assert_eq!((second.name.as_str(), second.enabled), ("second", true));
    assert_eq!(
        applied
            .connections
            .iter()
            .map(|one| one.id)
            .collect::<Vec<_>>(),
        [second.id]
    );
    assert_eq!(
        world.claim("full_sync").await.len(),
        2,
        "the first world's and this one"
    );
    assert_eq!(endpoint().await, None);

    apply(&world.app, &[]).await.expect("applied");
    assert!(
        stored(&world)
            .await
            .iter()
            .all(|connection| !connection.enabled)
    );
}

#[tokio::test]
async fn a_full_sync_is_due_only_for_what_a_channel_cannot_know() {
    let world = World::new().await;
    world.claim("full_sync").await;
    let apply = async |mappings: &str| {
        apply(&world.app, &configured(SECOND, mappings))
            .await
            .expect("applied");
        let jobs = world.claim("full_sync").await;
        let done: Vec<(i64, i32)> = jobs.iter().map(|job| (job.id, job.fence)).collect();
        crate::store::jobs::complete(&world.app.store, &done)
            .await
            .expect("completed");
        jobs.len()
    };
    assert_eq!(apply(ONE_DOUBLE).await, 1);
    assert_eq!(apply(ONE_DOUBLE).await, 0);
    assert_eq!(apply(&ONE_DOUBLE.replace("one", "two")).await, 1);
    assert_eq!(apply("").await, 1);
}

#[tokio::test]
async fn contradictions_with_the_store_and_the_plugins_change_nothing() {
    let world = World::new().await;
    let unknown_code = refusal(&world, SECOND, &ONE_DOUBLE.replace("double", "castle")).await;
    assert_eq!(
        unknown_code,
        "mappings.toml:2: the hotel does not sell the room type `castle` under the rate plan `bar`"
    );
    let unknown_hotel = refusal(&world, &SECOND.replace("seaside", "mountain"), ONE_DOUBLE).await;
    assert!(
        unknown_hotel.contains("there is no hotel `mountain`"),
        "{unknown_hotel}"
    );
    let unknown_plugin = refusal(&world, &SECOND.replace("scripted", "missing"), ONE_DOUBLE).await;
    assert!(
        unknown_plugin.contains("connection `second`: no plugin `missing`"),
        "{unknown_plugin}"
    );
    let sender = SECOND.replace(
        "slug",
        "email = { connection = \"second\", sender = \"a@b.example\" }\nslug",
    );
    let sender = refusal(&world, &sender, ONE_DOUBLE).await;
    assert!(
        sender.contains("is no enabled connection of a plugin that sends mail"),
        "{sender}"
    );
    assert_eq!(stored(&world).await, [world.connection]);
}

#[tokio::test]
async fn a_hotel_writes_through_its_email_connection() {
    let world = World::new().await;
    let text = r#"
[[hotels]]
slug = "seaside"
email = { connection = "post", sender = "desk@seaside.example" }
[[hotels.connections]]
name = "post"
connector = "mail"
"#;
    let applied = apply(&world.app, &configured(text, ""))
        .await
        .expect("applied");
    let [sender] = applied.senders.as_slice() else {
        panic!("one sender")
    };
    assert_eq!(
        (sender.address.as_str(), sender.name.as_str()),
        ("desk@seaside.example", "Seaside")
    );
    assert_eq!(sender.connection, applied.connections[0].id);
}
