//! Warnings in an answer of success: the values that they are about were not taken.

use roomwire_plugin_sdk::Date;
use serde_json::Value as Json;

use crate::map::message::Value;
use crate::wire::ari::Target;
use crate::wire::texts;

/// One warning, as far as it can be understood.
#[derive(Debug)]
pub(crate) struct Warning {
    /// The fields that it complains of, and the whole sentence.
    pub(crate) field: String,
    pub(crate) sentence: String,
    target: Option<Target>,
    nights: Option<(Date, Date)>,
}

impl Warning {
    pub(crate) fn read(warning: &Json) -> Self {
        let text = |name: &str| warning.get(name)?.as_str().map(str::to_owned);
        let date = |name: &str| -> Option<Date> { text(name)?.parse().ok() };
        let one = date("date").map(|date| (date, date));
        // Where it does not say what it complains of, the whole of it is the sentence.
        let complaint = warning.get("warning").unwrap_or(warning);
        let fields = complaint.as_object().map(|fields| {
            let names: Vec<&str> = fields.keys().map(String::as_str).collect();
            names.join(",")
        });
        Self {
            field: fields.unwrap_or_default(),
            sentence: texts(complaint),
            target: text("rate_plan_id")
                .map(Target::RatePlan)
                .or_else(|| text("room_type_id").map(Target::RoomType)),
            nights: one.or_else(|| date("date_from").zip(date("date_to"))),
        }
    }

    /// Whether a value is what it is about. One that names no target might be about any.
    pub(crate) fn is_about(&self, value: &Value) -> bool {
        let entry = &value.entry;
        self.target.as_ref() == Some(&entry.target)
            && self.nights.is_none_or(|(first, last)| {
                first <= entry.nights.last() && entry.nights.first() <= last
            })
    }
}

/// The warnings of an answer, or none where one of them is about none of the values that were sent.
pub(crate) fn attributed(warnings: &[Json], values: &[Value]) -> Option<Vec<Warning>> {
    let read: Vec<Warning> = warnings.iter().map(Warning::read).collect();
    let clear = |warning: &Warning| values.iter().any(|value| warning.is_about(value));
    read.iter().all(clear).then_some(read)
}
