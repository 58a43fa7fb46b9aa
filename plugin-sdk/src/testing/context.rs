//! What a call is about, for tests.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bindings::channel::roomwire::types::common::CallContext;
use crate::{Context, Webhook};

/// The context of a hotel in Rome that trades in EUR, on 2026-11-23.
///
/// # Panics
/// The settings do not fit the connector's type.
#[must_use]
pub fn context<Settings: DeserializeOwned>(settings: &Value) -> Context<Settings> {
    ContextBuilder::new().build(settings)
}

/// A context of another hotel.
#[derive(Clone, Debug)]
pub struct ContextBuilder {
    time_zone: String,
    currency: (String, u8),
    today: Date,
}

impl Default for ContextBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl ContextBuilder {
    #[must_use]
    pub fn new() -> Self {
        Self {
            time_zone: "Europe/Rome".to_owned(),
            currency: ("EUR".to_owned(), 2),
            today: date(2026, 11, 23),
        }
    }

    #[must_use]
    pub fn time_zone(mut self, name: &str) -> Self {
        name.clone_into(&mut self.time_zone);
        self
    }

    #[must_use]
    pub fn currency(mut self, code: &str, exponent: u8) -> Self {
        self.currency = (code.to_owned(), exponent);
        self
    }

    #[must_use]
    pub fn today(mut self, today: Date) -> Self {
        self.today = today;
        self
    }

    /// # Panics
    /// The settings do not fit the connector's type.
    #[must_use]
    pub fn build<Settings: DeserializeOwned>(self, settings: &Value) -> Context<Settings> {
        let call = CallContext {
            settings: settings.to_string(),
            time_zone: self.time_zone,
            currency: self.currency.0,
            currency_exponent: self.currency.1,
            today: self.today.to_string(),
            extensions: Vec::new(),
        };
        Context::parse(call).expect("the settings fit the connector's type")
    }
}

/// A webhook without headers that arrived at the epoch.
#[must_use]
pub fn webhook(body: impl Into<Vec<u8>>) -> Webhook {
    Webhook {
        headers: Vec::new(),
        body: body.into(),
        received_at: Timestamp::UNIX_EPOCH,
        extensions: Vec::new(),
    }
}
