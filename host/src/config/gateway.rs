//! `[gateway]`: how long quotes and holds live, and how many holds at once.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Deserialize;

use crate::config::key::Key;
use crate::config::reading::{Reading, duration};
use crate::domain::hold::HoldCaps;

const MINUTE: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);
/// Each new hold counts those of its key.
const CAPS: RangeInclusive<u32> = 1..=10_000;

/// How long quotes and holds live, written as `"10 min"`, and how many holds at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gateway {
    /// What a new hold gets, and each extension.
    #[serde(deserialize_with = "duration")]
    pub hold_ttl: Duration,
    /// Extensions do not prolong a hold beyond this.
    #[serde(deserialize_with = "duration")]
    pub hold_longest: Duration,
    #[serde(deserialize_with = "duration")]
    pub quote_ttl: Duration,
    /// Live holds of one API key in one hotel.
    pub holds_per_key: u32,
    /// Live holds of one guest's session, where the key's web site names it.
    pub holds_per_session: u32,
}

impl Default for Gateway {
    fn default() -> Self {
        let caps = HoldCaps::default();
        Self {
            hold_ttl: 10 * MINUTE,
            hold_longest: 30 * MINUTE,
            quote_ttl: 15 * MINUTE,
            holds_per_key: caps.per_key,
            holds_per_session: caps.per_session,
        }
    }
}

impl Gateway {
    pub(super) fn check(&self, reading: &mut Reading<'_>) {
        for (field, duration) in [
            ("hold_ttl", self.hold_ttl),
            ("hold_longest", self.hold_longest),
            ("quote_ttl", self.quote_ttl),
        ] {
            if duration > LONGEST {
                reading.refuse(
                    &Key::root("gateway").child(field),
                    "longer than a week: what nobody buys for so long is sold to others",
                );
            }
        }
        for (field, cap) in [
            ("holds_per_key", self.holds_per_key),
            ("holds_per_session", self.holds_per_session),
        ] {
            if !CAPS.contains(&cap) {
                reading.refuse(
                    &Key::root("gateway").child(field),
                    format!("a cap is {} to {} live holds", CAPS.start(), CAPS.end()),
                );
            }
        }
        if self.hold_ttl > self.hold_longest {
            reading.refuse(
                &Key::root("gateway").child("hold_ttl"),
                "a hold's first duration is longer than gateway.hold_longest allows",
            );
        }
    }
}
