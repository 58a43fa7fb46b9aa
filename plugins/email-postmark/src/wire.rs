//! Postmark's JSON, as https://postmarkapp.com/developer describes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The body of `POST /email`, and one of those in the body of `POST /email/batch`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Email<'a> {
    pub(crate) from: String,
    /// Several are parted by commas.
    pub(crate) to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reply_to: Option<String>,
    pub(crate) subject: &'a str,
    pub(crate) text_body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) html_body: Option<&'a str>,
    /// Comes back with every event.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) message_stream: &'a str,
}

/// The answer to a message. Among those of a batch are refusals, too.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Answer {
    /// 0 where nothing is wrong.
    pub(crate) error_code: u32,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(rename = "MessageID")]
    pub(crate) message_id: Option<String>,
}

/// The body of every error.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Problem {
    #[serde(default)]
    pub(crate) error_code: u32,
    #[serde(default)]
    pub(crate) message: String,
}

/// A webhook's body: one event of one recipient. Which fields it has depends on its `RecordType`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Notice {
    pub(crate) record_type: String,
    /// Absent, or all zeros, where the event is about an address and not about a message.
    #[serde(rename = "MessageID")]
    pub(crate) message_id: Option<String>,
    /// The kind of a bounce, such as `HardBounce`.
    #[serde(default, rename = "Type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) details: String,
    pub(crate) delivered_at: Option<String>,
    /// Of bounces and of complaints.
    pub(crate) bounced_at: Option<String>,
    /// Of openings and clicks.
    pub(crate) received_at: Option<String>,
    pub(crate) changed_at: Option<String>,
    /// Whether the address is suppressed from now on.
    #[serde(default)]
    pub(crate) suppress_sending: bool,
    pub(crate) suppression_reason: Option<String>,
    /// What the message was sent with.
    pub(crate) metadata: Option<BTreeMap<String, Value>>,
}

impl Notice {
    /// When it happened, as it is written there.
    pub(crate) fn at(&self) -> Option<&str> {
        [
            &self.delivered_at,
            &self.bounced_at,
            &self.received_at,
            &self.changed_at,
        ]
        .into_iter()
        .find_map(Option::as_deref)
    }
}
