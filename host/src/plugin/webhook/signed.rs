//! HMAC-SHA256 over a text that the manifest spells out, in a header of the channel's choice.

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use super::WebhookRefusal;
use super::standard::{MAX_SIGNATURES, TOLERANCE_SECONDS, only};
use crate::domain::webhook::Arrived;
use crate::plugin::manifest::webhook::{SignatureEncoding, SignedText, TimestampUnit};

/// Accepts a body that one of the secrets has signed, just now where the signature covers a time.
pub(super) fn verify(
    secrets: &[&SecretString],
    rules: &SignedText,
    arrived: Arrived<'_>,
    now: Timestamp,
) -> Result<(), WebhookRefusal> {
    let keys: Vec<&[u8]> = secrets
        .iter()
        .map(|secret| secret.expose_secret().as_bytes())
        .filter(|key| !key.is_empty())
        .collect();
    if keys.is_empty() {
        return Err(WebhookRefusal::NoSecret);
    }
    let signatures = signatures(rules, only(arrived.headers, &rules.signature_header)?)?;
    let timestamp = match &rules.timestamp_header {
        Some(header) => only(arrived.headers, header)?,
        None => "",
    };
    if rules.timestamp_header.is_some() {
        check_timestamp(timestamp, rules.timestamp_unit, now)?;
    }
    let mut authentic = Choice::from(0);
    for key in keys {
        let expected = sign(key, rules, timestamp, arrived.body)?;
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

/// The signatures of the header: one, or a list where the channel may send one. What is none does not hinder the others.
fn signatures(rules: &SignedText, header: &str) -> Result<Vec<[u8; 32]>, WebhookRefusal> {
    let prefix = rules.signature_prefix.as_str();
    let listed = header
        .strip_prefix(prefix)
        .ok_or(WebhookRefusal::WrongSignature)?;
    let entries: Vec<&str> = match &rules.separator {
        Some(separator) => listed
            .split(separator.as_str())
            .take(MAX_SIGNATURES + 1)
            .collect(),
        None => vec![listed],
    };
    if entries.len() > MAX_SIGNATURES {
        return Err(WebhookRefusal::MalformedHeaders);
    }
    let decode = |entry: &&str| {
        let entry = entry.trim();
        let encoded = entry.strip_prefix(prefix).unwrap_or(entry);
        let bytes = match rules.encoding {
            SignatureEncoding::Base64 => STANDARD.decode(encoded).ok()?,
            SignatureEncoding::Hex => hex::decode(encoded).ok()?,
        };
        bytes.try_into().ok()
    };
    Ok(entries.iter().filter_map(decode).collect())
}

/// Digits only, and near now in both directions.
fn check_timestamp(text: &str, unit: TimestampUnit, now: Timestamp) -> Result<(), WebhookRefusal> {
    let strict = (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let sent: i64 = strict
        .then(|| text.parse().ok())
        .flatten()
        .ok_or(WebhookRefusal::MalformedHeaders)?;
    let (now, tolerance) = match unit {
        TimestampUnit::Seconds => (now.as_second(), TOLERANCE_SECONDS),
        TimestampUnit::Milliseconds => (now.as_millisecond(), TOLERANCE_SECONDS * 1_000),
    };
    if now.abs_diff(sent) <= tolerance.unsigned_abs() {
        Ok(())
    } else {
        Err(WebhookRefusal::Stale)
    }
}

fn sign(
    key: &[u8],
    rules: &SignedText,
    timestamp: &str,
    body: &[u8],
) -> Result<[u8; 32], WebhookRefusal> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| WebhookRefusal::NoSecret)?;
    // The manifest was checked: the body stands in the text once.
    let (before, after) = rules.around_body().ok_or(WebhookRefusal::NotTaken)?;
    let spelled = |part: &str| part.replace("{timestamp}", timestamp);
    mac.update(spelled(before).as_bytes());
    mac.update(body);
    mac.update(spelled(after).as_bytes());
    Ok(mac.finalize().into_bytes().into())
}
