//! Randomness as a parameter: its only home.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Gives unpredictable bytes, or in tests the same ones each time.
#[derive(Clone)]
pub struct Random(Source);

#[derive(Clone)]
enum Source {
    System,
    Seeded(Arc<Mutex<StdRng>>),
}

impl Random {
    /// The system's generator, fit for keys and tokens.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A generator for tests, which repeats itself for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(
            seed,
        )))))
    }

    /// Fills the whole buffer.
    #[expect(clippy::disallowed_methods, reason = "this is randomness's one home")]
    pub fn fill(&self, buffer: &mut [u8]) {
        match &self.0 {
            Source::System => rand::rng().fill_bytes(buffer),
            Source::Seeded(generator) => {
                generator
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .fill_bytes(buffer);
            }
        }
    }

    /// `LENGTH` bytes.
    pub fn bytes<const LENGTH: usize>(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        self.fill(&mut bytes);
        bytes
    }

    /// A number below `bound`, which is at least 1. The bias is below `bound / 2^64`: fit for jitter, not for lotteries.
    pub fn below(&self, bound: u64) -> u64 {
        u64::from_le_bytes(self.bytes()) % bound.max(1)
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Source::System => "Random(System)",
            Source::Seeded(_) => "Random(Seeded)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself_and_the_system_does_not() {
        assert_eq!(
            Random::seeded(7).bytes::<16>(),
            Random::seeded(7).bytes::<16>()
        );
        assert_ne!(
            Random::seeded(7).bytes::<16>(),
            Random::seeded(8).bytes::<16>()
        );
        assert_ne!(
            Random::system().bytes::<16>(),
            Random::system().bytes::<16>()
        );
    }

    #[test]
    fn clones_of_a_seeded_generator_share_one_sequence() {
        let random = Random::seeded(1);
        assert_ne!(random.bytes::<16>(), random.clone().bytes::<16>());
    }

    #[test]
    fn numbers_stay_below_their_bound() {
        let random = Random::seeded(1);
        assert!((0..100).all(|_| random.below(3) < 3));
        assert_eq!(random.below(0), 0);
    }
}
