//! One budget for each of many: what is left of it, and when there is enough again.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::Duration;

use governor::clock::{Clock as _, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use crate::config::Rate;

/// Budgets that have filled up again are forgotten once there are more than this.
const REMEMBERED: usize = 8_192;
/// And not looked for more often than this.
const SWEEP: Duration = Duration::from_secs(1);

/// A budget for each holder of a kind.
pub(super) struct Bucket<K: Hash + Eq + Clone> {
    name: &'static str,
    rate: Rate,
    limiter: RateLimiter<K, HashMapStateStore<K>, MonotonicClock, StateInformationMiddleware>,
    /// Until when the holders are refused whose budget was seen empty.
    empty: Mutex<Empty<K>>,
}

struct Empty<K> {
    until: HashMap<K, Instant>,
    swept: Instant,
}

/// How a budget stands.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    name: &'static str,
    rate: Rate,
    left: u32,
    /// Seconds until there is more.
    reset: u32,
}

impl Standing {
    pub(super) fn policy(&self) -> String {
        format!(
            "\"{}\";q={};w={}",
            self.name,
            self.rate.burst,
            self.rate.window()
        )
    }

    pub(super) fn limit(&self) -> String {
        format!("\"{}\";r={};t={}", self.name, self.left, self.reset)
    }
}

/// A budget that does not suffice, and in how many seconds it will.
pub(super) struct Spent {
    pub standing: Standing,
    pub wait: u32,
}

impl<K: Hash + Eq + Clone> Bucket<K> {
    pub(super) fn new(name: &'static str, rate: Rate) -> Self {
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        Self {
            name,
            rate,
            limiter: RateLimiter::hashmap_with_clock(quota, MonotonicClock)
                .with_middleware::<StateInformationMiddleware>(),
            empty: Mutex::new(Empty {
                until: HashMap::new(),
                swept: Instant::now(),
            }),
        }
    }

    /// Takes so much of a holder's budget, or nothing where it does not suffice. What costs more than a full budget
    /// costs all of it.
    pub(super) fn take(&self, holder: &K, cost: u32) -> Result<Standing, Spent> {
        let cost = NonZeroU32::new(cost)
            .unwrap_or(NonZeroU32::MIN)
            .min(self.rate.burst);
        self.sweep();
        let taken = self
            .limiter
            .check_key_n(holder, cost)
            .expect("no cost is above the burst");
        match taken {
            Ok(state) => Ok(self.standing(state.remaining_burst_capacity(), 1)),
            Err(refused) => {
                let wait = refused.wait_time_from(self.limiter.clock().now());
                let seconds = whole_seconds(wait);
                self.lock()
                    .until
                    .insert(holder.clone(), Instant::now() + wait);
                Err(Spent {
                    standing: self.standing(0, seconds),
                    wait: seconds,
                })
            }
        }
    }

    /// For how many seconds a holder is refused whose budget was seen empty; nothing is taken.
    pub(super) fn blocked(&self, holder: &K) -> Option<u32> {
        let until = *self.lock().until.get(holder)?;
        let left = until.checked_duration_since(Instant::now())?;
        (!left.is_zero()).then(|| whole_seconds(left))
    }

    fn standing(&self, left: u32, reset: u32) -> Standing {
        Standing {
            name: self.name,
            rate: self.rate,
            left,
            reset,
        }
    }

    /// A full budget is as good as one that nobody has seen.
    fn sweep(&self) {
        let now = Instant::now();
        {
            let mut empty = self.lock();
            if now.duration_since(empty.swept) < SWEEP {
                return;
            }
            empty.swept = now;
            empty.until.retain(|_, until| *until > now);
        }
        if self.limiter.len() > REMEMBERED {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Empty<K>> {
        self.empty
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn whole_seconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis().div_ceil(1000))
        .unwrap_or(u32::MAX)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(per_second: u32, burst: u32) -> Bucket<u32> {
        let number = |number| NonZeroU32::new(number).expect("a rate");
        let (per_second, burst) = (number(per_second), number(burst));
        Bucket::new("key", Rate { per_second, burst })
    }

    #[test]
    fn a_budget_is_spent_by_cost_and_its_holder_told_how_it_stands() {
        let bucket = bucket(1, 10);
        let standing = bucket.take(&7, 4).ok().expect("enough");
        assert_eq!(standing.policy(), "\"key\";q=10;w=10");
        assert_eq!(standing.limit(), "\"key\";r=6;t=1");
        let spent = bucket.take(&7, 9).expect_err("too much");
        assert_eq!(spent.wait, 3);
        assert_eq!(bucket.blocked(&7), Some(3));
        assert!(
            bucket.take(&8, 9).is_ok(),
            "another holder has another budget"
        );
        assert_eq!(bucket.blocked(&8), None);
    }

    #[test]
    fn what_costs_more_than_a_budget_costs_all_of_it() {
        let bucket = bucket(1, 10);
        assert!(bucket.take(&7, 1_000_000).is_ok());
        assert!(bucket.take(&7, 1).is_err());
    }

    #[test]
    fn full_budgets_are_forgotten() {
        let bucket = bucket(1_000_000, 1);
        for holder in 0..20_000 {
            assert!(bucket.take(&holder, 1).is_ok());
        }
        bucket.lock().swept = Instant::now().checked_sub(SWEEP).expect("the clock runs");
        assert!(bucket.take(&0, 1).is_ok());
        assert!(
            bucket.limiter.len() < REMEMBERED,
            "{}",
            bucket.limiter.len()
        );
    }
}
