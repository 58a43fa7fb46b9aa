//! Web pages: what browsers are told, and which key may be in a page. And what every answer says besides.

use http::Method;

use crate::harness::{Setup, World};

const PAGE: &str = "https://book.aurora.example";

async fn with_pages() -> World {
    let server = format!("allowed_origins = [\"{PAGE}\"]\n");
    World::with(Setup::gateway().server(&server)).await
}

#[tokio::test]
async fn a_browser_that_asks_first_is_answered_for_pages_that_are_allowed() {
    let world = with_pages().await;
    let ask = |origin: &str| {
        world
            .anonymous()
            .request(Method::OPTIONS, "/v1/hotels/aurora-rome/holds")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
    };
    let allowed = ask(PAGE).await;
    assert_eq!((allowed.status, allowed.body.len()), (204, 0));
    assert_eq!(allowed.header("access-control-allow-origin"), Some(PAGE));
    let headers = allowed.header("access-control-allow-headers");
    let headers: Vec<&str> = headers.unwrap_or_default().split(", ").collect();
    for needed in ["idempotency-key", "guest-session"] {
        assert!(headers.contains(&needed), "{headers:?}");
    }
    let refused = ask("https://elsewhere.example").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "origin_not_allowed")
    );
    assert_eq!(refused.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn a_page_reads_with_a_publishable_key_and_never_with_a_secret_one() {
    let world = with_pages().await;
    let guest = world
        .guest()
        .await
        .get("/v1/hotels")
        .header("origin", PAGE)
        .await;
    assert_eq!(guest.status, 200);
    assert_eq!(guest.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(guest.header("vary"), Some("origin"));
    let staff = world
        .staff()
        .await
        .get("/v1/hotels")
        .header("origin", PAGE)
        .await;
    assert_eq!(
        (staff.status, staff.code().as_str()),
        (403, "secret_key_in_browser")
    );
}

#[tokio::test]
async fn a_key_that_is_bound_to_a_page_is_used_by_no_other() {
    let world = with_pages().await;
    world
        .execute(
            "UPDATE api_keys SET origins = '{https://book.aurora.example}' WHERE name = 'web-page'",
        )
        .await;
    let guest = world.guest().await;
    let from = |origin: &str| guest.get("/v1/hotels").header("origin", origin);
    assert_eq!(from(PAGE).await.status, 200);
    assert_eq!(
        from("https://elsewhere.example").await.code(),
        "origin_not_allowed"
    );
}

#[tokio::test]
async fn a_path_tells_what_it_takes_and_answers_heads_without_a_body() {
    let world = World::start().await;
    let guest = world.guest().await;
    let options = guest.request(Method::OPTIONS, "/v1/hotels").await;
    assert_eq!(
        (options.status, options.header("allow")),
        (204, Some("GET,HEAD,POST"))
    );
    let head = guest.request(Method::HEAD, "/v1/hotels").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    let get = guest.get("/v1/hotels").await;
    assert_eq!(head.header("content-length"), get.header("content-length"));
}

#[tokio::test]
async fn a_requests_id_is_the_callers_or_ours_and_stands_in_problems() {
    let world = World::start().await;
    let named = world
        .anonymous()
        .get("/nowhere")
        .header("x-request-id", "shop-42")
        .await;
    assert_eq!(named.header("x-request-id"), Some("shop-42"));
    assert_eq!(named.json()["instance"], "/requests/shop-42");
    let long = format!("a b\"{}", "c".repeat(300));
    let clamped = world
        .anonymous()
        .get("/healthz")
        .header("x-request-id", &long)
        .await;
    assert_eq!(
        clamped.header("x-request-id"),
        Some(format!("ab{}", "c".repeat(62)).as_str())
    );
    let (one, two) = (
        world.anonymous().get("/healthz").await,
        world.anonymous().get("/healthz").await,
    );
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
}

#[tokio::test]
async fn browsers_are_told_to_insist_on_tls_only_where_there_is_tls() {
    let world = World::start().await;
    let answer = world.anonymous().get("/healthz").await;
    assert_eq!(answer.header("strict-transport-security"), None);
    assert_eq!(
        answer.header("content-security-policy"),
        Some("default-src 'none'; frame-ancestors 'none'")
    );
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    let behind = World::with(Setup::gateway().server("behind_tls = true\n")).await;
    let answer = behind.anonymous().get("/healthz").await;
    assert_eq!(
        answer.header("strict-transport-security"),
        Some("max-age=31536000; includeSubDomains")
    );
}
