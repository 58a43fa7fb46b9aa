//! Headers: framing, routing, credentials and what tells who asks are the host's, however a guest writes them.

use serde_json::{Value, json};

use super::table::{Expected, Row};

/// Headers that are the host's, in each way to write them.
const HOST_HEADERS: [&str; 34] = [
    "Host",
    "hOST",
    "Connection",
    "Keep-Alive",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Upgrade",
    "HTTP2-Settings",
    "Expect",
    "Via",
    "Content-Length",
    "content_length",
    "Transfer-Encoding",
    "Transfer_Encoding",
    "TRANSFER-ENCODING",
    "Authorization",
    "Proxy-Authorization",
    "Proxy-Authenticate",
    "Cookie",
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X_Forwarded_Proto",
    "X-Real-IP",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-HTTP-Method-Override",
    "Accept-Encoding",
    "Accept-Charset",
    "Range",
    "traceparent",
    "baggage",
    "X-B3-TraceId",
];

/// What is no name of a header, among it the pseudo-headers of HTTP/2.
const NO_NAMES: [&str; 13] = [
    "",
    ":authority",
    ":method",
    ":path",
    ":scheme",
    ":status",
    "Host ",
    " Host",
    "Host:",
    "Host\t",
    "x\r\nHost",
    "x\0",
    "\u{ff28}ost",
];

/// What is no value of a header.
const NO_VALUES: [&str; 7] = [
    "a\r\nHost: evil.example.org",
    "a\r\n\r\nGET / HTTP/1.1",
    "a\nb",
    "a\rb",
    "a\r\n b",
    "a\0",
    "a\u{7f}",
];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::from(HOST_HEADERS.map(|name| {
        let expected = Expected::Invalid("is the host's to set");
        row(&format!("{name:?}"), json!([[name, "x"]]), expected)
    }));
    rows.extend(NO_NAMES.map(|name| {
        let expected = Expected::Invalid("malformed name");
        row(&format!("name {name:?}"), json!([[name, "x"]]), expected)
    }));
    rows.extend(NO_VALUES.map(|value| {
        let expected = Expected::Invalid("malformed value");
        row(
            &format!("value {value:?}"),
            json!([["x-any", value]]),
            expected,
        )
    }));
    rows.extend(several());
    rows
}

fn several() -> Vec<Row> {
    let fine = json!([["x-any", "1"], ["x-any", "2"], ["content-type", "text/xml"]]);
    let refused = [
        (
            "of two lengths",
            json!([["content-length", "1"], ["Content-Length", "2"]]),
            "is the host's to set",
        ),
        (
            "behind another",
            json!([["x-any", "1"], ["transfer-encoding", "chunked"]]),
            "is the host's to set",
        ),
        (
            "sixty-five times",
            Value::from(vec![json!(["x-any", "1"]); 65]),
            "64 headers of 16384 bytes",
        ),
        (
            "too long",
            json!([["x-any", "v".repeat(16 * 1024)]]),
            "64 headers of 16384 bytes",
        ),
    ];
    let refused =
        refused.map(|(name, headers, words)| row(name, headers, Expected::Invalid(words)));
    let mut rows = Vec::from(refused);
    rows.push(row("of a guest's own", fine, Expected::Sent("PUT /")));
    rows
}

fn row(name: &str, headers: Value, expected: Expected) -> Row {
    let name = format!("header {name}");
    Row::for_remote(&name, &[("headers", headers)], expected)
}
