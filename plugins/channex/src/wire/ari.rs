//! Messages about the calendar, and what it shows.

use std::collections::BTreeMap;

use roomwire_plugin_sdk::{Date, Decimal};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::or_default;

/// A message of availability or of restrictions.
#[derive(Debug, Serialize)]
pub(crate) struct Message<'a, V> {
    pub(crate) values: &'a [V],
}

/// One value: what it is about, when, and what it says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Entry {
    pub(crate) property_id: String,
    #[serde(flatten)]
    pub(crate) target: Target,
    #[serde(flatten)]
    pub(crate) nights: Nights,
    #[serde(flatten)]
    pub(crate) says: Says,
}

/// Availability is a room type's, everything else a rate plan's.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(crate) enum Target {
    #[serde(rename = "room_type_id")]
    RoomType(String),
    #[serde(rename = "rate_plan_id")]
    RatePlan(String),
}

/// One night, or a range with both ends included, on some days of the week where they are named.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Nights {
    One {
        date: Date,
    },
    Range {
        date_from: Date,
        date_to: Date,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        days: Vec<&'static str>,
    },
}

impl Nights {
    pub(crate) fn range(first: Date, last: Date) -> Self {
        if first == last {
            Self::One { date: first }
        } else {
            Self::Range {
                date_from: first,
                date_to: last,
                days: Vec::new(),
            }
        }
    }

    pub(crate) fn first(&self) -> Date {
        match self {
            Self::One { date } => *date,
            Self::Range { date_from, .. } => *date_from,
        }
    }

    pub(crate) fn last(&self) -> Date {
        match self {
            Self::One { date } => *date,
            Self::Range { date_to, .. } => *date_to,
        }
    }
}

/// Absent values stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Says {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) availability: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rate: Option<Price>,
    /// By number of people, where the rate plan is sold per person.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) rates: Vec<Rate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_stay_arrival: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_stay_through: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_stay: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) closed_to_arrival: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) closed_to_departure: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stop_sell: Option<bool>,
}

/// A price as text. A number would be in minor units, of which a currency without decimals leaves doubt.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Price(pub(crate) String);

/// A price for so many people.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Rate {
    pub(crate) occupancy: u16,
    pub(crate) rate: Price,
}

/// What became of a message: it is worked off under these tasks, but for what the warnings are about.
#[derive(Debug, Deserialize)]
pub(crate) struct Taken {
    #[serde(default, deserialize_with = "or_default")]
    data: Tasks,
    #[serde(default, deserialize_with = "or_default")]
    meta: TakenMeta,
}

#[derive(Debug, Default, Deserialize)]
struct TakenMeta {
    #[serde(default, deserialize_with = "or_default")]
    warnings: Vec<Value>,
}

/// One task, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Tasks {
    Several(Vec<Task>),
    One(Task),
}

#[derive(Debug, Deserialize)]
struct Task {
    id: String,
}

impl Default for Tasks {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Taken {
    /// The tasks' ids in one text; none where there is no task.
    pub(crate) fn task(&self) -> Option<String> {
        let ids: Vec<&str> = match &self.data {
            Tasks::Several(tasks) => tasks.iter().map(|task| task.id.as_str()).collect(),
            Tasks::One(task) => vec![&task.id],
        };
        (!ids.is_empty()).then(|| ids.join(","))
    }

    pub(crate) fn warnings(&self) -> &[Value] {
        &self.meta.warnings
    }
}

/// Units by room type and night.
pub(crate) type Availability = BTreeMap<String, BTreeMap<Date, i64>>;

/// By rate plan and night.
pub(crate) type Restrictions = BTreeMap<String, BTreeMap<Date, Shown>>;

/// What a rate plan shows for one night.
#[derive(Debug, Deserialize)]
pub(crate) struct Shown {
    pub(crate) rate: Option<Decimal>,
    pub(crate) min_stay_arrival: Option<u32>,
    pub(crate) min_stay_through: Option<u32>,
    pub(crate) max_stay: Option<u32>,
    pub(crate) closed_to_arrival: Option<bool>,
    pub(crate) closed_to_departure: Option<bool>,
    pub(crate) stop_sell: Option<bool>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tasks(answer: Value) -> Option<String> {
        let taken: Taken = serde_json::from_value(answer).expect("an answer");
        taken.task()
    }

    #[test]
    fn a_task_is_found_in_whatever_form_it_comes() {
        assert_eq!(
            tasks(json!({"data": [{"id": "a", "type": "task"}]})),
            Some("a".to_owned())
        );
        assert_eq!(
            tasks(json!({"data": [{"id": "a"}, {"id": "b"}]})),
            Some("a,b".to_owned())
        );
        assert_eq!(tasks(json!({"data": {"id": "a"}})), Some("a".to_owned()));
        for without in [
            json!({}),
            json!({"data": null, "meta": null}),
            json!({"data": []}),
        ] {
            assert_eq!(tasks(without), None);
        }
    }

    #[test]
    fn one_night_is_a_date_and_more_are_a_range() {
        let day = |text: &str| text.parse::<Date>().expect("a date");
        let (first, last) = (day("2026-11-21"), day("2026-11-22"));
        let written = |nights: Nights| serde_json::to_value(nights).expect("JSON");
        assert_eq!(
            written(Nights::range(first, first)),
            json!({"date": "2026-11-21"})
        );
        assert_eq!(
            written(Nights::range(first, last)),
            json!({"date_from": "2026-11-21", "date_to": "2026-11-22"})
        );
    }
}
