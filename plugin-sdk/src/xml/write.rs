//! Writing: the library escapes, and this refuses and replaces what XML has no way to say.

use std::borrow::Cow;
use std::io;

use quick_xml::Writer;
use quick_xml::escape::escape;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::name::QName;

use super::{Element, Error};

/// How an element without anything in it is written.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Empty {
    /// `<A/>`
    Closed,
    /// `<A></A>`
    Paired,
}

pub(super) fn document(root: &Element, empty: Empty) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::new(Vec::new());
    writer
        .write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))
        .and_then(|()| write(root, empty, &mut writer))
        .map_err(|error| Error(error.to_string()))?;
    Ok(writer.into_inner())
}

fn write(element: &Element, empty: Empty, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
    let mut start = BytesStart::new(checked(&element.name)?);
    for (name, value) in &element.attributes {
        start.push_attribute(Attribute {
            key: QName(checked(name)?),
            value: Cow::Owned(attribute(value)),
        });
    }
    let is_empty = element.text.is_empty() && element.children.is_empty();
    if is_empty && empty == Empty::Closed {
        return writer.write_event(Event::Empty(start));
    }
    writer.write_event(Event::Start(start))?;
    if !element.text.is_empty() {
        writer.write_event(Event::Text(BytesText::new(&sayable(&element.text))))?;
    }
    for child in &element.children {
        write(child, empty, writer)?;
    }
    writer.write_event(Event::End(BytesEnd::new(element.name.as_str())))
}

/// Names are written into connectors, so a plain alphabet is enough.
fn checked(name: &str) -> io::Result<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_:.-".contains(&byte);
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if begins && name.bytes().all(plain) {
        Ok(name)
    } else {
        Err(io::Error::other("an element or attribute has no XML name"))
    }
}

/// A line's end in an attribute would be read as a space.
fn attribute(value: &str) -> String {
    let escaped = escape(sayable(value));
    escaped.replace('\n', "&#10;").replace('\t', "&#9;")
}

/// Without the characters that XML 1.0 does not have, not even as references.
fn sayable(text: &str) -> Cow<'_, str> {
    let mute = |character: char| {
        let control = character.is_control() && u32::from(character) < 0x20;
        (control && !['\t', '\n', '\r'].contains(&character))
            || ['\u{fffe}', '\u{ffff}'].contains(&character)
    };
    if text.contains(mute) {
        Cow::Owned(text.replace(mute, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}
