//! The host's randomness.

use crate::imports;

/// Random bytes: at most 1,024 a call, and what is more is left out.
#[must_use]
pub fn bytes(length: u32) -> Vec<u8> {
    imports::random::bytes(length)
}
