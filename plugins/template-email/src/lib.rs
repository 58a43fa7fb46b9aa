//! Sends email through Swift Letter.

mod map;
mod wire;

use roomwire_plugin_sdk::email::{EmailProvider, Message, Receipt};
use roomwire_plugin_sdk::{Context, Failure, JsonSchema, export_email, http};
use serde::Deserialize;

const HOST: &str = "api.swift-letter.example";

/// The provider.
#[derive(Debug)]
pub struct Provider;

/// What a hotel tells about itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "roomwire_plugin_sdk::schemars")]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The stream at Swift Letter that the hotel's messages go through.
    #[schemars(length(min = 1, max = 64))]
    pub stream: String,
}

impl EmailProvider for Provider {
    type Settings = Settings;

    fn send(context: &Context<Settings>, message: &Message) -> Result<Receipt, Failure> {
        let answer = http::post(HOST, "/v1/letters")
            .header("idempotency-key", message.idempotency_key.as_str())
            .json(&map::letter(&context.settings.stream, message))?
            .send();
        let answer = match answer {
            // The key makes a repetition harmless: Swift Letter answers it as it answered the first.
            Err(error @ http::Error::OutcomeUnknown { .. }) => {
                return Err(Failure::Retry(error.to_string()));
            }
            answer => answer?,
        };
        if answer.status() != 202 {
            return Err(map::failure(&answer));
        }
        Ok(Receipt::new(answer.json::<wire::Taken>()?.id))
    }
}

export_email!(Provider);
