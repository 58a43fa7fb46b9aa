//! A signature over a text that the manifest spells out: in a header of the channel's choice, or in its JSON body.

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey, VerificationAlgorithm};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::WebhookRefusal;
use super::standard::{MAX_SIGNATURES, TOLERANCE_SECONDS, only, signing_key};
use crate::domain::webhook::Arrived;
use crate::plugin::keys;
use crate::plugin::manifest::webhook::{
    EventIdSource, KeyEncoding, SignatureEncoding, SignedText, TimestampUnit,
};

/// By what a text is signed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Algorithm {
    HmacSha256,
    Ed25519,
    EcdsaP256,
}

/// What is expected of a webhook.
#[derive(Clone, Copy, Debug)]
pub(super) struct Check<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) rules: &'a SignedText,
    /// Where `{id}` stands.
    pub(super) event_id: Option<&'a EventIdSource>,
}

impl Check<'_> {
    /// Accepts a text that one of the secrets has signed, just now where the signature covers a time.
    pub(super) fn verify(
        &self,
        secrets: &[&SecretString],
        arrived: Arrived<'_>,
        now: Timestamp,
    ) -> Result<(), WebhookRefusal> {
        let keys: Vec<_> = secrets
            .iter()
            .filter_map(|secret| self.key(secret))
            .collect();
        if keys.is_empty() {
            return Err(WebhookRefusal::NoSecret);
        }
        let found = Found::read(self.rules, arrived)?;
        if self.rules.times() > 0 {
            check_timestamp(&found.timestamp, self.rules.timestamp_unit, now)?;
        }
        let id = self.id(arrived)?;
        let message = message(self.rules, &found.timestamp, &id, arrived.body);
        let authentic = keys.iter().fold(Choice::from(0), |authentic, key| {
            authentic | self.is_authentic(key, &message, &found.signatures)
        });
        if bool::from(authentic) {
            Ok(())
        } else {
            Err(WebhookRefusal::WrongSignature)
        }
    }

    fn key(&self, secret: &SecretString) -> Option<Zeroizing<Vec<u8>>> {
        let text = secret.expose_secret();
        match (self.algorithm, self.rules.key) {
            (Algorithm::HmacSha256, KeyEncoding::Base64) => signing_key(secret),
            (Algorithm::HmacSha256, KeyEncoding::Text) => {
                (!text.is_empty()).then(|| Zeroizing::new(text.as_bytes().to_vec()))
            }
            (Algorithm::Ed25519, _) => keys::ed25519_public(text).map(Zeroizing::new),
            (Algorithm::EcdsaP256, _) => keys::p256_public(text).map(Zeroizing::new),
        }
    }

    /// The event's id, where it is signed. It may hold nothing that a text puts beside it: one signature would stand for
    /// two messages.
    fn id(&self, arrived: Arrived<'_>) -> Result<String, WebhookRefusal> {
        if !self.rules.text.contains("{id}") {
            return Ok(String::new());
        }
        let id = super::event_id(self.event_id, arrived.headers, arrived.body)?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if id.bytes().all(plain) {
            Ok(id)
        } else {
            Err(WebhookRefusal::MalformedHeaders)
        }
    }

    fn is_authentic(&self, key: &[u8], message: &[u8], signatures: &[Vec<u8>]) -> Choice {
        match self.algorithm {
            Algorithm::HmacSha256 => {
                let expected = sign(key, message);
                any(signatures, |signature| expected[..].ct_eq(signature))
            }
            Algorithm::Ed25519 => any(signatures, |signature| {
                agrees(&ED25519, key, message, signature)
            }),
            Algorithm::EcdsaP256 => any(signatures, |signature| {
                agrees(&ECDSA_P256_SHA256_ASN1, key, message, signature)
            }),
        }
    }
}

/// All are looked at, whichever is right.
fn any(signatures: &[Vec<u8>], is_right: impl Fn(&[u8]) -> Choice) -> Choice {
    let none = Choice::from(0);
    signatures
        .iter()
        .fold(none, |found, signature| found | is_right(signature))
}

/// A public key and what it is asked are known to everybody: nothing is told by how long this takes.
fn agrees(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Choice {
    let agrees = UnparsedPublicKey::new(algorithm, key).verify(message, signature);
    Choice::from(u8::from(agrees.is_ok()))
}

/// What stands in a webhook beside what is signed.
struct Found {
    signatures: Vec<Vec<u8>>,
    /// Empty where none is signed.
    timestamp: String,
}

impl Found {
    fn read(rules: &SignedText, arrived: Arrived<'_>) -> Result<Self, WebhookRefusal> {
        let body = body(rules, arrived)?;
        let at = |pointer: &str| {
            let found = super::text_at(body.as_ref()?, pointer);
            found.filter(|text| !text.is_empty())
        };
        let listed = match (&rules.signature_header, &rules.signature_pointer) {
            (Some(header), _) => only(arrived.headers, header)?.to_owned(),
            (None, Some(pointer)) => at(pointer).ok_or(WebhookRefusal::MalformedHeaders)?,
            // The manifest was checked: one of them is there.
            (None, None) => return Err(WebhookRefusal::NotTaken),
        };
        let entries = entries(rules, &listed)?;
        let timestamp = if let Some(header) = &rules.timestamp_header {
            only(arrived.headers, header)?.to_owned()
        } else if let Some(prefix) = &rules.timestamp_prefix {
            only_behind(prefix, &entries)?
        } else if let Some(pointer) = &rules.timestamp_pointer {
            at(pointer).ok_or(WebhookRefusal::MalformedHeaders)?
        } else {
            String::new()
        };
        Ok(Self {
            signatures: signatures(rules, &entries)?,
            timestamp,
        })
    }
}

/// The body as JSON, where a part of the proof stands in it.
fn body(rules: &SignedText, arrived: Arrived<'_>) -> Result<Option<Value>, WebhookRefusal> {
    if rules.signature_pointer.is_none() && rules.timestamp_pointer.is_none() {
        return Ok(None);
    }
    serde_json::from_slice(arrived.body)
        .map(Some)
        .map_err(|_| WebhookRefusal::MalformedHeaders)
}

/// What is listed: one entry, or several where the channel may send several.
fn entries<'a>(rules: &SignedText, listed: &'a str) -> Result<Vec<&'a str>, WebhookRefusal> {
    let most = MAX_SIGNATURES + usize::from(rules.timestamp_prefix.is_some());
    let entries: Vec<&str> = match &rules.separator {
        Some(separator) => listed
            .split(separator.as_str())
            .take(most + 1)
            .map(str::trim)
            .collect(),
        None => vec![listed.trim()],
    };
    if entries.len() > most {
        return Err(WebhookRefusal::MalformedHeaders);
    }
    Ok(entries)
}

/// The one entry that begins so, without its beginning.
fn only_behind(prefix: &str, entries: &[&str]) -> Result<String, WebhookRefusal> {
    let mut found = entries
        .iter()
        .filter_map(|entry| entry.strip_prefix(prefix));
    match (found.next(), found.next()) {
        (Some(text), None) => Ok(text.to_owned()),
        _ => Err(WebhookRefusal::MalformedHeaders),
    }
}

/// The signatures among the entries. What is none does not hinder the others.
fn signatures(rules: &SignedText, entries: &[&str]) -> Result<Vec<Vec<u8>>, WebhookRefusal> {
    let prefix = rules.signature_prefix.as_str();
    let first = entries
        .first()
        .is_some_and(|entry| entry.starts_with(prefix));
    // Where each entry says what it is, one without the prefix is no signature; elsewhere the first must have it.
    let labelled = rules.timestamp_prefix.is_some();
    if !labelled && !first {
        return Err(WebhookRefusal::WrongSignature);
    }
    let decode = |entry: &&str| {
        let encoded = match entry.strip_prefix(prefix) {
            Some(encoded) => encoded,
            None if labelled => return None,
            None => *entry,
        };
        match rules.encoding {
            SignatureEncoding::Base64 => STANDARD.decode(encoded).ok(),
            SignatureEncoding::Hex => of_one_case(encoded).and_then(|text| hex::decode(text).ok()),
        }
    };
    Ok(entries.iter().filter_map(decode).collect())
}

/// Hexadecimal digits as a sender writes them. In mixed cases, one signature would have many spellings.
fn of_one_case(text: &str) -> Option<&str> {
    let has = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    (!mixed).then_some(text)
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

/// The text that is signed. Neither the time nor the id can hold a brace.
fn message(rules: &SignedText, timestamp: &str, id: &str, body: &[u8]) -> Vec<u8> {
    let spelled = |part: &str| {
        part.replace("{timestamp}", timestamp)
            .replace("{id}", id)
            .into_bytes()
    };
    match rules.around_body() {
        Some((before, after)) => [spelled(before).as_slice(), body, &spelled(after)].concat(),
        None => spelled(&rules.text),
    }
}

fn sign(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("an HMAC takes keys of any length");
    mac.chain_update(message).finalize().into_bytes().into()
}
