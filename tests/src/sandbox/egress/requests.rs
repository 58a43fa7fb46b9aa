//! Paths and queries: what is sent is what was checked, and what could be read otherwise is not sent.

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

type Pairs = &'static [(&'static str, &'static str)];

/// Pairs of a query, which the host encodes, and what goes out.
const SENT_QUERIES: [(&str, Pairs, &str); 10] = [
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

pub(super) fn rows() -> Vec<Row> {
    let mut rows = paths();
    rows.extend(queries());
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
