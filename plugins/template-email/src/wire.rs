//! Swift Letter's JSON, as it is.

use serde::{Deserialize, Serialize};

/// The body of `POST /v1/letters`.
#[derive(Debug, Serialize)]
pub(crate) struct Letter<'a> {
    pub(crate) stream: &'a str,
    pub(crate) from: Mailbox<'a>,
    pub(crate) to: Vec<Mailbox<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reply_to: Option<Mailbox<'a>>,
    pub(crate) subject: &'a str,
    pub(crate) text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) html: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Mailbox<'a> {
    pub(crate) address: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'a str>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Taken {
    pub(crate) id: String,
}

/// The body of every error.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Problem {
    #[serde(default)]
    pub(crate) code: String,
}
