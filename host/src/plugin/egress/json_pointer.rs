//! Secrets in a body that is JSON: a member of one of its objects. Every other byte stays as the guest wrote it.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Deserializer, Value};

/// The body with the secret where the pointer leads. The error says nothing of the body or of the secret.
pub(super) fn insert(body: &[u8], pointer: &str, secret: &str) -> Result<Vec<u8>, String> {
    let unreadable = || "the body is not JSON in UTF-8".to_owned();
    let text = std::str::from_utf8(body).map_err(|_| unreadable())?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|_| unreadable())?;
    let tokens = tokens(pointer);
    let (name, parents) = tokens.split_last().ok_or_else(unreadable)?;
    let no_object = || format!("the body has no object for the secret at {pointer}");
    let mut object = Object::read(text, 0).ok_or_else(no_object)?;
    for parent in parents {
        let begin = object.only(parent).ok_or_else(no_object)?;
        object = Object::read(text, begin).ok_or_else(no_object)?;
    }
    // Some servers take names in any case.
    if object
        .members
        .iter()
        .any(|(taken, _)| taken.eq_ignore_ascii_case(name))
    {
        return Err(format!("{pointer} carries a secret, which the host adds"));
    }
    let comma = if object.members.is_empty() { "" } else { "," };
    let member = format!(
        "{}:{}{comma}",
        Value::from(name.as_str()),
        Value::from(secret)
    );
    let (before, after) = body.split_at(object.content);
    Ok([before, member.as_bytes(), after].concat())
}

/// The names that a pointer leads along (RFC 6901).
pub(in crate::plugin) fn tokens(pointer: &str) -> Vec<String> {
    let plain = |token: &str| token.replace("~1", "/").replace("~0", "~");
    pointer.split('/').skip(1).map(plain).collect()
}

/// Where an object's content begins, and its members with what stands behind their colons.
struct Object {
    content: usize,
    members: Vec<(String, usize)>,
}

impl Object {
    /// The object that begins here, in a text that is JSON.
    fn read(text: &str, begin: usize) -> Option<Self> {
        let content = after(text, begin, '{')?;
        let mut members = Vec::new();
        let mut at = content;
        while after(text, at, '}').is_none() {
            let (name, end): (String, usize) = value(text, at)?;
            let begin = after(text, end, ':')?;
            members.push((name, begin));
            let (_, end) = value::<IgnoredAny>(text, begin)?;
            at = after(text, end, ',').unwrap_or(end);
        }
        Some(Self { content, members })
    }

    /// Where the value of this name begins, unless another could be taken for it.
    fn only(&self, name: &str) -> Option<usize> {
        let mut alike = self
            .members
            .iter()
            .filter(|(found, _)| found.eq_ignore_ascii_case(name));
        match (alike.next(), alike.next()) {
            (Some((found, begin)), None) if found == name => Some(*begin),
            _ => None,
        }
    }
}

/// The place behind this character, where it is the next one but for space.
fn after(text: &str, begin: usize, wanted: char) -> Option<usize> {
    let rest = text
        .get(begin..)?
        .trim_start_matches([' ', '\t', '\n', '\r']);
    let behind = rest.strip_prefix(wanted)?;
    Some(text.len() - behind.len())
}

/// The value that begins here, and where it ends.
fn value<T: DeserializeOwned>(text: &str, begin: usize) -> Option<(T, usize)> {
    let mut values = Deserializer::from_str(text.get(begin..)?).into_iter();
    let value = values.next()?.ok()?;
    Some((value, begin + values.byte_offset()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inserted(body: &str, pointer: &str) -> Result<String, String> {
        let filled = insert(body.as_bytes(), pointer, "s3\"cr\\t")?;
        Ok(String::from_utf8(filled).expect("UTF-8"))
    }

    #[test]
    fn the_secret_comes_first_and_every_other_byte_stays() {
        let secret = r#""s3\"cr\\t""#;
        for (body, pointer, before, after) in [
            ("{}", "/key", r#"{"key":"#, "}"),
            (" {\n} ", "/key", r#" {"key":"#, "\n} "),
            (
                r#"{ "price": 1.10, "id":12345678901234567890123 }"#,
                "/key",
                r#"{"key":"#,
                r#", "price": 1.10, "id":12345678901234567890123 }"#,
            ),
            (
                r#"{"other":{"auth":{}},"text":"}{\"auth\":","auth" : { "user":"h\u00f4tel" },"list":[{},1]}"#,
                "/auth/token",
                r#"{"other":{"auth":{}},"text":"}{\"auth\":","auth" : {"token":"#,
                r#", "user":"h\u00f4tel" },"list":[{},1]}"#,
            ),
            (
                r#"{"a/b":{"~":1}}"#,
                "/a~1b/c~0d",
                r#"{"a/b":{"c~d":"#,
                r#","~":1}}"#,
            ),
        ] {
            let filled = inserted(body, pointer).expect(body);
            assert_eq!(filled, format!("{before}{secret}{after}"), "{body}");
            let read: Value = serde_json::from_str(&filled).expect("JSON");
            assert_eq!(read.pointer(pointer), Some(&"s3\"cr\\t".into()));
        }
    }

    #[test]
    fn a_guest_cannot_write_the_member_itself() {
        for body in [
            r#"{"auth":{"token":"mine"}}"#,
            r#"{"auth":{"other":1,"token":null}}"#,
            r#"{"auth":{"Token":"mine"}}"#,
            r#"{"auth":{"\u0074oken":"mine"}}"#,
        ] {
            let refusal = inserted(body, "/auth/token").expect_err(body);
            assert!(refusal.contains("which the host adds"), "{refusal}");
        }
    }

    #[test]
    fn a_body_without_the_one_object_takes_no_secret() {
        for body in [
            "",
            "null",
            "[]",
            "<a/>",
            "{}",
            r#"{"auth":[]}"#,
            r#"{"auth":"{}"}"#,
            r#"{"Auth":{}}"#,
            r#"{"auth":{},"auth":{}}"#,
            r#"{"auth":{},"AUTH":{}}"#,
            r#"{"auth":{}} {}"#,
            r#"{"auth":{},}"#,
            "\u{feff}{\"auth\":{}}",
        ] {
            assert!(inserted(body, "/auth/token").is_err(), "{body}");
        }
        assert!(insert(b"{\"auth\":{},\"\xe9\":1}", "/auth/token", "s").is_err());
    }
}
