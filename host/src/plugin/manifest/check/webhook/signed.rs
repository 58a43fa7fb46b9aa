//! What is signed must be spelled out without doubt, and cover what repetitions are known by.

use super::super::Problems;
use super::{check_header, check_pointer};
use crate::plugin::manifest::webhook::{
    EventIdSource, KeyEncoding, SignedText, Verification, WebhookRules,
};

pub(super) fn check(problems: &mut Problems, rules: &WebhookRules, text: &SignedText) {
    check_text(problems, rules, text);
    check_places(problems, text);
    let hmac = matches!(rules.verification, Verification::HmacSha256(_));
    problems.require(
        hmac || text.key == KeyEncoding::Text,
        "webhook.verification.key",
        "belongs to `hmac-sha256`: remove it",
    );
    problems.require(
        text.separator.as_deref() != Some(""),
        "webhook.verification.separator",
        "must hold something, or be absent",
    );
}

fn check_text(problems: &mut Problems, rules: &WebhookRules, signed: &SignedText) {
    let named = |name: &str| signed.text.matches(name).count();
    let (body, timestamp, id) = (named("{body}"), named("{timestamp}"), named("{id}"));
    problems.require(
        body <= 1 && id <= 1 && timestamp == signed.times() && (body == 1 || id == 1),
        "webhook.verification.text",
        "must hold {body} or {id}, each once at most, and {timestamp} once where there is a time",
    );
    problems.require(
        id == 0 || rules.event_id.is_some(),
        "webhook.verification.text",
        "holds {id}, which is the event's: tell in `event_id` where it stands",
    );
    problems.require(
        is_parted(&signed.text),
        "webhook.verification.text",
        "must part {id} from {body} by a character that no id holds, such as a dot: `{id}.{body}`",
    );
    // What is not signed is only a reason to ask. Its id and its time are all that stops a repetition.
    problems.require(
        body == 1 || (rules.hint && timestamp == 1),
        "webhook.verification.text",
        "without {body} must hold {timestamp}, and the webhook must be a `hint`",
    );
    let unsigned = matches!(rules.event_id, Some(EventIdSource::Header(_))) && id == 0;
    problems.require(
        !unsigned,
        "webhook.event_id.header",
        "is not signed, so that a repetition could call itself new: put {id} into `text`, or take the id from the body",
    );
}

/// Whether an event's id ends where its body begins: else a part of one could be told as the other's, and a repetition
/// whose signature is right would be another event.
fn is_parted(text: &str) -> bool {
    let Some((before, after)) = text.split_once("{id}") else {
        return true;
    };
    let parts = |letter: Option<char>| {
        letter.is_some_and(|letter| !letter.is_ascii_alphanumeric() && !"-_{}".contains(letter))
    };
    (!before.contains("{body}") || parts(before.chars().next_back()))
        && (!after.contains("{body}") || parts(after.chars().next()))
}

fn check_places(problems: &mut Problems, signed: &SignedText) {
    let places = [&signed.signature_header, &signed.signature_pointer];
    problems.require(
        places.into_iter().flatten().count() == 1,
        "webhook.verification.signature_header",
        "or `signature_pointer` must tell where the signature stands, and not both",
    );
    problems.require(
        signed.times() <= 1,
        "webhook.verification.timestamp_header",
        "`timestamp_prefix` or `timestamp_pointer` may tell where the time stands: one of them",
    );
    let listed = signed.signature_header.is_some()
        && signed.separator.is_some()
        && !signed.signature_prefix.is_empty();
    let beside = signed
        .timestamp_prefix
        .as_ref()
        .is_none_or(|prefix| listed && !prefix.is_empty() && *prefix != signed.signature_prefix);
    problems.require(
        beside,
        "webhook.verification.timestamp_prefix",
        "needs a `signature_header`, a `separator`, and a `signature_prefix` that is another",
    );
    for (field, header) in [
        ("signature_header", &signed.signature_header),
        ("timestamp_header", &signed.timestamp_header),
    ] {
        if let Some(header) = header {
            check_header(problems, field, header);
        }
    }
    for (field, pointer) in [
        ("signature_pointer", &signed.signature_pointer),
        ("timestamp_pointer", &signed.timestamp_pointer),
    ] {
        if let Some(pointer) = pointer {
            check_pointer(problems, &format!("webhook.verification.{field}"), pointer);
        }
    }
}
