//! `signer`: signatures with secrets that the guest never sees.

use hmac::{EagerHash, Hmac, KeyInit, Mac};
use ring::rand::SystemRandom;
use secrecy::ExposeSecret;
use sha2::{Sha256, Sha512};

use crate::plugin::keys;
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
        let key = self.identity.as_ref()?.grant.secret(slot)?;
        signature(algorithm, key.expose_secret(), message)
    }
}

fn signature(algorithm: SignatureAlgorithm, key: &str, message: &[u8]) -> Option<Vec<u8>> {
    match algorithm {
        SignatureAlgorithm::HmacSha256 => hmac::<Sha256>(key.as_bytes(), message),
        SignatureAlgorithm::HmacSha512 => hmac::<Sha512>(key.as_bytes(), message),
        SignatureAlgorithm::Ed25519 => {
            let signature = keys::ed25519_private(key)?.sign(message);
            Some(signature.as_ref().to_vec())
        }
        SignatureAlgorithm::EcdsaP256 => {
            // The library takes no other randomness, so that no nonce can be chosen from outside.
            let signature = keys::p256_private(key)?.sign(&SystemRandom::new(), message);
            Some(signature.ok()?.as_ref().to_vec())
        }
    }
}

fn hmac<D: EagerHash>(key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let mac = <Hmac<D> as KeyInit>::new_from_slice(key).ok()?;
    Some(mac.chain_update(message).finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use ring::signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair, UnparsedPublicKey,
    };

    use super::*;

    #[test]
    fn the_signature_is_rfc_4231s() {
        let of = |algorithm| signature(algorithm, "Jefe", b"what do ya want for nothing?");
        let signature = of(SignatureAlgorithm::HmacSha256).expect("a signature");
        assert_eq!(
            hex::encode(signature),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let longer = of(SignatureAlgorithm::HmacSha512).expect("a signature");
        assert_eq!(longer.len(), 64);
    }

    #[test]
    fn a_private_key_signs_and_its_public_key_agrees() {
        let edwards = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        let edwards = STANDARD.encode(edwards);
        let public = keys::ed25519_private(&edwards).expect("a key");
        let made = signature(SignatureAlgorithm::Ed25519, &edwards, b"m").expect("a signature");
        let public = UnparsedPublicKey::new(&ED25519, public.public_key());
        assert!(public.verify(b"m", &made).is_ok() && public.verify(b"n", &made).is_err());

        let p256 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let p256 = STANDARD.encode(p256.expect("a key"));
        let public = keys::p256_private(&p256).expect("a key");
        let made = signature(SignatureAlgorithm::EcdsaP256, &p256, b"m").expect("a signature");
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public.public_key());
        assert!(public.verify(b"m", &made).is_ok() && public.verify(b"n", &made).is_err());
    }

    #[test]
    fn what_is_no_key_signs_nothing() {
        for algorithm in [SignatureAlgorithm::Ed25519, SignatureAlgorithm::EcdsaP256] {
            assert_eq!(signature(algorithm, "no key", b"m"), None);
        }
    }
}
