//! What guests and hotels write, between the contract's words and the domain's.

use jiff::Timestamp;

use super::bindings::guest_messages::exports::roomwire::channel::guest_messages as wit;
use super::text::{Breach, at_most, code, instant, optional_code, paragraph};
use crate::domain::guest_message::{GuestMessage, MessagePage, MessageSender, Reply};

const MAX_MESSAGES: usize = 1_000;

/// Far more than anybody writes to a hotel.
const MAX_TEXT: usize = 20_000;

/// Messages that break the contract are left out, each with the reason, so that the others are taken.
pub(in crate::plugin) fn page(
    given: wit::MessagePage,
    now: Timestamp,
) -> Result<MessagePage, Breach> {
    let (mut messages, mut refused) = (Vec::new(), Vec::new());
    for given in at_most("messages", given.messages, MAX_MESSAGES)? {
        match message(given, now) {
            Ok(message) => messages.push(message),
            Err(Breach(reason)) => refused.push(reason),
        }
    }
    let next = match given.next {
        Some(next) if next.len() > 4_096 => {
            return Err(Breach("`next` is longer than 4096 bytes".to_owned()));
        }
        next => next,
    };
    Ok(MessagePage {
        messages,
        refused,
        next,
    })
}

fn message(given: wit::Message, now: Timestamp) -> Result<GuestMessage, Breach> {
    Ok(GuestMessage {
        id: code("id", given.id)?,
        thread: code("thread", given.thread)?,
        reservation: optional_code("reservation", given.reservation)?,
        sender: match given.sender {
            wit::MessageSender::Guest => MessageSender::Guest,
            wit::MessageSender::Hotel => MessageSender::Hotel,
            wit::MessageSender::Channel | wit::MessageSender::Other(_) => MessageSender::Channel,
        },
        text: paragraph(&given.text, MAX_TEXT),
        // From the future it would stand above everything that is written later.
        sent_at: instant("sent-at", given.sent_at)?.min(now),
    })
}

pub(in crate::plugin) fn reply(reply: &Reply) -> wit::Reply {
    wit::Reply {
        thread: reply.thread.clone(),
        text: reply.text.clone(),
        idempotency_key: reply.idempotency_key.clone(),
        tried_since: reply.tried_since.map(Timestamp::as_millisecond),
        extensions: Vec::new(),
    }
}

/// The channel's id of the message that a reply has become.
pub(in crate::plugin) fn receipt(given: wit::Receipt) -> Result<String, Breach> {
    code("id", given.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T06:00:00Z".parse().expect("an instant")
    }

    fn given(id: &str) -> wit::Message {
        wit::Message {
            id: id.to_owned(),
            thread: "T1".to_owned(),
            reservation: Some("R1".to_owned()),
            sender: wit::MessageSender::Guest,
            text: "Is there\na lift?\u{0}".to_owned(),
            sent_at: now().as_millisecond() - 1_000,
            extensions: Vec::new(),
        }
    }

    fn taken(messages: Vec<wit::Message>) -> MessagePage {
        let page_given = wit::MessagePage {
            messages,
            next: None,
        };
        page(page_given, now()).expect("a page")
    }

    #[test]
    fn a_sound_message_is_taken_whole() {
        let page = taken(vec![given("M1")]);
        let message = &page.messages[0];
        assert_eq!(message.text, "Is there\na lift? ");
        assert_eq!(message.sender, MessageSender::Guest);
        assert_eq!(message.reservation.as_deref(), Some("R1"));
        assert!(page.refused.is_empty());
    }

    #[test]
    fn one_message_that_cannot_be_does_not_spoil_its_page_and_its_text_is_not_told() {
        let ancient = wit::Message {
            sent_at: i64::MIN,
            ..given("M2")
        };
        let page = taken(vec![given(""), ancient, given("M3")]);
        assert_eq!(page.messages.len(), 1);
        assert_eq!(page.refused.len(), 2);
        assert!(page.refused.iter().all(|reason| !reason.contains("lift")));
    }

    #[test]
    fn a_message_from_the_future_is_of_now_and_a_strange_sender_is_the_channel() {
        let strange = wit::Message {
            sent_at: now().as_millisecond() + 86_400_000,
            sender: wit::MessageSender::Other("robot".to_owned()),
            ..given("M1")
        };
        let message = taken(vec![strange]).messages.remove(0);
        assert_eq!(message.sent_at, now());
        assert_eq!(message.sender, MessageSender::Channel);
    }

    #[test]
    fn pages_and_texts_are_bounded() {
        let page_of = |messages, next| page(wit::MessagePage { messages, next }, now());
        assert!(page_of(vec![given("M1"); MAX_MESSAGES + 1], None).is_err());
        assert!(page_of(Vec::new(), Some("n".repeat(4_097))).is_err());
        let endless = wit::Message {
            text: "x".repeat(MAX_TEXT + 100),
            ..given("M1")
        };
        assert!(taken(vec![endless]).messages[0].text.len() <= MAX_TEXT + '…'.len_utf8());
    }
}
