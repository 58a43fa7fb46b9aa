//! Expedia's XML and JSON: only what we use. Card data is in other elements, which are not read.

pub(crate) mod booking;
pub(crate) mod envelope;
pub(crate) mod product;
pub(crate) mod update;

use std::fmt;

use roomwire_plugin_sdk::xml::Element;

/// The namespaces of the messages, each with its version.
pub(crate) const AR: &str = "http://www.expediaconnect.com/EQC/AR/2011/06";
pub(crate) const BR: &str = "http://www.expediaconnect.com/EQC/BR/2014/01";
pub(crate) const BC: &str = "http://www.expediaconnect.com/EQC/BC/2007/09";

/// An error or a warning: a code and a sentence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Notice {
    /// 0 where there is none.
    pub(crate) code: u32,
    pub(crate) sentence: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.code, self.sentence)
    }
}

/// The errors or warnings that stand directly in an element.
pub(crate) fn notices<'a>(within: &'a Element, name: &'a str) -> impl Iterator<Item = Notice> + 'a {
    within.all(name).map(|found| Notice {
        code: found
            .get("code")
            .and_then(|code| code.parse().ok())
            .unwrap_or(0),
        sentence: found.content().to_owned(),
    })
}
