//! A channel sends its webhooks here from the moment its connection is enabled, and no longer than that.

use std::time::Duration;

use roomwire_simulators::octorate::{BookingRequest, EventType, Octorate};
use serde_json::{Value, json};

use crate::harness::{DOUBLE, Setup, World, channels, eventually, night};

const TOKEN: &str = "octorate-fedcba9876543210fedcba9876543210";

const HOTEL: &str = r#"
[[hotels]]
slug = "aurora-rome"

[[hotels.connections]]
name = "octorate"
connector = "octorate"
settings = { accommodation = "123" }
mappings = "octorate.toml"
webhook_token = { env = "TOKEN" }
secrets = { client_id = { env = "CLIENT" }, client_secret = { env = "SECRET" } }
"#;

const MAPPINGS: &str = r#"
[[mappings]]
room_type = "DBL"
rate_plan = "BAR"
external_room = "9001"
"#;

/// What the operator writes: the gateway's address, and these hotels.
fn setup(octorate: &Octorate, hotels: &str) -> Setup {
    Setup::working()
        .server("public_url = \"https://gateway.example\"\n")
        .plugin("octorate")
        .simulated("api.octorate.com", octorate.address())
        .hotels(hotels)
        .file("octorate.toml", MAPPINGS)
        .secret("TOKEN", TOKEN)
        .secret("CLIENT", "simulated-client")
        .secret("SECRET", "simulated-secret")
}

/// Waits until the channel tells of so many events, and gives the connection as staff see it then.
async fn until_subscribed(world: &World, octorate: &Octorate, events: usize) -> Value {
    let staff = world.staff().await;
    let what = format!("{events} events are subscribed");
    eventually(&what, Duration::from_secs(20), async || {
        let connections = staff.get("connections").await.expect(200);
        let connection = connections["connections"][0].clone();
        let is_settled = match events {
            0 => connection["webhooks"].is_null(),
            _ => connection["webhooks"]["state"] == "subscribed",
        };
        let is_told = octorate.subscriptions().len() == events;
        (is_settled && is_told).then_some(connection)
    })
    .await
}

#[tokio::test]
async fn a_channel_sends_webhooks_while_its_connection_is_enabled_and_stops_afterwards() {
    let (octorate, _) = channels::simulators().await;
    let mut world = World::with(setup(&octorate, HOTEL)).await;
    let enabled = until_subscribed(&world, &octorate, 4).await;
    assert_eq!(
        enabled["webhooks"]["events"],
        json!([
            "RESERVATION_CREATED",
            "RESERVATION_CHANGE",
            "RESERVATION_CONFIRMED",
            "RESERVATION_CANCELLED"
        ])
    );
    let address = format!("https://gateway.example/v1/webhooks/{TOKEN}");
    let subscriptions = octorate.subscriptions();
    assert!(subscriptions.iter().all(|one| one.endpoint == address));

    let work = "SELECT (SELECT count(*) FROM dirty_cells WHERE reason IS NULL)
        + (SELECT count(*) FROM jobs WHERE state <> 'dead' AND hotel_id IS NOT NULL)";
    world.until(work, 0).await;
    let stay = BookingRequest::new(DOUBLE, night(0), night(2));
    let id = octorate.book(stay).expect("the channel sells it");
    let (created, through) = (EventType::ReservationCreated, world.url(""));
    let told = octorate.announce(created, id, &through).await;
    let told = told.expect("the gateway answers");
    let answers: Vec<_> = told.iter().map(|one| one.answer.as_str()).collect();
    assert_eq!(answers, [r#"{"received":"stored"}"#]);
    let taken = "SELECT status FROM reservations WHERE source <> 'gateway'";
    world.until(taken, "confirmed").await;

    let disabled = HOTEL.replace("connector =", "enabled = false\nconnector =");
    world.reconfigure(&setup(&octorate, &disabled)).await;
    let ended = until_subscribed(&world, &octorate, 0).await;
    assert_eq!(ended["enabled"], false);
    let told = octorate.announce(created, id, &through).await;
    assert!(told.expect("nobody is asked").is_empty());

    world.reconfigure(&setup(&octorate, HOTEL)).await;
    until_subscribed(&world, &octorate, 4).await;
    world.reconfigure(&setup(&octorate, "")).await;
    until_subscribed(&world, &octorate, 0).await;

    let staff = world.staff().await;
    let log = staff.get("connections/octorate/log").await;
    assert!(log.text().contains("subscribe") && !log.text().contains(TOKEN));
}
