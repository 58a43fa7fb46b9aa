//! Which events Octorate tells of, one subscription for each, and where it tells of them.

use roomwire_plugin_sdk::Failure;

use crate::client::Client;
use crate::wire::Subscription;

/// Everything that is understood here and happens to a hotel's reservations.
const EVENTS: [&str; 4] = [
    "RESERVATION_CREATED",
    "RESERVATION_CHANGE",
    "RESERVATION_CONFIRMED",
    "RESERVATION_CANCELLED",
];

/// Octorate keeps one address for each event: what is subscribed for another one is replaced.
pub(crate) fn subscribe(client: &Client<'_>, url: &str) -> Result<Vec<String>, Failure> {
    let known = client.subscriptions()?;
    for event in EVENTS {
        if !known.iter().any(|one| leads(one, event, url)) {
            client.subscribe(event, url)?;
        }
    }
    Ok(EVENTS.map(str::to_owned).to_vec())
}

/// What leads elsewhere is somebody else's.
pub(crate) fn unsubscribe(client: &Client<'_>, url: &str) -> Result<(), Failure> {
    let known = client.subscriptions()?;
    for event in EVENTS {
        let is_ours = |one: &Subscription| one.kind == event && one.endpoint == url;
        if known.iter().any(is_ours) {
            match client.unsubscribe(event) {
                // Somebody was faster.
                Ok(()) | Err(Failure::NotFound(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
    }
    Ok(())
}

fn leads(subscription: &Subscription, event: &str, url: &str) -> bool {
    subscription.kind == event
        && subscription.endpoint == url
        && subscription.enabled != Some(false)
}
