//! What lies in a simulated inbox, whatever its entries are like: a message is found by its texts.

use serde_json::Value;

use super::letter::STRANGER;
use super::report::Finding;
use crate::domain::email::EmailMessage;

/// What is wrong with the copies of a message in an inbox.
pub(super) fn differences(inbox: &Value, message: &EmailMessage, copies: usize) -> Vec<Finding> {
    let Some(entries) = inbox.as_array() else {
        let wanted = "[controls.inbox] to take `inbox`, a list";
        return vec![Finding::new(wanted, "it is something else")];
    };
    let of_message = |entry: &&Value| any(entry, &|text| text == message.subject);
    let found: Vec<&Value> = entries.iter().filter(of_message).collect();
    let mut findings = Vec::new();
    if found.len() != copies {
        findings.push(Finding::new(
            format!("the message {copies} times in the inbox"),
            format!("{} times", found.len()),
        ));
    }
    findings.extend(found.iter().flat_map(|entry| altered(entry, message)));
    findings
}

/// How a copy differs from what was handed over.
fn altered(entry: &Value, message: &EmailMessage) -> Vec<Finding> {
    let is = |wanted: &str| any(entry, &|text| text == wanted);
    let bodies = [Some(message.text.as_str()), message.html.as_deref()];
    let is_body = |text: &str| bodies.contains(&Some(text));
    let broken = |text: &str| text.contains(['\r', '\n']) && !is_body(text);
    let to_guest = |text: &str| text.contains(message.to.email.as_str());
    let faults = [
        (
            !is(&message.text),
            "the text as it was handed over",
            "another, or none",
        ),
        (
            message.html.as_deref().is_some_and(|html| !is(html)),
            "the HTML as it was handed over",
            "another, or none",
        ),
        (
            !any(entry, &to_guest),
            "it to go to its guest",
            "it does not",
        ),
        (
            is(STRANGER),
            "it to go to nobody else",
            "it also goes to an address out of a name",
        ),
        (
            any(entry, &broken),
            "no line break in a name or a header",
            "there is one",
        ),
    ];
    faults
        .into_iter()
        .filter(|(is_so, ..)| *is_so)
        .map(|(_, expected, came)| Finding::new(expected, came))
        .collect()
}

/// Whether one of an entry's texts is so, however deep it stands.
fn any(entry: &Value, is_so: &dyn Fn(&str) -> bool) -> bool {
    match entry {
        Value::String(text) => is_so(text),
        Value::Array(entries) => entries.iter().any(|inner| any(inner, is_so)),
        Value::Object(fields) => fields.values().any(|inner| any(inner, is_so)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::certify::letter::{self, Letter};

    fn copy(message: &EmailMessage) -> Value {
        json!({
            "to": [format!("Ada <{}>", message.to.email)], "subject": message.subject,
            "bodies": { "text": message.text, "html": message.html },
        })
    }

    #[test]
    fn copies_are_counted_by_their_subject_and_compared_whole() {
        let message = letter::message(Letter::Foreign, "a-1");
        let other = letter::message(Letter::Foreign, "a-2");
        let inbox = json!([copy(&message), copy(&other), copy(&message)]);
        assert_eq!(differences(&inbox, &message, 2), []);
        assert_eq!(differences(&inbox, &message, 1).len(), 1);
        assert_eq!(differences(&json!([]), &message, 0), []);
        assert_eq!(differences(&json!({}), &message, 0).len(), 1);
    }

    #[test]
    fn a_copy_that_was_cut_or_went_astray_is_found() {
        let message = letter::message(Letter::Hostile, "a-1");
        let found = |change: fn(&mut Value)| {
            let mut changed = copy(&message);
            change(&mut changed);
            differences(&json!([changed]), &message, 1).len()
        };
        assert_eq!(found(|_| {}), 0);
        assert_eq!(found(|copy| copy["bodies"]["text"] = json!("cut")), 1);
        assert_eq!(found(|copy| copy["bodies"]["html"] = json!(null)), 1);
        assert_eq!(found(|copy| copy["to"] = json!([])), 1);
        assert_eq!(found(|copy| copy["bcc"] = json!([STRANGER])), 1);
        assert_eq!(found(|copy| copy["from"] = json!("a\r\nBcc: b")), 1);
    }
}
