//! Reading: the library's events become a tree.

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Element, Error};

/// Elements within elements; no channel's document has a tenth of it.
const MAX_DEPTH: usize = 64;

pub(super) fn document(document: &[u8]) -> Result<Element, Error> {
    let text = std::str::from_utf8(document)
        .map_err(|_| Error("the XML is not written in UTF-8".to_owned()))?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut tree = Tree::default();
    loop {
        let place = reader.buffer_position();
        let unreadable = || Error(format!("the XML cannot be read at byte {place}"));
        match reader.read_event().map_err(|_| unreadable())? {
            Event::Start(start) => tree.open(element(&start).ok_or_else(unreadable)?)?,
            Event::Empty(start) => {
                tree.open(element(&start).ok_or_else(unreadable)?)?;
                tree.close();
            }
            Event::End(_) => tree.close(),
            Event::Text(text) => tree.write(&text.xml10_content())?,
            Event::CData(text) => tree.write(&text.xml10_content())?,
            Event::GeneralRef(reference) => {
                tree.write(&resolved(&reference).ok_or_else(unreadable)?)?;
            }
            Event::DocType(_) => return Err(Error("the XML has a document type".to_owned())),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return tree.finish(),
        }
    }
}

/// A tree that is being read: the elements that are open, and the root once it is closed.
#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
}

impl Tree {
    fn open(&mut self, element: Element) -> Result<(), Error> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Error("the XML is nested too deep".to_owned()));
        }
        if self.root.is_some() {
            return Err(outside());
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self) {
        let Some(mut element) = self.open.pop() else {
            return;
        };
        let trimmed = element.text.trim();
        if trimmed.len() != element.text.len() {
            element.text = trimmed.to_owned();
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn write(&mut self, text: &str) -> Result<(), Error> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(outside()),
        }
        Ok(())
    }

    fn finish(self) -> Result<Element, Error> {
        if !self.open.is_empty() {
            return Err(Error("the XML ends before its elements do".to_owned()));
        }
        self.root
            .ok_or_else(|| Error("there is no XML in it".to_owned()))
    }
}

fn outside() -> Error {
    Error("the XML has something beside its root".to_owned())
}

/// None where an attribute is malformed, stands twice, or names an unknown entity.
fn element(start: &BytesStart<'_>) -> Option<Element> {
    let mut element = Element::new(local(start.name().into_inner()));
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let name = attribute.key.into_inner();
        let name = if name.starts_with("xmlns") {
            name
        } else {
            local(name)
        };
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
        element = element.attribute(name, value.into_owned());
    }
    Some(element)
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn resolved(reference: &BytesRef<'_>) -> Option<String> {
    match reference.resolve_char_ref().ok()? {
        Some(character) => Some(character.to_string()),
        None => resolve_xml_entity(reference).map(str::to_owned),
    }
}
