//! Reading a `Booking`: attributes by name, and what is wrong where one is missing. The card beside the stay is not read.

use std::str::FromStr;

use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Date, Decimal, Failure, Timestamp};

/// An attribute that must be there.
pub(crate) fn text<'a>(element: &'a Element, name: &str) -> Result<&'a str, Failure> {
    element
        .get(name)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Failure::Permanent(format!("a {} has no {name}", element.name())))
}

/// An element that must be there.
pub(crate) fn within<'a>(element: &'a Element, path: &[&str]) -> Result<&'a Element, Failure> {
    element.at(path).ok_or_else(|| {
        Failure::Permanent(format!("a {} has no {}", element.name(), path.join("/")))
    })
}

/// An element that must be there, and the only one of its name: what stood beside it would be lost.
pub(crate) fn only<'a>(element: &'a Element, name: &str) -> Result<&'a Element, Failure> {
    let mut all = element.all(name);
    match (all.next(), all.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(Failure::Permanent(format!(
            "a {} has more than one {name}",
            element.name()
        ))),
        (None, _) => Err(Failure::Permanent(format!(
            "a {} has no {name}",
            element.name()
        ))),
    }
}

pub(crate) fn day(element: &Element, name: &str) -> Result<Date, Failure> {
    read(element, name)
}

pub(crate) fn instant(element: &Element, name: &str) -> Result<Timestamp, Failure> {
    read(element, name)
}

pub(crate) fn amount(element: &Element, name: &str) -> Result<Decimal, Failure> {
    read(element, name)
}

pub(crate) fn number<T: FromStr>(element: &Element, name: &str) -> Result<T, Failure> {
    read(element, name)
}

/// The value itself is not told where it cannot be read.
fn read<T: FromStr>(element: &Element, name: &str) -> Result<T, Failure> {
    let found = text(element, name)?;
    found.parse().map_err(|_| {
        Failure::Permanent(format!("the {name} of a {} cannot be read", element.name()))
    })
}
