//! Guests whose names try to be more than names.

use serde::Deserialize;

use crate::domain::connector::{ChannelGuest, Revision};

/// Which names guests have.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Names {
    #[default]
    Plain,
    /// Quotes, markup, another direction of writing, letters of four bytes, places of templates, and a very long one.
    Hostile,
    /// Control characters, which XML does not know.
    Control,
}

/// As many as there are kinds of them.
const HOSTILE: [&str; 5] = [
    "O'Neil \"Bobby\"; DROP TABLE guests; --",
    "<script>alert(1)</script> ]]> &amp; &#0;",
    "\u{202e}שלום مرحبا",
    "🏨👩‍👧 𝕬𝖉𝖆",
    "{{ secret }} ${HOME} %00 ..\\..\\",
];

const CONTROL: &str = "Ada\u{0}\u{1b}[31m\u{7f}\r\nBcc: eve";

/// Far more than the host keeps of a name.
const LONG: usize = 2_000;

/// So much of a name must come, at least.
const SEEN: usize = 60;

impl Names {
    /// The surname of the guest with this number.
    pub(super) fn surname(self, number: u32) -> String {
        let number = usize::try_from(number).unwrap_or_default();
        match self {
            Self::Plain => "Lovelace".to_owned(),
            Self::Hostile => HOSTILE
                .get(number % (HOSTILE.len() + 1))
                .map_or_else(|| "Ž".repeat(LONG), |&name| name.to_owned()),
            Self::Control => CONTROL.to_owned(),
        }
    }
}

/// Whether somebody of this name stays or has booked. The host puts spaces for control characters, and cuts what is long.
pub(super) fn is_named(revision: &Revision, surname: &str) -> bool {
    let spaced = |letter: char| if letter.is_control() { ' ' } else { letter };
    let wanted: String = surname.chars().map(spaced).take(SEEN).collect();
    let has = |guest: &ChannelGuest| {
        guest.first_name.contains(&wanted) || guest.last_name.contains(&wanted)
    };
    let mut staying = revision.rooms.iter().flat_map(|room| &room.guests);
    has(&revision.booker) || staying.any(has)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::connector::RevisionStatus;
    use crate::domain::money::Money;

    fn guest(last_name: &str) -> ChannelGuest {
        ChannelGuest {
            first_name: "Ada".to_owned(),
            last_name: last_name.to_owned(),
            email: None,
            phone: None,
            country: None,
            language: None,
        }
    }

    fn of(last_name: &str) -> Revision {
        Revision {
            reservation: "1".to_owned(),
            revision: "1".to_owned(),
            order: 1,
            status: RevisionStatus::Confirmed,
            source: None,
            booker: guest(last_name),
            rooms: Vec::new(),
            total: Money {
                minor: 1,
                currency: "EUR".parse().expect("a currency"),
            },
            notes: None,
            booked_at: Some(Timestamp::UNIX_EPOCH),
            acknowledgement: None,
        }
    }

    #[test]
    fn a_printable_name_must_come_as_it_is() {
        for number in 0..5 {
            let name = Names::Hostile.surname(number);
            assert!(!name.contains(char::is_control), "{name}");
            assert!(is_named(&of(&name), &name), "{name}");
            assert!(!is_named(&of("Lovelace"), &name), "{name}");
        }
        let marked = Names::Hostile.surname(1);
        assert!(!is_named(&of(&marked.replace('<', "&lt;")), &marked));
    }

    #[test]
    fn a_long_name_may_be_cut_and_a_control_character_be_a_space() {
        let long = Names::Hostile.surname(5);
        assert!(long.len() > 1_000);
        let cut: String = long.chars().take(100).collect();
        assert!(is_named(&of(&format!("{cut}…")), &long));
        assert!(!is_named(&of("Ž"), &long));
        let control = Names::Control.surname(0);
        assert!(is_named(&of("Ada  [31m   Bcc: eve"), &control));
        assert!(!is_named(&of("Ada"), &control));
    }
}
