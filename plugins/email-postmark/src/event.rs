//! What Postmark's webhooks tell of a message.

use roomwire_plugin_sdk::email::{EmailEvent, EventKind};
use roomwire_plugin_sdk::{Failure, Timestamp};
use serde_json::Value;

use crate::map::{KEY_LABEL, without_addresses};
use crate::wire::Notice;

/// Stands for the message where Postmark tells of an address alone.
const NO_MESSAGE: &str = "00000000-0000-0000-0000-000000000000";

/// An event, or none where the notice is not about a message.
pub(crate) fn event(
    notice: &Notice,
    received_at: Timestamp,
) -> Result<Option<EmailEvent>, Failure> {
    let Some(message_id) = notice.message_id.as_deref().filter(|id| *id != NO_MESSAGE) else {
        return Ok(None);
    };
    let at = match notice.at() {
        Some(text) => text
            .parse()
            .map_err(|_| Failure::Permanent("the time of the event is no timestamp".to_owned()))?,
        None => received_at,
    };
    let key = notice.metadata.as_ref().and_then(|all| all.get(KEY_LABEL));
    let key = key.and_then(Value::as_str).filter(|key| !key.is_empty());
    Ok(Some(EmailEvent {
        // Postmark numbers bounces only; these three are the same however often it calls.
        id: format!("{}:{message_id}:{at}", notice.record_type),
        message_id: message_id.to_owned(),
        kind: kind(notice),
        at,
        extensions: key
            .map(|key| ("idempotency-key".to_owned(), key.to_owned()))
            .into_iter()
            .collect(),
    }))
}

fn kind(notice: &Notice) -> EventKind {
    match notice.record_type.as_str() {
        "Delivery" => EventKind::Delivered,
        "Bounce" => bounced(notice),
        "SpamComplaint" => EventKind::Complained,
        "Open" => EventKind::Opened,
        "Click" => EventKind::Clicked,
        "SubscriptionChange" => changed(notice),
        unknown => EventKind::Other(unknown.to_owned()),
    }
}

/// Only what Postmark itself calls a hard bounce, or no address at all, condemns a mailbox.
fn bounced(notice: &Notice) -> EventKind {
    let reason = reason(notice);
    match notice.kind.as_str() {
        "HardBounce" | "BadEmailAddress" => EventKind::BouncedHard(reason),
        // Postmark goes on trying.
        "Transient" => EventKind::Delayed(reason),
        "ManuallyDeactivated" => EventKind::Suppressed(reason),
        "SpamComplaint" => EventKind::Complained,
        // Answers of people and of machines: the message got there.
        "Unsubscribe"
        | "Subscribe"
        | "AutoResponder"
        | "AddressChange"
        | "OpenRelayTest"
        | "ChallengeVerification"
        | "InboundError" => EventKind::Other(format!("Bounce/{}", notice.kind)),
        _ => EventKind::BouncedSoft(reason),
    }
}

/// The address is on the stream's suppression list from now on, or not any more.
fn changed(notice: &Notice) -> EventKind {
    match notice.suppression_reason.as_deref() {
        _ if !notice.suppress_sending => EventKind::Other("SubscriptionChange/lifted".to_owned()),
        Some("HardBounce") => EventKind::BouncedHard("HardBounce".to_owned()),
        Some("SpamComplaint") => EventKind::Complained,
        reason => EventKind::Suppressed(reason.unwrap_or_default().to_owned()),
    }
}

/// `HardBounce: The server was unable to …`, without addresses.
fn reason(notice: &Notice) -> String {
    let text = if notice.details.is_empty() {
        &notice.description
    } else {
        &notice.details
    };
    without_addresses(&format!("{}: {text}", notice.kind))
}
