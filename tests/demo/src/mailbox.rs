//! The simulated email provider, whose inbox shows what guests read.

use std::net::SocketAddr;

use anyhow::Result;
use roomwire_simulators::resend::{self, Email, EventKind, Options};

/// The id of the plugin that sends; connections are named after it.
pub(crate) const CONNECTOR: &str = "email-resend";

/// The provider's host on the internet, whose place the simulator takes.
pub(crate) const HOST: &str = "api.resend.com";

/// What the provider signs its webhooks with: `whsec_` and Base64.
const WEBHOOK_SECRET: &str = "whsec_cm9vbXdpcmUtZGVtby1zaWduaW5nLXNlY3JldA==";

pub(crate) struct Mailbox {
    simulator: resend::Resend,
    api_key: String,
}

impl Mailbox {
    pub(crate) async fn start() -> Result<Self> {
        let options = Options::default();
        let api_key = options.api_key.clone();
        let simulator = resend::start(options).await?;
        Ok(Self { simulator, api_key })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.simulator.address()
    }

    /// What the operator has to give, by the slots of the plugin's manifest.
    pub(crate) fn secrets(&self) -> Vec<(&'static str, String)> {
        vec![
            ("api_key", self.api_key.clone()),
            ("webhook_secret", WEBHOOK_SECRET.to_owned()),
        ]
    }

    /// Emails to an address, oldest first.
    pub(crate) fn emails_to(&self, address: &str) -> Vec<Email> {
        let mut emails = self.simulator.inbox();
        emails.retain(|email| email.to.iter().any(|to| to.contains(address)));
        emails
    }

    /// Tells a webhook's receiver, signed, that an email reached the guest; gives the answer's status.
    pub(crate) async fn tell_delivered(&self, email: &Email, url: &str) -> Result<u16> {
        let told = self
            .simulator
            .deliver_event(EventKind::Delivered, email.id, url, WEBHOOK_SECRET)
            .await?;
        Ok(told.status)
    }
}
