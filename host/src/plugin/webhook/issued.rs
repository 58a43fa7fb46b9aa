//! Tokens that this host issues for the webhooks of one connection, to who knows the connection's login.
//!
//! Their keys come from the operator's (`plugins.token_keys`), the connection and the login. So a token of another
//! connection has a wrong signature, and a login that is taken away takes its tokens along.

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use jiff::Timestamp;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::WebhookRefusal;
use super::basic::is_login;
use super::token::{self, Expected};
use crate::config::TokenKey;
use crate::domain::ids::ConnectionId;
use crate::domain::random::Random;
use crate::domain::webhook::{IssuedToken, NotIssued};
use crate::plugin::manifest::webhook::TokenAlgorithm;

/// Who issues, as the tokens name it.
const ISSUER: &str = "roomwire";

/// How long a token is good.
const LIVES_SECONDS: u32 = 15 * 60;

/// Issues tokens with the operator's present key, and knows again what any of the keys signed.
pub(in crate::plugin) struct TokenIssuer {
    present: hmac::Key,
    others: Vec<hmac::Key>,
}

impl TokenIssuer {
    /// Without a key of the operator's, one of this process's own: its tokens are good here, and until it ends.
    pub(in crate::plugin) fn new(keys: &[TokenKey], random: &Random) -> Self {
        match keys.split_first() {
            Some((present, others)) => Self {
                present: derived(present.key.expose_secret()),
                others: others
                    .iter()
                    .map(|key| derived(key.key.expose_secret()))
                    .collect(),
            },
            None => Self {
                present: derived(&random.bytes::<32>()),
                others: Vec::new(),
            },
        }
    }

    /// A token, where one of the readings of what was given is one of the logins. All are compared, in constant time.
    pub(in crate::plugin) fn issue(
        &self,
        connection: ConnectionId,
        logins: &[&SecretString],
        given: &[SecretString],
        now: Timestamp,
    ) -> Result<IssuedToken, NotIssued> {
        let mut known = None;
        let usable = logins.iter().filter(|login| is_login(login));
        let mut some = false;
        for login in usable {
            some = true;
            let expected = fingerprint(login);
            let right = given.iter().fold(Choice::from(0), |right, reading| {
                right | expected[..].ct_eq(&fingerprint(reading)[..])
            });
            if bool::from(right) {
                known = Some(expected);
            }
        }
        match known {
            Some(login) => Ok(token(
                &signing(&self.present, connection, &login),
                connection,
                now,
            )),
            None if some => Err(NotIssued::WrongLogin),
            None => Err(NotIssued::NoSecret),
        }
    }

    /// Accepts a token that was issued for this connection to one of its present logins, and that is good now.
    pub(in crate::plugin) fn verify(
        &self,
        connection: ConnectionId,
        logins: &[&SecretString],
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<(), WebhookRefusal> {
        let usable = logins.iter().filter(|login| is_login(login));
        let keys: Vec<Zeroizing<Vec<u8>>> = usable
            .flat_map(|login| {
                let login = fingerprint(login);
                std::iter::once(&self.present)
                    .chain(&self.others)
                    .map(move |key| signing(key, connection, &login))
            })
            .collect();
        if keys.is_empty() {
            return Err(WebhookRefusal::NoSecret);
        }
        let audience = connection.to_string();
        let expected = Expected {
            algorithm: TokenAlgorithm::Hs256,
            issuer: ISSUER,
            audience: &audience,
        };
        token::verify_by(&keys, &expected, headers, now)
    }
}

/// A key of its own for this use: what it gives away tells nothing of the operator's other uses.
fn derived(key: &[u8; 32]) -> hmac::Key {
    let root = hmac::Key::new(hmac::HMAC_SHA256, key);
    let derived = hmac::sign(&root, b"roomwire: key of webhooks' tokens");
    hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
}

/// What signs the tokens of one login for one connection.
fn signing(key: &hmac::Key, connection: ConnectionId, login: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    let mut context = hmac::Context::with_key(key);
    context.update(connection.0.as_bytes());
    context.update(login);
    Zeroizing::new(context.sign().as_ref().to_vec())
}

fn token(key: &[u8], connection: ConnectionId, now: Timestamp) -> IssuedToken {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let begins = now.as_second();
    let head = part(json!({ "alg": TokenAlgorithm::Hs256.name(), "typ": "JWT" }));
    let claims = part(json!({
        "iss": ISSUER,
        "aud": connection.to_string(),
        "iat": begins,
        "exp": begins + i64::from(LIVES_SECONDS),
    }));
    let signed = format!("{head}.{claims}");
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()));
    IssuedToken {
        token: SecretString::from(format!("{signed}.{signature}")),
        lives_seconds: LIVES_SECONDS,
    }
}

/// Of equal length for every text, so that the comparison tells nothing of the length either.
fn fingerprint(login: &SecretString) -> [u8; 32] {
    Sha256::digest(login.expose_secret().as_bytes()).into()
}
