//! Notifications in JSON: none of them tells of a reservation, so nothing comes of them but a line in the log. Booking
//! notifications, in XML, hold the whole booking; without their login they do not come so far, and the host pulls.

use roomwire_plugin_sdk::channel::ChannelEvent;
use roomwire_plugin_sdk::{Context, Failure};
use serde::Deserialize;

use crate::Settings;
use crate::map::announced::revision;
use crate::wire::envelope::Notification as Announcement;

/// What is read of a notification.
#[derive(Debug, Deserialize)]
struct Notification {
    #[serde(default)]
    notification_event_type: Option<String>,
}

/// The longest name of an event that is repeated.
const LONGEST_NAME: usize = 64;

pub(crate) fn events(
    context: &Context<Settings>,
    body: &[u8],
) -> Result<Vec<ChannelEvent>, Failure> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.trim_ascii_start().starts_with(b"<") {
        let announced = revision(context, &Announcement::read(body)?)?;
        return Ok(vec![ChannelEvent::Revision(Box::new(announced))]);
    }
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
