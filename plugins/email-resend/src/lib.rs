//! Sends email through Resend, and understands its webhooks.

mod map;
mod wire;

use roomwire_plugin_sdk::email::{
    Batch, EmailBatch, EmailEvent, EmailEvents, EmailProvider, Message, MessageResult, Receipt,
};
use roomwire_plugin_sdk::http::Response;
use roomwire_plugin_sdk::{Context, Failure, Webhook, export_email, http};
use serde::{Deserialize, Serialize};

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
        let response = post("/emails", &message.idempotency_key, &map::email(message))?;
        Ok(Receipt::new(response.json::<wire::Sent>()?.id))
    }
}

impl EmailBatch for Resend {
    /// Resend takes all of them or none, and answers with their ids in order.
    fn send_batch(
        _context: &Context<Settings>,
        batch: &Batch,
    ) -> Result<Vec<MessageResult>, Failure> {
        let messages = &batch.messages;
        let emails: Vec<_> = messages.iter().map(map::email).collect();
        let response = post("/emails/batch", &batch.idempotency_key, &emails)?;
        let sent = response.json::<wire::SentBatch>()?.data;
        if sent.len() != messages.len() {
            return Err(Failure::OutcomeUnknown(format!(
                "{response} and named {} messages of {}",
                sent.len(),
                messages.len()
            )));
        }
        let taken = |(message, sent): (&Message, wire::Sent)| {
            MessageResult::new(message, Ok(Receipt::new(sent.id)))
        };
        Ok(messages.iter().zip(sent).map(taken).collect())
    }
}

/// Sends a request under a key, and gives the answer where it is a success.
fn post(path: &str, key: &str, body: &impl Serialize) -> Result<Response, Failure> {
    if key.len() > MAX_KEY_LENGTH {
        return Err(Failure::invalid(
            "",
            "idempotency-key",
            "Resend takes at most 256 characters",
        ));
    }
    let answer = http::post(HOST, path)
        .header("user-agent", USER_AGENT)
        .header("idempotency-key", key)
        .json(body)?
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
    Ok(response)
}

impl EmailEvents for Resend {
    fn parse(_context: &Context<Settings>, webhook: &Webhook) -> Result<Vec<EmailEvent>, Failure> {
        let notice: wire::Notice = serde_json::from_slice(&webhook.body)?;
        map::event(notice, webhook.header("svix-id"), webhook.received_at)
            .map(|event| event.into_iter().collect())
    }
}

export_email!(Resend: EmailBatch, EmailEvents);
