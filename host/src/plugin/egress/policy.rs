//! What the operator allows beyond the public Internet: simulators on this machine.

use std::collections::HashMap;
use std::net::SocketAddr;

use tracing::warn;

/// The operator's exceptions, by the manifest host that is replaced.
#[derive(Clone, Debug, Default)]
pub struct EgressPolicy {
    development_hosts: HashMap<String, SocketAddr>,
}

/// A development address that is not this machine's.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "[development.hosts] \"{host}\" = \"{address}\": a simulator is reached without encryption, so it must run on a \
     loopback address such as 127.0.0.1"
)]
pub struct NotLoopback {
    host: String,
    address: SocketAddr,
}

impl EgressPolicy {
    /// Requests to these hosts go over plain HTTP to the given loopback address, after every other check.
    pub fn with_development_hosts(
        development_hosts: HashMap<String, SocketAddr>,
    ) -> Result<Self, NotLoopback> {
        for (host, address) in &development_hosts {
            if !address.ip().is_loopback() {
                return Err(NotLoopback {
                    host: host.clone(),
                    address: *address,
                });
            }
            warn!(%host, %address, "DEVELOPMENT: requests to this host go to a simulator, unencrypted and with real credentials");
        }
        Ok(Self { development_hosts })
    }

    /// Where a host's simulator listens.
    pub(super) fn simulator_of(&self, host: &str) -> Option<SocketAddr> {
        self.development_hosts.get(host).copied()
    }

    /// Whether any host is replaced.
    pub(super) fn has_simulators(&self) -> bool {
        !self.development_hosts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(address: &str) -> Result<EgressPolicy, NotLoopback> {
        let address = address.parse().expect("a socket address");
        EgressPolicy::with_development_hosts(HashMap::from([(
            "api.example.com".to_owned(),
            address,
        )]))
    }

    #[test]
    fn a_simulator_runs_on_this_machine_only() {
        assert!(policy("127.0.0.1:9101").is_ok());
        assert!(policy("[::1]:9101").is_ok());
        for address in [
            "10.0.0.1:80",
            "0.0.0.0:80",
            "169.254.169.254:80",
            "[::ffff:127.0.0.1]:80",
            "1.1.1.1:80",
        ] {
            let refusal = policy(address).expect_err(address).to_string();
            assert!(
                refusal.contains("[development.hosts] \"api.example.com\""),
                "{refusal}"
            );
        }
    }
}
