//! Threads of messages between guests and the property.

use serde::Deserialize;
use serde_json::Value;

use super::or_default;

/// A thread, whose booking is among its relationships.
#[derive(Debug, Deserialize)]
pub(crate) struct Thread {
    pub(crate) last_message_received_at: Option<String>,
    pub(crate) updated_at: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    /// Absent where there are only attachments.
    pub(crate) message: Option<String>,
    /// Links.
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) attachments: Vec<Value>,
    pub(crate) sender: String,
    pub(crate) inserted_at: String,
}
