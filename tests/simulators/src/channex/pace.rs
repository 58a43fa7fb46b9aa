//! The limit that Channex keeps: so many messages of each sort a minute for a property.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::ari::Sort;
use super::wire::Problem;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// When messages came, by property and sort.
#[derive(Debug, Default)]
pub(super) struct Pace(BTreeMap<(String, Sort), Vec<Timestamp>>);

impl Pace {
    /// Counts a message, or refuses it where this minute's are used up. A refused one does not count.
    pub(super) fn count(
        &mut self,
        (property, sort): (&str, Sort),
        most: usize,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let came = self.0.entry((property.to_owned(), sort)).or_default();
        came.retain(|at| now.duration_since(*at) < MINUTE);
        if came.len() >= most {
            return Err(Problem::too_many_requests());
        }
        came.push(now);
        Ok(())
    }
}
