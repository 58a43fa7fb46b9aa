//! The audit trail as a chain: each event's hash holds the one before, so that a change anywhere breaks it from there on.

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::ids::EventId;

/// A hash of a link.
pub type Hash = [u8; 32];

/// What comes before the first link.
pub const GENESIS: Hash = [0; 32];

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub id: EventId,
    pub sequence: i64,
    /// The reservation, or the entry of the catalogue.
    pub subject: Uuid,
    pub kind: String,
    pub actor: String,
    pub reason: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub at: Timestamp,
}

/// One link of a hotel's chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Link {
    pub number: i64,
    pub event: EventId,
    pub hash: Hash,
}

/// What is wrong with a chain, at its first place.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Break {
    #[error("link {number}: event {event} is not what was sealed: it, or the link, was changed")]
    Changed { number: i64, event: EventId },
    #[error("link {number}: event {event} was removed")]
    Removed { number: i64, event: EventId },
    #[error("link {number} was removed")]
    LinkRemoved { number: i64 },
    #[error(
        "event {event} is neither sealed nor waiting to be: it was slipped in, or its link was removed"
    )]
    Inserted { event: EventId },
    #[error("event {event} waits to be sealed, and was removed")]
    Lost { event: EventId },
    #[error("link {number} has another hash than was noted before: the chain was written anew")]
    Rewritten { number: i64 },
}

impl Event {
    /// The hash of the link that this event makes after another.
    pub fn hash(&self, previous: &Hash) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(previous);
        for part in [
            self.id.0.as_bytes().as_slice(),
            &self.sequence.to_be_bytes(),
            self.subject.as_bytes(),
            self.kind.as_bytes(),
            self.actor.as_bytes(),
            &self.at.as_microsecond().to_be_bytes(),
        ] {
            field(&mut hasher, Some(part));
        }
        field(&mut hasher, self.reason.as_ref().map(String::as_bytes));
        for value in [&self.before, &self.after] {
            let text = value.as_ref().map(canonical);
            field(&mut hasher, text.as_ref().map(String::as_bytes));
        }
        hasher.finalize().into()
    }
}

/// With its length before it, so that no two rows of fields have the same bytes; what is absent is not what is empty.
fn field(hasher: &mut Sha256, bytes: Option<&[u8]>) {
    match bytes {
        None => hasher.update([0]),
        Some(bytes) => {
            hasher.update([1]);
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        }
    }
}

/// JSON with the keys of every object sorted, without spaces.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| key.as_str());
            let fields: Vec<String> = fields
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Event {
        Event {
            id: EventId(Uuid::from_u128(1)),
            sequence: 7,
            subject: Uuid::from_u128(2),
            kind: "confirmed".to_owned(),
            actor: "api-key:desk".to_owned(),
            reason: None,
            before: Some(json!({"status": "tentative", "rooms": [1, {"b": 1, "a": 2}]})),
            after: None,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_order_of_keys_does_not_count_and_everything_else_does() {
        let hash = event().hash(&GENESIS);
        let reordered = Event {
            before: Some(json!({"rooms": [1, {"a": 2, "b": 1}], "status": "tentative"})),
            ..event()
        };
        assert_eq!(reordered.hash(&GENESIS), hash);
        type Change = fn(&mut Event);
        let changes: [Change; 9] = [
            |event| event.id = EventId(Uuid::from_u128(3)),
            |event| event.sequence = 8,
            |event| event.subject = Uuid::from_u128(3),
            |event| event.kind = "declined".to_owned(),
            |event| event.actor.push('x'),
            |event| event.reason = Some(String::new()),
            |event| {
                event.before = Some(json!({"status": "tentative", "rooms": [{"b": 1, "a": 2}, 1]}));
            },
            |event| event.after = Some(Value::Null),
            |event| event.at = Timestamp::from_microsecond(1).expect("an instant"),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut changed = event();
            change(&mut changed);
            assert_ne!(changed.hash(&GENESIS), hash, "{number}");
        }
        assert_ne!(event().hash(&[1; 32]), hash);
    }

    #[test]
    fn letters_do_not_move_from_one_field_into_the_next() {
        let moved = Event {
            kind: "confirmeda".to_owned(),
            actor: "pi-key:desk".to_owned(),
            ..event()
        };
        assert_ne!(moved.hash(&GENESIS), event().hash(&GENESIS));
    }
}
