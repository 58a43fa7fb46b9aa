//! Which addresses belong to the public Internet. Every other one is the operator's own network, and forbidden.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nix::sys::socket::SockaddrStorage;

/// Why an address is not dialled.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0} is not a public address of another machine")]
pub struct NotPublic(pub IpAddr);

/// The addresses of this machine's own interfaces. A public one among them leads to what listens here, past any firewall.
pub fn own_addresses() -> io::Result<Vec<IpAddr>> {
    let addresses = nix::ifaddrs::getifaddrs()?.filter_map(|interface| interface.address);
    let ip = |address: SockaddrStorage| {
        let v4 = address.as_sockaddr_in().map(|address| address.ip().into());
        v4.or_else(|| address.as_sockaddr_in6().map(|address| address.ip().into()))
    };
    Ok(addresses.filter_map(ip).collect())
}

/// Refuses this machine's own addresses, and every one that is not public.
pub fn require_foreign(address: IpAddr, own: &[IpAddr]) -> Result<(), NotPublic> {
    if own.contains(&address.to_canonical()) {
        return Err(NotPublic(address));
    }
    require_public(address)
}

/// Whether anyone on the Internet could dial this address. Unknown ranges are forbidden.
pub fn require_public(address: IpAddr) -> Result<(), NotPublic> {
    let public = match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    };
    if public {
        Ok(())
    } else {
        Err(NotPublic(address))
    }
}

/// The special-purpose ranges of IANA's IPv4 registry, as network and prefix length.
const FORBIDDEN_V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// The special-purpose ranges inside IPv6's global unicast space (2000::/3), as first segments and prefix length.
const FORBIDDEN_V6: [([u16; 2], u32); 4] = [
    // Protocol assignments: Teredo, ORCHID, benchmarking and others.
    ([0x2001, 0x0000], 23),
    // Documentation.
    ([0x2001, 0x0db8], 32),
    // 6to4 leads to an IPv4 address.
    ([0x2002, 0x0000], 16),
    // Documentation.
    ([0x3fff, 0x0000], 20),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    !FORBIDDEN_V4
        .iter()
        .any(|(network, length)| share_prefix(bits, u32::from_be_bytes(*network), *length))
}

/// Only global unicast: what maps, embeds or translates an IPv4 address (`::ffff:0:0/96`, `64:ff9b::/96`, `::/96`),
/// and what is local, lies outside it or is listed. No channel needs these forms, so none is decoded and let through.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let [first, second, ..] = address.segments();
    let head = (u32::from(first) << 16) | u32::from(second);
    let forbidden = |network: &[u16; 2]| (u32::from(network[0]) << 16) | u32::from(network[1]);
    share_prefix(head, 0x2000_0000, 3)
        && !FORBIDDEN_V6
            .iter()
            .any(|(network, length)| share_prefix(head, forbidden(network), *length))
}

fn share_prefix(one: u32, other: u32, length: u32) -> bool {
    (one ^ other).leading_zeros() >= length
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn every_other_address_is_forbidden() {
        let forbidden = [
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
        for text in forbidden {
            assert!(!is_public(text), "{text} was allowed");
        }
        assert!(forbidden.len() >= 120, "{}", forbidden.len());
    }
}
