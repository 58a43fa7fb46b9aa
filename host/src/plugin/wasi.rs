//! An empty WASI 0.2 for guests whose language needs one: no files, no sockets, no environment, and the host's clock.

use std::time::Duration;

use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use wasmtime_wasi::{HostWallClock, WasiCtx};

use crate::domain::random::Random;

/// The frozen instant of a call.
struct FrozenClock(Duration);

impl HostWallClock for FrozenClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

/// A context that offers nothing but the call's instant and the host's randomness.
pub(super) fn empty(now: Timestamp, random: &Random) -> WasiCtx {
    let since_epoch = u64::try_from(now.as_millisecond()).unwrap_or(0);
    WasiCtx::builder()
        .wall_clock(FrozenClock(Duration::from_millis(since_epoch)))
        .secure_random(StdRng::from_seed(random.bytes()))
        .insecure_random(StdRng::from_seed(random.bytes()))
        .insecure_random_seed(u128::from_le_bytes(random.bytes()))
        .allow_tcp(false)
        .allow_udp(false)
        .build()
}
