//! XML for channels that speak it: a document is a small tree, written with everything escaped and read strictly.
//!
//! ```
//! use roomwire_plugin_sdk::xml::Element;
//!
//! let question = Element::new("Ping").attribute("Version", "1.0").child(Element::new("Text").text("R&B"));
//! let document = question.to_bytes()?;
//! assert_eq!(Element::parse(&document)?.at(&["Text"]).map(Element::content), Some("R&B"));
//! # Ok::<(), roomwire_plugin_sdk::xml::Error>(())
//! ```
//!
//! Prefixes of namespaces are read over: `soap:Body` is `Body`. Document types, and with them entities of their own,
//! are refused.

mod read;
mod write;

use std::fmt;

use crate::Failure;

/// An element with its attributes and what is in it. Text between its children is one text, without space at its ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Self>,
    text: String,
}

/// Why a document cannot be read or written: never with the values in it, which may be a guest's name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error(String);

impl Element {
    /// An element without anything in it.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            attributes: Vec::new(),
            children: Vec::new(),
            text: String::new(),
        }
    }

    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// Adds an attribute where there is a value.
    #[must_use]
    pub fn optional(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.attribute(name, value),
            None => self,
        }
    }

    #[must_use]
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of an attribute.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let (_, value) = attributes.find(|(found, _)| found == name)?;
        Some(value)
    }

    /// All attributes, in their order; declarations of namespaces are among them.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        let attributes = self.attributes.iter();
        attributes.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The text that stands directly in it.
    #[must_use]
    pub fn content(&self) -> &str {
        &self.text
    }

    /// Everything that stands directly in it.
    #[must_use]
    pub fn elements(&self) -> &[Self] {
        &self.children
    }

    /// What stands directly in it under this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first of this name in the first of that name, and so on; of an empty path, the element itself.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |element, name| {
            element.children.iter().find(|child| child.name == *name)
        })
    }

    /// Reads a document in UTF-8.
    ///
    /// # Errors
    /// It is not well-formed, has a document type, or is nested absurdly deep.
    pub fn parse(document: &[u8]) -> Result<Self, Error> {
        read::document(document)
    }

    /// The document of which this is the root. What XML cannot say (control characters) becomes U+FFFD.
    ///
    /// # Errors
    /// A name is no name in XML.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        write::document(self, write::Empty::Closed)
    }

    /// The same document, in which what is empty has an end tag of its own: there are channels that take no other form.
    ///
    /// # Errors
    /// As [`Element::to_bytes`].
    pub fn to_bytes_in_pairs(&self) -> Result<Vec<u8>, Error> {
        write::document(self, write::Empty::Paired)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// What the remote sent cannot be understood, and will not be when it is sent again.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Permanent(error.0)
    }
}

#[cfg(test)]
mod tests;
