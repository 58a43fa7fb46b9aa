//! What machines ask: alive, ready, measured.

use serde_json::json;

use crate::harness::World;

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
