//! What guests and hotels write to each other through a channel. Texts are personal data: nothing here is for a log.

use std::fmt;

use jiff::Timestamp;

/// Who wrote.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MessageSender {
    Guest,
    Hotel,
    Channel,
}

impl MessageSender {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Hotel => "hotel",
            Self::Channel => "channel",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Guest, Self::Hotel, Self::Channel]
            .into_iter()
            .find(|sender| sender.as_str() == name)
    }
}

/// A message as the channel tells it.
#[derive(Clone, Eq, PartialEq)]
pub struct GuestMessage {
    /// The channel's id, unique within the thread.
    pub id: String,
    /// The channel's id of the thread.
    pub thread: String,
    /// The channel's id of the reservation that the thread is about.
    pub reservation: Option<String>,
    pub sender: MessageSender,
    pub text: String,
    pub sent_at: Timestamp,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MessagePage {
    pub messages: Vec<GuestMessage>,
    /// Why some cannot be taken: each by itself, so that the others are.
    pub refused: Vec<String>,
    pub next: Option<String>,
}

/// What the hotel answers.
#[derive(Clone, Eq, PartialEq)]
pub struct Reply {
    /// The channel's id of the thread.
    pub thread: String,
    pub text: String,
    /// The same at each attempt.
    pub idempotency_key: String,
    /// The first attempt; absent while there was none.
    pub tried_since: Option<Timestamp>,
}

/// Where a reply stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReplyState {
    /// The channel may not have it yet.
    Queued,
    Sent,
    /// It is not tried again by itself.
    Failed,
}

impl ReplyState {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Queued, Self::Sent, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

// What is written is left out: a value that is printed by mistake tells nothing of a guest.
impl fmt::Debug for GuestMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("GuestMessage")
            .field("id", &self.id)
            .field("thread", &self.thread)
            .field("sender", &self.sender)
            .field("sent_at", &self.sent_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Reply")
            .field("thread", &self.thread)
            .field("idempotency_key", &self.idempotency_key)
            .field("tried_since", &self.tried_since)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_of_a_message_is_not_what_was_written() {
        let message = GuestMessage {
            id: "M1".to_owned(),
            thread: "T1".to_owned(),
            reservation: None,
            sender: MessageSender::Guest,
            text: "I am ill".to_owned(),
            sent_at: Timestamp::UNIX_EPOCH,
        };
        let reply = Reply {
            thread: "T1".to_owned(),
            text: "Get well soon".to_owned(),
            idempotency_key: "k".to_owned(),
            tried_since: None,
        };
        let printed = format!("{message:?} {reply:?}");
        assert!(
            !printed.contains("ill") && !printed.contains("well"),
            "{printed}"
        );
    }
}
