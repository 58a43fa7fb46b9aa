//! Currencies without decimals and with three, from the quote to the mail: the same minor units all the way.

use std::time::Duration;

use roomwire_simulators::resend::Email;
use serde_json::json;

use crate::harness::channels::simulators;
use crate::harness::{Line, Setup, World, eventually};

const HOTEL: &str = r#"
[[hotels]]
slug = "sakura-kyoto"
email = { connection = "mail", sender = "desk@sakura.example" }

[[hotels.connections]]
name = "mail"
connector = "email-resend"
webhook_token = { env = "MAIL_WEBHOOK" }
secrets = { api_key = { env = "RESEND_KEY" }, webhook_secret = { env = "RESEND_WEBHOOK_SECRET" } }
"#;

/// Books two tatami rooms for two nights and gives the mail about it.
async fn booked_in(currency: &str) -> Email {
    let (_, resend) = simulators().await;
    let setup = Setup::working()
        .plugin("email-resend")
        .simulated("api.resend.com", resend.address())
        .hotels(HOTEL)
        .secret("RESEND_KEY", "re_simulated")
        .secret("RESEND_WEBHOOK_SECRET", crate::harness::SIGNING_SECRET)
        .secret("MAIL_WEBHOOK", "mail-0123456789abcdef0123456789abcdef");
    let world = World::with(setup).await;
    world
        .execute(&format!(
            "UPDATE hotels SET currency = '{currency}' WHERE slug = 'sakura-kyoto'"
        ))
        .await;
    let guest = world.guest_of("sakura-kyoto").await;
    let line = Line {
        room_type: "TATAMI",
        rate_plan: "HALF",
        units: 2,
        ..Line::default()
    };
    let total = json!({"minor": 168_000, "currency": currency});
    let quote = guest
        .post("quotes", &crate::harness::lines(&[line]))
        .await
        .expect(201);
    assert_eq!(quote["total"], total);
    let hold = guest
        .post("holds", &json!({"quote": quote["quote"]}))
        .await
        .expect(201);
    assert_eq!(hold["lines"][0]["nights"][0]["minor"], 42_000);
    let id = hold["id"].as_str().expect("an id");
    let made = guest.reserving(id).await.expect(201);
    assert_eq!(made["total"], total);
    let inbox = eventually(
        "the mail is in the inbox",
        Duration::from_secs(20),
        async || {
            let inbox = resend.inbox();
            (!inbox.is_empty()).then_some(inbox)
        },
    )
    .await;
    world.until("SELECT state FROM emails", "sent").await;
    inbox.into_iter().next().expect("one mail")
}

fn total(mail: &Email) -> String {
    let text = mail.text.clone().unwrap_or_default();
    let total = text.lines().find(|line| line.starts_with("Total"));
    total.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_mail_writes_yen_without_decimals() {
    assert_eq!(total(&booked_in("JPY").await), "Total 168000 JPY");
}

#[tokio::test]
async fn a_mail_writes_dinars_with_three_decimals() {
    assert_eq!(total(&booked_in("KWD").await), "Total 168.000 KWD");
}
