//! The property that was reached.

use roomwire_plugin_sdk::Context;

use crate::Settings;
use crate::wire::content::Property;

/// A sentence about the property, with what differs from the hotel's own configuration.
pub(crate) fn describe(context: &Context<Settings>, property: &Property) -> String {
    let mut sentence = format!("reached property {}", context.settings.property);
    if let Some(title) = &property.title {
        sentence.push_str(&format!(" ({title})"));
    }
    for (what, theirs, ours) in [
        ("time zone", &property.timezone, &context.time_zone),
        ("currency", &property.currency, &context.currency.code),
    ] {
        if let Some(theirs) = theirs.as_ref().filter(|theirs| *theirs != ours) {
            sentence.push_str(&format!("; its {what} is {theirs}, the hotel's is {ours}"));
        }
    }
    sentence
}
