//! Paths, queries and headers: what is sent is what was checked, and what could be read otherwise is not sent.

use serde_json::{Value, json};

use super::table::{Expected, Row};

/// Paths that go out as they are written.
const SENT_PATHS: [(&str, &str); 12] = [
    ("/", "PUT /"),
    ("/a//b/", "PUT /a//b/"),
    ("/a%20b/c;d=1,2", "PUT /a%20b/c;d=1,2"),
    ("/...", "PUT /..."),
    ("/..a/.b;c", "PUT /..a/.b;c"),
    ("/%E2%82%AC", "PUT /%E2%82%AC"),
    // Decoded once by whoever reads it, it is a name with per cent signs.
    ("/%252e%252e/b", "PUT /%252e%252e/b"),
    ("/@169.254.169.254/", "PUT /@169.254.169.254/"),
    ("/:8080/a", "PUT /:8080/a"),
    (
        "/https://evil.example.org/",
        "PUT /https://evil.example.org/",
    ),
    ("/~user/(1)!$&'*+=:@", "PUT /~user/(1)!$&'*+=:@"),
    ("/.well-known/x", "PUT /.well-known/x"),
];

/// Paths that some server, proxy or parser would read as another one.
const REFUSED_PATHS: [(&str, &[&str]); 6] = [
    (
        "must begin with one `/`",
        &[
            "",
            "a",
            "//evil.example.org/",
            "https://evil.example.org/",
            "@evil.example.org/",
            ":80/",
            ".evil.example.org/",
            "?a",
        ],
    ),
    (
        "must be percent-encoded",
        &[
            "/a?b=c",
            "/a#b",
            "/a b",
            "/\\evil.example.org",
            "/a\\..\\b",
            "/a\r\nHost: evil.example.org",
            "/a HTTP/1.1\r\n\r\nGET /b",
            "/a\n",
            "/a\0",
            "/a\tb",
            "/a\u{7f}",
            "/\u{fc}",
            "/\u{ff0f}a",
            "/\u{2025}/a",
            "/a|b",
            "/{a}",
        ],
    ),
    (
        "`.` or `..` segment",
        &[
            "/..",
            "/.",
            "/a/../b",
            "/a/./b",
            "/%2e%2e/b",
            "/.%2E/b",
            "/a/%2e",
            "/..;/b",
            "/..;a=1/b",
            "/%2e.%3b/b",
        ],
    ),
    (
        "encoded slash, backslash or control character",
        &[
            "/a%2fb",
            "/a%2F..%2Fb",
            "/a%5cb",
            "/a%00",
            "/a%0d%0aHost:%20evil.example.org",
            "/a%0ab",
            "/a%7f",
        ],
    ),
    (
        "without two hexadecimal digits",
        &["/a%", "/a%4", "/a%zz", "/%u002e%u002e/b", "/a%+1"],
    ),
    (
        "not UTF-8",
        &["/%c0%ae%c0%ae/b", "/a%c0%afb", "/%e0%80%ae", "/a%ff"],
    ),
];

/// Pairs of a query, which the host encodes, and what goes out.
const SENT_QUERIES: [(&str, &[(&str, &str)], &str); 10] = [
    (
        "delimiters",
        &[("a", "b&c=d#e?f/")],
        "PUT /?a=b%26c%3Dd%23e%3Ff%2F",
    ),
    (
        "another pair in a name",
        &[("a=b&c", "d")],
        "PUT /?a%3Db%26c=d",
    ),
    (
        "line breaks",
        &[("a", "b\r\nHost: c")],
        "PUT /?a=b%0D%0AHost%3A%20c",
    ),
    (
        "another request",
        &[("a", " HTTP/1.1\r\n\r\n")],
        "PUT /?a=%20HTTP%2F1.1%0D%0A%0D%0A",
    ),
    (
        "another host",
        &[("@evil.example.org", "\\")],
        "PUT /?%40evil.example.org=%5C",
    ),
    ("zero", &[("a", "\0")], "PUT /?a=%00"),
    (
        "encoded already",
        &[("a", "%2e%0d+")],
        "PUT /?a=%252e%250d%2B",
    ),
    (
        "other scripts",
        &[("\u{fc}", "\u{ff0f}")],
        "PUT /?%C3%BC=%EF%BC%8F",
    ),
    ("empty", &[("", "")], "PUT /?="),
    ("twice", &[("a", "1"), ("a", "2")], "PUT /?a=1&a=2"),
];

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
    let mut rows = paths();
    rows.extend(queries());
    rows.extend(headers());
    rows
}

fn paths() -> Vec<Row> {
    let path = |path: &str, expected| {
        let shown: String = path.chars().take(60).collect();
        Row::for_remote(
            &format!("path {shown:?}"),
            &[("path", json!(path))],
            expected,
        )
    };
    let sent = SENT_PATHS.map(|(given, line)| path(given, Expected::Sent(line)));
    let mut rows = Vec::from(sent);
    for (words, refused) in REFUSED_PATHS {
        rows.extend(
            refused
                .iter()
                .map(|given| path(given, Expected::Invalid(words))),
        );
    }
    let long = format!("/{}", "a".repeat(2_048));
    rows.push(path(&long, Expected::Invalid("more than 2048 characters")));
    rows
}

fn queries() -> Vec<Row> {
    let query = |name: &str, pairs: Value, expected| {
        Row::for_remote(&format!("query: {name}"), &[("query", pairs)], expected)
    };
    let sent = |(name, pairs, line): (&str, &[(&str, &str)], &'static str)| {
        query(name, json!(pairs), Expected::Sent(line))
    };
    let mut rows = Vec::from(SENT_QUERIES.map(sent));
    let long = json!([["a", "b".repeat(16 * 1024)]]);
    rows.push(query(
        "too long",
        long,
        Expected::Invalid("16384 are allowed"),
    ));
    // With GET the host adds `key`, and with it a secret.
    rows.push(Row::for_remote(
        "query: the place of a secret",
        &[
            ("method", json!("GET")),
            ("query", json!([["key", "mine"]])),
        ],
        Expected::Invalid("carries a secret"),
    ));
    rows
}

fn headers() -> Vec<Row> {
    let given = |name: &str, headers: Value, expected| {
        Row::for_remote(&format!("header {name}"), &[("headers", headers)], expected)
    };
    let mut rows = Vec::from(HOST_HEADERS.map(|name| {
        let expected = Expected::Invalid("is the host's to set");
        given(&format!("{name:?}"), json!([[name, "x"]]), expected)
    }));
    rows.extend(NO_NAMES.map(|name| {
        let expected = Expected::Invalid("malformed name");
        given(&format!("name {name:?}"), json!([[name, "x"]]), expected)
    }));
    rows.extend(NO_VALUES.map(|value| {
        let expected = Expected::Invalid("malformed value");
        given(
            &format!("value {value:?}"),
            json!([["x-any", value]]),
            expected,
        )
    }));
    let lengths = json!([["content-length", "1"], ["Content-Length", "2"]]);
    let both = json!([["x-any", "1"], ["transfer-encoding", "chunked"]]);
    let many = Value::from(vec![json!(["x-any", "1"]); 65]);
    let long = json!([["x-any", "v".repeat(16 * 1024)]]);
    let fine = json!([["x-any", "1"], ["x-any", "2"], ["content-type", "text/xml"]]);
    rows.extend([
        given(
            "of two lengths",
            lengths,
            Expected::Invalid("is the host's to set"),
        ),
        given(
            "behind another",
            both,
            Expected::Invalid("is the host's to set"),
        ),
        given(
            "sixty-five times",
            many,
            Expected::Invalid("64 headers of 16384 bytes"),
        ),
        given(
            "too long",
            long,
            Expected::Invalid("64 headers of 16384 bytes"),
        ),
        given("of a guest's own", fine, Expected::Sent("PUT /")),
    ]);
    rows
}
