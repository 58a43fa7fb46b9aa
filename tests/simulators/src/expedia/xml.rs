//! XML as Expedia takes it: well-formed, without prefixes, and without elements in the short form `<A/>`.

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer, XmlVersion};

/// Deeper than any message is.
const DEEPEST: usize = 16;

/// An element with what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
    text: String,
}

impl Node {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.attributes.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn containing(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    pub(super) fn saying(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let (_, value) = attributes.find(|(found, _)| found == name)?;
        Some(value)
    }

    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// What stands directly in it under this name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub(super) fn first(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Whether only these attributes and these elements are in it, the elements in this order.
    pub(super) fn holds_only(&self, attributes: &[&str], children: &[&str]) -> Result<(), String> {
        for (name, _) in &self.attributes {
            if !attributes.contains(&name.as_str()) {
                return Err(format!(
                    "the attribute {name} of {} is not expected",
                    self.name
                ));
            }
        }
        let mut reached = 0;
        for child in &self.children {
            let place = children.iter().position(|name| *name == child.name);
            match place {
                Some(place) if place >= reached => reached = place,
                _ => {
                    let (name, parent) = (&child.name, &self.name);
                    return Err(format!(
                        "the element {name} of {parent} is not expected there"
                    ));
                }
            }
        }
        Ok(())
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, String> {
        self.get(name)
            .ok_or_else(|| format!("the attribute {name} of {} is missing", self.name))
    }

    pub(super) fn only(&self, name: &str) -> Result<&Self, String> {
        let mut found = self.children.iter().filter(|child| child.name == name);
        match (found.next(), found.next()) {
            (Some(found), None) => Ok(found),
            _ => Err(format!(
                "the element {name} of {} is not there once",
                self.name
            )),
        }
    }

    /// The document of which this is the root.
    pub(super) fn document(&self) -> String {
        let mut writer = Writer::new(Vec::new());
        let declared = writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        let written = declared.and_then(|()| self.write(&mut writer));
        written.expect("memory takes every byte");
        String::from_utf8(writer.into_inner()).expect("texts make a text")
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        let mut start = BytesStart::new(self.name.as_str());
        for (name, value) in &self.attributes {
            start.push_attribute((name.as_str(), value.as_str()));
        }
        if self.children.is_empty() && self.text.is_empty() {
            return writer.write_event(Event::Empty(start));
        }
        writer.write_event(Event::Start(start))?;
        if !self.text.is_empty() {
            writer.write_event(Event::Text(BytesText::new(&self.text)))?;
        }
        for child in &self.children {
            child.write(writer)?;
        }
        writer.write_event(Event::End(BytesEnd::new(self.name.as_str())))
    }
}

/// How XML may be spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spelling {
    /// As Expedia takes it in messages.
    Plain,
    /// As others write SOAP: with prefixes, which are dropped, and short forms.
    Any,
}

/// Reads a document, or tells what is wrong with it.
pub(super) fn read(body: &[u8]) -> Result<Node, String> {
    read_spelled(body, Spelling::Plain)
}

/// Reads an answer in SOAP; prefixes are dropped.
pub(super) fn read_soap(body: &[u8]) -> Result<Node, String> {
    read_spelled(body, Spelling::Any)
}

fn read_spelled(body: &[u8], spelling: Spelling) -> Result<Node, String> {
    let text = std::str::from_utf8(body).map_err(|_| "it is not UTF-8".to_owned())?;
    let mut reader = Reader::from_str(text);
    let (mut open, mut root): (Vec<Node>, Option<Node>) = (Vec::new(), None);
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) if root.is_none() && open.len() < DEEPEST => {
                open.push(node(&start, spelling)?);
            }
            Event::End(_) => {
                let closed = open.pop().ok_or("an end without a beginning")?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(closed),
                    None => root = Some(closed),
                }
            }
            Event::Text(text) => say(&mut open, &text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let character = reference
                    .resolve_char_ref()
                    .map_err(|error| error.to_string())?;
                let entity = resolve_xml_entity(&reference).map(str::to_owned);
                let told = character
                    .map(String::from)
                    .or(entity)
                    .ok_or("an unknown entity")?;
                say(&mut open, &told)?;
            }
            Event::Empty(start) if spelling == Spelling::Any => {
                let parent = open.last_mut().ok_or("the root is empty")?;
                parent.children.push(node(&start, spelling)?);
            }
            Event::Empty(_) => return Err("an empty element has no end tag of its own".to_owned()),
            Event::Decl(_) | Event::Comment(_) => {}
            Event::Eof => break,
            _ => return Err("only elements and texts are taken".to_owned()),
        }
    }
    match root {
        Some(root) if open.is_empty() => Ok(root),
        _ => Err("it has no whole root".to_owned()),
    }
}

fn say(open: &mut [Node], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(node) => node.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("there is text outside of the root".to_owned()),
    }
    Ok(())
}

fn node(start: &BytesStart<'_>, spelling: Spelling) -> Result<Node, String> {
    let mut node = Node::new(start.name().into_inner());
    if let Some((_, local)) = node.name.rsplit_once(':') {
        if spelling == Spelling::Plain {
            return Err("a name has a prefix".to_owned());
        }
        node.name = local.to_owned();
    }
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| error.to_string())?;
        node = node.with(attribute.key.into_inner(), value);
    }
    Ok(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_and_written_again() {
        let text = "<A b=\"x&amp;y\"><C></C> <D>1 &lt; 2</D></A>";
        let read = read(text.as_bytes()).expect("a document");
        assert_eq!((read.get("b"), read.children.len()), (Some("x&y"), 2));
        assert_eq!(read.first("D").map(Node::text), Some("1 < 2"));
        assert!(
            read.document().contains("<A b=\"x&amp;y\">"),
            "{}",
            read.document()
        );
    }

    #[test]
    fn the_short_form_prefixes_and_halves_are_refused() {
        for text in [
            "<A/>",
            "<A><B/></A>",
            "<x:A></x:A>",
            "<A>",
            "<A></A><B></B>",
            "x",
            "",
            "<A></B>",
        ] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn an_answer_in_soap_is_read_without_its_prefixes() {
        let node = read_soap(b"<s:A><B/><x:C d=\"1\"/></s:A>").expect("a document");
        let names: Vec<&str> = node.children.iter().map(|one| one.name.as_str()).collect();
        assert_eq!((node.name.as_str(), names), ("A", vec!["B", "C"]));
        for text in ["<A/>", "<s:A>", "{}"] {
            assert!(read_soap(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_not_expected_or_stands_elsewhere_is_told() {
        let node = read(b"<A b=\"1\"><C></C><D></D></A>").expect("a document");
        assert_eq!(node.holds_only(&["b"], &["C", "D"]), Ok(()));
        assert!(node.holds_only(&[], &["C", "D"]).is_err());
        assert!(node.holds_only(&["b"], &["D", "C"]).is_err());
        assert!(node.holds_only(&["b"], &["C"]).is_err());
    }
}
