//! What the simulated Postmark holds: emails, what happened to them, and who gets none any more.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A header of the sender's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    #[serde(rename(deserialize = "Name"))]
    pub name: String,
    #[serde(rename(deserialize = "Value"))]
    pub value: String,
}

/// A file, in Base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    #[serde(rename(deserialize = "Name"))]
    pub name: String,
    #[serde(rename(deserialize = "Content"))]
    pub content: String,
    #[serde(rename(deserialize = "ContentType"))]
    pub content_type: String,
    #[serde(default, rename(deserialize = "ContentID"))]
    pub content_id: Option<String>,
}

/// An email that was sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Email {
    /// Postmark's `MessageID`.
    pub id: Uuid,
    pub submitted_at: Timestamp,
    pub message_stream: String,
    /// The newest event that was delivered of it; empty before any.
    pub last_event: String,
    /// The recipients that were suppressed, and got nothing.
    pub inactive: Vec<String>,
    /// An address, with or without a name before it.
    pub from: String,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    pub reply_to: Vec<String>,
    pub subject: String,
    pub tag: Option<String>,
    pub text: Option<String>,
    pub html: Option<String>,
    pub headers: Vec<Header>,
    pub metadata: BTreeMap<String, String>,
    pub attachments: Vec<Attachment>,
}

/// Why an address is inactive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SuppressionReason {
    HardBounce,
    SpamComplaint,
    ManualSuppression,
}

/// An address that gets nothing from a stream any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Suppression {
    pub email_address: String,
    pub suppression_reason: SuppressionReason,
    /// `Recipient` or `Customer`.
    pub origin: String,
    pub created_at: Timestamp,
}

impl Suppression {
    pub(super) fn new(address: &str, reason: SuppressionReason, now: Timestamp) -> Self {
        let origin = match reason {
            SuppressionReason::ManualSuppression => "Customer",
            SuppressionReason::HardBounce | SuppressionReason::SpamComplaint => "Recipient",
        };
        Self {
            email_address: address.to_lowercase(),
            suppression_reason: reason,
            origin: origin.to_owned(),
            created_at: now,
        }
    }
}

/// What Postmark tells of an email. In the controls they are written as here: `Bounce/HardBounce`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    Delivery,
    /// The mailbox will never take it. The address becomes inactive.
    #[serde(rename = "Bounce/HardBounce")]
    HardBounce,
    /// The mailbox did not take it this time.
    #[serde(rename = "Bounce/SoftBounce")]
    SoftBounce,
    /// It is late, and Postmark goes on trying.
    #[serde(rename = "Bounce/Transient")]
    Transient,
    /// The address becomes inactive.
    SpamComplaint,
    Open,
    Click,
    /// The recipient wants no mail any more: the address becomes inactive.
    SubscriptionChange,
}

impl EventKind {
    /// The `RecordType` on Postmark's wire.
    pub fn record_type(self) -> &'static str {
        match self {
            Self::Delivery => "Delivery",
            Self::HardBounce | Self::SoftBounce | Self::Transient => "Bounce",
            Self::SpamComplaint => "SpamComplaint",
            Self::Open => "Open",
            Self::Click => "Click",
            Self::SubscriptionChange => "SubscriptionChange",
        }
    }

    /// Why the recipient is inactive afterwards.
    pub(super) fn suppresses(self) -> Option<SuppressionReason> {
        match self {
            Self::HardBounce => Some(SuppressionReason::HardBounce),
            Self::SpamComplaint => Some(SuppressionReason::SpamComplaint),
            Self::SubscriptionChange => Some(SuppressionReason::ManualSuppression),
            Self::Delivery | Self::SoftBounce | Self::Transient | Self::Open | Self::Click => None,
        }
    }
}
