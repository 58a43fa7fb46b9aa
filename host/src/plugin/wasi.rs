//! An empty WASI 0.2 for guests whose language needs one: no files, no sockets, no environment, and the host's clock.
//! What is printed is kept: where a runtime ends with a message, nothing else tells why.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx};

use super::recording::{Readings, World};
use super::state::Surroundings;
use crate::domain::clock::Clock;

/// The most random bytes of one call: far more than a generator's seed.
const MAX_RANDOM_BYTES: u64 = 64 * 1024;

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

/// What has passed since the guest first asked, by the host's clock and never backwards.
struct Elapsed {
    clock: Clock,
    began: Timestamp,
    latest: AtomicU64,
    readings: Readings,
}

impl HostMonotonicClock for Elapsed {
    fn resolution(&self) -> u64 {
        1_000
    }

    fn now(&self) -> u64 {
        self.readings.reading(|| self.passed())
    }
}

impl Elapsed {
    fn passed(&self) -> u64 {
        let passed = self.clock.now().duration_since(self.began).as_nanos();
        let passed = u64::try_from(passed).unwrap_or(0);
        self.latest.fetch_max(passed, Ordering::Relaxed).max(passed)
    }
}

/// What a guest's runtime is given.
pub(super) struct Wasi {
    pub(super) context: WasiCtx,
    pub(super) printed: MemoryOutputPipe,
}

impl Wasi {
    /// What was printed so far, to either stream.
    pub(super) fn all_printed(&self) -> String {
        String::from_utf8_lossy(&self.printed.contents()).into_owned()
    }
}

/// A context that offers nothing but the call's instant, the host's clock and its randomness, or what a recording has of
/// them; and room for some output.
pub(super) fn empty(
    now: Timestamp,
    surroundings: &Surroundings,
    world: &mut World,
    most_printed: usize,
) -> Wasi {
    let Surroundings { clock, random, .. } = surroundings;
    let seeds = world.seeds(random);
    let since_epoch = u64::try_from(now.as_millisecond()).unwrap_or(0);
    let elapsed = Elapsed {
        clock: clock.clone(),
        began: clock.now(),
        latest: AtomicU64::new(0),
        readings: world.readings(),
    };
    let printed = MemoryOutputPipe::new(most_printed);
    let context = WasiCtx::builder()
        .stdout(printed.clone())
        .stderr(printed.clone())
        .wall_clock(FrozenClock(Duration::from_millis(since_epoch)))
        .monotonic_clock(elapsed)
        .max_random_size(MAX_RANDOM_BYTES)
        .secure_random(StdRng::from_seed(seeds.secure))
        .insecure_random(StdRng::from_seed(seeds.insecure))
        .insecure_random_seed(u128::from_le_bytes(seeds.hash))
        .allow_tcp(false)
        .allow_udp(false)
        .build();
    Wasi { context, printed }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::SignedDuration;
    use wasmtime_wasi::p2::OutputStream as _;

    use super::*;
    use crate::domain::key_value::InMemoryKeyValues;
    use crate::domain::random::Random;

    #[test]
    fn what_is_printed_is_kept_as_far_as_there_is_room() {
        let surroundings = Surroundings {
            key_values: Arc::new(InMemoryKeyValues::default()),
            clock: Clock::system(),
            random: Random::seeded(1),
        };
        let mut wasi = empty(Timestamp::UNIX_EPOCH, &surroundings, &mut World::Live, 10);
        assert_eq!(wasi.all_printed(), "");
        wasi.printed.write("ten bytes.".into()).expect("room");
        assert!(wasi.printed.check_write().is_err(), "a closed stream");
        assert_eq!(wasi.all_printed(), "ten bytes.");
    }

    #[test]
    fn time_passes_with_the_hosts_clock_and_never_backwards() {
        let clock = Clock::movable(Timestamp::UNIX_EPOCH);
        let elapsed = Elapsed {
            clock: clock.clone(),
            began: clock.now(),
            latest: AtomicU64::new(0),
            readings: Readings::Live,
        };
        assert_eq!(elapsed.now(), 0);
        clock.advance(SignedDuration::from_secs(2));
        assert_eq!(elapsed.now(), 2_000_000_000);
        clock.advance(SignedDuration::from_secs(-1));
        assert_eq!(elapsed.now(), 2_000_000_000);
    }
}
