//! What the JSON columns of reservations hold: guests, checklists, terms of cancellation.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::cancellation::{Penalty, Terms};
use crate::domain::reservation::{Checklist, FileReference, Guest};

/// A guest as the JSON columns hold one.
#[derive(Deserialize, Serialize)]
pub(super) struct GuestJson {
    first_name: String,
    last_name: String,
    email: Option<String>,
    phone: Option<String>,
}

impl From<&Guest> for GuestJson {
    fn from(guest: &Guest) -> Self {
        let Guest {
            first_name,
            last_name,
            email,
            phone,
        } = guest.clone();
        Self {
            first_name,
            last_name,
            email,
            phone,
        }
    }
}

impl From<GuestJson> for Guest {
    fn from(guest: GuestJson) -> Self {
        let GuestJson {
            first_name,
            last_name,
            email,
            phone,
        } = guest;
        Self {
            first_name,
            last_name,
            email,
            phone,
        }
    }
}

/// A checklist as its column holds it.
#[derive(Deserialize, Serialize)]
pub(super) struct ChecklistJson {
    notes: Option<String>,
    files: Vec<FileJson>,
    guest_notified: bool,
}

#[derive(Deserialize, Serialize)]
struct FileJson {
    name: String,
    url: String,
}

impl From<&Checklist> for ChecklistJson {
    fn from(checklist: &Checklist) -> Self {
        Self {
            notes: checklist.notes.clone(),
            files: checklist
                .files
                .iter()
                .map(|file| FileJson {
                    name: file.name.clone(),
                    url: file.url.clone(),
                })
                .collect(),
            guest_notified: checklist.guest_notified,
        }
    }
}

impl From<ChecklistJson> for Checklist {
    fn from(checklist: ChecklistJson) -> Self {
        Self {
            notes: checklist.notes,
            files: checklist
                .files
                .into_iter()
                .map(|FileJson { name, url }| FileReference { name, url })
                .collect(),
            guest_notified: checklist.guest_notified,
        }
    }
}

/// Terms as they are kept with what was booked under them.
pub(super) fn terms_json(terms: &Terms) -> Value {
    let (penalty, percent) = penalty_columns(terms.penalty);
    json!({
        "code": terms.code,
        "name": terms.name,
        "free_until_hours": terms.free_until_hours,
        "penalty": penalty,
        "penalty_percent": percent,
    })
}

/// Terms as they were kept, or `None` where they make no sense.
pub(super) fn terms_from(value: Value) -> Option<Terms> {
    #[derive(Deserialize)]
    struct TermsJson {
        code: String,
        name: String,
        free_until_hours: Option<u32>,
        penalty: String,
        penalty_percent: Option<i16>,
    }
    let terms: TermsJson = serde_json::from_value(value).ok()?;
    Some(Terms {
        code: terms.code,
        name: terms.name,
        free_until_hours: terms.free_until_hours,
        penalty: penalty(&terms.penalty, terms.penalty_percent)?,
    })
}

fn penalty_columns(penalty: Penalty) -> (&'static str, Option<u8>) {
    match penalty {
        Penalty::None => ("none", None),
        Penalty::FirstNight => ("first_night", None),
        Penalty::Percent(percent) => ("percent", Some(percent)),
        Penalty::WholeStay => ("whole_stay", None),
    }
}

/// A penalty by its two columns, or `None` where they contradict each other.
pub(super) fn penalty(name: &str, percent: Option<i16>) -> Option<Penalty> {
    match (name, percent) {
        ("none", None) => Some(Penalty::None),
        ("first_night", None) => Some(Penalty::FirstNight),
        ("whole_stay", None) => Some(Penalty::WholeStay),
        ("percent", Some(percent)) => u8::try_from(percent).ok().map(Penalty::Percent),
        _ => None,
    }
}
