//! `[server]`: where the gateway listens, who stands in front of it, and what one connection may do.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

use crate::config::key::Key;
use crate::config::reading::{Reading, duration};

/// Where the gateway listens, and its manners at the socket.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    pub listen: SocketAddr,
    /// Where the world reaches the gateway, such as `https://gateway.example`: what channels are told to call.
    pub public_url: Option<String>,
    /// Whether everybody reaches us through TLS, so that browsers may be told to insist on it.
    pub behind_tls: bool,
    /// Networks whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// Web pages that may call from a browser, such as `https://book.aurora.example`; `*` is every page.
    pub allowed_origins: Vec<String>,
    /// The most connections at once; further ones wait in the kernel's queue.
    pub connections: usize,
    /// The most connections of one client address, unless it is a trusted proxy.
    pub connections_per_address: usize,
    /// From a connection to its first byte.
    #[serde(deserialize_with = "duration")]
    pub first_byte_timeout: Duration,
    /// From a head's first byte to its last.
    #[serde(deserialize_with = "duration")]
    pub header_timeout: Duration,
    /// For a whole body.
    #[serde(deserialize_with = "duration")]
    pub body_timeout: Duration,
    /// For a whole request, with its wait in a lane.
    #[serde(deserialize_with = "duration")]
    pub request_timeout: Duration,
    /// How long a client may take nothing of an answer that waits for it.
    #[serde(deserialize_with = "duration")]
    pub write_timeout: Duration,
    /// How long an open connection may ask nothing.
    #[serde(deserialize_with = "duration")]
    pub idle_timeout: Duration,
    /// How long connections are still taken after the signal to stop, while load balancers notice.
    #[serde(deserialize_with = "duration_or_none")]
    pub drain_delay: Duration,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            behind_tls: false,
            trusted_proxies: Vec::new(),
            allowed_origins: Vec::new(),
            connections: 10_000,
            connections_per_address: 6_000,
            first_byte_timeout: Duration::from_secs(5),
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            drain_delay: Duration::ZERO,
        }
    }
}

/// A network is written `10.0.0.0/8`, and one address alone as itself.
fn networks<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let network = |text: &String| {
        text.parse::<IpNet>()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| {
                serde::de::Error::custom(format!(
                    "`{text}` is neither a network such as \"10.0.0.0/8\" nor an address"
                ))
            })
    };
    texts.iter().map(network).collect()
}

/// Zero is a duration here.
fn duration_or_none<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    crate::config::reading::parse_duration(&String::deserialize(deserializer)?)
        .map_err(serde::de::Error::custom)
}

impl Server {
    /// Whether this peer may say for whom it calls.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted_proxies
            .iter()
            .any(|network| network.contains(&peer))
    }

    pub(super) fn check(&self, reading: &mut Reading<'_>) {
        let key = Key::root("server");
        if self.connections == 0 || self.connections_per_address == 0 {
            reading.refuse(
                &key.child("connections"),
                "at least one connection is needed to answer anybody",
            );
        }
        if let Some(url) = &self.public_url
            && !is_public_url(url)
        {
            reading.refuse(
                &key.child("public_url"),
                format!(
                    "`{url}` is no address that channels can be told: expected `https://`, a host and nothing behind its \
                     path, such as \"https://gateway.example\"; plain http:// is for this machine alone"
                ),
            );
        }
        let origins = key.child("allowed_origins");
        for (place, origin) in self.allowed_origins.iter().enumerate() {
            if !is_origin(origin) {
                reading.refuse(
                    &origins.index(place),
                    format!(
                        "`{origin}` is no origin: expected scheme and host as browsers send them, such as \
                         \"https://book.aurora.example\", or \"*\""
                    ),
                );
            }
        }
    }
}

/// Scheme and host, and a path where a proxy adds one. Webhooks must not be read on their way, so TLS is a must elsewhere.
fn is_public_url(text: &str) -> bool {
    let plain = |part: &str| {
        let byte_is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:[]/".contains(&byte);
        !part.is_empty() && part.bytes().all(byte_is_plain)
    };
    let is_here = |host: &str| {
        let mut names = ["127.0.0.1", "localhost", "[::1]"].into_iter();
        names.any(|name| {
            let port = host.strip_prefix(name);
            port.is_some_and(|port| port.is_empty() || port.starts_with(':'))
        })
    };
    let (rest, over_tls) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (rest, true),
        (None, Some(rest)) => (rest, false),
        (None, None) => return false,
    };
    let (host, path) = match rest.split_once('/') {
        Some((host, path)) => (host, Some(path)),
        None => (rest, None),
    };
    let path_is_sound = path.is_none_or(|path| plain(path) && !path.ends_with('/'));
    plain(host) && path_is_sound && (over_tls || is_here(host))
}

fn is_origin(text: &str) -> bool {
    if text == "*" {
        return true;
    }
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty()
            && host.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:[]".contains(&byte)
            })
    })
}
