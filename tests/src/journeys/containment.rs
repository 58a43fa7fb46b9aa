//! A connector that means harm, in the running program: it is stopped, it is told of, and nobody else notices.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Client, Line, Setup, World};

/// A hotel with two connections to the hostile guest: one computes for ever, one calls a host that it was not granted.
const HOTEL: &str = r#"
[[hotels]]
slug = "aurora-rome"

[[hotels.connections]]
name = "looping"
connector = "hostile"
settings = { behaviour = "loop" }
secrets = { api_key = { env = "S" }, query_key = { env = "S" }, client_secret = { env = "S" }, signing_key = { env = "S" } }

[[hotels.connections]]
name = "straying"
connector = "hostile"
settings = { behaviour = "forbidden-host" }
secrets = { api_key = { env = "S" }, query_key = { env = "S" }, client_secret = { env = "S" }, signing_key = { env = "S" } }
"#;

async fn world() -> World {
    World::with(
        Setup::working()
            .guest("hostile")
            .hotels(HOTEL)
            .secret("S", "a secret that nobody may see"),
    )
    .await
}

async fn last_call(staff: &Client, connection: &str) -> serde_json::Value {
    let log = staff
        .get(&format!("connections/{connection}/log"))
        .await
        .expect(200);
    log["calls"][0].clone()
}

#[tokio::test]
async fn a_connector_that_computes_for_ever_is_stopped_while_offers_are_answered() {
    let world = world().await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let begin = Instant::now();
    let looping = staff
        .post("connections/looping/test", &json!({}))
        .into_future();
    let offers = async {
        let mut answered = 0;
        while begin.elapsed() < Duration::from_millis(200) {
            assert_eq!(guest.units_left(&Line::default()).await, 8);
            answered += 1;
        }
        answered
    };
    let (stopped, answered) = tokio::join!(looping, offers);
    assert_eq!(
        (stopped.status, stopped.code().as_str()),
        (502, "channel_failed")
    );
    assert!(
        answered > 0,
        "only {answered} offers were answered while the connector computed"
    );
    assert!(
        begin.elapsed() < Duration::from_secs(8),
        "{:?}",
        begin.elapsed()
    );
    let call = last_call(&staff, "looping").await;
    assert_eq!(
        (&call["operation"], &call["outcome"]),
        (&json!("check"), &json!("failed"))
    );
    assert!(
        ["cpu-exceeded", "deadline"].contains(&call["class"].as_str().unwrap_or_default()),
        "{call}"
    );
}

#[tokio::test]
async fn a_call_of_a_host_that_was_not_granted_is_refused_and_logged() {
    let world = world().await;
    let staff = world.staff().await;
    let refused = staff.post("connections/straying/test", &json!({})).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (502, "channel_failed")
    );
    let call = last_call(&staff, "straying").await;
    assert_eq!(call["class"], "egress-denied", "{call}");
    assert_eq!(call["bytes_sent"], 0);
    assert!(
        !call.to_string().contains("a secret that nobody may see"),
        "{call}"
    );

    // What failed is recorded, for those who manage the hotel's connections.
    assert_eq!(call["recorded"], true);
    let entry = call["id"].as_str().expect("an id");
    let path = format!("connections/straying/log/{entry}/recording");
    let recording = staff.get(&path).await.expect(200);
    assert_eq!(
        recording.pointer("/events/0/asked/http/host"),
        Some(&json!("evil.example.com"))
    );
    assert_eq!(world.guest().await.get(&path).await.status, 403);
    let other_connection = format!("connections/looping/log/{entry}/recording");
    assert_eq!(staff.get(&other_connection).await.status, 404);
    let foreign = world.staff_of("sakura-kyoto").await;
    assert_eq!(foreign.get(&path).await.status, 404);
    assert_eq!(foreign.at("aurora-rome").get(&path).await.status, 404);
    let nobodys = format!("connections/straying/log/{}/recording", uuid::Uuid::nil());
    assert_eq!(staff.get(&nobodys).await.code(), "not_found");
}
