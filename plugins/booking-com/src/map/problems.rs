//! Complaints in an answer: which line they are about, and what to do about them.

use roomwire_plugin_sdk::channel::AriUpdate;
use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Failure, InvalidField};

/// One complaint, as far as it can be understood.
#[derive(Debug)]
pub(crate) struct Problem {
    /// The `LocatorID` of the line that it is about.
    locator: Option<String>,
    /// Booking.com's name of it, or its number.
    pub(crate) code: String,
    text: String,
    is_warning: bool,
}

/// What a complaint means for the update that it is about.
#[derive(Debug)]
pub(crate) enum Meaning {
    Refused(Failure),
    /// It was taken, and there is something to say about it.
    Told(String),
}

/// The errors and warnings of an answer, whether or not it calls itself a success.
pub(crate) fn problems(answer: &Element) -> Vec<Problem> {
    let of = |list, item, is_warning| {
        answer
            .all(list)
            .flat_map(move |list| list.all(item))
            .map(move |problem| Problem::read(problem, is_warning))
    };
    of("Errors", "Error", false)
        .chain(of("Warnings", "Warning", true))
        .collect()
}

impl Problem {
    fn read(problem: &Element, is_warning: bool) -> Self {
        let locator = problem.get("LocatorID").or(problem.get("RecordID"));
        let text = problem.get("ShortText").unwrap_or_default();
        Self {
            locator: locator.map(str::to_owned),
            code: code(problem),
            text: if text.is_empty() {
                problem.content().to_owned()
            } else {
                text.to_owned()
            },
            is_warning,
        }
    }

    /// The place of the line that it is about, among so many.
    pub(crate) fn line(&self, lines: usize) -> Option<usize> {
        let locator: usize = self.locator.as_deref()?.parse().ok()?;
        (1..=lines).contains(&locator).then(|| locator - 1)
    }

    pub(crate) fn meaning(&self, update: &AriUpdate) -> Meaning {
        match self.code.as_str() {
            "RATE_NOT_ACTIVE_FOR_ROOM" | "RATE_NOT_ACTIVE" | "ROOM_NOT_ACTIVE" => {
                let code = &update.target;
                let codes = std::iter::once(code.room.clone()).chain(code.rate.clone());
                Meaning::Refused(Failure::MappingMissing(codes.collect()))
            }
            // The second of two lines about one night was not applied, or it is not the time: what is sent is absolute.
            "AVAILABILITY_UPDATE_DISABLE_HOTEL_SWITCHING_CURRENCY"
            | "WARN_DUPLICATE_DATES"
            | "WARN_UNPROCESSED_ADDITIONAL_GUEST" => {
                Meaning::Refused(Failure::Retry(self.sentence()))
            }
            _ if self.is_warning => Meaning::Told(self.sentence()),
            _ => Meaning::Refused(Failure::Invalid(InvalidField {
                item: update.id.clone(),
                field: self.code.clone(),
                message: self.sentence(),
            })),
        }
    }

    /// Whether it only tells something, whatever it is about.
    pub(crate) fn is_mere_word(&self) -> bool {
        self.is_warning
            && !["WARN_DUPLICATE_DATES", "WARN_UNPROCESSED_ADDITIONAL_GUEST"]
                .contains(&self.code.as_str())
    }

    pub(crate) fn sentence(&self) -> String {
        match (self.code.as_str(), self.text.as_str()) {
            ("", text) => text.to_owned(),
            (code, text) if text.is_empty() || text.contains(code) => {
                if text.is_empty() { code } else { text }.to_owned()
            }
            (code, text) => format!("{code}: {text}"),
        }
    }
}

/// Booking.com's name of a problem, wherever in it that stands; otherwise its number.
fn code(problem: &Element) -> String {
    let number = problem.get("Code");
    let places = [number, problem.get("ShortText"), Some(problem.content())];
    let between = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '_');
    let mut words = places
        .into_iter()
        .flatten()
        .flat_map(|text| text.split(between));
    let name = words.find(|word| is_name(word));
    name.or(number).unwrap_or_default().to_owned()
}

/// `NOT_A_VALID_DATE`.
fn is_name(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    word.contains('_') && word.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(answer: &str) -> Problem {
        let answer = Element::parse(answer.as_bytes()).expect("XML");
        let mut found = problems(&answer);
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    #[test]
    fn a_problem_is_named_wherever_its_name_stands() {
        for answer in [
            r#"<RS><Errors><Error Code="RATE_NOT_ACTIVE" LocatorID="2">Not active</Error></Errors></RS>"#,
            r#"<RS><Errors><Error Type="3" Code="397" ShortText="RATE_NOT_ACTIVE: not active" RecordID="2"/></Errors></RS>"#,
            r#"<RS><Success/><Errors><Error RecordID="2">RATE_NOT_ACTIVE</Error></Errors></RS>"#,
        ] {
            let problem = only(answer);
            assert_eq!(problem.code, "RATE_NOT_ACTIVE", "{answer}");
            assert_eq!(problem.line(2), Some(1));
            assert_eq!(problem.line(1), None, "there is no second line");
        }
    }

    #[test]
    fn a_problem_without_a_name_has_its_number_and_words() {
        let problem = only(r#"<RS><Errors><Error Code="367">Bad room</Error></Errors></RS>"#);
        assert_eq!((problem.code.as_str(), problem.line(9)), ("367", None));
        assert_eq!(problem.sentence(), "367: Bad room");
        let silent = only("<RS><Warnings><Warning/></Warnings></RS>");
        assert_eq!((silent.code.as_str(), silent.sentence().as_str()), ("", ""));
    }
}
