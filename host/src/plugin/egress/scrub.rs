//! Takes secrets out of what comes back, in every encoding in which an honest remote may reflect them.

use std::collections::BTreeSet;
use std::fmt;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::encode::percent;

/// What stands where a secret stood.
pub(in crate::plugin) const MASK: &str = "[secret]";

/// The shortest secret that can be told from ordinary text.
pub(in crate::plugin) const SHORTEST_SECRET: usize = 4;

/// Finds a set of secrets. It holds them, and shows them to nobody.
pub(in crate::plugin) struct Scrubber {
    searcher: Option<AhoCorasick>,
}

impl Scrubber {
    pub(in crate::plugin) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let long_enough = |secret: &&str| secret.len() >= SHORTEST_SECRET;
        let patterns: BTreeSet<Vec<u8>> = secrets
            .into_iter()
            .filter(long_enough)
            .flat_map(encodings)
            .collect();
        if patterns.is_empty() {
            return Self { searcher: None };
        }
        let searcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&patterns)
            .expect("a few short patterns fit an automaton");
        Self {
            searcher: Some(searcher),
        }
    }

    /// The bytes without the secrets.
    pub(in crate::plugin) fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        match &self.searcher {
            Some(searcher) if searcher.is_match(&bytes) => {
                let mut masked = Vec::with_capacity(bytes.len());
                searcher.replace_all_with_bytes(&bytes, &mut masked, |_, _, masked| {
                    masked.extend_from_slice(MASK.as_bytes());
                    true
                });
                masked
            }
            _ => bytes,
        }
    }

    /// The text without the secrets.
    pub(in crate::plugin) fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes().to_vec())).into_owned()
    }
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Scrubber")
    }
}

/// The forms in which a secret is sent, each in the forms in which an answer may hold it: a remote that prints
/// a request in base64 prints the query as it came, percent-encoded.
fn encodings(secret: &str) -> Vec<Vec<u8>> {
    let percent_encoded = percent(secret.as_bytes());
    let sent = [
        secret.to_owned(),
        lower_hex_digits(&percent_encoded),
        percent_encoded.replace("%20", "+"),
        json_escaped(secret),
        percent_encoded,
    ];
    sent.iter().flat_map(|form| reflections(form)).collect()
}

/// A text as itself, in base64 at every alignment, in hexadecimal, and escaped for URLs, forms, JSON and XML.
fn reflections(text: &str) -> Vec<Vec<u8>> {
    let each_byte: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let mut found = vec![
        text.to_owned(),
        hex::encode(text),
        hex::encode_upper(text),
        percent(text.as_bytes()),
        lower_hex_digits(&percent(text.as_bytes())),
        percent(text.as_bytes()).replace("%20", "+"),
        lower_hex_digits(&each_byte),
        each_byte,
        json_escaped(text),
        json_escaped(text).replace('/', "\\/"),
        xml_escaped(text, "&apos;"),
        xml_escaped(text, "&#39;"),
    ];
    found.extend((0..3).flat_map(|offset| base64_inside(text, offset)));
    found.retain(|text| text.len() >= SHORTEST_SECRET);
    found.into_iter().map(String::into_bytes).collect()
}

/// The characters of a base64 text that a secret alone decides when `offset` bytes stand before it.
fn base64_inside(secret: &str, offset: usize) -> [String; 2] {
    let padded = [&vec![0; offset], secret.as_bytes()].concat();
    let first = (offset * 8).div_ceil(6);
    let last = padded.len() * 8 / 6;
    [
        STANDARD_NO_PAD.encode(&padded),
        URL_SAFE_NO_PAD.encode(&padded),
    ]
    .map(|text| text[first..last].to_owned())
}

fn lower_hex_digits(percent_encoded: &str) -> String {
    let mut characters = percent_encoded.chars();
    let mut lowered = String::with_capacity(percent_encoded.len());
    while let Some(character) = characters.next() {
        lowered.push(character);
        if character == '%' {
            lowered.extend(
                characters
                    .by_ref()
                    .take(2)
                    .map(|digit| digit.to_ascii_lowercase()),
            );
        }
    }
    lowered
}

fn json_escaped(secret: &str) -> String {
    let quoted = serde_json::Value::from(secret).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn xml_escaped(secret: &str, apostrophe: &str) -> String {
    let escaped = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    escaped.replace('\'', apostrophe)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;

    const SECRET: &str = "s3cr?t/\"k&y' >ü<";

    fn scrubbed(text: &str) -> String {
        Scrubber::new([SECRET]).text(text)
    }

    #[test]
    fn a_secret_is_found_in_every_usual_encoding() {
        let reflections = [
            SECRET.to_owned(),
            hex::encode(SECRET),
            hex::encode_upper(SECRET),
            percent(SECRET.as_bytes()),
            percent(SECRET.as_bytes()).to_ascii_lowercase(),
            percent(SECRET.as_bytes()).replace("%20", "+"),
            SECRET.bytes().map(|byte| format!("%{byte:02x}")).collect(),
            hex::encode(percent(SECRET.as_bytes())),
            STANDARD.encode(percent(SECRET.as_bytes()).replace("%20", "+")),
            serde_json::json!({ "echo": SECRET }).to_string(),
            "s3cr?t\\/\\\"k&y' >ü<".to_owned(),
            "s3cr?t/&quot;k&amp;y&apos; &gt;ü&lt;".to_owned(),
            "s3cr?t/&quot;k&amp;y&#39; &gt;ü&lt;".to_owned(),
        ];
        for reflection in reflections {
            let text = scrubbed(&format!("<before {reflection} after>"));
            assert!(
                text.contains(MASK) && text.contains("before") && text.contains("after"),
                "{text}"
            );
            assert!(!text.contains("s3cr"), "{text}");
        }
    }

    #[test]
    fn a_secret_is_found_in_base64_wherever_it_begins() {
        for before in ["", "u", "us", "user:", "Bearer ", "{\"a\":1"] {
            for after in ["", "x", "xy", "xyz"] {
                let whole = format!("{before}{SECRET}{after}");
                for encoded in [STANDARD.encode(&whole), URL_SAFE.encode(&whole)] {
                    let text = scrubbed(&encoded);
                    assert!(text.contains(MASK), "{before:?} {after:?}: {text}");
                    let left = STANDARD_NO_PAD.encode(SECRET);
                    assert!(!text.contains(&left[..8]), "{text}");
                }
            }
        }
    }

    #[test]
    fn every_occurrence_goes_and_the_rest_stays() {
        let scrubber = Scrubber::new(["token-1", "token-12", "abc"]);
        assert_eq!(
            scrubber.text("a token-1, a token-12, abc"),
            "a [secret], a [secret], abc"
        );
        assert_eq!(scrubber.bytes(vec![0xff, 0x00]), [0xff, 0x00]);
        assert_eq!(Scrubber::new([]).text("nothing to hide"), "nothing to hide");
    }

    #[test]
    fn a_scrubber_does_not_tell_what_it_looks_for() {
        assert_eq!(format!("{:?}", Scrubber::new([SECRET])), "Scrubber");
    }
}
