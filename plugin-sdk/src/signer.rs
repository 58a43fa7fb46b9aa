//! Signatures with a secret that the connector never sees.

pub use crate::bindings::host::roomwire::host::signer::SignerError as Error;

use crate::imports;

/// The signature of `message` with the key of a `signer` slot, by the algorithm that the manifest fixes for it; raw bytes.
/// Those of `ed25519` and `ecdsa-p256` are as a JSON web token's EdDSA and ES256 have them.
///
/// # Errors
/// No such slot, or the call has signed too much.
pub fn sign(slot: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
    // The contract's name for it is that of the first algorithms.
    imports::signer::hmac(slot, message)
}

/// The HMAC of `message` under the secret of a `signer` slot, whose algorithm the manifest fixes; raw bytes.
///
/// # Errors
/// No such slot, or the call has signed too much.
pub fn hmac(slot: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
    imports::signer::hmac(slot, message)
}
