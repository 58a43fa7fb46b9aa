//! A JSON web token (RFC 7519) as the bearer of a webhook. It proves who calls, not what is said.

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::WebhookRefusal;
use crate::plugin::keys;
use crate::plugin::manifest::webhook::{TokenAlgorithm, TokenRules};

/// A shared secret is as long as what HS256 makes of it (RFC 7518, section 3.2).
pub(in crate::plugin) const SHORTEST_KEY: usize = 32;

/// How far the issuer's clock may be from ours, in seconds.
const LEEWAY: f64 = 60.0;

/// The longest token that is looked at.
const MAX_TOKEN: usize = 8 * 1024;

/// What a token says of itself, of which nothing is believed.
#[derive(Deserialize)]
struct Head {
    alg: String,
    /// Names what must be understood. Nothing of that is.
    #[serde(default)]
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    exp: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    iat: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Accepts a token that one of the secrets has signed, for us, and that is good now.
pub(super) fn verify(
    secrets: &[&SecretString],
    rules: &TokenRules,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<(), WebhookRefusal> {
    let keys: Vec<_> = secrets
        .iter()
        .filter_map(|secret| key(rules.algorithm, secret))
        .collect();
    if keys.is_empty() {
        return Err(WebhookRefusal::NoSecret);
    }
    let expected = Expected {
        algorithm: rules.algorithm,
        issuer: &rules.issuer,
        audience: &rules.audience,
    };
    verify_by(&keys, &expected, headers, now)
}

/// What a token must be.
pub(super) struct Expected<'a> {
    pub(super) algorithm: TokenAlgorithm,
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
}

/// Accepts a token that one of the keys has signed, for us, and that is good now.
pub(super) fn verify_by(
    keys: &[Zeroizing<Vec<u8>>],
    expected: &Expected<'_>,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<(), WebhookRefusal> {
    let claims = bearer(headers).and_then(|token| authentic(token, expected.algorithm, keys));
    let claims = claims.ok_or(WebhookRefusal::WrongToken)?;
    if is_for_us(&claims, expected) && is_good(&claims, now) {
        Ok(())
    } else {
        Err(WebhookRefusal::ForeignToken)
    }
}

fn key(algorithm: TokenAlgorithm, secret: &SecretString) -> Option<Zeroizing<Vec<u8>>> {
    let text = secret.expose_secret();
    match algorithm {
        TokenAlgorithm::Hs256 => (text.len() >= SHORTEST_KEY).then(|| text.as_bytes().to_vec()),
        TokenAlgorithm::Es256 => keys::p256_public(text),
        TokenAlgorithm::EdDsa => keys::ed25519_public(text),
    }
    .map(Zeroizing::new)
}

/// What stands behind the scheme, where there is exactly one such header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && token.len() <= MAX_TOKEN).then_some(token)
}

/// The claims of a token with the right signature. They are not read before it is known to be right.
fn authentic(
    token: &str,
    algorithm: TokenAlgorithm,
    keys: &[Zeroizing<Vec<u8>>],
) -> Option<Claims> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (head, claims) = signed.split_once('.')?;
    let head: Head = decode(head)?;
    if head.alg != algorithm.name() || head.crit.is_some() {
        return None;
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let right = keys.iter().fold(false, |right, key| {
        right | is_signed(algorithm, key, signed.as_bytes(), &signature)
    });
    if right { decode(claims) } else { None }
}

/// An object, and no array of its values in its place.
fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    let text = URL_SAFE_NO_PAD.decode(part).ok()?;
    text.starts_with(b"{")
        .then(|| serde_json::from_slice(&text).ok())
        .flatten()
}

fn is_signed(algorithm: TokenAlgorithm, key: &[u8], signed: &[u8], signature: &[u8]) -> bool {
    match algorithm {
        // Compared in constant time.
        TokenAlgorithm::Hs256 => Hmac::<Sha256>::new_from_slice(key)
            .is_ok_and(|mac| mac.chain_update(signed).verify_slice(signature).is_ok()),
        TokenAlgorithm::Es256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key)
            .verify(signed, signature)
            .is_ok(),
        TokenAlgorithm::EdDsa => UnparsedPublicKey::new(&ED25519, key)
            .verify(signed, signature)
            .is_ok(),
    }
}

fn is_for_us(claims: &Claims, expected: &Expected<'_>) -> bool {
    let meant = match &claims.aud {
        Audience::One(audience) => audience == expected.audience,
        Audience::Several(audiences) => audiences
            .iter()
            .any(|audience| audience == expected.audience),
    };
    meant && claims.iss == expected.issuer
}

fn is_good(claims: &Claims, now: Timestamp) -> bool {
    let now = now.as_duration().as_secs_f64();
    let begun = |instant: &Option<f64>| instant.is_none_or(|instant| instant <= now + LEEWAY);
    now < claims.exp + LEEWAY && begun(&claims.nbf) && begun(&claims.iat)
}
