//! A webhook whose authenticity the host has verified.

use jiff::Timestamp;

use crate::Extensions;
use crate::bindings::channel::roomwire::types::common;
use crate::failure::Failure;

/// A webhook, exactly as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    /// Names in lower case; credentials and signatures are left out.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub received_at: Timestamp,
    pub extensions: Extensions,
}

impl Webhook {
    /// The first header of this name, whatever the letter case of `name`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn parse(webhook: common::Webhook) -> Result<Self, Failure> {
        Ok(Self {
            headers: webhook.headers,
            body: webhook.body,
            received_at: parse_instant(webhook.received_at)?,
            extensions: webhook.extensions,
        })
    }
}

pub(crate) fn parse_instant(milliseconds: i64) -> Result<Timestamp, Failure> {
    Timestamp::from_millisecond(milliseconds).map_err(|_| {
        Failure::Permanent(format!("the host's instant {milliseconds} is out of range"))
    })
}
