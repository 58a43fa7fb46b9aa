//! Between our messages and Postmark's.

use std::collections::BTreeMap;

use roomwire_plugin_sdk::Failure;
use roomwire_plugin_sdk::email::{Address, Message, Receipt};
use roomwire_plugin_sdk::http::Response;

use crate::wire::{Answer, Email, Problem};

/// The label under which the message's key comes back with its events.
pub(crate) const KEY_LABEL: &str = "roomwire-key";

/// What Postmark keeps of a message's labels: how many, and how long their names and values are.
const MOST_LABELS: usize = 10;
const LONGEST_NAME: usize = 20;
const LONGEST_VALUE: usize = 80;

pub(crate) fn email<'a>(message: &'a Message, message_stream: &'a str) -> Email<'a> {
    let to: Vec<String> = message.to.iter().map(mailbox).collect();
    Email {
        from: mailbox(&message.sender),
        to: to.join(", "),
        reply_to: message.reply_to.as_ref().map(mailbox),
        subject: &message.subject,
        text_body: &message.text,
        html_body: message.html.as_deref(),
        metadata: labels(message),
        message_stream,
    }
}

/// `Sea View <desk@seaview.example>`, with a name that cannot end the header or start another address.
fn mailbox(address: &Address) -> String {
    let Some(name) = &address.name else {
        return address.email.clone();
    };
    let name: String = name
        .chars()
        .filter(|character| !character.is_control())
        .collect();
    let plain = name
        .chars()
        .all(|character| character.is_alphanumeric() || character == ' ');
    if plain {
        return format!("{name} <{}>", address.email);
    }
    let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{quoted}\" <{}>", address.email)
}

fn labels(message: &Message) -> BTreeMap<String, String> {
    let cut = |text: &str, longest| text.chars().take(longest).collect::<String>();
    // A key that was cut would be another's.
    let key = Some(&message.idempotency_key).filter(|key| key.len() <= LONGEST_VALUE);
    let tags = message
        .tags
        .iter()
        .map(|(name, value)| (cut(name, LONGEST_NAME), cut(value, LONGEST_VALUE)));
    tags.take(MOST_LABELS - 1)
        .chain(key.map(|key| (KEY_LABEL.to_owned(), key.clone())))
        .collect()
}

/// What Postmark says of one message, in an answer of success.
pub(crate) fn receipt(response: &Response, answer: Answer) -> Result<Receipt, Failure> {
    match (answer.error_code, answer.message_id) {
        (0, Some(message_id)) => Ok(Receipt::new(message_id)),
        (0, None) => Err(Failure::OutcomeUnknown(format!(
            "{response} and named no message"
        ))),
        (code, _) => Err(refusal(response, code, &answer.message)),
    }
}

/// What an error of `POST /email` or `POST /email/batch` means for what was sent.
pub(crate) fn failure(response: &Response) -> Failure {
    // An error page of something in between has no such body; its status still tells.
    let problem = response.json::<Problem>().unwrap_or_default();
    refusal(response, problem.error_code, &problem.message)
}

fn refusal(response: &Response, code: u32, text: &str) -> Failure {
    let text = without_addresses(text);
    let message = format!("{response}: {code}: {text}");
    match (response.status(), code) {
        // A token does not expire; signatures, credits and the account's approval are a person's to mend.
        (401 | 403, _) | (_, 10 | 400 | 401 | 405 | 412 | 413) => Failure::AuthRevoked(message),
        (429, _) | (_, 429) => Failure::rate_limited(response.retry_after(), "account"),
        // Maintenance: nothing was taken.
        (_, 100) => Failure::Retry(message),
        (_, 300) => Failure::invalid("", "300", message),
        // Every recipient has bounced, complained or was suppressed by hand.
        (_, 406) => Failure::suppressed(message),
        (413, _) => Failure::invalid("", "size", message),
        // It broke off while it was worked on, and Postmark would not know the repetition.
        (408 | 500..=599, _) => Failure::OutcomeUnknown(message),
        _ => Failure::Permanent(message),
    }
}

/// Provider texts may quote an address; a log must not.
pub(crate) fn without_addresses(text: &str) -> String {
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| {
            if word.contains('@') {
                "(address)"
            } else {
                word
            }
        })
        .collect();
    words.join(" ")
}
