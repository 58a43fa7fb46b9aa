//! Takes secrets out of what comes back, in every encoding in which an honest remote may reflect them.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use quick_xml::escape::escape;

use super::encode::percent;
use super::view::View;

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
            .flat_map(patterns)
            .collect();
        if patterns.is_empty() {
            return Self { searcher: None };
        }
        // Case counts in none of them: a remote may print headers and digits as it likes.
        let searcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            // The faster kind would take megabytes for a long token.
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&patterns)
            .expect("a few short patterns fit an automaton");
        Self {
            searcher: Some(searcher),
        }
    }

    /// The bytes without the secrets, neither as they stand nor as they read once their escapes are undone.
    pub(in crate::plugin) fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        let Some(searcher) = &self.searcher else {
            return bytes;
        };
        let found: Vec<_> = searcher
            .find_iter(&bytes)
            .map(|found| found.range())
            .collect();
        let bytes = masked(bytes, &found);
        let Some(view) = View::of(&bytes) else {
            return bytes;
        };
        let found: Vec<_> = searcher
            .find_iter(&view.bytes)
            .map(|found| view.source_range(&found.range()))
            .collect();
        masked(bytes, &found)
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

/// The bytes with the mask in place of these ranges, which are in order.
fn masked(bytes: Vec<u8>, ranges: &[Range<usize>]) -> Vec<u8> {
    if ranges.is_empty() {
        return bytes;
    }
    let mut masked = Vec::with_capacity(bytes.len());
    let mut copied = 0;
    for range in ranges {
        // Two secrets may meet within one escape.
        masked.extend_from_slice(&bytes[copied.min(range.start)..range.start]);
        masked.extend_from_slice(MASK.as_bytes());
        copied = range.end;
    }
    masked.extend_from_slice(&bytes[copied..]);
    masked
}

/// What is looked for. Escapes are undone by the view; what is left are the forms in which a secret is sent,
/// and each of them in base64 and in hexadecimal: a remote that prints a request in base64 prints the query as it came.
fn patterns(secret: &str) -> Vec<Vec<u8>> {
    let percent_encoded = percent(secret.as_bytes());
    let sent = [
        secret.to_owned(),
        secret.replace(' ', "+"),
        // A server that was told of a form reads the body's secret so.
        secret.replace('+', " "),
        percent_encoded.replace("%20", "+"),
        json_escaped(secret),
        escape(secret).into_owned(),
        percent_encoded,
    ];
    let mut found: Vec<Vec<u8>> = Vec::new();
    for form in sent {
        found.push(View::plain(form.as_bytes()));
        found.push(hex::encode(&form).into_bytes());
        found.extend((0..3).flat_map(|offset| base64_inside(&form, offset)));
        found.push(form.into_bytes());
    }
    found.retain(|pattern| pattern.len() >= SHORTEST_SECRET);
    found
}

/// The characters of a base64 text that a secret alone decides when `offset` bytes stand before it.
fn base64_inside(secret: &str, offset: usize) -> [Vec<u8>; 2] {
    let padded = [&vec![0; offset], secret.as_bytes()].concat();
    let first = (offset * 8).div_ceil(6);
    let last = padded.len() * 8 / 6;
    [
        STANDARD_NO_PAD.encode(&padded),
        URL_SAFE_NO_PAD.encode(&padded),
    ]
    .map(|text| text.as_bytes()[first..last].to_vec())
}

fn json_escaped(secret: &str) -> String {
    let quoted = serde_json::Value::from(secret).to_string();
    quoted[1..quoted.len() - 1].to_owned()
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
            hex::encode(escape(SECRET).as_bytes()),
            STANDARD.encode(format!("<key>{}</key>", escape(SECRET))),
            STANDARD.encode(percent(SECRET.as_bytes()).replace("%20", "+")),
            serde_json::json!({ "echo": SECRET }).to_string(),
            "s3cr?t\\/\\\"k&y' >ü<".to_owned(),
            "s3cr?t/&quot;k&amp;y&apos; &gt;ü&lt;".to_owned(),
            "s3cr?t/&quot;k&amp;y&#39; &gt;ü&lt;".to_owned(),
            "s3cr%3ft/%22k&y%27%20>%c3%BC<".to_owned(),
            "s3cr%253Ft%252F%2522k%2526y%2527%2520%253E%25C3%25BC%253C".to_owned(),
            "\\u0073\\u0033cr?t\\/\\u0022k\\u0026y' \\u003E\\u00fc\\u003c".to_owned(),
            "s3cr&quest;t&sol;&#34;k&#x26;y&#X27;&#32;&#62;&#252;&#x3c;".to_owned(),
            SECRET.to_uppercase().replace('Ü', "ü"),
            mixed_case(&hex::encode(SECRET)),
            STANDARD.encode(SECRET).replace('/', "\\/"),
            STANDARD.encode(SECRET).replacen("cj90", "cj90\r\n", 1),
            SECRET
                .replace("ü", "\\u00fc")
                .chars()
                .flat_map(|c| [c, '\0'])
                .collect(),
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

    fn mixed_case(text: &str) -> String {
        let mut upper = false;
        let other = |character: char| {
            upper = !upper;
            if upper {
                character.to_ascii_uppercase()
            } else {
                character
            }
        };
        text.chars().map(other).collect()
    }

    #[test]
    fn only_the_secret_goes_and_its_neighbours_stay() {
        assert_eq!(
            Scrubber::new(["a/b=c"]).text("[\"\\u0061\\/b%3dc\", \"caf\\u00e9\", \"100%\"]\n"),
            "[\"[secret]\", \"caf\\u00e9\", \"100%\"]\n"
        );
    }

    #[test]
    fn a_secret_with_escapes_in_itself_is_found_too() {
        for secret in ["pass%41word", "back\\new", "x&lt;y&amp", "a\\\"b"] {
            let scrubber = Scrubber::new([secret]);
            for reflection in [
                secret.to_owned(),
                percent(secret.as_bytes()),
                serde_json::json!({ "echo": secret }).to_string(),
            ] {
                let text = scrubber.text(&reflection);
                assert!(text.contains(MASK), "{secret}: {text}");
            }
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

    #[test]
    fn a_secret_whose_pluses_were_read_as_spaces_is_found() {
        let scrubber = Scrubber::new(["ab+cd/ef+gh"]);
        let scrubbed = scrubber.text("no such key: ab cd/ef gh");
        assert_eq!(scrubbed, format!("no such key: {MASK}"));
    }
}
