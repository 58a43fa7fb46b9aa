//! What guests and hotels write: the wire has milliseconds, authors have instants.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::MessageSender;
use crate::bindings::guest_messages::exports::roomwire::channel::guest_messages as wire;
use crate::webhook::parse_instant;
use crate::{Extensions, Failure};

/// One message of a thread.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GuestMessage {
    /// The channel's id of the message, unique within its thread.
    pub id: String,
    /// The channel's id of the thread, which stays the same.
    pub thread: String,
    /// The reservation that the thread is about, as a revision names it.
    pub reservation: Option<String>,
    pub sender: MessageSender,
    /// Plain text. Where the message has more than text, say so here.
    pub text: String,
    pub sent_at: Timestamp,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Extensions,
}

/// A page of messages.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MessagePage {
    pub messages: Vec<GuestMessage>,
    /// Present while there is more to read.
    pub next: Option<String>,
}

/// What the hotel answers.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Reply {
    pub thread: String,
    pub text: String,
    /// The host's id of this reply, the same at each attempt.
    pub idempotency_key: String,
    /// Since when it may be in the thread already. Absent at the first attempt.
    #[serde(default)]
    pub tried_since: Option<Timestamp>,
    #[serde(default)]
    pub extensions: Extensions,
}

impl TryFrom<wire::Reply> for Reply {
    type Error = Failure;

    fn try_from(reply: wire::Reply) -> Result<Self, Failure> {
        Ok(Self {
            thread: reply.thread,
            text: reply.text,
            idempotency_key: reply.idempotency_key,
            tried_since: reply.tried_since.map(parse_instant).transpose()?,
            extensions: reply.extensions,
        })
    }
}

impl From<GuestMessage> for wire::Message {
    fn from(message: GuestMessage) -> Self {
        Self {
            id: message.id,
            thread: message.thread,
            reservation: message.reservation,
            sender: message.sender,
            text: message.text,
            sent_at: message.sent_at.as_millisecond(),
            extensions: message.extensions,
        }
    }
}

impl From<MessagePage> for wire::MessagePage {
    fn from(page: MessagePage) -> Self {
        Self {
            messages: page.messages.into_iter().map(Into::into).collect(),
            next: page.next,
        }
    }
}
