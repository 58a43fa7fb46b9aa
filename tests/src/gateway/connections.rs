//! `…/connections`: what staff may ask of a channel, and what a connection that is none answers.

use serde_json::json;

use crate::harness::{Setup, World};

const MAILBOX: &str = r#"
[[hotels]]
slug = "aurora-rome"
[[hotels.connections]]
name = "mailbox"
connector = "email-resend"
secrets = { api_key = { env = "S" }, webhook_secret = { env = "S" } }
webhook_token = { env = "T" }
"#;

async fn with_a_mailbox() -> World {
    let setup = Setup::gateway()
        .plugin("email-resend")
        .hotels(MAILBOX)
        .secret("S", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        .secret("T", "0123456789abcdef0123456789abcdef");
    World::with(setup).await
}

#[tokio::test]
async fn an_email_connection_cannot_be_asked_what_only_a_channel_knows() {
    let world = with_a_mailbox().await;
    let staff = world.staff().await;
    for path in ["test", "sync", "parity"] {
        let refused = staff
            .post(&format!("connections/mailbox/{path}"), &json!({}))
            .await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (409, "not_a_channel"),
            "{path}"
        );
    }
    let refused = staff.get("connections/mailbox/products").await;
    assert_eq!(refused.code(), "not_a_channel");
    staff.get("connections/mailbox/log").await.expect(200);
}

#[tokio::test]
async fn a_connection_that_the_configuration_no_longer_names_is_listed_and_does_nothing() {
    let world = with_a_mailbox().await;
    world
        .execute("UPDATE connections SET kind = 'channel', enabled = false")
        .await;
    let staff = world.staff().await;
    let listed = staff.get("connections").await.expect(200);
    assert_eq!(listed["connections"][0]["enabled"], false);
    let refused = staff.post("connections/mailbox/sync", &json!({})).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (409, "connection_disabled")
    );
}

#[tokio::test]
async fn connections_are_not_a_guests_business() {
    let world = with_a_mailbox().await;
    let guest = world.guest().await;
    assert_eq!(guest.get("connections").await.status, 403);
    let refused = guest.post("connections/mailbox/sync", &json!({})).await;
    assert_eq!(refused.status, 403);
}
