//! A world with a hotel that writes through Postmark: the built plugin, and a simulator in the place of the vendor.

use std::time::Duration;

use roomwire_simulators::delivery::Delivery;
use roomwire_simulators::postmark::{self, Email, EventKind, Postmark};

use crate::harness::{Client, Setup, World, cluster, eventually};

const MAIL_TOKEN: &str = "mail-0123456789abcdef0123456789abcdef";

/// The login in the webhook's address at the simulated Postmark.
pub(crate) const LOGIN: &str = "courier:9f2c-kd7p-4ssw-0rd1";

const HOTEL: &str = r#"
[[hotels]]
slug = "aurora-rome"
email = { connection = "mail", sender = "desk@aurora.example" }

[[hotels.connections]]
name = "mail"
connector = "email-postmark"
webhook_token = { env = "MAIL_WEBHOOK" }
secrets = { server_token = { env = "POSTMARK_TOKEN" }, webhook_login = { env = "POSTMARK_LOGIN" } }
"#;

/// The hotel in Rome with Postmark.
pub(crate) struct Post {
    // Dropped first: the application calls the simulator until it is stopped.
    pub(crate) world: World,
    pub(crate) postmark: Postmark,
    pub(crate) guest: Client,
    pub(crate) staff: Client,
}

impl Post {
    pub(crate) async fn start() -> Self {
        let postmark = cluster::run(|| postmark::start(postmark::Options::default()))
            .await
            .expect("it starts");
        let setup = Setup::working()
            .plugin("email-postmark")
            .simulated("api.postmarkapp.com", postmark.address())
            .hotels(HOTEL)
            .secret("POSTMARK_TOKEN", "simulated-server-token")
            .secret("POSTMARK_LOGIN", LOGIN)
            .secret("MAIL_WEBHOOK", MAIL_TOKEN);
        let world = World::with(setup).await;
        let (guest, staff) = (world.guest().await, world.staff().await);
        Self {
            world,
            postmark,
            guest,
            staff,
        }
    }

    /// Waits until no work is left but what waits for a person.
    pub(crate) async fn settled(&self) {
        let work = "SELECT count(*) FROM jobs WHERE state <> 'dead' AND hotel_id IS NOT NULL";
        eventually("all work is done", Duration::from_secs(60), async || {
            (self.world.number(work).await == 0).then_some(())
        })
        .await;
    }

    /// Waits for so many emails and gives them, oldest first.
    pub(crate) async fn inbox(&self, emails: usize) -> Vec<Email> {
        let what = format!("{emails} emails are in the inbox");
        eventually(&what, Duration::from_secs(20), async || {
            let inbox = self.postmark.inbox();
            (inbox.len() >= emails).then_some(inbox)
        })
        .await
    }

    /// Waits until the ledger's one mail about this step is in a state.
    pub(crate) async fn until(&self, step: &str, state: &str) {
        let query = format!("SELECT state FROM emails WHERE template = '{step}'");
        self.world.until(&query, state).await;
    }

    /// Where Postmark calls.
    pub(crate) fn webhook(&self) -> String {
        self.world.url(&format!("/v1/webhooks/{MAIL_TOKEN}"))
    }

    /// Postmark tells of an event, with a login.
    pub(crate) async fn tell(&self, event: EventKind, email: &Email, login: &str) -> Delivery {
        self.postmark
            .deliver_event(event, email.id, &self.webhook(), login)
            .await
            .expect("somebody answers")
    }
}
