//! Octorate's webhooks are hints: only the kind and the id are read, and the reservation is asked for again.

use roomwire_plugin_sdk::Failure;
use roomwire_plugin_sdk::channel::ChannelEvent;

use crate::wire::{ContentId, Envelope};

pub(crate) fn events(accommodation: &str, body: &[u8]) -> Result<Vec<ChannelEvent>, Failure> {
    if body.trim_ascii().is_empty() {
        return Ok(vec![ChannelEvent::Ignored("ping".to_owned())]);
    }
    let envelope: Envelope = serde_json::from_slice(body)?;
    let event = match envelope.kind.as_str() {
        "" => ChannelEvent::Ignored("ping".to_owned()),
        "PORTAL_SUBSCRIPTION_CALENDAR" => ChannelEvent::Calendar,
        kind if kind.starts_with("RESERVATION_") => match reservation(accommodation, &envelope) {
            Some(reference) => ChannelEvent::Reservation(reference),
            None => return Err(Failure::Permanent(format!("a {kind} names no reservation"))),
        },
        kind => ChannelEvent::Ignored(kind.to_owned()),
    };
    Ok(vec![event])
}

/// The envelope's reference, which in some samples is the accommodation's id instead.
fn reservation(accommodation: &str, envelope: &Envelope) -> Option<String> {
    let named = envelope
        .reference
        .as_ref()
        .map(|id| id.0.as_str())
        .filter(|id| !id.is_empty() && *id != accommodation);
    if let Some(reference) = named {
        return Some(reference.to_owned());
    }
    let content: ContentId = serde_json::from_str(envelope.content.as_deref()?).ok()?;
    Some(content.id.0)
}
