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

/// The special-purpose ranges of IANA's IPv4 registry, as network and prefix length, and the one address outside them
/// at which a cloud answers its own machines alone (Azure's 168.63.129.16).
const FORBIDDEN_V4: [([u8; 4], u32); 16] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([168, 63, 129, 16], 32),
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
mod tests;
