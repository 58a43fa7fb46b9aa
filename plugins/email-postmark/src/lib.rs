//! Sends email through Postmark, and understands its webhooks.

mod event;
mod map;
mod wire;

use roomwire_plugin_sdk::email::{
    Batch, EmailBatch, EmailEvent, EmailEvents, EmailProvider, Message, MessageResult, Receipt,
};
use roomwire_plugin_sdk::http::Response;
use roomwire_plugin_sdk::{Context, Failure, Webhook, export_email, http};
use serde::{Deserialize, Serialize};

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
        check_recipients(message)?;
        let stream = &context.settings.message_stream;
        let response = post("/email", &map::email(message, stream))?;
        let answer = response.json::<wire::Answer>()?;
        map::receipt(&response, answer)
    }
}

impl EmailBatch for Postmark {
    /// Postmark takes or refuses each by itself, and answers for each, in order.
    fn send_batch(
        context: &Context<Settings>,
        batch: &Batch,
    ) -> Result<Vec<MessageResult>, Failure> {
        // One that is refused here would be refused by the host's `send` as well, and by itself.
        batch.messages.iter().try_for_each(check_recipients)?;
        let stream = &context.settings.message_stream;
        let emails: Vec<_> = batch
            .messages
            .iter()
            .map(|message| map::email(message, stream))
            .collect();
        let response = post("/email/batch", &emails)?;
        let answers = response.json::<Vec<wire::Answer>>()?;
        if answers.len() != emails.len() {
            return Err(Failure::OutcomeUnknown(format!(
                "{response} for {} messages of {}",
                answers.len(),
                emails.len()
            )));
        }
        let settled = |(message, answer): (&Message, wire::Answer)| {
            MessageResult::new(message, map::receipt(&response, answer))
        };
        Ok(batch.messages.iter().zip(answers).map(settled).collect())
    }
}

fn check_recipients(message: &Message) -> Result<(), Failure> {
    if (1..=MOST_RECIPIENTS).contains(&message.to.len()) {
        return Ok(());
    }
    Err(Failure::invalid(
        "",
        "to",
        "Postmark takes 1 to 50 addresses",
    ))
}

/// Sends a request, and gives the answer where it is a success.
/// Without an answer it may have been sent, and Postmark would not know the repetition: `?` says so.
fn post(path: &str, body: &impl Serialize) -> Result<Response, Failure> {
    let response = http::post(HOST, path)
        .header("accept", "application/json")
        .json(body)?
        .send()?;
    if response.status() != 200 {
        return Err(map::failure(&response));
    }
    Ok(response)
}

impl EmailEvents for Postmark {
    fn parse(_context: &Context<Settings>, webhook: &Webhook) -> Result<Vec<EmailEvent>, Failure> {
        let notice: wire::Notice = serde_json::from_slice(&webhook.body)?;
        event::event(&notice, webhook.received_at).map(|event| event.into_iter().collect())
    }
}

export_email!(Postmark: EmailBatch, EmailEvents);
