//! Each range by its edges, and each way to write an address inside another.

use super::*;

fn is_public(text: &str) -> bool {
    require_public(text.parse().expect(text)).is_ok()
}

#[test]
fn public_addresses_are_dialled() {
    let public = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.254",
        "100.128.0.1",
        "126.255.255.255",
        "128.0.0.1",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "2001:200::1",
        "2a00:1450:4001::1",
        "2003::1",
        "3ffe::1",
        "::ffff:8.8.8.8",
    ];
    for text in public {
        assert!(is_public(text), "{text} was refused");
    }
}

#[test]
fn this_machines_own_addresses_are_known_and_refused_however_public_they_look() {
    let own = own_addresses().expect("the interfaces");
    assert!(own.iter().any(IpAddr::is_loopback), "{own:?}");
    let address = |text: &str| text.parse::<IpAddr>().expect(text);
    let own = [address("1.1.1.1"), address("2606:4700:4700::1111")];
    for text in [
        "1.1.1.1",
        "::ffff:1.1.1.1",
        "2606:4700:4700::1111",
        "10.0.0.1",
    ] {
        assert!(require_foreign(address(text), &own).is_err(), "{text}");
    }
    assert!(require_foreign(address("8.8.8.8"), &own).is_ok());
}

const FORBIDDEN: &[&str] = &[
    // This host and this network.
    "0.0.0.0",
    "0.0.0.1",
    "0.255.255.255",
    "127.0.0.1",
    "127.0.0.2",
    "127.1.2.3",
    "127.255.255.255",
    "::",
    "::1",
    // Private networks.
    "10.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.0",
    "172.16.0.1",
    "172.20.10.5",
    "172.31.255.255",
    "192.168.0.0",
    "192.168.0.1",
    "192.168.1.254",
    "192.168.255.255",
    "fc00::",
    "fc00::1",
    "fd00::1",
    "fdff:ffff::1",
    "fd00:ec2::254",
    // Carriers' networks.
    "100.64.0.0",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    // Link-local, among them the clouds' metadata.
    "169.254.0.0",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.255.255",
    "168.63.129.16",
    "::ffff:168.63.129.16",
    "fd20:ce::254",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "febf::1",
    "fec0::1",
    // Protocol assignments, benchmarking and documentation.
    "192.0.0.0",
    "192.0.0.8",
    "192.0.0.170",
    "192.0.0.192",
    "192.0.0.255",
    "192.0.2.0",
    "192.0.2.255",
    "192.88.99.0",
    "192.88.99.1",
    "198.18.0.0",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.0",
    "198.51.100.255",
    "203.0.113.0",
    "203.0.113.255",
    "2001:db8::1",
    "2001:db8:ffff::1",
    "3fff::1",
    "3fff:fff::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff::1",
    "100::1",
    "100:0:0:1::1",
    // Multicast, reserved and broadcast.
    "224.0.0.0",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.0",
    "240.0.0.1",
    "254.255.255.255",
    "255.255.255.255",
    "ff00::1",
    "ff02::1",
    "ff02::2",
    "ff0e::1",
    // IPv4 inside IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP.
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::ffff:0.0.0.0",
    "::ffff:100.64.0.1",
    "::127.0.0.1",
    "::7f00:1",
    "::10.0.0.1",
    "::8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::ac1c:5",
    "64:ff9b::808:808",
    "64:ff9b::127.0.0.1",
    "64:ff9b:1::1",
    "64:ff9b:1:fffe::a9fe:a9fe",
    "2002:a00:1::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "fe80::5efe:7f00:1",
    // Never assigned.
    "4000::1",
    "5f00::1",
    "8000::1",
    "e000::1",
    "1000::1",
    "200::1",
    "400::1",
    "::1:0:0:0",
    // More of the same by other neighbours.
    "0.1.2.3",
    "10.10.10.10",
    "100.127.0.1",
    "127.0.0.53",
    "169.254.0.1",
    "172.17.0.1",
    "192.168.122.1",
    "198.18.255.255",
    "230.1.2.3",
    "250.0.0.1",
    "::ffff:192.168.0.1",
    "::ffff:255.255.255.255",
    "64:ff9b::a00:1",
    "2002:c0a8:1::1",
    "fd12:3456:789a:1::1",
];

#[test]
fn every_other_address_is_forbidden() {
    for text in FORBIDDEN {
        assert!(!is_public(text), "{text} was allowed");
    }
    assert!(FORBIDDEN.len() >= 120, "{}", FORBIDDEN.len());
}
