//! `[development]`: simulators in the place of channels. Nothing of it belongs on a production machine.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Deserialize;

use crate::config::key::Key;
use crate::config::reading::Reading;

/// Simulators in the place of channels.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Development {
    /// A channel's host, as manifests name it, and the loopback port that is dialled instead, over plain HTTP.
    pub hosts: BTreeMap<String, SocketAddr>,
}

impl Development {
    pub(super) fn check(&self, reading: &mut Reading<'_>) {
        let hosts = Key::root("development").child("hosts");
        for (host, address) in &self.hosts {
            if !address.ip().is_loopback() {
                reading.refuse(
                    &hosts.child(host),
                    format!(
                        "{address} is no loopback address: simulators run on this machine only"
                    ),
                );
            }
        }
    }
}
