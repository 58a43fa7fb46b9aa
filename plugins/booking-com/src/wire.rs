//! Booking.com's XML: the frame of messages, the queues of reservations, and the id that ends every answer.

use roomwire_plugin_sdk::clock;
use roomwire_plugin_sdk::xml::Element;
use serde::{Deserialize, Serialize};

const NAMESPACE: &str = "http://www.opentravel.org/OTA/2003/05";

/// The root of a message of ours.
pub(crate) fn message(name: &str, version: &str) -> Element {
    Element::new(name)
        .attribute("xmlns", NAMESPACE)
        .attribute("TimeStamp", clock::now().to_string())
        .attribute("Version", version)
}

/// A queue of reservations that wait for their acknowledgement.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Queue {
    New,
    /// Modified and cancelled.
    Changed,
}

impl Queue {
    /// The name of the endpoint, and of its messages but for `RQ` and `RS`.
    pub(crate) fn endpoint(self) -> &'static str {
        match self {
            Self::New => "OTA_HotelResNotif",
            Self::Changed => "OTA_HotelResModifyNotif",
        }
    }

    /// The list in a message, and an entry of it.
    pub(crate) fn entries(self) -> (&'static str, &'static str) {
        match self {
            Self::New => ("HotelReservations", "HotelReservation"),
            Self::Changed => ("HotelResModifies", "HotelResModify"),
        }
    }
}

/// What Booking.com's support asks for: every answer ends with it, in a comment.
pub(crate) fn ruid(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.rsplit_once("RUID:")?;
    let (id, _) = rest.split_once("-->")?;
    let id = id.trim().trim_matches(['[', ']']);
    let plain = (1..=500).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_an_answer_is_in_its_last_comment() {
        let found = |text: &str| ruid(text.as_bytes());
        assert_eq!(
            found("<A/>\n<!-- RUID: [UmFuZG9tSVY=] -->\n"),
            Some("UmFuZG9tSVY=".to_owned())
        );
        assert_eq!(found("<A/><!--RUID:x-->"), Some("x".to_owned()));
        for without in [
            "",
            "<A/>",
            "<!-- RUID: -->",
            "RUID: [x]",
            "<!-- RUID: [a b] -->",
        ] {
            assert_eq!(found(without), None, "{without}");
        }
    }
}
