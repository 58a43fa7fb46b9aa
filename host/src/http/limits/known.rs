//! Who was recognised lately, and where an address is counted, both in a bounded space.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::http::server::places::network_of;

/// How long a credential is remembered after it was good.
const LATELY: Duration = Duration::from_secs(3_600);
/// How many are.
const MOST: usize = 16_384;

/// Credentials that were good lately, by a hash that nobody outside can compute.
#[derive(Default)]
pub(super) struct Known {
    hasher: RandomState,
    seen: Mutex<HashMap<u64, Instant>>,
}

impl Known {
    pub(super) fn remember(&self, credential: &str) {
        let (hash, now) = (self.hasher.hash_one(credential), Instant::now());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST && !seen.contains_key(&hash) {
            seen.retain(|_, at| now.duration_since(*at) < LATELY / 60);
            if seen.len() >= MOST {
                return;
            }
        }
        seen.insert(hash, now);
    }

    pub(super) fn lately(&self, credential: &str) -> bool {
        let hash = self.hasher.hash_one(credential);
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&hash).is_some_and(|at| at.elapsed() < LATELY)
    }

    /// One of 65,536 counters for an address: however many addresses there are, there are no more counters.
    pub(super) fn place(&self, address: IpAddr) -> u16 {
        let [first, second, ..] = self.hasher.hash_one(network_of(address)).to_be_bytes();
        u16::from_be_bytes([first, second])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_good_is_known_and_nobody_else() {
        let known = Known::default();
        known.remember("good");
        assert!(known.lately("good"));
        assert!(!known.lately("bad"));
    }

    #[test]
    fn no_more_are_known_than_there_is_space_for() {
        let known = Known::default();
        for number in 0..MOST + 100 {
            known.remember(&number.to_string());
        }
        assert_eq!(known.seen.lock().expect("no panic").len(), MOST);
        assert!(known.lately("0"));
    }

    #[test]
    fn a_network_of_six_is_counted_as_one() {
        let known = Known::default();
        let place = |text: &str| known.place(text.parse().expect("an address"));
        assert_eq!(place("2001:db8::1"), place("2001:db8::ffff"));
        assert_eq!(place("::ffff:192.0.2.1"), place("192.0.2.1"));
    }
}
