//! Which files of the cache go.

use std::cmp::Reverse;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// How long a file stays that no start has used.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// The most that all files hold.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// A file of the cache, also one that a crash left half written.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) used: SystemTime,
}

/// The files that were not used for long, and the oldest of those that are too much.
pub(super) fn superfluous(mut entries: Vec<Entry>, now: SystemTime) -> Vec<PathBuf> {
    entries.sort_by_key(|entry| Reverse(entry.used));
    let mut total: u64 = 0;
    let goes = |entry: &Entry| {
        total = total.saturating_add(entry.bytes);
        let unused = now.duration_since(entry.used).unwrap_or_default();
        unused > KEPT || total > MOST_BYTES
    };
    let (gone, _): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(goes);
    gone.into_iter().map(|entry| entry.path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn entry(name: &str, bytes: u64, used: SystemTime) -> Entry {
        Entry {
            path: name.into(),
            bytes,
            used,
        }
    }

    #[test]
    fn what_nobody_used_for_a_month_goes() {
        let now = SystemTime::UNIX_EPOCH + 100 * DAY;
        let entries = vec![
            entry("old", 1, now - 31 * DAY),
            entry("fresh", 1, now - 29 * DAY),
            entry("of a clock ahead", 1, now + DAY),
        ];
        assert_eq!(superfluous(entries, now), [PathBuf::from("old")]);
    }

    #[test]
    fn of_too_much_the_oldest_goes() {
        let now = SystemTime::UNIX_EPOCH + 100 * DAY;
        let half = MOST_BYTES / 2;
        let entries = vec![
            entry("first", half, now - 3 * DAY),
            entry("third", half, now - DAY),
            entry("second", half, now - 2 * DAY),
        ];
        assert_eq!(superfluous(entries, now), [PathBuf::from("first")]);
    }
}
