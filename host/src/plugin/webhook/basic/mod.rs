//! Basic authentication: a user and a password, the same with every webhook. It proves who calls, not what is said.

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::WebhookRefusal;

/// A shorter password can be guessed.
const SHORTEST_PASSWORD: usize = 16;

/// Whether a secret is `user:password`, in letters that every sender writes alike.
pub(in crate::plugin) fn is_login(secret: &SecretString) -> bool {
    let text = secret.expose_secret();
    let long_enough = text
        .split_once(':')
        .is_some_and(|(user, password)| !user.is_empty() && password.len() >= SHORTEST_PASSWORD);
    long_enough && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Accepts a caller that knows one of the logins.
pub(super) fn verify(logins: &[&SecretString], headers: &HeaderMap) -> Result<(), WebhookRefusal> {
    if !logins.iter().any(|login| is_login(login)) {
        return Err(WebhookRefusal::NoSecret);
    }
    let given = fingerprint(credentials(headers).ok_or(WebhookRefusal::WrongLogin)?);
    let mut authentic = Choice::from(0);
    for login in logins.iter().filter(|login| is_login(login)) {
        let expected = Zeroizing::new(STANDARD.encode(login.expose_secret()));
        authentic |= fingerprint(&expected).ct_eq(&given);
    }
    if bool::from(authentic) {
        Ok(())
    } else {
        Err(WebhookRefusal::WrongLogin)
    }
}

/// What stands behind the scheme, where there is exactly one such header.
fn credentials(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, credentials) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then_some(credentials)
}

/// Of equal length for every text, so that the comparison tells nothing of the length either.
fn fingerprint(credentials: &str) -> [u8; 32] {
    Sha256::digest(credentials.as_bytes()).into()
}
