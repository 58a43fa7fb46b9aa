//! What the simulated Resend holds: emails and what happened to them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// A label for the sender's own statistics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    pub name: String,
    pub value: String,
}

/// An email that was sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Email {
    pub id: Uuid,
    /// The key that it was sent with.
    pub idempotency_key: Option<String>,
    pub created_at: Timestamp,
    /// The newest event that was delivered of it; `sent` before any.
    pub last_event: String,
    /// An address, with or without a name before it.
    pub from: String,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    pub reply_to: Vec<String>,
    pub subject: String,
    pub text: Option<String>,
    pub html: Option<String>,
    pub headers: BTreeMap<String, String>,
    pub tags: Vec<Tag>,
    /// As they were given.
    pub attachments: Vec<Value>,
}

/// What Resend tells of an email. In the controls they are written as here: `email.bounced/transient`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    #[serde(rename = "email.sent")]
    Sent,
    #[serde(rename = "email.delivered")]
    Delivered,
    #[serde(rename = "email.delivery_delayed")]
    DeliveryDelayed,
    /// The mailbox will never take it.
    #[serde(rename = "email.bounced")]
    Bounced,
    /// The mailbox did not take it this time.
    #[serde(rename = "email.bounced/transient")]
    BouncedTransient,
    /// Not tried: the address is on the suppression list.
    #[serde(rename = "email.bounced/suppressed")]
    BouncedSuppressed,
    #[serde(rename = "email.complained")]
    Complained,
    #[serde(rename = "email.opened")]
    Opened,
    #[serde(rename = "email.clicked")]
    Clicked,
    #[serde(rename = "email.failed")]
    Failed,
}

impl EventKind {
    /// The type on Resend's wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sent => "email.sent",
            Self::Delivered => "email.delivered",
            Self::DeliveryDelayed => "email.delivery_delayed",
            Self::Bounced | Self::BouncedTransient | Self::BouncedSuppressed => "email.bounced",
            Self::Complained => "email.complained",
            Self::Opened => "email.opened",
            Self::Clicked => "email.clicked",
            Self::Failed => "email.failed",
        }
    }
}
