//! Bodies that are XML: a login that stands in one, and elements that nobody here may keep.

#[cfg(test)]
mod tests;

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::WebhookRefusal;
use super::basic::is_login;
use crate::plugin::egress::scrub::Scrubber;
use crate::plugin::manifest::webhook::{Verification, WebhookRules, XmlLogin};

/// Whether a body claims to be XML. What is not whole is refused where it is read.
pub(in crate::plugin) fn is_xml(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.trim_ascii_start().starts_with(b"<")
}

/// A body as text. Positions are counted from the first letter.
fn text_of(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    Some(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Accepts a body that holds one of the logins, in the one element for it. All are compared, in constant time.
pub(super) fn verify(
    logins: &[&SecretString],
    place: &XmlLogin,
    body: &[u8],
) -> Result<(), WebhookRefusal> {
    if !logins.iter().any(|login| is_login(login)) {
        return Err(WebhookRefusal::NoSecret);
    }
    let given = text_of(body)
        .and_then(|text| Found::read(text, place))
        .ok_or(WebhookRefusal::WrongLogin)?;
    let given = fingerprint(&given);
    let usable = logins.iter().filter(|login| is_login(login));
    let right = usable.fold(Choice::from(0), |right, login| {
        right | fingerprint(login.expose_secret()).ct_eq(&given)
    });
    if bool::from(right) {
        Ok(())
    } else {
        Err(WebhookRefusal::WrongLogin)
    }
}

/// Of equal length for every text, so that the comparison tells nothing of the length either.
fn fingerprint(login: &str) -> [u8; 32] {
    Sha256::digest(login.as_bytes()).into()
}

/// The passwords alone: a sender may repeat one elsewhere.
pub(super) fn passwords(logins: &[&SecretString]) -> Scrubber {
    let password =
        |login: &&SecretString| Some(login.expose_secret().split_once(':')?.1.to_owned());
    let all: Vec<Zeroizing<String>> = logins
        .iter()
        .filter_map(password)
        .map(Zeroizing::new)
        .collect();
    Scrubber::new(all.iter().map(|one| one.as_str()))
}

/// The body as it may be kept: without the login's element and those that the rules withhold, and all that is in them.
pub(super) fn kept(rules: &WebhookRules, body: &[u8]) -> Result<Vec<u8>, WebhookRefusal> {
    let login = match &rules.verification {
        Verification::XmlLogin(place) => Some(place.element.as_str()),
        _ => None,
    };
    let names: Vec<&str> = rules
        .withheld
        .iter()
        .map(String::as_str)
        .chain(login)
        .collect();
    if names.is_empty() {
        return Ok(body.to_vec());
    }
    text_of(body)
        .and_then(|text| without(text, &names))
        .map(String::into_bytes)
        .ok_or(WebhookRefusal::Unreadable)
}

/// The text without these elements, where it is one whole document.
fn without(text: &str, names: &[&str]) -> Option<String> {
    let mut reader = Reader::from_str(text);
    let position = |reader: &Reader<&[u8]>| usize::try_from(reader.buffer_position()).ok();
    let is_cut = |start: &BytesStart<'_>| names.contains(&start.local_name().into_inner());
    let (mut kept, mut copied) = (String::with_capacity(text.len()), 0);
    let (mut depth, mut roots) = (0_usize, 0_usize);
    // Where the outermost element that is left out begins, and how deep it stands.
    let mut cut: Option<(usize, usize)> = None;
    loop {
        let before = position(&reader)?;
        let event = reader.read_event().ok()?;
        match event {
            Event::Start(start) => {
                roots += usize::from(depth == 0);
                if cut.is_none() && is_cut(&start) {
                    cut = Some((before, depth));
                }
                depth += 1;
            }
            Event::End(_) => {
                depth = depth.checked_sub(1)?;
                if let Some((begins, at)) = cut
                    && at == depth
                {
                    kept.push_str(text.get(copied..begins)?);
                    copied = position(&reader)?;
                    cut = None;
                }
            }
            Event::Empty(start) if cut.is_none() && is_cut(&start) => {
                kept.push_str(text.get(copied..before)?);
                copied = position(&reader)?;
            }
            // Entities of its own could say what the elements do not.
            Event::DocType(_) => return None,
            Event::Eof => break,
            _ => {}
        }
    }
    kept.push_str(text.get(copied..)?);
    (depth == 0 && roots == 1 && !mentions(&kept, names)).then_some(kept)
}

/// Whether a start tag of one of these names is left, which then stands in text: escaped, or in a comment or a section of
/// characters. A document in a document is not searched for more.
fn mentions(text: &str, names: &[&str]) -> bool {
    let plain = text
        .replace("&lt;", "<")
        .replace("&#60;", "<")
        .replace("&#x3c;", "<")
        .replace("&#x3C;", "<");
    let is_named = |letter: char| letter.is_alphanumeric() || "_.-:".contains(letter);
    plain.split('<').skip(1).any(|tag| {
        let end = tag
            .find(|letter: char| !is_named(letter))
            .unwrap_or(tag.len());
        let local = tag[..end].rsplit(':').next();
        local.is_some_and(|local| names.contains(&local))
    })
}

/// What was found of a login so far: the user and the password.
struct Found<'a> {
    place: &'a XmlLogin,
    values: [Option<Zeroizing<String>>; 2],
    seen: bool,
}

impl<'a> Found<'a> {
    /// `user:password`, where the document has the element once, with both of them once.
    fn read(text: &str, place: &'a XmlLogin) -> Option<Zeroizing<String>> {
        let mut found = Self {
            place,
            values: [None, None],
            seen: false,
        };
        found.walk(text)?;
        let [Some(user), Some(password)] = found.values else {
            return None;
        };
        // Another split of the same text would be another login.
        (!user.contains(':')).then(|| Zeroizing::new(format!("{}:{}", *user, *password)))
    }

    fn walk(&mut self, text: &str) -> Option<()> {
        let mut reader = Reader::from_str(text);
        let mut depth = 0_usize;
        // How deep the content of the login's element stands, and which value is being read.
        let (mut within, mut reading): (Option<usize>, Option<usize>) = (None, None);
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    if reading.is_some() {
                        return None;
                    }
                    if self.is_login(&start) {
                        self.enter(&start)?;
                        within = Some(depth + 1);
                    } else if within == Some(depth) {
                        reading = self.child(&start)?;
                    }
                    depth += 1;
                }
                Event::Empty(start) if self.is_login(&start) => self.enter(&start)?,
                Event::End(_) => {
                    depth = depth.checked_sub(1)?;
                    reading = None;
                    within = within.filter(|inside| *inside <= depth);
                }
                Event::Text(text) => self.say(reading, &text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let character = reference.resolve_char_ref().ok()?.map(String::from);
                    let entity = || resolve_xml_entity(&reference).map(str::to_owned);
                    self.say(reading, &character.or_else(entity)?);
                }
                Event::CData(text) => self.say(reading, &text.xml10_content()),
                Event::DocType(_) => return None,
                Event::Eof => return (depth == 0 && self.seen).then_some(()),
                _ => {}
            }
        }
    }

    fn is_login(&self, start: &BytesStart<'_>) -> bool {
        start.local_name().into_inner() == self.place.element
    }

    fn names(&self) -> [&'a str; 2] {
        [&self.place.username, &self.place.password]
    }

    /// The login's element: the only one, with what its attributes say.
    fn enter(&mut self, start: &BytesStart<'_>) -> Option<()> {
        if std::mem::replace(&mut self.seen, true) {
            return None;
        }
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let name = attribute.key.into_inner();
            if let Some(which) = self.names().iter().position(|known| *known == name) {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
                self.put(which, value.into_owned())?;
            }
        }
        Some(())
    }

    /// An element directly in the login's: whether it is one of the values.
    fn child(&mut self, start: &BytesStart<'_>) -> Option<Option<usize>> {
        let local = start.local_name();
        let name = local.into_inner();
        let which = self.names().iter().position(|known| *known == name);
        if let Some(which) = which {
            self.put(which, String::new())?;
        }
        Some(which)
    }

    fn put(&mut self, which: usize, value: String) -> Option<()> {
        let before = self.values[which].replace(Zeroizing::new(value));
        before.is_none().then_some(())
    }

    fn say(&mut self, reading: Option<usize>, text: &str) {
        if let Some(Some(value)) = reading.map(|which| &mut self.values[which]) {
            value.push_str(text);
        }
    }
}
