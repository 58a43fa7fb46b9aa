//! A small memory for one connection of one hotel.

pub use crate::bindings::host::roomwire::host::kv::KvError as Error;

use crate::imports;

/// The value of a key, or none.
///
/// # Errors
/// The key is not printable, or the store is unavailable.
pub fn get(key: &str) -> Result<Option<Vec<u8>>, Error> {
    imports::kv::get(key)
}

/// # Errors
/// As [`get`], or the connection holds too many keys or bytes.
pub fn set(key: &str, value: &[u8]) -> Result<(), Error> {
    imports::kv::set(key, value)
}

/// # Errors
/// As [`get`].
pub fn delete(key: &str) -> Result<(), Error> {
    imports::kv::delete(key)
}

/// Stores `value` only where the key still holds `expected` (none: absent). True when stored.
///
/// # Errors
/// As [`set`].
pub fn compare_and_set(key: &str, expected: Option<&[u8]>, value: &[u8]) -> Result<bool, Error> {
    imports::kv::compare_and_set(key, expected, value)
}
