//! What one call may use, and the limiter that holds a store to its memory.

use std::time::Duration;

use wasmtime::ResourceLimiter;

use super::failure::Stop;
use super::manifest::RequestedLimits;

const MIB: usize = 1024 * 1024;

/// What one call may use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The guest's own computing; waiting for the host costs nothing of it.
    pub cpu: Duration,
    /// From the call's start to its end.
    pub wall: Duration,
    /// The sum of all linear memories, in bytes.
    pub memory: usize,
    /// Bytes that cross from the guest in one crossing.
    pub crossing: usize,
    /// Calls of host functions.
    pub host_calls: u32,
    /// HTTP requests.
    pub requests: u32,
    /// From a request to the head of its answer.
    pub first_byte: Duration,
    /// Bytes of one request's body.
    pub request_body: usize,
    /// Bytes of one answer's body.
    pub response_body: usize,
    /// Bytes of all answers' bodies.
    pub response_bodies: usize,
    /// Lines written to the log.
    pub log_lines: usize,
    /// Bytes of one line of the log; the rest is cut off.
    pub log_line: usize,
    /// Bytes of all lines.
    pub log_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu: Duration::from_millis(250),
            wall: Duration::from_secs(30),
            memory: 64 * MIB,
            crossing: 8 * MIB,
            host_calls: 10_000,
            requests: 32,
            first_byte: Duration::from_secs(10),
            request_body: 4 * MIB,
            response_body: 4 * MIB,
            response_bodies: 16 * MIB,
            log_lines: 1_000,
            log_line: 4 * 1024,
            log_bytes: 256 * 1024,
        }
    }
}

impl Limits {
    /// These limits, lowered where a manifest asks for less. It cannot ask for more.
    pub fn lowered(self, requested: &RequestedLimits) -> Self {
        let milliseconds =
            |asked: Option<u32>| asked.map(|asked| Duration::from_millis(u64::from(asked)));
        let mebibytes = |asked: u32| {
            usize::try_from(asked).map_or(usize::MAX, |asked| asked.saturating_mul(MIB))
        };
        Self {
            cpu: milliseconds(requested.cpu_ms).map_or(self.cpu, |asked| asked.min(self.cpu)),
            wall: milliseconds(requested.wall_ms).map_or(self.wall, |asked| asked.min(self.wall)),
            memory: requested
                .memory_mib
                .map_or(self.memory, |asked| mebibytes(asked).min(self.memory)),
            requests: requested
                .requests
                .map_or(self.requests, |asked| asked.min(self.requests)),
            ..self
        }
    }
}

/// How many calls may be under way, and how long one more waits for its turn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Admission {
    /// Of all plugins: fewer than the engine has places, since loading needs some.
    pub calls: usize,
    pub calls_of_one_plugin: usize,
    /// Of all of its connections.
    pub calls_of_one_hotel: usize,
    pub patience: Duration,
}

impl Default for Admission {
    fn default() -> Self {
        Self {
            calls: 240,
            // A quarter of the lane's slots: one slow plugin leaves the others theirs.
            calls_of_one_plugin: 16,
            // Half of a plugin's: no hotel takes them all from the others.
            calls_of_one_hotel: 8,
            patience: Duration::from_secs(5),
        }
    }
}

/// Sums what the memories and tables of one store hold. Wasmtime asks for each memory by itself,
/// so that a limit without a sum would hold for one memory and not for eight of them.
#[derive(Debug)]
pub(super) struct StoreLimiter {
    memory: usize,
    memory_left: usize,
    table_elements_left: usize,
}

/// What one guest may have at once. The engine's pool holds this for every guest, so that none takes another's place.
pub(super) const CORE_INSTANCES: u32 = 32;
pub(super) const TABLES: u32 = 16;
pub(super) const MEMORIES: u32 = 2;

/// Room for the function tables of a large guest.
const TABLE_ELEMENTS: usize = 100_000;

impl StoreLimiter {
    pub(super) fn new(memory: usize) -> Self {
        Self {
            memory,
            memory_left: memory,
            table_elements_left: TABLE_ELEMENTS,
        }
    }

    /// Bytes that the memories hold together. None ever shrinks, so it is also the most that they held.
    pub(super) fn held(&self) -> usize {
        self.memory - self.memory_left
    }
}

impl ResourceLimiter for StoreLimiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let left = self
            .memory_left
            .checked_sub(desired.saturating_sub(current))
            .ok_or(Stop::Memory)?;
        self.memory_left = left;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let left = self
            .table_elements_left
            .checked_sub(desired.saturating_sub(current))
            .ok_or(Stop::Memory)?;
        self.table_elements_left = left;
        Ok(true)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        TABLES as usize
    }

    fn memories(&self) -> usize {
        MEMORIES as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_lowers_limits_and_never_raises_them() {
        let asked = RequestedLimits {
            cpu_ms: Some(100),
            wall_ms: Some(60_000),
            memory_mib: Some(u32::MAX),
            requests: Some(3),
        };
        let limits = Limits::default().lowered(&asked);
        assert_eq!(limits.cpu, Duration::from_millis(100));
        assert_eq!(limits.wall, Duration::from_secs(30));
        assert_eq!(limits.memory, 64 * MIB);
        assert_eq!(limits.requests, 3);
        assert_eq!(limits.log_lines, Limits::default().log_lines);
    }

    #[test]
    fn memories_are_summed_over_the_store() {
        let mut limiter = StoreLimiter::new(3 * MIB);
        assert!(limiter.memory_growing(0, 2 * MIB, None).expect("within"));
        assert!(limiter.memory_growing(0, MIB, None).expect("within"));
        assert_eq!(limiter.held(), 3 * MIB);
        assert!(limiter.memory_growing(MIB, MIB + 1, None).is_err());
    }
}
