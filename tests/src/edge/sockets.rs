//! Slow, silent, endless and malformed clients: each is cut, and others are served meanwhile.

use std::time::{Duration, Instant};

use http::Method;

use crate::edge::wire::{Wire, statuses};
use crate::harness::{Setup, World};

/// Bounds that a test can wait for.
const QUICK: &str = "first_byte_timeout = \"400 ms\"\nheader_timeout = \"600 ms\"\nbody_timeout = \"600 ms\"\n\
                     idle_timeout = \"900 ms\"\nwrite_timeout = \"600 ms\"\n";

async fn quick() -> World {
    World::with(Setup::gateway().server(QUICK)).await
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let world = quick().await;
    let begin = Instant::now();
    assert_eq!(Wire::open(world.address).await.rest().await, "");
    assert!(begin.elapsed() >= Duration::from_millis(400));
}

#[tokio::test]
async fn a_half_preface_of_http2_does_not_keep_a_connection() {
    let world = quick().await;
    let mut wire = Wire::open(world.address).await;
    wire.say("PRI * HT").await;
    assert_eq!(wire.rest().await, "");
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_cut_while_others_are_served() {
    let world = quick().await;
    let mut wire = Wire::open(world.address).await;
    let begin = Instant::now();
    wire.say("GET /healthz HTTP/1.1\r\nhost: x\r\n").await;
    while wire.try_to_say("x").await {
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(world.anonymous().get("/healthz").await.status, 200);
        assert!(begin.elapsed() < Duration::from_secs(5), "nobody cuts it");
    }
    assert!(begin.elapsed() >= Duration::from_millis(600));
}

#[tokio::test]
async fn a_head_in_two_parts_is_answered() {
    let world = quick().await;
    let mut wire = Wire::open(world.address).await;
    wire.say("GET /healthz HTTP/1.1\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    wire.say("host: x\r\nconnection: close\r\n\r\n").await;
    assert_eq!(statuses(&wire.rest().await), [200]);
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_time_and_not_before() {
    let world = quick().await;
    let mut wire = Wire::open(world.address).await;
    let request = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    for _ in 0..3 {
        wire.say(request).await;
        // Longer than a head may take: a resting connection sends none.
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    assert_eq!(statuses(&wire.rest().await), [200, 200, 200]);
}

/// The kinds of the frames in what a server of HTTP/2 said.
fn frames(mut said: &[u8]) -> Vec<u8> {
    let mut kinds = Vec::new();
    while let [a, b, c, kind, _, _, _, _, _, rest @ ..] = said {
        kinds.push(*kind);
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        said = rest.get(length..).unwrap_or_default();
    }
    kinds
}

#[tokio::test]
async fn an_idle_connection_of_http2_is_told_goodbye_after_its_time_and_not_before() {
    const GOAWAY: u8 = 7;
    let world = quick().await;
    let mut wire = Wire::open(world.address).await;
    let begin = Instant::now();
    wire.say_bytes(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    // Frames between requests are no head that takes too long.
    wire.say_bytes(b"\0\0\0\x04\x01\0\0\0\0").await;
    let said = wire.rest_of_bytes().await;
    assert!(
        begin.elapsed() >= Duration::from_millis(900),
        "{:?}",
        begin.elapsed()
    );
    assert!(frames(&said).contains(&GOAWAY), "{said:?}");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_a_timeout_and_books_nothing() {
    let world = quick().await;
    let mut wire = Wire::open(world.address).await;
    wire.say(
        "POST /v1/hotels/aurora-rome/quotes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: 100\r\n\r\n{",
    )
    .await;
    let answer = wire.rest().await;
    assert_eq!(statuses(&answer), [408], "{answer}");
    assert!(answer.contains("body_timeout"), "{answer}");
}

#[tokio::test]
async fn a_client_that_never_reads_its_answers_is_cut() {
    let world = quick().await;
    let mut wire = Wire::open(world.address).await;
    let begin = Instant::now();
    let many = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(50);
    let mut sent = 0;
    while begin.elapsed() < Duration::from_secs(8) {
        let said = tokio::time::timeout(Duration::from_millis(200), wire.try_to_say(&many)).await;
        if said == Ok(false) {
            return;
        }
        sent += usize::from(said == Ok(true));
    }
    panic!("after {sent} batches it is still there");
}

#[tokio::test]
async fn requests_in_a_row_are_answered_in_their_order() {
    let world = World::start().await;
    let mut wire = Wire::open(world.address).await;
    wire.say(
        "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n\
         GET /v1/hotels HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert_eq!(statuses(&wire.rest().await), [200, 404, 401]);
}

#[tokio::test]
async fn floods_of_headers_and_endless_addresses_are_refused_as_what_they_are() {
    let world = World::start().await;
    let head = |lines: String| format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{lines}\r\n");
    let headers = |count: usize, length: usize| -> String {
        (0..count)
            .map(|number| format!("x-{number}: {}\r\n", "y".repeat(length)))
            .collect()
    };
    for (request, expected) in [
        (head(headers(70, 1)), 431),
        (head(headers(20, 1_000)), 431),
        (head(headers(200, 1)), 431),
        (head(headers(1, 200_000)), 431),
        (
            format!(
                "GET /healthz?{} HTTP/1.1\r\nhost: x\r\n\r\n",
                "y".repeat(9_000)
            ),
            414,
        ),
        ("NONSENSE\r\n\r\n".to_owned(), 400),
        (head("connection: close\r\n".to_owned()), 200),
    ] {
        let mut wire = Wire::open(world.address).await;
        // It may be refused before all of it is said.
        let _all = wire.try_to_say(&request).await;
        let closing = wire.try_to_say("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let _more = closing.await;
        let answer = wire.rest().await;
        if !answer.is_empty() || expected == 200 {
            assert_eq!(statuses(&answer).first(), Some(&expected), "{answer}");
        }
    }
    let long = format!("/healthz?{}", "y".repeat(9_000));
    let answer = world.anonymous().request(Method::GET, &long).await;
    assert_eq!(
        answer.problem(),
        "414 uri_too_long: path and query have at most 8192 bytes together"
    );
}

#[tokio::test]
async fn an_announced_or_endless_body_is_refused_without_being_read() {
    let world = World::start().await;
    let head = "POST /v1/hotels/aurora-rome/quotes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let mut announced = Wire::open(world.address).await;
    announced
        .say(&format!("{head}content-length: 99999999999\r\n\r\n"))
        .await;
    assert_eq!(statuses(&announced.rest().await), [413]);
    let mut endless = Wire::open(world.address).await;
    endless
        .say(&format!("{head}transfer-encoding: chunked\r\n\r\n"))
        .await;
    let chunk = format!("4000\r\n{}\r\n", "y".repeat(0x4000));
    for _ in 0..6 {
        let _all = endless.try_to_say(&chunk).await;
    }
    assert_eq!(statuses(&endless.rest().await), [413]);
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_others_wait_for_a_place() {
    let world = World::with(Setup::gateway().server("connections_per_address = 3\n")).await;
    let request = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut wire = Wire::open(world.address).await;
        wire.say(request).await;
        open.push(wire);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut fourth = Wire::open(world.address).await;
    let _refused = fourth.try_to_say(request).await;
    assert_eq!(fourth.rest().await, "", "a fourth is closed");
    drop(open);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut next = Wire::open(world.address).await;
    next.say("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await;
    assert_eq!(
        statuses(&next.rest().await),
        [200],
        "a free place is used again"
    );
}
