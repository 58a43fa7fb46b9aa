//! A text as it reads once its escapes are undone: percent-encoding, JSON's, XML's and HTML's, in any mixture and depth.

use std::ops::Range;

/// The longest entity that is undone, from its `&` to its `;`.
const LONGEST_ENTITY: usize = 16;

/// XML's entities, and HTML's for the other characters of ASCII.
const ENTITIES: [(&str, char); 37] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("excl", '!'),
    ("num", '#'),
    ("dollar", '$'),
    ("percnt", '%'),
    ("lpar", '('),
    ("rpar", ')'),
    ("ast", '*'),
    ("plus", '+'),
    ("comma", ','),
    ("period", '.'),
    ("sol", '/'),
    ("colon", ':'),
    ("semi", ';'),
    ("equals", '='),
    ("quest", '?'),
    ("commat", '@'),
    ("lsqb", '['),
    ("lbrack", '['),
    ("bsol", '\\'),
    ("rsqb", ']'),
    ("rbrack", ']'),
    ("Hat", '^'),
    ("lowbar", '_'),
    ("grave", '`'),
    ("lcub", '{'),
    ("lbrace", '{'),
    ("verbar", '|'),
    ("vert", '|'),
    ("rcub", '}'),
    ("rbrace", '}'),
    ("AMP", '&'),
    ("QUOT", '"'),
];

/// The plain bytes without control characters, and where each of them begins in the source.
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    starts: Vec<u32>,
    source_length: usize,
}

impl View {
    /// The view of a text, or none where it has no escapes and reads as it stands.
    pub(super) fn of(source: &[u8]) -> Option<Self> {
        let special = |byte: &u8| b"%\\&".contains(byte) || byte.is_ascii_control();
        let plain = source.iter().position(special)?;
        let mut view = Self {
            bytes: source[..plain].to_vec(),
            starts: (0..offset(plain)).collect(),
            source_length: source.len(),
        };
        for (index, byte) in source.iter().enumerate().skip(plain) {
            view.append(&[*byte], offset(index));
            view.undo_last_escape();
        }
        Some(view)
    }

    /// A text as it would stand in a view of it.
    pub(super) fn plain(source: &[u8]) -> Vec<u8> {
        Self::of(source).map_or_else(|| source.to_vec(), |view| view.bytes)
    }

    /// The part of the source that reads as this part of the view.
    pub(super) fn source_range(&self, range: &Range<usize>) -> Range<usize> {
        let start = |index: usize| self.starts.get(index).map(|start| *start as usize);
        let last = range.end.checked_sub(1).and_then(start);
        // A character of several bytes may have come from one escape.
        let next = (range.end..).map(start).find(|next| *next != last);
        let end = next.flatten().unwrap_or(self.source_length);
        start(range.start).unwrap_or(end)..end
    }

    /// Line breaks and the zeros of wide characters only part what belongs together: no secret holds any.
    fn append(&mut self, bytes: &[u8], start: u32) {
        for byte in bytes.iter().filter(|byte| !byte.is_ascii_control()) {
            self.bytes.push(*byte);
            self.starts.push(start);
        }
    }

    /// What an escape stood for may complete another one; each turn shortens the view, so that all are linear in it.
    fn undo_last_escape(&mut self) {
        while let Some((length, plain)) = last_escape(&self.bytes) {
            let begin = self.bytes.len() - length;
            let start = self.starts[begin];
            self.bytes.truncate(begin);
            self.starts.truncate(begin);
            match plain {
                Plain::Byte(byte) => self.append(&[byte], start),
                Plain::Character(character) => {
                    self.append(character.encode_utf8(&mut [0; 4]).as_bytes(), start);
                }
            }
        }
    }
}

fn offset(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// What an escape stands for.
enum Plain {
    Byte(u8),
    Character(char),
}

/// The escape that the text ends with, and its length.
fn last_escape(text: &[u8]) -> Option<(usize, Plain)> {
    match text {
        [.., b';'] => entity(text),
        [.., b'\\', escaped @ (b'"' | b'\'' | b'/' | b'\\')] => Some((2, Plain::Byte(*escaped))),
        [.., b'\\', b'b' | b'f' | b'n' | b'r' | b't'] => Some((2, Plain::Byte(b'\n'))),
        [.., digit] if digit.is_ascii_hexdigit() => hexadecimal(text),
        _ => None,
    }
}

fn entity(text: &[u8]) -> Option<(usize, Plain)> {
    let window = &text[text.len().saturating_sub(LONGEST_ENTITY)..];
    let begin = window.iter().rposition(|byte| *byte == b'&')?;
    let name = std::str::from_utf8(&window[begin + 1..window.len() - 1]).ok()?;
    let number = |digits: &str, radix| {
        u32::from_str_radix(digits, radix)
            .ok()
            .and_then(char::from_u32)
    };
    let character = match name.strip_prefix('#') {
        Some(digits) => match digits.strip_prefix(['x', 'X']) {
            Some(digits) => number(digits, 16)?,
            None => number(digits, 10)?,
        },
        None => ENTITIES.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((window.len() - begin, Plain::Character(character)))
}

fn hexadecimal(text: &[u8]) -> Option<(usize, Plain)> {
    match text {
        [.., b'%', high, low] => Some((3, Plain::Byte(byte(*high, *low)?))),
        [.., b'\\', b'x', high, low] => Some((4, Plain::Byte(byte(*high, *low)?))),
        _ => unicode(text),
    }
}

/// `\uXXXX`, or both halves of a pair of them.
fn unicode(text: &[u8]) -> Option<(usize, Plain)> {
    let unit = utf16_unit(text)?;
    match unit {
        0xd800..=0xdbff => None,
        0xdc00..=0xdfff => {
            let high = utf16_unit(&text[..text.len() - 6])?;
            let character = char::decode_utf16([high, unit]).next()?.ok()?;
            Some((12, Plain::Character(character)))
        }
        _ => Some((6, Plain::Character(char::from_u32(unit.into())?))),
    }
}

fn utf16_unit(text: &[u8]) -> Option<u16> {
    let [b'\\', b'u', first, second, third, fourth] = *text.last_chunk()? else {
        return None;
    };
    Some(u16::from_be_bytes([
        byte(first, second)?,
        byte(third, fourth)?,
    ]))
}

fn byte(high: u8, low: u8) -> Option<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        String::from_utf8(View::plain(text.as_bytes())).expect("UTF-8")
    }

    #[test]
    fn escapes_are_undone_in_any_mixture_and_depth() {
        for (text, expected) in [
            ("a%2Fb%2fc", "a/b/c"),
            ("a\\/b\\u002Fc\\x2fd", "a/b/c/d"),
            ("&lt;&#60;&#x3C;&#x0003c;&sol;", "<<<</"),
            ("%C3%BC \\u00fc &#252;", "ü ü ü"),
            ("\\ud83d\\ude00", "😀"),
            ("%252541 &amp;lt; \\\\u0041 %26%2335;", "A < A #"),
            ("a\r\nb\\nc\0d", "abcd"),
            (
                "100% &nothing; \\ud83d \\q %zz",
                "100% &nothing; \\ud83d \\q %zz",
            ),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn a_part_of_the_view_is_found_in_the_source_with_its_whole_escapes() {
        let source = "x%2541ü\\u00fc;end";
        let view = View::of(source.as_bytes()).expect("escapes");
        let found = |part: &str| {
            let text = String::from_utf8(view.bytes.clone()).expect("UTF-8");
            let begin = text.rfind(part).expect(part);
            &source[view.source_range(&(begin..begin + part.len()))]
        };
        assert_eq!(found("A"), "%2541");
        assert_eq!(found("ü;"), "\\u00fc;");
        assert_eq!(found("Aü"), "%2541ü");
        assert_eq!(found("end"), "end");
    }

    #[test]
    fn a_text_without_escapes_has_no_view_of_its_own() {
        assert!(View::of("plain ü".as_bytes()).is_none());
    }
}
