//! Between our messages and Resend's.

use roomwire_plugin_sdk::email::{Address, EmailEvent, EventKind, Message};
use roomwire_plugin_sdk::http::Response;
use roomwire_plugin_sdk::{Failure, Timestamp};

use crate::wire::{Bounce, Email, Notice, Problem, Tag};

pub(crate) fn email(message: &Message) -> Email<'_> {
    Email {
        from: mailbox(&message.sender),
        to: message.to.iter().map(mailbox).collect(),
        reply_to: message.reply_to.as_ref().map(mailbox),
        subject: &message.subject,
        text: &message.text,
        html: message.html.as_deref(),
        tags: message
            .tags
            .iter()
            .map(|(name, value)| Tag {
                name: label(name),
                value: label(value),
            })
            .collect(),
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

fn label(text: &str) -> String {
    let allowed =
        |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '-';
    text.chars()
        .map(|character| if allowed(character) { character } else { '_' })
        .take(256)
        .collect()
}

/// What an error of `POST /emails` or `POST /emails/batch` means for what was sent.
pub(crate) fn failure(response: &Response) -> Failure {
    // An error page of something in between has no such body; its status still tells.
    let problem = response.json::<Problem>().unwrap_or_default();
    let message = format!(
        "{response}: {}: {}",
        problem.name,
        without_addresses(&problem.message)
    );
    match (response.status(), problem.name.as_str()) {
        // API keys do not expire: they are wrong, restricted, or the domain is not verified.
        (401 | 403, _) => Failure::AuthRevoked(message),
        (409, "concurrent_idempotent_requests") => Failure::Retry(message),
        (409, _) => Failure::Permanent(message),
        (429, "daily_quota_exceeded" | "monthly_quota_exceeded") => {
            Failure::rate_limited(response.retry_after(), "quota")
        }
        (400 | 422, name) => Failure::invalid("", name, message),
        (400..=499, _) if response.status() != 408 && response.status() != 429 => {
            Failure::Permanent(message)
        }
        _ => response.failure(),
    }
}

/// An event, or none where the notice is not about a message.
pub(crate) fn event(
    notice: Notice,
    delivery: Option<&str>,
    received_at: Timestamp,
) -> Result<Option<EmailEvent>, Failure> {
    let Some(message_id) = notice.data.email_id else {
        return Ok(None);
    };
    let at = match &notice.created_at {
        Some(text) => text
            .parse()
            .map_err(|_| Failure::Permanent("`created_at` is no timestamp".to_owned()))?,
        None => received_at,
    };
    let id = delivery.map_or_else(
        || format!("{message_id}:{}:{at}", notice.kind),
        ToOwned::to_owned,
    );
    let kind = match notice.kind.as_str() {
        "email.sent" => EventKind::Sent,
        "email.delivered" => EventKind::Delivered,
        "email.delivery_delayed" => EventKind::Delayed(String::new()),
        "email.bounced" => notice.data.bounce.map_or_else(
            || EventKind::BouncedSoft(String::new()),
            |bounce| bounced(&bounce),
        ),
        "email.suppressed" => EventKind::Suppressed(String::new()),
        "email.complained" => EventKind::Complained,
        "email.opened" => EventKind::Opened,
        "email.clicked" => EventKind::Clicked,
        unknown => EventKind::Other(unknown.to_owned()),
    };
    Ok(Some(EmailEvent {
        id,
        message_id,
        kind,
        at,
        extensions: Vec::new(),
    }))
}

/// Only a bounce that Resend itself calls permanent condemns a mailbox.
fn bounced(bounce: &Bounce) -> EventKind {
    let reason = without_addresses(&bounce.message);
    match (bounce.kind.as_str(), bounce.sub_kind.as_str()) {
        (_, "Suppressed" | "OnAccountSuppressionList") => EventKind::Suppressed(reason),
        ("Permanent", _) => EventKind::BouncedHard(reason),
        _ => EventKind::BouncedSoft(reason),
    }
}

/// Provider texts may quote an address; a log must not.
fn without_addresses(text: &str) -> String {
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
