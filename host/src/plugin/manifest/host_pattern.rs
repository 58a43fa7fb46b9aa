//! The hosts that a plugin may call: exact names, or `*.suffix` on a label boundary.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An exact host (`api.example.com`), or every host under a suffix (`*.example.com`), and the HTTPS port.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPattern {
    wildcard: bool,
    name: String,
    port: u16,
}

/// Why a text names no host that could be called.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidHost {
    #[error(
        "`{0}` is not a lower-case host name such as api.example.com (give the punycode form of other scripts)"
    )]
    Name(String),
    #[error("`{0}` is an address or a single label: name a public host such as api.example.com")]
    NotPublic(String),
    #[error("the port of `{0}` is not a number from 1 to 65535")]
    Port(String),
    #[error(
        "`{0}` is too wide: a wildcard needs a suffix of two labels or more, such as *.example.com"
    )]
    TooWide(String),
}

impl HostPattern {
    /// Whether a request to this host is meant. The suffix itself is not one of the hosts under it.
    pub fn matches(&self, host: &str) -> bool {
        if !self.wildcard {
            return host == self.name;
        }
        let label = host
            .strip_suffix(&self.name)
            .and_then(|rest| rest.strip_suffix('.'));
        label.is_some_and(|label| !label.is_empty()) && is_host_name(host)
    }

    /// Whether every host of `other` is one of this pattern's.
    pub fn covers(&self, other: &Self) -> bool {
        self == other || (self.port == other.port && !other.wildcard && self.matches(&other.name))
    }

    pub fn is_wildcard(&self) -> bool {
        self.wildcard
    }

    /// The host name, or the suffix of a wildcard.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for HostPattern {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = match text.split_once(':') {
            None => (text, 443),
            Some((host, port)) => (
                host,
                parse_port(port).ok_or_else(|| InvalidHost::Port(text.to_owned()))?,
            ),
        };
        let (wildcard, name) = host
            .strip_prefix("*.")
            .map_or((false, host), |suffix| (true, suffix));
        if !is_host_name(name) {
            return Err(InvalidHost::Name(text.to_owned()));
        }
        if !is_public_name(name) {
            return Err(if wildcard {
                InvalidHost::TooWide
            } else {
                InvalidHost::NotPublic
            }(text.to_owned()));
        }
        Ok(Self {
            wildcard,
            name: name.to_owned(),
            port,
        })
    }
}

impl TryFrom<String> for HostPattern {
    type Error = InvalidHost;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.to_string()
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.wildcard { "*." } else { "" };
        match self.port {
            443 => write!(formatter, "{star}{}", self.name),
            port => write!(formatter, "{star}{}:{port}", self.name),
        }
    }
}

/// Digits only, so that `+443` and `0443` have no meaning.
fn parse_port(text: &str) -> Option<u16> {
    let canonical = !text.is_empty()
        && !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit());
    canonical.then(|| text.parse().ok()).flatten()
}

/// Lower-case letters, digits and inner hyphens, in labels of 1 to 63.
fn is_host_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

/// Two labels or more, and a last one that no address notation could be read from (`127.1`, `10.0.0.0x1`).
fn is_public_name(name: &str) -> bool {
    let Some((_, last)) = name.rsplit_once('.') else {
        return false;
    };
    last.starts_with(|first: char| first.is_ascii_lowercase()) && last.len() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> HostPattern {
        text.parse().expect("a host pattern")
    }

    #[test]
    fn an_exact_host_matches_itself_only() {
        let exact = pattern("api.example.com");
        assert!(exact.matches("api.example.com"));
        for other in [
            "example.com",
            "x.api.example.com",
            "API.example.com",
            "api.example.com.",
            "api.example.comx",
            "",
        ] {
            assert!(!exact.matches(other), "{other}");
        }
    }

    #[test]
    fn a_wildcard_matches_on_a_label_boundary() {
        let wildcard = pattern("*.example.com");
        assert!(wildcard.matches("a.example.com"));
        assert!(wildcard.matches("a.b.example.com"));
        for other in [
            "example.com",
            "evilexample.com",
            ".example.com",
            "a..example.com",
            "a@b.example.com",
            "a/.example.com",
        ] {
            assert!(!wildcard.matches(other), "{other}");
        }
    }

    #[test]
    fn a_pattern_covers_what_it_would_match_on_its_own_port() {
        assert!(pattern("*.example.com").covers(&pattern("a.example.com")));
        assert!(!pattern("*.example.com").covers(&pattern("a.example.com:8443")));
        assert!(!pattern("a.example.com").covers(&pattern("*.example.com")));
        assert!(pattern("*.example.com").covers(&pattern("*.example.com")));
    }

    #[test]
    fn addresses_urls_and_single_labels_are_no_hosts() {
        let refused = [
            "",
            "localhost",
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.1",
            "10.0.0.0x1",
            "[::1]",
            "::1",
            "*",
            "*.com",
            "*.",
            "**.example.com",
            "a.*.example.com",
            "https://api.example.com",
            "api.example.com/",
            "user@example.com",
            "api.example.com.",
            "API.example.com",
            "api_x.example.com",
            "-a.example.com",
            "a-.example.com",
            "exämple.com",
            "api.example.com:0",
            "api.example.com:",
            "api.example.com:+443",
            "api.example.com:65536",
            "api.example.com:0443",
            "api.example.com:80:80",
            "a b.example.com",
            "a\n.example.com",
            "1.2.3.4.5",
        ];
        for text in refused {
            assert!(
                text.parse::<HostPattern>().is_err(),
                "{text:?} was taken for a host"
            );
        }
    }

    #[test]
    fn the_default_port_is_not_written() {
        assert_eq!(
            pattern("api.example.com:443").to_string(),
            "api.example.com"
        );
        assert_eq!(
            pattern("*.example.com:8443").to_string(),
            "*.example.com:8443"
        );
    }
}
