//! Every way in which a remote may print what it was sent into its answer.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures::stream;

/// The text as this path asks for it; nothing where the path asks for something else.
pub(super) fn encoded(path: &str, text: &str) -> Option<Vec<u8>> {
    let json = |text: &str| serde_json::json!({ "you sent": text }).to_string();
    let encoded = match path {
        "/reflect/base64" => STANDARD.encode(text),
        "/reflect/base64-url" => URL_SAFE_NO_PAD.encode(text),
        "/reflect/base64-lines" => in_lines(&STANDARD.encode(text)),
        "/reflect/hex" => hex::encode(text),
        "/reflect/hex-upper" => hex::encode_upper(text),
        "/reflect/percent" => percent(text),
        "/reflect/percent-twice" => percent(&percent(text)),
        "/reflect/json" => json(text),
        "/reflect/json-units" => text
            .encode_utf16()
            .map(|unit| format!("\\u{unit:04X}"))
            .collect(),
        "/reflect/json-in-json" => json(&json(text)),
        "/reflect/xml" => named_entities(text),
        "/reflect/xml-numbers" => text.chars().map(numbered_entity).collect(),
        "/reflect/wide" => return Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        _ => return None,
    };
    Some(encoded.into_bytes())
}

/// The text in pieces of five bytes each; then it ends, or the connection does.
pub(super) fn in_pieces(text: &str, breaks_off: bool) -> Response {
    let pieces = text.as_bytes().chunks(5);
    let mut pieces: Vec<_> = pieces.map(|piece| Ok(piece.to_vec())).collect();
    if breaks_off {
        pieces.push(Err(std::io::Error::other("it breaks off")));
    }
    Body::from_stream(stream::iter(pieces)).into_response()
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// As a mail or a certificate is printed.
fn in_lines(text: &str) -> String {
    let lines = text.as_bytes().chunks(76);
    lines
        .map(|line| format!("{}\r\n", String::from_utf8_lossy(line)))
        .collect()
}

fn named_entities(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('/', "&sol;")
        .replace('=', "&equals;")
        .replace('+', "&plus;")
}

/// In decimal and in hexadecimal digits, by turns.
fn numbered_entity(character: char) -> String {
    let number = u32::from(character);
    if number.is_multiple_of(2) {
        format!("&#{number};")
    } else {
        format!("&#x{number:x};")
    }
}
