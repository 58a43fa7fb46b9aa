//! Signatures with a secret that the connector never sees.

pub use crate::bindings::host::roomwire::host::signer::SignerError as Error;

use crate::imports;

/// The HMAC of `message` under the secret of a `signer` slot, whose algorithm the manifest fixes; raw bytes.
///
/// # Errors
/// No such slot, or the call has signed too much.
pub fn hmac(slot: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
    imports::signer::hmac(slot, message)
}
