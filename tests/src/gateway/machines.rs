//! What machines ask: alive, ready, measured.

use serde_json::json;

use crate::harness::{Setup, World};

#[tokio::test]
async fn a_running_gateway_is_alive_and_ready_and_counts_its_requests() {
    let world = World::start().await;
    let anyone = world.anonymous();
    assert_eq!(
        anyone.get("/healthz").await.expect(200),
        json!({"status": "ok"})
    );
    assert_eq!(
        anyone.get("/readyz").await.expect(200),
        json!({"status": "ready"})
    );
    let metrics = anyone.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert!(
        metrics
            .text()
            .contains("http_server_request_duration_seconds_bucket"),
        "{}",
        metrics.text()
    );
}

#[tokio::test]
async fn metrics_carry_neither_ids_nor_hotels() {
    let world = World::start().await;
    let staff = world.staff().await;
    staff
        .get("reservations/0190a000-0000-7000-8000-000000000000")
        .await;
    let metrics = staff.get("/metrics").await;
    assert!(
        metrics
            .text()
            .contains("/v1/hotels/{hotel}/reservations/{reservation}")
    );
    assert!(!metrics.text().contains("0190a000"), "an id became a label");
    assert!(
        !metrics.text().contains("aurora-rome"),
        "a hotel became a label"
    );
}

#[tokio::test]
async fn every_answer_forbids_caching_and_sniffing() {
    let world = World::start().await;
    for answer in [
        world.guest().await.get("/v1/hotels").await,
        world.anonymous().get("/nowhere").await,
    ] {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn a_process_that_only_works_is_measured_and_answers_no_guest() {
    let world = World::with(Setup::only_working()).await;
    let anyone = world.anonymous();
    anyone.get("/healthz").await.expect(200);
    anyone.get("/readyz").await.expect(200);
    assert_eq!(anyone.get("/metrics").await.status, 200);
    let refused = anyone.get("/v1/hotels").await;
    assert_eq!(refused.expect(404)["code"], "no_such_route");
}

#[tokio::test]
async fn an_invented_method_becomes_no_label() {
    let world = World::start().await;
    let anyone = world.anonymous();
    let method = "INVENTED".parse().expect("a method's name");
    anyone.request(method, "/v1/hotels").await.expect(405);
    let metrics = anyone.get("/metrics").await;
    assert!(metrics.text().contains("_OTHER"));
    assert!(!metrics.text().contains("INVENTED"));
}
