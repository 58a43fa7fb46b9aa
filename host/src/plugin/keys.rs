//! Keys as hotels give them: in one line of text, without a PEM file's armour.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use zeroize::Zeroizing;

use super::manifest::secrets::SignatureAlgorithm;

/// What stands before the 32 bytes of a key of Ed25519 in its SubjectPublicKeyInfo (RFC 8410).
const ED25519_HEAD: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// What stands before the 65 bytes of a point on P-256 in its SubjectPublicKeyInfo (RFC 5480).
const P256_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// What begins a point that is written with both of its coordinates.
const UNCOMPRESSED: u8 = 4;

/// The 32 bytes of a public key: in hexadecimal, in base64 (as Standard Webhooks shows it, `whpk_…`, too), or as a whole
/// SubjectPublicKeyInfo in base64.
pub(super) fn ed25519_public(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix("whpk_").unwrap_or(text);
    // In base64, 64 letters would be 48 bytes.
    if text.len() == 64 {
        return hex::decode(text).ok();
    }
    let bytes = STANDARD.decode(text).ok()?;
    let key = bytes.strip_prefix(&ED25519_HEAD).unwrap_or(&bytes);
    (key.len() == 32).then(|| key.to_vec())
}

/// The 65 bytes of a public key on P-256, which is given as a SubjectPublicKeyInfo in base64.
pub(super) fn p256_public(text: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(text).ok()?;
    let key = bytes.strip_prefix(&P256_HEAD)?;
    (key.len() == 65 && key.first() == Some(&UNCOMPRESSED)).then(|| key.to_vec())
}

/// Whether a secret is a key of this algorithm. Any bytes are one of an HMAC.
pub(super) fn signs(algorithm: SignatureAlgorithm, text: &str) -> bool {
    match algorithm {
        SignatureAlgorithm::HmacSha256 | SignatureAlgorithm::HmacSha512 => true,
        SignatureAlgorithm::Ed25519 => ed25519_private(text).is_some(),
        SignatureAlgorithm::EcdsaP256 => p256_private(text).is_some(),
    }
}

/// A private key, which is given as PKCS #8 in base64.
pub(super) fn ed25519_private(text: &str) -> Option<Ed25519KeyPair> {
    let document = Zeroizing::new(STANDARD.decode(text).ok()?);
    // Not every tool writes the public key beside the private one.
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&document).ok()
}

/// A private key on P-256, which is given as PKCS #8 in base64.
pub(super) fn p256_private(text: &str) -> Option<EcdsaKeyPair> {
    let document = Zeroizing::new(STANDARD.decode(text).ok()?);
    EcdsaKeyPair::from_pkcs8(
        &ECDSA_P256_SHA256_FIXED_SIGNING,
        &document,
        &SystemRandom::new(),
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use ring::signature::KeyPair;

    use super::*;

    #[test]
    fn a_public_key_of_ed25519_is_taken_in_every_usual_form() {
        let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
        let key = key.public_key().as_ref().to_vec();
        let whole = [&ED25519_HEAD[..], &key].concat();
        for text in [
            hex::encode(&key),
            STANDARD.encode(&key),
            format!("whpk_{}", STANDARD.encode(&key)),
            STANDARD.encode(&whole),
        ] {
            assert_eq!(ed25519_public(&text), Some(key.clone()), "{text}");
        }
        for text in [
            String::new(),
            "x".repeat(64),
            STANDARD.encode(&key[1..]),
            STANDARD.encode(&whole[1..]),
        ] {
            assert_eq!(ed25519_public(&text), None, "{text}");
        }
    }

    #[test]
    fn a_public_key_on_p256_is_taken_whole_and_no_other() {
        let random = SystemRandom::new();
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        let private = p256_private(&STANDARD.encode(&document)).expect("the same key");
        let point = private.public_key().as_ref().to_vec();
        let whole = [&P256_HEAD[..], &point].concat();
        assert_eq!(p256_public(&STANDARD.encode(&whole)), Some(point.clone()));
        let compressed = [&P256_HEAD[..], &[3], &point[1..]].concat();
        for other in [&point, &whole[..90].to_vec(), &compressed] {
            assert_eq!(p256_public(&STANDARD.encode(other)), None);
        }
    }

    #[test]
    fn a_private_key_is_one_of_its_own_algorithm_only() {
        let random = SystemRandom::new();
        let edwards = Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
        let edwards = STANDARD.encode(&edwards);
        let p256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        let p256 = STANDARD.encode(p256.expect("a key"));
        assert!(signs(SignatureAlgorithm::Ed25519, &edwards));
        assert!(signs(SignatureAlgorithm::EcdsaP256, &p256));
        assert!(signs(SignatureAlgorithm::HmacSha256, "any text"));
        assert!(!signs(SignatureAlgorithm::Ed25519, &p256));
        assert!(!signs(SignatureAlgorithm::EcdsaP256, &edwards));
        assert!(!signs(SignatureAlgorithm::Ed25519, "any text"));
    }
}
