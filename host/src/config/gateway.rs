//! `[gateway]`: how long quotes and holds live.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer};

use crate::config::key::Key;
use crate::config::reading::Reading;

const MINUTE: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long quotes and holds live. Written as `"10 min"`.
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
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            hold_ttl: 10 * MINUTE,
            hold_longest: 30 * MINUTE,
            quote_ttl: 15 * MINUTE,
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
        if self.hold_ttl > self.hold_longest {
            reading.refuse(
                &Key::root("gateway").child("hold_ttl"),
                "a hold's first duration is longer than gateway.hold_longest allows",
            );
        }
    }
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is not a duration such as \"10 min\""))
        })
}
