//! What a scenario cost, summed over its calls.

use std::time::Duration;

use serde::Serialize;

use crate::domain::connector::CallCost;

/// Only what the plugin did: the simulator's work is not in it.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Cost {
    pub calls: u32,
    /// The guest's own computing, rounded up.
    pub cpu_ms: u64,
    /// The most that one call held.
    pub memory_peak_bytes: u64,
    pub requests: u32,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    pub duration_ms: u64,
    #[serde(skip)]
    cpu: Duration,
    #[serde(skip)]
    duration: Duration,
}

impl Cost {
    pub(super) fn add(&mut self, call: &CallCost) {
        self.calls += 1;
        self.cpu += call.cpu;
        self.duration += call.duration;
        self.cpu_ms = milliseconds(self.cpu);
        self.duration_ms = milliseconds(self.duration);
        self.memory_peak_bytes = self.memory_peak_bytes.max(call.memory);
        self.requests += call.requests;
        self.bytes_sent += call.bytes_sent;
        self.bytes_received += call.bytes_received;
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX)
}
