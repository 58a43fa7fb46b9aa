//! Sends email through Resend, and understands its webhooks.

mod map;
mod wire;

use roomwire_plugin_sdk::email::{EmailEvent, EmailEvents, EmailProvider, Message, Receipt};
use roomwire_plugin_sdk::{Context, Failure, Webhook, export_email, http};
use serde::Deserialize;

const HOST: &str = "api.resend.com";

/// Resend refuses a request without one (403).
const USER_AGENT: &str = concat!("roomwire-email-resend/", env!("CARGO_PKG_VERSION"));

/// The longest `Idempotency-Key` that Resend takes.
const MAX_KEY_LENGTH: usize = 256;

/// The provider.
#[derive(Debug)]
pub struct Resend;

/// Resend needs no settings: the sender comes with each message, and the key is a secret.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

impl EmailProvider for Resend {
    type Settings = Settings;

    fn send(_context: &Context<Settings>, message: &Message) -> Result<Receipt, Failure> {
        if message.idempotency_key.len() > MAX_KEY_LENGTH {
            return Err(Failure::invalid(
                "",
                "idempotency-key",
                "Resend takes at most 256 characters",
            ));
        }
        let answer = http::post(HOST, "/emails")
            .header("user-agent", USER_AGENT)
            .header("idempotency-key", message.idempotency_key.as_str())
            .json(&map::email(message))?
            .send();
        let response = match answer {
            // The key makes a repetition harmless: within 24 hours Resend answers it as it answered the first.
            Err(error @ http::Error::OutcomeUnknown { .. }) => {
                return Err(Failure::Retry(error.to_string()));
            }
            answer => answer?,
        };
        if response.status() != 200 {
            return Err(map::failure(&response));
        }
        Ok(Receipt::new(response.json::<wire::Sent>()?.id))
    }
}

impl EmailEvents for Resend {
    fn parse(_context: &Context<Settings>, webhook: &Webhook) -> Result<Vec<EmailEvent>, Failure> {
        let notice: wire::Notice = serde_json::from_slice(&webhook.body)?;
        map::event(notice, webhook.header("svix-id"), webhook.received_at)
            .map(|event| event.into_iter().collect())
    }
}

export_email!(Resend: EmailEvents);
