//! Forms of a host that a parser may read as another one than the manifest's. The host reads none of them: a name is
//! the manifest's, letter by letter, or it is refused before anything is looked up.

use serde_json::json;

use super::table::{Expected, Row};

/// By kind, so that a failure says what was overlooked.
const FORMS: [(&str, &[&str]); 17] = [
    ("nothing", &["", ".", "..", " "]),
    (
        "canonical IPv4",
        &[
            "127.0.0.1",
            "0.0.0.0",
            "10.0.0.1",
            "169.254.169.254",
            "8.8.8.8",
        ],
    ),
    (
        "short IPv4",
        &["127.1", "127.0.1", "0", "10.1", "169.254.43518"],
    ),
    ("decimal IPv4", &["2130706433", "2852039166", "4294967297"]),
    (
        "octal IPv4",
        &[
            "017700000001",
            "0177.0.0.1",
            "0177.0.0.01",
            "00000177.0.0.1",
        ],
    ),
    (
        "hexadecimal IPv4",
        &[
            "0x7f000001",
            "0x7f.0x0.0x0.0x1",
            "0X7F.0.0.1",
            "0xa9fea9fe",
            "0x7f.0.0.01",
        ],
    ),
    (
        "IPv4 beyond its form",
        &["256.0.0.1", "127.0.0.257", "127.0.0.1.", "127.0.0.1:443"],
    ),
    (
        "IPv6",
        &[
            "::1",
            "[::1]",
            "[::]",
            "0:0:0:0:0:0:0:1",
            "[::1]:443",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "::ffff:169.254.169.254",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
            "[fd00:ec2::254]",
            "[fe80::1%25eth0]",
            "fe80::1%eth0",
            "[2001:4860:4860::8888]",
        ],
    ),
    (
        "names of inside",
        &[
            "localhost",
            "LOCALHOST",
            "localhost.",
            "localhost.localdomain",
            "ip6-localhost",
            "metadata",
            "metadata.google.internal",
            "instance-data",
            "kubernetes.default.svc",
            "host.docker.internal",
            "127.0.0.1.nip.io",
        ],
    ),
    (
        "dots",
        &[
            "reflect.example.com.",
            "reflect.example.com..",
            ".reflect.example.com",
            "reflect..example.com",
            "a.example.net.",
            "a..example.net",
            ".example.net",
        ],
    ),
    (
        "neighbours",
        &[
            "example.com",
            "xreflect.example.com",
            "a.reflect.example.com",
            "reflect.example.co",
            "reflect.example.com.evil.example.org",
            "reflect-example.com",
            "example.net",
            "evilexample.net",
            "*.example.net",
            "-a.example.net",
            "a-.example.net",
            "a_b.example.net",
        ],
    ),
    (
        "case and script",
        &[
            "Reflect.example.com",
            "REFLECT.EXAMPLE.COM",
            "A.example.net",
            "\u{ff52}eflect.example.com",
            "reflect\u{3002}example.com",
            "reflect\u{ff0e}example.com",
            "reflect\u{ff61}example.com",
            "r\u{435}flect.example.com",
            "re\u{ad}flect.example.com",
            "re\u{200b}flect.example.com",
            "re\u{200d}flect.example.com",
            "\u{202e}reflect.example.com",
            "re\u{fb02}ect.example.com",
            "r\u{e9}flect.example.com",
            "re\u{301}flect.example.com",
            "\u{24db}ocalhost",
            "\u{2460}\u{2461}\u{2466}.\u{24ea}.\u{24ea}.\u{2460}",
            "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
            "xn--rflect-7of.example.com",
            "b\u{fc}cher.example.net",
        ],
    ),
    (
        "ports",
        &[
            "reflect.example.com:443",
            "reflect.example.com:80",
            "reflect.example.com:22",
            "reflect.example.com:",
            "reflect.example.com:0",
            "reflect.example.com:65979",
        ],
    ),
    (
        "user information",
        &[
            "user@reflect.example.com",
            "user:password@reflect.example.com",
            "reflect.example.com@evil.example.org",
            "reflect.example.com:443@evil.example.org",
            "evil.example.org@reflect.example.com",
            "reflect.example.com@127.0.0.1",
            "reflect.example.com%40evil.example.org",
            "evil@a.example.net",
        ],
    ),
    (
        "delimiters",
        &[
            "reflect.example.com/",
            "reflect.example.com/@evil.example.org",
            "reflect.example.com#@evil.example.org",
            "reflect.example.com?@evil.example.org",
            "reflect.example.com\\@evil.example.org",
            "reflect.example.com\\.evil.example.org",
            "reflect.example.com;evil.example.org",
            "reflect.example.com,evil.example.org",
            "evil.example.org#reflect.example.com",
            "evil.example.org/reflect.example.com",
            "evil.example.org/.example.net",
            "evil.example.org#.example.net",
            "evil.example.org?.example.net",
            "evil.example.org\\.example.net",
            "reflect%2eexample.com",
            "reflect.example.com%2f",
        ],
    ),
    (
        "control characters",
        &[
            "reflect.example.com\0",
            "reflect.example.com\0.evil.example.org",
            "evil.example.org\0.example.net",
            "reflect.example.com\r\nHost: evil.example.org",
            "evil\r\n.example.net",
            "reflect.example.com\n",
            "reflect.example.com\t",
            " reflect.example.com",
            "reflect.example.com ",
            "re flect.example.com",
            "reflect.example.com%00",
            "reflect.example.com%0d%0a",
        ],
    ),
    (
        "URLs",
        &[
            "https://reflect.example.com",
            "http://reflect.example.com",
            "//reflect.example.com",
            "https:reflect.example.com",
            "file:///etc/passwd",
            "gopher://127.0.0.1:70/_x",
            "ws://reflect.example.com",
            "ftp://reflect.example.com",
            "dict://127.0.0.1:11211/",
            "unix:/run/docker.sock",
            "data:text/plain,x",
        ],
    ),
];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (kind, hosts) in FORMS {
        rows.extend(hosts.iter().map(|host| row(kind, host)));
    }
    rows.push(row("length", &format!("{}.example.net", "a".repeat(64))));
    rows.push(row("length", &format!("{}example.net", "a.".repeat(122))));
    rows
}

fn row(kind: &str, host: &str) -> Row {
    Row {
        name: format!("{kind}: {host:?}"),
        request: json!({ "method": "GET", "host": host, "path": "/" }),
        expected: Expected::NotNamed,
        answers: Vec::new(),
    }
}
