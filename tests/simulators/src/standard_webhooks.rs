//! Signatures by Standard Webhooks 1.0.0, which Resend uses under Svix's header names.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

/// A secret that cannot sign. It never shows the secret.
#[derive(Debug, thiserror::Error)]
#[error("the signing secret must be `whsec_` and Base64")]
pub struct SecretError {
    source: Option<base64::DecodeError>,
}

/// A symmetric signing secret, decoded.
pub struct Secret(Vec<u8>);

impl Secret {
    /// Reads `whsec_` and Base64, as providers show it.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text
            .strip_prefix("whsec_")
            .ok_or(SecretError { source: None })?;
        let key = BASE64_STANDARD
            .decode(encoded)
            .map_err(|source| SecretError {
                source: Some(source),
            })?;
        Ok(Self(key))
    }

    /// `v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body`; the timestamp in Unix seconds.
    pub fn sign(&self, id: &str, timestamp: Timestamp, body: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of every length");
        mac.update(format!("{id}.{}.{body}", timestamp.as_second()).as_bytes());
        format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::Secret;

    #[test]
    fn the_published_vectors_are_reproduced() {
        for (secret, id, second, body, signature) in [
            (
                "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                1_649_367_553,
                r#"{"email":"test@example.com","username":"test_user"}"#,
                "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            ),
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                r#"{"test": 2432232314}"#,
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
        ] {
            let secret = Secret::parse(secret).unwrap();
            let at = Timestamp::from_second(second).unwrap();
            assert_eq!(secret.sign(id, at, body), signature);
        }
    }

    #[test]
    fn a_secret_without_its_prefix_or_base64_is_refused() {
        for text in ["C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_not base64", ""] {
            let refused = Secret::parse(text).unwrap_err();
            assert_eq!(
                refused.to_string(),
                "the signing secret must be `whsec_` and Base64"
            );
        }
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
