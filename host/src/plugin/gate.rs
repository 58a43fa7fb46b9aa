//! The gate before a call: a version of a plugin that fails again and again is quarantined, and a channel that does not
//! answer is left alone, each until a probe gets through.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::failure::sandbox;
use super::grants::ActiveGrant;
use super::loader::LoadedPlugin;
use crate::domain::circuit::{Change, Circuit, CircuitRules, Entry, Pass, Verdict};
use crate::domain::connector::{Caller, ConnectorFailure, SandboxFailure};

/// Faults of a plugin's own that quarantine its version, for all hotels: a sound call of any of them starts the count anew.
pub(super) const QUARANTINE: CircuitRules = CircuitRules {
    faults: 10,
    first_pause: Duration::from_secs(30),
    longest_pause: Duration::from_secs(15 * 60),
    probe_patience: Duration::from_secs(2 * 60),
};

/// Calls of one connection that its channel did not answer.
pub(super) const BREAKER: CircuitRules = CircuitRules {
    faults: 10,
    first_pause: Duration::from_secs(10),
    longest_pause: Duration::from_secs(5 * 60),
    probe_patience: Duration::from_secs(2 * 60),
};

/// A circuit that calls share.
#[derive(Debug)]
pub(super) struct SharedCircuit(Mutex<Circuit>);

impl SharedCircuit {
    pub(super) fn new(rules: CircuitRules) -> Self {
        Self(Mutex::new(Circuit::new(rules)))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.with(|circuit| circuit.is_closed())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Circuit) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A call that was let through.
pub(super) struct Gate<'a> {
    plugin: &'a LoadedPlugin,
    grant: &'a ActiveGrant,
    caller: &'a Caller,
    version: Pass,
    /// Absent where the channel is not asked.
    channel: Option<Pass>,
}

impl<'a> Gate<'a> {
    /// Asks the plugin's version first, then the connection where the call `asks` its channel something.
    pub(super) fn enter(
        plugin: &'a LoadedPlugin,
        (grant, asks): (&'a ActiveGrant, bool),
        caller: &'a Caller,
        now: Timestamp,
    ) -> Result<Self, ConnectorFailure> {
        let version = match plugin.circuit.with(|circuit| circuit.enter(now)) {
            Entry::Call(pass) => pass,
            Entry::Wait(wait) => {
                let message = format!(
                    "it is in quarantine after repeated faults, and is tried again in {} s",
                    seconds(wait)
                );
                let kind = SandboxFailure::Quarantined;
                return Err(sandbox(&plugin.manifest, kind, &message));
            }
        };
        let entry = asks.then(|| grant.circuit.with(|circuit| circuit.enter(now)));
        let channel = match entry {
            None => None,
            Some(Entry::Call(pass)) => Some(pass),
            Some(Entry::Wait(wait)) => {
                let nothing = |circuit: &mut Circuit| circuit.leave(version, Verdict::Nothing, now);
                plugin.circuit.with(nothing);
                return Err(ConnectorFailure::Retry(format!(
                    "nothing was sent: the channel has not answered for a while, and is asked again in {} s",
                    seconds(wait)
                )));
            }
        };
        Ok(Self {
            plugin,
            grant,
            caller,
            version,
            channel,
        })
    }

    /// Takes what the call came to.
    pub(super) fn leave<T>(self, result: &Result<T, ConnectorFailure>, now: Timestamp) {
        let failure = result.as_ref().err();
        let verdict = of_version(failure);
        let change = |circuit: &mut Circuit| circuit.leave(self.version, verdict, now);
        self.tell_version(self.plugin.circuit.with(change));
        if let Some(pass) = self.channel {
            let verdict = of_channel(failure);
            let change = |circuit: &mut Circuit| circuit.leave(pass, verdict, now);
            self.tell_channel(self.grant.circuit.with(change));
        }
    }

    fn tell_version(&self, change: Change) {
        let manifest = &self.plugin.manifest;
        match change {
            Change::None => {}
            Change::Opened(pause) => {
                metrics::counter!("roomwire_plugin_quarantines_total", "plugin" => manifest.id.clone())
                    .increment(1);
                tracing::error!(
                    alert = "plugin_quarantined",
                    plugin.id = %manifest.id,
                    plugin.version = %manifest.version,
                    pause_s = pause.as_secs(),
                    "A plugin failed again and again and is in quarantine: its calls wait"
                );
            }
            Change::Closed => tracing::info!(
                plugin.id = %manifest.id,
                plugin.version = %manifest.version,
                "A plugin is out of quarantine"
            ),
        }
    }

    fn tell_channel(&self, change: Change) {
        let connection = self.caller.connection;
        match change {
            Change::None => {}
            Change::Opened(pause) => {
                let plugin = self.plugin.manifest.id.clone();
                metrics::counter!("roomwire_connections_paused_total", "plugin" => plugin)
                    .increment(1);
                tracing::warn!(
                    connection.id = %connection,
                    pause_s = pause.as_secs(),
                    "A channel has not answered many times in a row: its calls wait"
                );
            }
            Change::Closed => {
                tracing::info!(connection.id = %connection, "A channel answers again");
            }
        }
    }
}

/// What a call says about the plugin itself.
fn of_version(failure: Option<&ConnectorFailure>) -> Verdict {
    match failure {
        Some(ConnectorFailure::Sandbox { kind, .. }) => match kind {
            SandboxFailure::Trap
            | SandboxFailure::CpuExceeded
            | SandboxFailure::Deadline
            | SandboxFailure::Memory => Verdict::Faulty,
            SandboxFailure::EgressDenied
            | SandboxFailure::Limit
            | SandboxFailure::InvalidOutput
            | SandboxFailure::Unavailable
            | SandboxFailure::Overloaded
            | SandboxFailure::Quarantined => Verdict::Nothing,
        },
        _ => Verdict::Sound,
    }
}

/// What a call says about the way to the channel.
fn of_channel(failure: Option<&ConnectorFailure>) -> Verdict {
    match failure {
        Some(ConnectorFailure::Retry(_)) => Verdict::Faulty,
        Some(ConnectorFailure::Sandbox { .. }) => Verdict::Nothing,
        _ => Verdict::Sound,
    }
}

/// Rounded up: who is told 0 s would come too early.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
