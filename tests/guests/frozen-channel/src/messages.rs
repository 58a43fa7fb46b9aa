//! What guests write through the channel, and what the hotel answers.

use crate::bindings::exports::roomwire::channel::guest_messages::{
    Message, MessagePage, MessageSender, Receipt, Reply,
};
use crate::bindings::roomwire::types::common::Failure;
use crate::calendar::unknown_value;

/// First a message with everything that can be said of it, then one of every other sender with nothing.
pub(crate) fn page(since: i64, page: Option<&str>) -> MessagePage {
    match page {
        None => MessagePage {
            messages: vec![Message {
                reservation: Some("R1".to_owned()),
                extensions: unknown_value(),
                ..message(MessageSender::Guest, &format!("since {since}"))
            }],
            next: Some("second".to_owned()),
        },
        Some(name) => {
            let senders = [
                MessageSender::Hotel,
                MessageSender::Channel,
                MessageSender::Other(name.to_owned()),
            ];
            MessagePage {
                messages: senders.map(|sender| message(sender, "")).into(),
                next: None,
            }
        }
    }
}

fn message(sender: MessageSender, text: &str) -> Message {
    Message {
        id: "M1".to_owned(),
        thread: "T1".to_owned(),
        reservation: None,
        sender,
        text: text.to_owned(),
        sent_at: 1_794_000_000_000,
        extensions: Vec::new(),
    }
}

/// The reply as the guest read it is the id that it gives.
pub(crate) fn send(reply: &Reply) -> Result<Receipt, Failure> {
    if reply.thread != "T1" {
        return Err(Failure::NotFound(format!("no {}", reply.thread)));
    }
    Ok(Receipt {
        id: format!(
            "{} as {} since {:?}, {} extensions",
            reply.text,
            reply.idempotency_key,
            reply.tried_since,
            reply.extensions.len()
        ),
        extensions: unknown_value(),
    })
}
