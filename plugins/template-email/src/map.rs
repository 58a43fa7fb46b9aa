//! Between our messages and Swift Letter's.

use roomwire_plugin_sdk::Failure;
use roomwire_plugin_sdk::email::{Address, Message};
use roomwire_plugin_sdk::http::Response;

use crate::wire::{Letter, Mailbox, Problem};

pub(crate) fn letter<'a>(stream: &'a str, message: &'a Message) -> Letter<'a> {
    Letter {
        stream,
        from: mailbox(&message.sender),
        to: message.to.iter().map(mailbox).collect(),
        reply_to: message.reply_to.as_ref().map(mailbox),
        subject: &message.subject,
        text: &message.text,
        html: message.html.as_deref(),
    }
}

fn mailbox(address: &Address) -> Mailbox<'_> {
    Mailbox {
        address: &address.email,
        name: address.name.as_deref(),
    }
}

/// What an error means for the message. Swift Letter's code is told, and its text is not: that may quote an address.
pub(crate) fn failure(answer: &Response) -> Failure {
    // An error page of something in between has no such body; its status still tells.
    let problem = answer.json::<Problem>().unwrap_or_default();
    let message = format!("{answer}: {}", problem.code);
    match (answer.status(), problem.code.as_str()) {
        // Keys do not expire: this one is wrong, or was revoked.
        (401 | 403, _) => Failure::AuthRevoked(message),
        (422, "recipient_suppressed") => Failure::suppressed(message),
        (400 | 422, code) => Failure::invalid("", code, message),
        // A success without the receipt that is promised: it may have been sent.
        (200..=399, _) => Failure::OutcomeUnknown(message),
        _ => answer.failure(),
    }
}
