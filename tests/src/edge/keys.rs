//! Keys from their making to their end: two of a name at most, a rotation that no repetition notices, the last use.

use std::time::Duration;

use roomwire::app::access::{self, NoKey, Wanted};
use roomwire::domain::access::Scope;
use roomwire::domain::random::Random;
use serde_json::json;

use crate::harness::{Line, World, start_instant};

fn wanted(name: &str) -> Wanted {
    Wanted {
        name: name.to_owned(),
        hotel: None,
        publishable: false,
        scopes: Scope::ALL.to_vec(),
        origins: Vec::new(),
        expires_at: None,
    }
}

fn prefix(key: &str) -> &str {
    key.split('_').nth(2).expect("a prefix")
}

#[tokio::test]
async fn a_key_is_rotated_with_an_overlap_and_no_third_lives_beside_the_two() {
    let world = World::start().await;
    let store = world.database.store(2).await;
    let (random, now) = (Random::system(), start_instant());
    let old = access::create(&store, now, &random, wanted("desk"))
        .await
        .expect("a key");
    let hour = Duration::from_secs(3600);
    let new = access::rotate(&store, now, &random, prefix(&old), hour)
        .await
        .expect("a key")
        .text;
    for key in [&old, &new] {
        let client = world.client("aurora-rome", Some(key.clone()));
        assert_eq!(client.get("/v1/hotels").await.status, 200, "both live");
    }
    for outcome in [
        access::rotate(&store, now, &random, prefix(&new), hour)
            .await
            .map(|_| ()),
        access::create(&store, now, &random, wanted("desk"))
            .await
            .map(|_| ()),
    ] {
        assert!(
            matches!(outcome, Err(NoKey::TwoAlready { .. })),
            "{outcome:?}"
        );
    }
    let none = access::rotate(&store, now, &random, "000000000000", hour).await;
    assert!(matches!(none, Err(NoKey::NoSuchKey(_))), "{none:?}");
    // The old one ends when its time is over, and then another may be made.
    world
        .execute(&format!(
            "UPDATE api_keys SET expires_at = clock_timestamp() WHERE prefix = '{}'",
            prefix(&old)
        ))
        .await;
    let client = world.client("aurora-rome", Some(old.clone()));
    assert_eq!(client.get("/v1/hotels").await.code(), "unauthenticated");
    access::rotate(&store, now, &random, prefix(&new), Duration::ZERO)
        .await
        .expect("a key");
    let client = world.client("aurora-rome", Some(new));
    assert_eq!(
        client.get("/v1/hotels").await.code(),
        "unauthenticated",
        "no overlap"
    );
}

#[tokio::test]
async fn of_many_keys_of_a_name_that_are_made_at_once_two_live() {
    let world = World::start().await;
    let store = world.database.store(8).await;
    let (random, now) = (Random::system(), start_instant());
    let making = (0..8).map(|_| access::create(&store, now, &random, wanted("raced")));
    let made = futures::future::join_all(making).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 2);
}

#[tokio::test]
async fn a_repetition_with_the_rotated_key_is_still_a_repetition() {
    let world = World::start().await;
    let store = world.database.store(2).await;
    let (random, now) = (Random::system(), start_instant());
    let old = access::create(&store, now, &random, wanted("shop"))
        .await
        .expect("a key");
    let before = world.client("aurora-rome", Some(old.clone()));
    let body = json!({"quote": before.quote(&[Line::default()]).await});
    let first = before.post("holds", &body).idempotency_key("one").await;
    let rotated = access::rotate(&store, now, &random, prefix(&old), Duration::ZERO).await;
    let after = world.client("aurora-rome", Some(rotated.expect("a key").text));
    let again = after.post("holds", &body).idempotency_key("one").await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(
        again.header("location").is_some(),
        first.headers.contains_key("location")
    );
    assert_eq!(world.number("SELECT count(*) FROM holds").await, 1);
}

#[tokio::test]
async fn keys_that_make_no_sense_are_not_made() {
    let world = World::start().await;
    let store = world.database.store(1).await;
    let page = |scopes: &[Scope]| Wanted {
        publishable: true,
        scopes: scopes.to_vec(),
        ..wanted("page")
    };
    let bound = Wanted {
        origins: vec!["https://a.example".to_owned()],
        ..wanted("desk")
    };
    for (wanted, why) in [
        (wanted(""), "a name has 1 to 100 letters"),
        (wanted("a\nb"), "a name has 1 to 100 letters"),
        (
            page(&[Scope::ReservationsRead]),
            "cannot have the scope `reservations:read`",
        ),
        (bound, "only a publishable key is bound to web pages"),
    ] {
        let refused = access::create(&store, start_instant(), &Random::system(), wanted).await;
        let refused = refused.expect_err("no key").to_string();
        assert!(refused.contains(why), "{refused}");
    }
}

#[tokio::test]
async fn the_last_use_is_written_soon_and_once_a_minute() {
    let world = World::start().await;
    let staff = world.staff().await;
    let used = "SELECT last_used_at IS NOT NULL FROM api_keys k JOIN hotels h ON h.id = k.hotel_id
        WHERE k.name = 'front-desk' AND h.slug = 'aurora-rome'";
    assert_eq!(world.value(used).await, json!(false));
    assert_eq!(staff.get("/v1/hotels").await.status, 200);
    world.until(used, true).await;
    let at = "SELECT last_used_at FROM api_keys k JOIN hotels h ON h.id = k.hotel_id
        WHERE k.name = 'front-desk' AND h.slug = 'aurora-rome'";
    let first = world.value(at).await;
    assert_eq!(staff.get("/v1/hotels").await.status, 200);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(world.value(at).await, first);
}
