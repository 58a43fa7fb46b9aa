//! Budgets and lanes: who asks too often is told to slow down, and what is too much at once is shed.

use http::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::{Line, Setup, World, lines, night};

fn offers(nights: i32) -> String {
    format!("offers?check_in={}&check_out={}", night(0), night(nights))
}

#[tokio::test]
async fn a_keys_budget_is_told_spent_and_refused_and_others_have_their_own() {
    let setup = Setup::gateway().limits("key = { per_second = 1, burst = 3 }\n");
    let world = World::with(setup).await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let first = guest.get(&offers(1)).await;
    assert_eq!(first.status, 200);
    assert_eq!(
        first.header("ratelimit-policy"),
        Some("\"key\";q=3;w=3, \"hotel\";q=20000;w=2")
    );
    let left = first.header("ratelimit").expect("it is told");
    assert!(left.starts_with("\"key\";r=2;t=1, \"hotel\";r="), "{left}");
    for _ in 0..2 {
        assert_eq!(guest.get(&offers(1)).await.status, 200);
    }
    let refused = guest.get(&offers(1)).await;
    assert_eq!(
        refused.problem(),
        "429 rate_limited: the requests of this API key are used up for the moment: slow down"
    );
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("ratelimit"), Some("\"key\";r=0;t=1"));
    assert_eq!(staff.get(&offers(1)).await.status, 200, "another key");
    // Bookings have a budget of their own.
    let quote = guest.post("quotes", &lines(&[Line::default()])).await;
    assert_eq!(quote.status, 201);
    assert!(
        quote
            .header("ratelimit")
            .expect("it is told")
            .starts_with("\"booking\";r="),
        "{quote:?}"
    );
}

#[tokio::test]
async fn a_long_search_costs_more_than_a_short_one() {
    let setup = Setup::gateway().limits("key = { per_second = 1, burst = 4 }\n");
    let world = World::with(setup).await;
    let left = |answer: crate::harness::Answer| {
        let text = answer.header("ratelimit").expect("it is told").to_owned();
        text.split([';', '='])
            .nth(2)
            .and_then(|left| left.parse::<u32>().ok())
    };
    let guest = world.guest().await;
    assert_eq!(left(guest.get(&offers(14)).await), Some(3));
    assert_eq!(left(world.staff().await.get(&offers(42)).await), Some(1));
}

#[tokio::test]
async fn a_hotels_budget_is_shared_by_its_keys() {
    let setup = Setup::gateway().limits("hotel = { per_second = 1, burst = 2 }\n");
    let world = World::with(setup).await;
    for caller in [world.guest().await, world.staff().await] {
        assert_eq!(caller.get(&offers(1)).await.status, 200);
    }
    let operator = world.operator().await;
    let refused = operator.get(&offers(1)).await;
    assert_eq!(
        refused.problem(),
        "429 rate_limited: the requests of this hotel are used up for the moment: slow down"
    );
    let abroad = operator.at("sakura-kyoto").get(&offers(1)).await;
    assert_eq!(abroad.status, 200, "another hotel");
}

#[tokio::test]
async fn an_address_that_guesses_keys_is_refused_and_who_was_good_there_is_not() {
    let setup = Setup::gateway().limits("failures = { per_second = 1, burst = 3 }\n");
    let world = World::with(setup).await;
    let guest = world.guest().await;
    assert_eq!(guest.get("/v1/hotels").await.status, 200);
    let guess = || {
        world
            .anonymous()
            .get("/v1/hotels")
            .header("authorization", "Bearer rw_live_guess")
    };
    for _ in 0..3 {
        assert_eq!(guess().await.code(), "unauthenticated");
    }
    let refused = guess().await;
    assert_eq!(
        refused.problem(),
        "429 rate_limited: the requests of this address are used up for the moment: slow down"
    );
    assert!(refused.header("retry-after").is_some());
    assert_eq!(
        guest.get("/v1/hotels").await.status,
        200,
        "a good key at the same address"
    );
    let endpoint = format!("/v1/webhooks/{}", "t".repeat(48));
    assert_eq!(
        world.anonymous().post(&endpoint, &json!({})).await.code(),
        "rate_limited",
        "webhooks that nobody awaits count as well"
    );
}

#[tokio::test]
async fn a_proxy_that_is_trusted_tells_whose_address_it_is() {
    let setup = Setup::gateway()
        .server("trusted_proxies = [\"127.0.0.1\"]\n")
        .limits("failures = { per_second = 1, burst = 1 }\n");
    let world = World::with(setup).await;
    let guess = |address: &str| {
        world
            .anonymous()
            .get("/v1/hotels")
            .header("x-forwarded-for", address)
    };
    assert_eq!(guess("198.51.100.1").await.code(), "unauthenticated");
    assert_eq!(
        guess("203.0.113.1, 198.51.100.1").await.code(),
        "rate_limited"
    );
    assert_eq!(guess("198.51.100.2").await.code(), "unauthenticated");
}

/// Holds a lane's places with requests that wait for a lock of the database.
#[tokio::test]
async fn a_full_search_lane_is_shed_at_once_while_bookings_go_on() {
    let setup = Setup::gateway()
        .limits("[limits.lanes.search]\nat_once = 1\nwaiting = 1\nwait = \"300 ms\"\n");
    let world = World::with(setup).await;
    let guest = world.guest().await;
    let quote = guest.quote(&[Line::default()]).await;
    let mut owner = world.owner().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE rates IN ACCESS EXCLUSIVE MODE")
        .execute(&mut owner)
        .await
        .expect("the lock is free");
    let mut searches = JoinSet::new();
    for _ in 0..6 {
        searches.spawn(guest.get(&offers(1)).into_future());
    }
    let mut shed = 0;
    while shed < 5 {
        let answer = searches
            .join_next()
            .await
            .expect("one is left")
            .expect("no panic");
        assert_eq!(answer.problem().split(':').next(), Some("503 overloaded"));
        assert_eq!(answer.header("retry-after"), Some("1"));
        shed += 1;
    }
    // Neither alive nor the desk wait in the search lane.
    assert_eq!(world.anonymous().get("/healthz").await.status, 200);
    assert_eq!(world.staff().await.get("reservations").await.status, 200);
    sqlx::raw_sql("ROLLBACK")
        .execute(&mut owner)
        .await
        .expect("a rollback");
    let first = searches
        .join_next()
        .await
        .expect("the first")
        .expect("no panic");
    assert_eq!(first.status, 200, "what came in is answered");
    assert_eq!(
        guest.post("holds", &json!({"quote": quote})).await.status,
        201
    );
    assert_eq!(
        guest.get(&offers(1)).await.status,
        200,
        "the lane is free again"
    );
}

#[tokio::test]
async fn json_that_is_nested_too_deeply_is_told_so() {
    let world = World::start().await;
    let guest = world.guest().await;
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let refused = guest.post("quotes", &json!({})).body(deep(65)).await;
    assert_eq!(
        refused.problem(),
        "400 json_too_deep: JSON may be nested 64 levels deep"
    );
    let shallow = guest.post("quotes", &json!({})).body(deep(64)).await;
    assert_eq!(shallow.code(), "invalid_request");
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let world = World::with(Setup::gateway().server("request_timeout = \"300 ms\"\n")).await;
    let guest = world.guest().await;
    let mut owner = world.owner().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE rates IN ACCESS EXCLUSIVE MODE")
        .execute(&mut owner)
        .await
        .expect("the lock is free");
    let answer = guest.get(&offers(1)).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "timeout"));
    assert_eq!(answer.header("retry-after"), Some("1"));
    sqlx::raw_sql("ROLLBACK")
        .execute(&mut owner)
        .await
        .expect("a rollback");
    assert_eq!(guest.get(&offers(1)).await.status, 200);
    assert_eq!(guest.request(Method::HEAD, "/healthz").await.status, 200);
}
