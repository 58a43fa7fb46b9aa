//! A secret that comes in a header: compared in constant time, whatever its length.

use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::WebhookRefusal;

/// What is shorter can be guessed.
pub(in crate::plugin) const SHORTEST_SECRET: usize = 16;

/// Accepts a webhook whose header holds one of the secrets, and comes once.
pub(super) fn verify(
    secrets: &[&SecretString],
    header: &str,
    headers: &HeaderMap,
) -> Result<(), WebhookRefusal> {
    if secrets.is_empty() {
        return Err(WebhookRefusal::NoSecret);
    }
    let mut found = headers.get_all(header).iter();
    let (Some(value), None) = (found.next(), found.next()) else {
        return Err(WebhookRefusal::MalformedHeaders);
    };
    // Digests have one length, so that the comparison tells nothing of the secret's own.
    let given: [u8; 32] = Sha256::digest(value.as_bytes()).into();
    let right = secrets.iter().fold(Choice::from(0), |right, secret| {
        let expected: [u8; 32] = Sha256::digest(secret.expose_secret().as_bytes()).into();
        right | expected[..].ct_eq(&given[..])
    });
    if bool::from(right) {
        Ok(())
    } else {
        Err(WebhookRefusal::WrongSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "x-channel-secret";

    fn outcome(secrets: &[&str], values: &[&'static str]) -> Result<(), WebhookRefusal> {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).into()).collect();
        let secrets: Vec<&SecretString> = secrets.iter().collect();
        let mut headers = HeaderMap::new();
        for &value in values {
            headers.append(HEADER, http::HeaderValue::from_static(value));
        }
        verify(&secrets, HEADER, &headers)
    }

    #[test]
    fn the_present_secret_passes_and_so_does_another_of_a_rotation() {
        assert_eq!(outcome(&["one", "two"], &["one"]), Ok(()));
        assert_eq!(outcome(&["one", "two"], &["two"]), Ok(()));
    }

    #[test]
    fn anything_else_is_wrong() {
        for value in ["three", "on", "onee", "ONE", ""] {
            assert_eq!(
                outcome(&["one", "two"], &[value]),
                Err(WebhookRefusal::WrongSignature),
                "{value}"
            );
        }
    }

    #[test]
    fn no_single_flipped_bit_passes() {
        let right = "Kd7-p4ss:word-9f2c";
        assert_eq!(outcome(&[right], &[right]), Ok(()));
        let secret = SecretString::from(right);
        for bit in 0..right.len() * 8 {
            let mut altered = right.as_bytes().to_vec();
            altered[bit / 8] ^= 1 << (bit % 8);
            // What is no header's value cannot arrive.
            let Ok(value) = http::HeaderValue::from_bytes(&altered) else {
                continue;
            };
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, value);
            let refused = verify(&[&secret], HEADER, &headers);
            assert_eq!(refused, Err(WebhookRefusal::WrongSignature), "bit {bit}");
        }
    }

    #[test]
    fn a_header_that_is_missing_or_repeated_is_malformed() {
        let malformed = Err(WebhookRefusal::MalformedHeaders);
        assert_eq!(outcome(&["one"], &[]), malformed);
        assert_eq!(outcome(&["one"], &["one", "one"]), malformed);
    }

    #[test]
    fn without_a_secret_nothing_passes() {
        assert_eq!(outcome(&[], &["one"]), Err(WebhookRefusal::NoSecret));
    }
}
