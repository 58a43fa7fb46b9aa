//! The host's clock.

use jiff::Timestamp;

use crate::imports;

/// Now. It stands still during a call, so that a recorded call can be replayed.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::from_millisecond(imports::clock::now())
        .expect("the host's clock lies within the years 1 to 9999")
}
