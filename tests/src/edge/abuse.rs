//! What strangers try at the socket: old and broken requests, two bodies in one, names of others, and leaving early.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::edge::wire::{Wire, statuses};
use crate::harness::{Line, Setup, World, lines, night};

#[tokio::test]
async fn a_client_of_http_1_0_is_answered_and_its_connection_closed() {
    let world = World::start().await;
    let mut wire = Wire::open(world.address).await;
    wire.say("GET /healthz HTTP/1.0\r\n\r\n").await;
    assert_eq!(statuses(&wire.rest().await), [200]);
}

#[tokio::test]
async fn paths_that_are_no_text_name_nothing_and_break_nothing() {
    let world = World::start().await;
    let staff = world.staff().await;
    for path in [
        "/v1/hotels/%ff%fe",
        "/v1/hotels/%00",
        "/v1/hotels/aurora-rome%2f..%2f/offers",
        "/v1/hotels/aurora-rome/reservations/%ff",
        "/v1/hotels/aurora-rome/connections/%00/log",
        "/docs/%ff",
        "/docs/..%2fopenapi.json",
    ] {
        let answer = staff.get(path).await;
        assert_eq!(answer.status, 404, "{path} {}", answer.text());
    }
    let mut wire = Wire::open(world.address).await;
    wire.say_bytes(b"GET /v1/hotels/\xff\xfe HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await;
    let answer = wire.rest().await;
    assert!(
        matches!(statuses(&answer)[..], [400 | 401 | 404]),
        "{answer}"
    );
}

#[tokio::test]
async fn a_request_with_two_lengths_is_never_taken_for_two_requests() {
    let world = World::start().await;
    let head = "POST /v1/hotels/aurora-rome/quotes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let hidden = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    for (lengths, body) in [
        (
            "content-length: 0\r\ncontent-length: 5\r\n",
            hidden.to_owned(),
        ),
        (
            "content-length: 5\r\ntransfer-encoding: chunked\r\n",
            format!("0\r\n\r\n{hidden}"),
        ),
        (
            "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
            format!("0\r\n\r\n{hidden}"),
        ),
        ("content-length: +5\r\n", hidden.to_owned()),
        ("content-length: 0x5\r\n", hidden.to_owned()),
    ] {
        let mut wire = Wire::open(world.address).await;
        let _all = wire.try_to_say(&format!("{head}{lengths}\r\n{body}")).await;
        let closing = "GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let _more = wire.try_to_say(closing).await;
        let answer = wire.rest().await;
        let told = statuses(&answer);
        // By RFC 9112 chunked decides where both are said; then what follows it is a request like any other.
        let smuggled = told.contains(&200) && !lengths.contains("5\r\ntransfer-encoding: chunked");
        assert!(
            !smuggled && told.iter().all(|status| *status < 500),
            "{lengths:?} {answer}"
        );
    }
}

#[tokio::test]
async fn a_body_one_byte_too_long_is_refused_in_words_that_arrive() {
    let world = World::start().await;
    for (path, limit) in [
        ("/v1/hotels/aurora-rome/quotes".to_owned(), 64 * 1024),
        (format!("/v1/webhooks/{}", "t".repeat(48)), 256 * 1024),
    ] {
        let ask = |length: usize| {
            let body = "x".repeat(length);
            format!(
                "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n\
                 content-length: {length}\r\n\r\n{body}"
            )
        };
        for (length, refused) in [(limit, false), (limit + 1, true)] {
            let mut wire = Wire::open(world.address).await;
            wire.say(&ask(length)).await;
            let answer = wire.rest().await;
            assert_eq!(
                statuses(&answer) == [413],
                refused,
                "{path} {length}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn what_a_stranger_writes_of_other_addresses_is_not_believed() {
    let setup = Setup::gateway().limits("failures = { per_second = 1, burst = 2 }\n");
    let world = World::with(setup).await;
    let mut codes = Vec::new();
    for number in 1..=3 {
        let guess = world.anonymous().get("/v1/hotels");
        let guess = guess.header("x-forwarded-for", &format!("198.51.100.{number}"));
        codes.push(
            guess
                .header("forwarded", &format!("for=198.51.100.{number}"))
                .await
                .code(),
        );
    }
    assert_eq!(
        codes,
        ["unauthenticated", "unauthenticated", "rate_limited"]
    );
}

#[tokio::test]
async fn who_leaves_early_leaves_the_place_in_the_lane() {
    let setup = Setup::gateway()
        .limits("[limits.lanes.search]\nat_once = 2\nwaiting = 2\nwait = \"5 s\"\n");
    let world = World::with(setup).await;
    let guest = world.guest().await;
    let offers = format!("offers?check_in={}&check_out={}", night(0), night(1));
    let mut owner = world.owner().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE rates IN ACCESS EXCLUSIVE MODE")
        .execute(&mut owner)
        .await
        .expect("the lock is free");
    for _ in 0..6 {
        let asking = tokio::time::timeout(Duration::from_millis(100), guest.get(&offers).attempt());
        let _left = asking.await;
    }
    sqlx::raw_sql("ROLLBACK")
        .execute(&mut owner)
        .await
        .expect("a rollback");
    for _ in 0..4 {
        assert_eq!(guest.get(&offers).await.status, 200);
    }
}

#[tokio::test]
async fn a_client_that_ends_its_side_of_the_connection_keeps_nothing() {
    let world = World::start().await;
    for beginning in [
        "GET /heal",
        "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n",
        "POST /v1/hotels/aurora-rome/quotes HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{",
    ] {
        let mut wire = Wire::open(world.address).await;
        wire.say(beginning).await;
        wire.fall_silent().await;
        // It ends at once, long before any bound.
        let rest = tokio::time::timeout(Duration::from_secs(3), wire.rest()).await;
        assert!(rest.is_ok(), "{beginning:?}");
    }
}

#[tokio::test]
async fn what_is_refused_for_its_key_or_its_pace_is_not_stored_under_the_idempotency_key() {
    let setup = Setup::gateway().limits("booking = { per_second = 1, burst = 3 }\n");
    let world = World::with(setup).await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let hold = guest.hold(&[Line::default()]).await;
    let made = guest.reserving(&hold).await.expect(201);
    let forbidden = guest.step(&made, "confirm").idempotency_key("one").await;
    // The budget is spent, or the scope is missing: neither is a decision.
    assert!(
        [403, 429].contains(&forbidden.status),
        "{}",
        forbidden.text()
    );
    let quote = json!({"quote": staff.quote(&[Line::default()]).await});
    let mut limited = 0;
    for _ in 0..4 {
        let other = staff.post("quotes", &lines(&[Line::default()])).await;
        limited += usize::from(other.status == 429);
    }
    assert!(limited > 0, "the budget of four is spent");
    let refused = staff.post("holds", &quote).idempotency_key("paced").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "rate_limited")
    );
    let stored = "SELECT count(*) FROM idempotency_keys WHERE key IN ('one', 'paced')";
    assert_eq!(world.number(stored).await, 0);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let again = staff.post("holds", &quote).idempotency_key("paced").await;
    assert_eq!(
        (again.status, again.header("idempotent-replayed")),
        (201, None)
    );
}

#[tokio::test]
async fn methods_that_nobody_knows_are_refused() {
    let world = World::start().await;
    for method in ["TRACE", "CONNECT", "PURGE", "get"] {
        let method = Method::from_bytes(method.as_bytes()).expect("a token");
        if method == Method::CONNECT {
            let mut wire = Wire::open(world.address).await;
            wire.say("CONNECT example.org:443 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                .await;
            let told = wire.rest().await;
            assert!(matches!(statuses(&told)[..], [404 | 405]), "{told}");
            continue;
        }
        assert_eq!(
            world.anonymous().request(method, "/v1/hotels").await.code(),
            "method_not_allowed"
        );
    }
}
