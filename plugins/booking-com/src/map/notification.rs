//! Connectivity notifications: those about a reservation lead to a pull, the others to a line in the log.

use roomwire_plugin_sdk::channel::ChannelEvent;
use roomwire_plugin_sdk::{Failure, log};
use serde::Deserialize;
use serde_json::Value;

/// What is read of a notification.
#[derive(Debug, Deserialize)]
struct Notification {
    metadata: Metadata,
    #[serde(default)]
    payload: Value,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    #[serde(rename = "type")]
    kind: String,
}

/// The longest name or id that is repeated.
const LONGEST: usize = 64;

pub(crate) fn events(property: &str, body: &[u8]) -> Result<Vec<ChannelEvent>, Failure> {
    let notification: Notification = serde_json::from_slice(body)?;
    let kind = notification.metadata.kind;
    let kind = if is_plain(&kind) {
        kind.as_str()
    } else {
        "a notification"
    };
    let payload = &notification.payload;
    let about = text(
        payload,
        &["propertyId", "property_id", "hotelId", "hotel_id"],
    );
    if about.is_some_and(|about| about != property) {
        return Ok(vec![ignored(kind, "about another property")]);
    }
    if !is_about_a_reservation(kind) {
        return Ok(vec![ignored(kind, "not served")]);
    }
    // Whatever it is called, the queues are asked: the name only says in the log which one it was.
    let named = text(payload, &["reservationId", "reservation_id"]).filter(|id| is_plain(id));
    let named = named.unwrap_or_else(|| "unnamed".to_owned());
    Ok(vec![ChannelEvent::Reservation(named)])
}

/// New, modified and cancelled ones, under whichever name: one pull too many does no harm.
fn is_about_a_reservation(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    ["reservation", "booking"]
        .iter()
        .any(|noun| kind.starts_with(noun))
}

fn ignored(kind: &str, why: &str) -> ChannelEvent {
    log::write(
        log::Level::Info,
        "a notification is ignored",
        &[("type", kind), ("reason", why)],
    );
    ChannelEvent::Ignored(format!("{kind}: {why}"))
}

/// A member under one of these names, as text or as a number.
fn text(payload: &Value, names: &[&str]) -> Option<String> {
    let found = names.iter().find_map(|name| payload.get(name));
    match found? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is_plain(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use roomwire_plugin_sdk::testing::Host;
    use serde_json::json;

    use super::*;

    fn told(kind: &str, payload: &Value) -> Vec<ChannelEvent> {
        let body = json!({"metadata": {"uuid": "1", "type": kind}, "payload": payload});
        let mut host = Host::new();
        host.run(|| events("8011855", body.to_string().as_bytes()))
            .expect("a notification")
    }

    #[test]
    fn every_sort_of_news_of_a_reservation_leads_to_it() {
        for kind in [
            "RESERVATION_CREATED",
            "RESERVATION_MODIFIED",
            "reservation_cancelled",
        ] {
            for payload in [
                json!({"propertyId": 8_011_855, "reservationId": 4_705_950_059_u64}),
                json!({"property_id": "8011855", "reservation_id": "4705950059"}),
            ] {
                let expected = ChannelEvent::Reservation("4705950059".to_owned());
                assert_eq!(told(kind, &payload), [expected], "{kind}");
            }
        }
        for payload in [json!({"reservationId": "1\n2"}), Value::Null] {
            let unnamed = ChannelEvent::Reservation("unnamed".to_owned());
            assert_eq!(told("RESERVATION_CREATED", &payload), [unnamed]);
        }
    }

    #[test]
    fn what_is_not_served_and_what_is_another_propertys_is_ignored() {
        for (kind, payload, expected) in [
            ("MESSAGE_CREATED", json!({}), "MESSAGE_CREATED: not served"),
            ("a kind\n", json!({}), "a notification: not served"),
            (
                "RESERVATION_CREATED",
                json!({"propertyId": 1, "reservationId": 2}),
                "RESERVATION_CREATED: about another property",
            ),
        ] {
            let ignored = ChannelEvent::Ignored(expected.to_owned());
            assert_eq!(told(kind, &payload), [ignored]);
        }
    }

    #[test]
    fn what_is_no_notification_is_a_failure() {
        for body in ["", "{", "[]", "{}", r#"{"metadata": {"type": 7}}"#] {
            assert!(events("8011855", body.as_bytes()).is_err(), "{body}");
        }
    }
}
