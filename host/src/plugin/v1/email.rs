//! Messages, what became of those of a batch, and the events about them.

use std::collections::{HashMap, HashSet};

use super::bindings::email::roomwire::email::types as wit;
use super::bindings::email_batch::exports::roomwire::email::email_batch as wit_batch;
use super::failure::{failure, map_texts};
use super::text::{Breach, at_most, code, instant, line};
use crate::domain::connector::ConnectorFailure;
use crate::domain::email::{Address, EmailBatch, EmailEvent, EmailEventKind, EmailMessage};

const MAX_EVENTS: usize = 1_000;

/// The extension of an event that names the key of its message.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

pub(in crate::plugin) fn message(message: &EmailMessage) -> wit::Message {
    wit::Message {
        sender: address(&message.sender),
        to: vec![address(&message.to)],
        reply_to: message.reply_to.as_ref().map(address),
        subject: message.subject.clone(),
        text: message.text.clone(),
        html: message.html.clone(),
        idempotency_key: message.idempotency_key.clone(),
        tags: Vec::new(),
        extensions: Vec::new(),
    }
}

fn address(address: &Address) -> wit::Address {
    wit::Address {
        email: address.email.clone(),
        name: address.name.clone(),
    }
}

/// The provider's id of the message.
pub(in crate::plugin) fn receipt(given: wit::Receipt) -> Result<String, Breach> {
    code("message-id", given.message_id)
}

pub(in crate::plugin) fn batch(batch: &EmailBatch) -> wit_batch::Batch {
    wit_batch::Batch {
        idempotency_key: batch.idempotency_key.clone(),
        messages: batch.messages.iter().map(message).collect(),
        extensions: Vec::new(),
    }
}

/// One outcome for each message, in their order, whatever the plugin returned; and how many results were for none of
/// them.
pub(in crate::plugin) fn outcomes(
    messages: &[EmailMessage],
    given: Vec<wit_batch::MessageResult>,
    scrub: impl Fn(&str) -> String,
) -> (Vec<Result<String, ConnectorFailure>>, usize) {
    let keys = messages.iter().map(|message| &*message.idempotency_key);
    let asked: HashSet<&str> = keys.collect();
    let mut strangers = 0;
    let mut found: HashMap<String, wit_batch::MessageOutcome> = HashMap::new();
    for result in given {
        if asked.contains(result.idempotency_key.as_str()) {
            // The first word about a message counts.
            found
                .entry(result.idempotency_key)
                .or_insert(result.outcome);
        } else {
            strangers += 1;
        }
    }
    let outcome_of = |message: &EmailMessage| match found.remove(&message.idempotency_key) {
        Some(given) => outcome(given, &scrub),
        None => Err(unknown("the plugin returned no result for this message")),
    };
    (messages.iter().map(outcome_of).collect(), strangers)
}

fn outcome(
    given: wit_batch::MessageOutcome,
    scrub: impl Fn(&str) -> String,
) -> Result<String, ConnectorFailure> {
    match given {
        wit_batch::MessageOutcome::Sent(given) => {
            receipt(given).map_err(|Breach(breach)| unknown(&breach))
        }
        wit_batch::MessageOutcome::Rejected(why) => Err(map_texts(failure(why), scrub)),
        wit_batch::MessageOutcome::Other(word) => Err(unknown(&format!(
            "the plugin answered `{}`, which has no meaning here",
            line(&word, 100)
        ))),
    }
}

fn unknown(why: &str) -> ConnectorFailure {
    ConnectorFailure::OutcomeUnknown(why.to_owned())
}

pub(in crate::plugin) fn events(given: Vec<wit::EmailEvent>) -> Result<Vec<EmailEvent>, Breach> {
    at_most("events", given, MAX_EVENTS)?
        .into_iter()
        .map(event)
        .collect()
}

fn event(given: wit::EmailEvent) -> Result<EmailEvent, Breach> {
    let mut extensions = given.extensions.into_iter();
    let key = extensions.find(|(name, _)| name == IDEMPOTENCY_KEY);
    Ok(EmailEvent {
        idempotency_key: key.map(|(name, key)| code(&name, key)).transpose()?,
        id: code("id", given.id)?,
        message_id: code("message-id", given.message_id)?,
        kind: kind(given.kind),
        at: instant("at", given.at)?,
    })
}

fn kind(given: wit::EventKind) -> EmailEventKind {
    let why = |text: String| line(&text, 1_000);
    match given {
        wit::EventKind::Sent => EmailEventKind::Sent,
        wit::EventKind::Delivered => EmailEventKind::Delivered,
        wit::EventKind::Delayed(text) => EmailEventKind::Delayed(why(text)),
        wit::EventKind::BouncedHard(text) => EmailEventKind::BouncedHard(why(text)),
        wit::EventKind::BouncedSoft(text) => EmailEventKind::BouncedSoft(why(text)),
        wit::EventKind::Suppressed(text) => EmailEventKind::Suppressed(why(text)),
        wit::EventKind::Complained => EmailEventKind::Complained,
        wit::EventKind::Opened => EmailEventKind::Opened,
        wit::EventKind::Clicked => EmailEventKind::Clicked,
        wit::EventKind::Other(word) => EmailEventKind::Unknown(line(&word, 100)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(at: i64) -> wit::EmailEvent {
        let kind = wit::EventKind::BouncedHard("no such\nmailbox".to_owned());
        wit::EmailEvent {
            id: "e1".to_owned(),
            message_id: "m1".to_owned(),
            kind,
            at,
            extensions: Vec::new(),
        }
    }

    #[test]
    fn events_are_taken_with_bounded_texts_and_plausible_instants() {
        let taken = events(vec![given(1_795_000_000_000)]).expect("an event");
        assert_eq!(
            taken[0].kind,
            EmailEventKind::BouncedHard("no such mailbox".to_owned())
        );
        assert!(events(vec![given(0)]).is_err());
        assert!(events(vec![given(1_795_000_000_000); MAX_EVENTS + 1]).is_err());
    }

    #[test]
    fn an_event_may_name_the_key_of_its_message() {
        let keyed = |name: &str, key: &str| wit::EmailEvent {
            extensions: vec![(name.to_owned(), key.to_owned())],
            ..given(1_795_000_000_000)
        };
        let key_of = |event| events(vec![event]).map(|taken| taken[0].idempotency_key.clone());
        let named = key_of(keyed("idempotency-key", "confirmed/r1/1"));
        assert_eq!(named, Ok(Some("confirmed/r1/1".to_owned())));
        assert_eq!(key_of(keyed("colour", "red")), Ok(None));
        assert!(key_of(keyed("idempotency-key", "")).is_err());
    }

    fn asked(key: &str) -> EmailMessage {
        let address = Address {
            email: "a@b.example".to_owned(),
            name: None,
        };
        EmailMessage {
            sender: address.clone(),
            to: address,
            reply_to: None,
            subject: String::new(),
            text: String::new(),
            html: None,
            idempotency_key: key.to_owned(),
        }
    }

    fn result(key: &str, outcome: wit_batch::MessageOutcome) -> wit_batch::MessageResult {
        wit_batch::MessageResult {
            idempotency_key: key.to_owned(),
            outcome,
            extensions: Vec::new(),
        }
    }

    fn sent(id: &str) -> wit_batch::MessageOutcome {
        wit_batch::MessageOutcome::Sent(wit::Receipt {
            message_id: id.to_owned(),
            extensions: Vec::new(),
        })
    }

    #[test]
    fn each_message_of_a_batch_has_one_outcome_whatever_the_plugin_returned() {
        use super::super::bindings::channel::roomwire::types::common::Failure;

        let messages = ["a", "b", "c", "d", "e"].map(asked);
        let refused = Failure::Permanent("the token 4711 is wrong".to_owned());
        let given = vec![
            result("z", sent("m0")),
            result("b", wit_batch::MessageOutcome::Rejected(refused)),
            result("a", sent("m1")),
            result("a", sent("m2")),
            result("c", wit_batch::MessageOutcome::Other("queued".to_owned())),
            result("d", sent("")),
        ];
        let scrub = |text: &str| text.replace("4711", "***");
        let (outcomes, strangers) = outcomes(&messages, given, scrub);
        assert_eq!(strangers, 1);
        assert_eq!(outcomes[0], Ok("m1".to_owned()));
        let refused = ConnectorFailure::Permanent("the token *** is wrong".to_owned());
        assert_eq!(outcomes[1], Err(refused));
        for unknown in &outcomes[2..] {
            assert!(
                matches!(unknown, Err(ConnectorFailure::OutcomeUnknown(_))),
                "{unknown:?}"
            );
        }
    }

    #[test]
    fn a_receipt_names_the_message() {
        let receipt_of = |id: &str| {
            receipt(wit::Receipt {
                message_id: id.to_owned(),
                extensions: Vec::new(),
            })
        };
        assert_eq!(receipt_of("m-1"), Ok("m-1".to_owned()));
        assert!(receipt_of("").is_err());
    }
}
