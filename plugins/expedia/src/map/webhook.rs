//! Notifications: none of them tells of a reservation, so nothing comes of them but a line in the log. Booking
//! notifications, which are XML, do not come so far: the host keeps none, and pulls.

use roomwire_plugin_sdk::Failure;
use roomwire_plugin_sdk::channel::ChannelEvent;
use serde::Deserialize;

/// What is read of a notification.
#[derive(Debug, Deserialize)]
struct Notification {
    #[serde(default)]
    notification_event_type: Option<String>,
}

/// The longest name of an event that is repeated.
const LONGEST_NAME: usize = 64;

pub(crate) fn events(body: &[u8]) -> Result<Vec<ChannelEvent>, Failure> {
    let notification: Notification = serde_json::from_slice(body)?;
    let is_name = |name: &String| {
        (1..=LONGEST_NAME).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let name = notification.notification_event_type.filter(is_name);
    let name = name.unwrap_or_else(|| "a notification".to_owned());
    Ok(vec![ChannelEvent::Ignored(format!("{name}: not served"))])
}
