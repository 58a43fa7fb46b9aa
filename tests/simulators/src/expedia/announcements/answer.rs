//! What an answer to a booking notification means.

use http::StatusCode;

use super::message::names;
use super::{EXPEDIAS, OURS};
use crate::delivery::Delivery;
use crate::expedia::model::{Kind, Transaction};
use crate::expedia::xml::{self, Node};

/// What Expedia does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The hotel's number.
    Confirmed(String),
    /// An error: the booking goes by mail from now on.
    Refused,
    /// Anything else: the notification comes again, until it expires.
    Nothing,
}

/// Only an answer to this transaction and to nothing else is one.
pub(super) fn heard(answer: &Delivery, one: &Transaction) -> Heard {
    let told = told(answer, one);
    let Some(told) = told else {
        return Heard::Nothing;
    };
    if told.first("Errors").is_some() {
        return Heard::Refused;
    }
    let (ours, expedias) = numbers(&told, one.kind);
    let is_meant = told.only("Success").is_ok() && expedias.as_deref() == Some(&*one.booking);
    match ours.filter(|number| is_meant && (1..=50).contains(&number.len())) {
        Some(number) => Heard::Confirmed(number),
        None => Heard::Nothing,
    }
}

fn told(answer: &Delivery, one: &Transaction) -> Option<Node> {
    if answer.status != StatusCode::OK.as_u16() {
        return None;
    }
    let envelope = xml::read_soap(answer.answer.as_bytes()).ok()?;
    let (_, expected) = names(one.kind);
    let told = envelope.only("Body").ok()?.only(expected).ok()?;
    (envelope.name == "Envelope").then(|| told.clone())
}

/// The hotel's number and Expedia's, each where it stands once: two would be a riddle.
fn numbers(told: &Node, kind: Kind) -> (Option<String>, Option<String>) {
    let mut ids = Vec::new();
    let of = |ids: &[&Node], (kind, value): (&str, &str), sort: &str| {
        let mut all = ids
            .iter()
            .filter(|id| id.get(kind) == Some(sort))
            .filter_map(|id| id.get(value));
        let first = all.next().map(str::to_owned);
        first.filter(|_| all.next().is_none())
    };
    if kind == Kind::Cancel {
        let cancelled = told.first("CancelInfoRS");
        let ours: Vec<&Node> =
            cancelled.map_or_else(Vec::new, |info| info.all("UniqueID").collect());
        ids.extend(told.all("UniqueID"));
        let places = ("Type", "ID");
        return (of(&ours, places, "10"), of(&ids, places, "14"));
    }
    gather(told, &mut ids);
    let places = ("ResID_Type", "ResID_Value");
    (of(&ids, places, OURS), of(&ids, places, EXPEDIAS))
}

fn gather<'a>(node: &'a Node, ids: &mut Vec<&'a Node>) {
    for child in &node.children {
        if child.name == "HotelReservationID" {
            ids.push(child);
        }
        gather(child, ids);
    }
}
