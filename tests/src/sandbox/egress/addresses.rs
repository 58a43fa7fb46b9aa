//! What a permitted name may lead to. All names are of a domain that the manifest names, so that only the address counts.

use std::net::{IpAddr, ToSocketAddrs};

use roomwire::plugin::egress::address::own_addresses;
use serde_json::json;

use super::table::{Expected, Row};

/// Retired, and routed by nobody: the way there is open, and nothing is at its end.
const PUBLIC: &str = "3ffe::1";

/// Addresses that are nobody's on the Internet, by what they are.
const FORBIDDEN: [(&str, &[&str]); 15] = [
    (
        "this machine",
        &[
            "127.0.0.1",
            "127.0.0.2",
            "127.255.255.255",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "::1",
        ],
    ),
    (
        "private",
        &[
            "10.0.0.1",
            "10.255.255.255",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "192.168.255.255",
            "fc00::1",
            "fdff:ffff::1",
        ],
    ),
    ("carriers'", &["100.64.0.1", "100.127.255.255"]),
    (
        "link-local",
        &["169.254.0.1", "169.254.255.255", "fe80::1", "febf::1"],
    ),
    (
        "metadata",
        &[
            "169.254.169.254",
            "169.254.170.2",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "fd00:ec2::254",
            "fd20:ce::254",
        ],
    ),
    (
        "multicast",
        &["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    ),
    (
        "reserved",
        &["240.0.0.1", "255.255.255.255", "4000::1", "e000::1"],
    ),
    (
        "protocols'",
        &["192.0.0.8", "192.88.99.1", "2001:20::1", "100::1"],
    ),
    (
        "documentation",
        &[
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.1",
            "2001:db8::1",
            "3fff::1",
        ],
    ),
    (
        "benchmarking",
        &["198.18.0.1", "198.19.255.255", "2001:2::1"],
    ),
    (
        "IPv4-mapped",
        &[
            "::ffff:127.0.0.1",
            "::ffff:7f00:1",
            "::ffff:169.254.169.254",
            "::ffff:a9fe:a9fe",
            "::ffff:10.0.0.1",
            "::ffff:100.64.0.1",
        ],
    ),
    (
        "IPv4-compatible",
        &[
            "::127.0.0.1",
            "::10.0.0.1",
            "::8.8.8.8",
            "::ffff:0:127.0.0.1",
        ],
    ),
    (
        "NAT64",
        &[
            "64:ff9b::127.0.0.1",
            "64:ff9b::808:808",
            "64:ff9b:1::a9fe:a9fe",
        ],
    ),
    (
        "6to4",
        &["2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:808:808::1"],
    ),
    (
        "Teredo and ISATAP",
        &[
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "fe80::5efe:7f00:1",
            "fec0::1",
        ],
    ),
];

/// Names that look like addresses or this machine, as wildcard services of the Internet give them out.
const TELLING_NAMES: [&str; 6] = [
    "127.0.0.1.example.net",
    "169-254-169-254.example.net",
    "2130706433.example.net",
    "0x7f000001.example.net",
    "localhost.example.net",
    "xn--bcher-kva.example.net",
];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (kind, addresses) in FORBIDDEN {
        for address in addresses {
            let name = format!("{kind}: {address}");
            rows.push(numbered(rows.len(), &name, &[&[*address]]));
        }
    }
    for name in TELLING_NAMES {
        rows.push(row(name, name, Expected::NotPublic, &[&["127.0.0.1"]]));
    }
    rows.extend(several_answers());
    rows.extend(changing_answers());
    rows.push(alias_of_this_machine());
    rows.extend(own());
    rows
}

/// Good and bad ones together: one spoils them all, wherever it stands.
fn several_answers() -> Vec<Row> {
    let many = [&[PUBLIC; 40][..], &["10.0.0.1"]].concat();
    let together: [(&str, &[&str]); 4] = [
        ("good, then bad", &[PUBLIC, "127.0.0.1"]),
        ("bad, then good", &["169.254.169.254", PUBLIC]),
        ("good, then mapped", &[PUBLIC, "::ffff:127.0.0.1"]),
        ("forty good, then bad", &many),
    ];
    let spoilt = |(number, (name, answers)): (usize, (&str, &[&str]))| {
        let host = format!("together-{number}.example.net");
        row(name, &host, Expected::NotPublic, &[answers])
    };
    let mut rows: Vec<_> = together.into_iter().enumerate().map(spoilt).collect();
    let (good, none) = ("good.example.net", "none.example.net");
    rows.push(row("good alone", good, Expected::Dialled, &[&[PUBLIC]]));
    rows.push(row("no answer", none, Expected::Unreachable, &[&[]]));
    let unknown = "unknown.example.net";
    rows.push(row("no such name", unknown, Expected::Unreachable, &[]));
    rows
}

/// What is checked is what is dialled: each connection takes one look-up, and its answer alone.
fn changing_answers() -> Vec<Row> {
    let (good, bad): (&[&str], &[&str]) = (&[PUBLIC], &["127.0.0.1"]);
    let (turns, returns) = ("turns.example.net", "returns.example.net");
    vec![
        // A second look-up for the same connection would lead to the canary.
        row(
            "turns bad once it was good",
            turns,
            Expected::Dialled,
            &[good, bad],
        ),
        row("has turned bad", turns, Expected::NotPublic, &[good, bad]),
        // Asking until the answer pleases would be as wrong.
        row(
            "is bad, and good when asked again",
            returns,
            Expected::NotPublic,
            &[bad, good],
        ),
        row("has turned good", returns, Expected::Dialled, &[bad, good]),
    ]
}

/// An alias (CNAME) that leads inside: however long the chain, the addresses at its end count.
fn alias_of_this_machine() -> Row {
    let found = ("localhost", 0).to_socket_addrs().expect("localhost");
    let alias = "alias.example.net";
    let mut row = row("an alias of localhost", alias, Expected::NotPublic, &[]);
    row.answers = vec![found.map(|address| address.ip()).collect()];
    row
}

/// What listens here is behind any firewall, under whichever of this machine's addresses.
fn own() -> Vec<Row> {
    let own = own_addresses().expect("the interfaces");
    let of = |(number, address): (usize, IpAddr)| {
        let name = format!("an interface of this machine: {number} {address}");
        let host = format!("own-{number}.example.net");
        let mut row = row(&name, &host, Expected::NotPublic, &[]);
        row.answers = vec![vec![address]];
        row
    };
    own.into_iter().enumerate().map(of).collect()
}

fn numbered(number: usize, name: &str, answers: &[&[&str]]) -> Row {
    let host = format!("row-{number}.example.net");
    row(name, &host, Expected::NotPublic, answers)
}

fn row(name: &str, host: &str, expected: Expected, answers: &[&[&str]]) -> Row {
    let parse = |text: &&str| text.parse::<IpAddr>().expect("an address");
    let answers = answers.iter();
    // Nobody answers at the public one, and nobody need wait for that.
    let timeout = matches!(expected, Expected::Dialled).then_some(200);
    Row {
        name: name.to_owned(),
        request: json!({ "method": "GET", "host": host, "path": "/", "timeout_ms": timeout }),
        expected,
        answers: answers
            .map(|together| together.iter().map(parse).collect())
            .collect(),
    }
}
