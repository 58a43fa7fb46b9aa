//! The Standard Webhooks signature: HMAC-SHA256 over `id.timestamp.body`, in base64, under `v1`.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::WebhookRefusal;

/// How far a timestamp may be from now, in both directions.
pub(super) const TOLERANCE_SECONDS: i64 = 300;

/// The most signatures that one webhook may carry: during a rotation there are two.
pub(super) const MAX_SIGNATURES: usize = 8;

/// Channels show their secrets with and without padding, and some cut them off in the middle of a byte.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The key inside a secret such as `whsec_…`, or none where there is none.
pub(in crate::plugin) fn signing_key(secret: &SecretString) -> Option<Zeroizing<Vec<u8>>> {
    let text = secret.expose_secret();
    let key = BASE64
        .decode(text.strip_prefix("whsec_").unwrap_or(text))
        .ok()?;
    (!key.is_empty()).then(|| Zeroizing::new(key))
}

/// Accepts a body that one of the secrets has signed just now.
pub(super) fn verify(
    secrets: &[&SecretString],
    prefix: &str,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<(), WebhookRefusal> {
    let keys: Vec<_> = secrets
        .iter()
        .filter_map(|secret| signing_key(secret))
        .collect();
    if keys.is_empty() {
        return Err(WebhookRefusal::NoSecret);
    }
    let id = only(headers, &format!("{prefix}-id"))?;
    let timestamp = only(headers, &format!("{prefix}-timestamp"))?;
    let signatures = signatures(only(headers, &format!("{prefix}-signature"))?)?;
    // A dot would let one signature stand for two messages: `a.1` + `x` and `a` + `1.x`.
    if id.is_empty() || id.contains('.') {
        return Err(WebhookRefusal::MalformedHeaders);
    }
    check_timestamp(timestamp, now)?;
    let mut authentic = Choice::from(0);
    for key in &keys {
        let expected = sign(key, id, timestamp, body)?;
        for signature in &signatures {
            authentic |= expected.ct_eq(signature);
        }
    }
    if bool::from(authentic) {
        Ok(())
    } else {
        Err(WebhookRefusal::WrongSignature)
    }
}

/// The header's value, where there is exactly one.
pub(super) fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, WebhookRefusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| WebhookRefusal::MalformedHeaders),
        _ => Err(WebhookRefusal::MalformedHeaders),
    }
}

/// The `v1` signatures. Versions that are not known are never accepted, and do not hinder the others.
fn signatures(header: &str) -> Result<Vec<[u8; 32]>, WebhookRefusal> {
    let entries: Vec<&str> = header.split(' ').take(MAX_SIGNATURES + 1).collect();
    if entries.len() > MAX_SIGNATURES {
        return Err(WebhookRefusal::MalformedHeaders);
    }
    let decode = |entry: &&str| {
        let encoded = entry.strip_prefix("v1,")?;
        base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .ok()?
            .try_into()
            .ok()
    };
    Ok(entries.iter().filter_map(decode).collect())
}

fn check_timestamp(text: &str, now: Timestamp) -> Result<(), WebhookRefusal> {
    let strict = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let sent: i64 = strict
        .then(|| text.parse().ok())
        .flatten()
        .ok_or(WebhookRefusal::MalformedHeaders)?;
    let distance = now
        .as_second()
        .checked_sub(sent)
        .and_then(i64::checked_abs)
        .ok_or(WebhookRefusal::Stale)?;
    if distance <= TOLERANCE_SECONDS {
        Ok(())
    } else {
        Err(WebhookRefusal::Stale)
    }
}

fn sign(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> Result<[u8; 32], WebhookRefusal> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| WebhookRefusal::NoSecret)?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().into())
}
