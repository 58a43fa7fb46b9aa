//! The pace that Channex asks for: ten messages a minute of each sort for a property, and a pause of all after a refusal.
//!
//! It is remembered in the connection's small memory, since a call knows nothing of the one before.

use roomwire_plugin_sdk::{Failure, RateLimit, clock, kv};

/// Messages of one sort a minute.
const MESSAGES: usize = 10;

/// A minute, and a little for the time between a call's clock, which stands still, and its request.
const WINDOW_MS: i64 = 65_000;

const PAUSED: &str = "paused-until";

/// Takes one place of this minute for a message of this sort.
///
/// # Errors
/// `rate-limited` where none is left, or where Channex asked for a pause that is not over.
pub(crate) fn take_place(sort: &str) -> Result<(), Failure> {
    let now = clock::now().as_millisecond();
    let paused: Option<i64> = remembered(PAUSED)?;
    if let Some(wait) = paused.and_then(|until| wait(until, now)) {
        return Err(Failure::rate_limited(Some(wait), "property"));
    }
    let key = format!("sent/{sort}");
    let mut sent: Vec<i64> = remembered(&key)?.unwrap_or_default();
    // What lies ahead was written by a clock that was set back since.
    sent.retain(|at| (now - WINDOW_MS + 1..=now).contains(at));
    if sent.len() >= MESSAGES {
        let frees = sent.first().map_or(now, |first| first + WINDOW_MS);
        return Err(Failure::rate_limited(wait(frees, now), sort));
    }
    sent.push(now);
    Ok(kv::set(&key, &serde_json::to_vec(&sent)?)?)
}

/// Remembers that Channex asked for a pause of all updates.
pub(crate) fn pause(limit: &RateLimit) -> Result<(), Failure> {
    let seconds = i64::from(limit.after_seconds.unwrap_or(60));
    let until = clock::now().as_millisecond() + seconds * 1000;
    Ok(kv::set(PAUSED, &serde_json::to_vec(&until)?)?)
}

/// Whole seconds until an instant, at most as many as any pause has; none where it is past.
fn wait(until: i64, now: i64) -> Option<u32> {
    let seconds = u32::try_from((until - now + 999).div_euclid(1000)).ok()?;
    (1..=3600).contains(&seconds).then_some(seconds)
}

/// What was remembered; what cannot be read is as good as nothing.
fn remembered<T: serde::de::DeserializeOwned>(key: &str) -> Result<Option<T>, Failure> {
    Ok(kv::get(key)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

#[cfg(test)]
mod tests {
    use roomwire_plugin_sdk::Timestamp;
    use roomwire_plugin_sdk::testing::Host;

    use super::*;

    fn at(host: Host, second: i64) -> Host {
        host.at(Timestamp::from_second(1_800_000_000 + second).expect("an instant"))
    }

    fn limited(outcome: &Result<(), Failure>) -> Option<(Option<u32>, &str)> {
        match outcome {
            Err(Failure::RateLimited(limit)) => Some((limit.after_seconds, &limit.scope)),
            _ => None,
        }
    }

    #[test]
    fn the_eleventh_message_of_a_minute_waits_and_the_other_sort_does_not() {
        let mut host = at(Host::new(), 0);
        for _ in 0..MESSAGES {
            assert_eq!(host.run(|| take_place("availability")), Ok(()));
        }
        let eleventh = host.run(|| take_place("availability"));
        assert_eq!(limited(&eleventh), Some((Some(65), "availability")));
        assert_eq!(host.run(|| take_place("restrictions")), Ok(()));

        let mut host = at(host, 64);
        assert!(host.run(|| take_place("availability")).is_err());
        let mut host = at(host, 65);
        assert_eq!(host.run(|| take_place("availability")), Ok(()));
    }

    #[test]
    fn a_pause_holds_for_all_sorts_until_it_is_over() {
        let mut host = at(Host::new(), 0);
        let asked = RateLimit {
            after_seconds: None,
            scope: "property".to_owned(),
        };
        assert_eq!(host.run(|| pause(&asked)), Ok(()));
        let mut host = at(host, 59);
        for sort in ["availability", "restrictions"] {
            let refused = host.run(|| take_place(sort));
            assert_eq!(limited(&refused), Some((Some(1), "property")));
        }
        let mut host = at(host, 60);
        assert_eq!(host.run(|| take_place("restrictions")), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let mut host = at(Host::new(), 100_000);
        for _ in 0..MESSAGES {
            assert_eq!(host.run(|| take_place("availability")), Ok(()));
        }
        assert_eq!(
            host.run(|| pause(&RateLimit {
                after_seconds: Some(60),
                scope: String::new()
            })),
            Ok(())
        );
        let mut host = at(host, 0);
        assert_eq!(host.run(|| take_place("availability")), Ok(()));
    }
}
