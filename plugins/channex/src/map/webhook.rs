//! Webhooks are hints: only the event and the booking's id are read, and the booking is asked for.

use roomwire_plugin_sdk::Failure;
use roomwire_plugin_sdk::channel::ChannelEvent;

use crate::Settings;
use crate::wire::booking::Event;

pub(crate) fn events(settings: &Settings, body: &[u8]) -> Result<Vec<ChannelEvent>, Failure> {
    let event: Event = serde_json::from_slice(body)?;
    let property = event.property_id.or(event.payload.property_id);
    let ignored = |why: &str| ChannelEvent::Ignored(format!("{}: {why}", event.event));
    if property.is_some_and(|property| property != settings.property) {
        return Ok(vec![ignored("another property's")]);
    }
    let heard = match event.event.as_str() {
        "booking"
        | "booking_new"
        | "booking_modification"
        | "booking_cancellation"
        | "booking_unmapped_room"
        | "booking_unmapped_rate"
        | "non_acked_booking" => match event.payload.booking_id {
            Some(booking) => ChannelEvent::Reservation(booking),
            None => {
                return Err(Failure::Permanent(format!(
                    "a {} names no booking",
                    event.event
                )));
            }
        },
        "message" => ChannelEvent::Message,
        // Our own pushes are told of too, and only the user tells them from an edit at Channex.
        "ari" => match (&settings.user, &event.user_id) {
            (Some(ours), Some(theirs)) if ours != theirs => ChannelEvent::Calendar,
            (None, _) => ignored("whose change it is cannot be told without the setting `user`"),
            _ => ignored("our own change, or nobody's"),
        },
        _ => ignored("not served"),
    };
    Ok(vec![heard])
}
