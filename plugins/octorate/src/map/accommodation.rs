//! Is the configured accommodation among those that the account reaches?

use roomwire_plugin_sdk::{Context, Failure};

use crate::Settings;
use crate::wire::Accommodation;

/// A sentence about the accommodation, with what differs from the hotel's own configuration.
pub(crate) fn describe(
    context: &Context<Settings>,
    accommodations: &[Accommodation],
) -> Result<String, Failure> {
    let wanted = &context.settings.accommodation;
    let is_wanted = |found: &&Accommodation| found.id.as_ref().is_some_and(|id| id.0 == *wanted);
    let Some(found) = accommodations.iter().find(is_wanted) else {
        let reached: Vec<&str> = accommodations
            .iter()
            .filter_map(|found| found.id.as_ref())
            .map(|id| id.0.as_str())
            .collect();
        return Err(Failure::NotFound(format!(
            "the account does not reach accommodation {wanted}; it reaches {}",
            if reached.is_empty() {
                "none".to_owned()
            } else {
                reached.join(", ")
            }
        )));
    };
    let mut sentence = format!("reached accommodation {wanted}");
    if let Some(name) = &found.name {
        sentence.push_str(&format!(" ({name})"));
    }
    for (what, theirs, ours) in [
        ("time zone", &found.time_zone, &context.time_zone),
        ("currency", &found.currency, &context.currency.code),
    ] {
        if let Some(theirs) = theirs.as_ref().filter(|theirs| *theirs != ours) {
            sentence.push_str(&format!("; its {what} is {theirs}, the hotel's is {ours}"));
        }
    }
    Ok(sentence)
}
