//! What an acknowledgement must say: the queue, and the ids of the message exactly as they came. A token that says which
//! version of the reservation was read is among them, and which attribute it is need not be known.

use roomwire_plugin_sdk::Failure;
use roomwire_plugin_sdk::xml::Element;
use serde::{Deserialize, Serialize};

use crate::wire::Queue;

/// The longest text that the host keeps.
const LONGEST: usize = 255;

const ID: &str = "HotelReservationID";

/// A queue, and the attributes of each id.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Receipt(Queue, Vec<Vec<(String, String)>>);

impl Receipt {
    pub(crate) fn of(queue: Queue, ids: &Element) -> Self {
        let id = |id: &Element| {
            let attributes = id.attributes();
            let attributes = attributes.filter(|(name, _)| !name.starts_with("xmlns"));
            attributes
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect()
        };
        Self(queue, ids.all(ID).map(id).collect())
    }

    /// As the host keeps it. Where that is too long, the date of booking is left out: it tells no version.
    pub(crate) fn to_text(&self) -> Result<String, Failure> {
        let text = serde_json::to_string(self)?;
        if text.len() <= LONGEST {
            return Ok(text);
        }
        let without = |id: &Vec<(String, String)>| {
            let attributes = id.iter().filter(|(name, _)| name != "ResID_Date");
            attributes.cloned().collect()
        };
        let short = Self(self.0, self.1.iter().map(without).collect());
        Ok(serde_json::to_string(&short)?)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        serde_json::from_str(text).map_err(|_| {
            Failure::Permanent("an acknowledgement is not one of this connector's".to_owned())
        })
    }

    pub(crate) fn queue(&self) -> Queue {
        self.0
    }

    /// The ids as they came.
    pub(crate) fn ids(&self) -> Element {
        let id = |attributes: &Vec<(String, String)>| {
            let attributes = attributes.iter();
            attributes.fold(Element::new(ID), |id, (name, value)| {
                id.attribute(name.as_str(), value.as_str())
            })
        };
        Element::new("HotelReservationIDs").children(self.1.iter().map(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(token: &str) -> Element {
        let id = Element::new(ID).attribute("ResID_Value", "4705950059");
        let token = Element::new(ID)
            .attribute("ResID_Source", "RT")
            .attribute("ResID_Value", token);
        Element::new("HotelReservationIDs")
            .child(id.attribute("ResID_Date", "2026-11-21T10:00:00"))
            .child(token)
    }

    #[test]
    fn the_ids_go_back_as_they_came() {
        let came = ids("a&b");
        let text = Receipt::of(Queue::New, &came).to_text().expect("text");
        let receipt = Receipt::parse(&text).expect("a receipt");
        assert_eq!((receipt.queue(), receipt.ids()), (Queue::New, came));
    }

    #[test]
    fn a_long_receipt_goes_without_the_date_and_keeps_its_token() {
        let token = "t".repeat(140);
        let text = Receipt::of(Queue::Changed, &ids(&token)).to_text();
        let text = text.expect("text");
        assert!(text.len() <= LONGEST && text.contains(&token), "{text}");
        assert!(!text.contains("ResID_Date"));
    }

    #[test]
    fn what_is_no_receipt_is_refused() {
        for text in ["", "[]", r#"["other",[]]"#] {
            assert!(Receipt::parse(text).is_err(), "{text}");
        }
    }
}
