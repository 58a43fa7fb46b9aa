//! Confirming: Expedia wants the hotel's confirmation number of every transaction, and tells the guest.

use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Context, Failure, clock};

use crate::Settings;
use crate::client::Client;

const KINDS: [&str; 3] = ["Book", "Modify", "Cancel"];

/// The number under which the hotel knows a booking: it is shown to staff as the reservation's reference, and is the
/// same whenever it is made anew.
pub(crate) fn number(booking: &str) -> String {
    format!("RW{booking}")
}

/// What [`confirm`] must be told, or none where it is no kind that can be confirmed.
pub(crate) fn token(kind: &str, booking: &str) -> Option<String> {
    KINDS.contains(&kind).then(|| format!("{kind}/{booking}"))
}

/// Confirms transactions, all in one message: an error says that none was taken, and the host tells them singly then.
pub(crate) fn confirm(context: &Context<Settings>, tokens: &[String]) -> Result<(), Failure> {
    let now = clock::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut numbers = Vec::new();
    for token in tokens {
        let Some((kind, booking)) = token.split_once('/') else {
            let message = format!("`{token}` is no acknowledgement that this connector named");
            return Err(Failure::invalid("", "acknowledgement", message));
        };
        let told = Element::new("BookingConfirmNumber")
            .attribute("bookingID", booking)
            .attribute("bookingType", kind)
            .attribute("confirmNumber", number(booking))
            .attribute("confirmTime", now.as_str());
        numbers.push(told);
    }
    if numbers.is_empty() {
        return Ok(());
    }
    Client::new(context).confirm(numbers)
}
