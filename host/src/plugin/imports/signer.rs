//! `signer`: signatures with secrets that the guest never sees.

use hmac::{EagerHash, Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::{Sha256, Sha512};

use crate::plugin::manifest::secrets::{Injection, SignatureAlgorithm};
use crate::plugin::recording::{Asked, Bytes, Turn};
use crate::plugin::state::CallState;
use crate::plugin::v1::bindings::host::roomwire::host::signer::{Host, SignerError};

/// The longest message that is signed.
const MAX_MESSAGE: usize = 1024 * 1024;

impl Host for CallState {
    async fn hmac(
        &mut self,
        slot: String,
        message: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, SignerError>> {
        self.enter()?;
        if message.len() > MAX_MESSAGE {
            return Ok(Err(SignerError::Limit(format!(
                "a message has at most {MAX_MESSAGE} bytes"
            ))));
        }
        let asked = || Asked::Sign {
            slot: slot.clone(),
            message: Bytes(message.clone()),
        };
        let ticket = match self.world.begin(asked)? {
            Turn::Answered(answer) => return Ok(answer),
            Turn::Open(ticket) => ticket,
        };
        let answer = self
            .sign(&slot, &message)
            .ok_or_else(|| SignerError::UnknownSlot("no signing slot of this name".to_owned()));
        Ok(self.world.end(ticket, answer))
    }
}

impl CallState {
    fn sign(&self, slot: &str, message: &[u8]) -> Option<Vec<u8>> {
        let Injection::Signer { algorithm } = self.manifest.slot(slot)?.inject else {
            return None;
        };
        let key = self
            .identity
            .as_ref()?
            .grant
            .secret(slot)?
            .expose_secret()
            .as_bytes();
        match algorithm {
            SignatureAlgorithm::HmacSha256 => hmac::<Sha256>(key, message),
            SignatureAlgorithm::HmacSha512 => hmac::<Sha512>(key, message),
        }
    }
}

fn hmac<D: EagerHash>(key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let mac = <Hmac<D> as KeyInit>::new_from_slice(key).ok()?;
    Some(mac.chain_update(message).finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_rfc_4231s() {
        let signature =
            hmac::<Sha256>(b"Jefe", b"what do ya want for nothing?").expect("a signature");
        assert_eq!(
            hex::encode(signature),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(hmac::<Sha512>(b"k", b"m").expect("a signature").len(), 64);
    }
}
