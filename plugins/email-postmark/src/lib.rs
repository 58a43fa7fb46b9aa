//! Sends email through Postmark, and understands its webhooks.

mod event;
mod map;
mod wire;

use roomwire_plugin_sdk::email::{EmailEvent, EmailEvents, EmailProvider, Message, Receipt};
use roomwire_plugin_sdk::{Context, Failure, Webhook, export_email, http};
use serde::Deserialize;

const HOST: &str = "api.postmarkapp.com";

/// The stream that every server at Postmark has for mail of this sort.
const USUAL_STREAM: &str = "outbound";

/// Postmark takes 50 addresses in `To`.
const MOST_RECIPIENTS: usize = 50;

/// The provider.
#[derive(Debug)]
pub struct Postmark;

/// The sender comes with each message, and the token is a secret.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The id of the message stream; `outbound` where nothing is said.
    #[serde(default = "usual_stream")]
    pub message_stream: String,
}

fn usual_stream() -> String {
    USUAL_STREAM.to_owned()
}

impl EmailProvider for Postmark {
    type Settings = Settings;

    fn send(context: &Context<Settings>, message: &Message) -> Result<Receipt, Failure> {
        if !(1..=MOST_RECIPIENTS).contains(&message.to.len()) {
            return Err(Failure::invalid(
                "",
                "to",
                "Postmark takes 1 to 50 addresses",
            ));
        }
        // Without an answer it may have been sent, and Postmark would not know the repetition: `?` says so.
        let response = http::post(HOST, "/email")
            .header("accept", "application/json")
            .json(&map::email(message, &context.settings.message_stream))?
            .send()?;
        if response.status() != 200 {
            return Err(map::failure(&response));
        }
        let sent = response.json::<wire::Sent>()?;
        match (sent.error_code, sent.message_id) {
            (0, Some(message_id)) => Ok(Receipt::new(message_id)),
            (0, None) => Err(Failure::OutcomeUnknown(format!(
                "{response} and named no message"
            ))),
            _ => Err(map::failure(&response)),
        }
    }
}

impl EmailEvents for Postmark {
    fn parse(_context: &Context<Settings>, webhook: &Webhook) -> Result<Vec<EmailEvent>, Failure> {
        let notice: wire::Notice = serde_json::from_slice(&webhook.body)?;
        event::event(&notice, webhook.received_at).map(|event| event.into_iter().collect())
    }
}

export_email!(Postmark: EmailEvents);
