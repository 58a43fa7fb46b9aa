//! Resend's JSON, as https://resend.com/docs describes it.

use serde::{Deserialize, Serialize};

/// The body of `POST /emails`, and one of those in the body of `POST /emails/batch`.
#[derive(Debug, Serialize)]
pub(crate) struct Email<'a> {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reply_to: Option<String>,
    pub(crate) subject: &'a str,
    pub(crate) text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) html: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<Tag>,
}

/// Only ASCII letters, digits, `_` and `-` are allowed in both.
#[derive(Debug, Serialize)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) value: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Sent {
    pub(crate) id: String,
}

/// The answer to a batch: an id for each email, in order.
#[derive(Debug, Deserialize)]
pub(crate) struct SentBatch {
    pub(crate) data: Vec<Sent>,
}

/// The body of every error.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Problem {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) message: String,
}

/// A webhook's body.
#[derive(Debug, Deserialize)]
pub(crate) struct Notice {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) created_at: Option<String>,
    #[serde(default)]
    pub(crate) data: NoticeData,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct NoticeData {
    /// Absent in notices about contacts and domains.
    pub(crate) email_id: Option<String>,
    pub(crate) bounce: Option<Bounce>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Bounce {
    /// `Permanent`, `Transient` or `Undetermined`.
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
    #[serde(rename = "subType", default)]
    pub(crate) sub_kind: String,
    #[serde(default)]
    pub(crate) message: String,
}
