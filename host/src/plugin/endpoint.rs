//! The address at which a connection's webhooks come in. Its secret part stays with the host: guests see a mask there.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use aho_corasick::AhoCorasick;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::egress::encode::percent;
use super::egress::exchange::Answer;
use super::egress::readable;
use super::egress::request::OutboundRequest;
use super::egress::scrub::MASK;
use super::manifest::{Ability, Manifest};
use super::oauth::Secrets;
use crate::domain::webhook::SubscriptionDigest;

/// Below this path of the gateway each connection has its own address.
const PATH: &str = "/v1/webhooks/";

/// What stands where the secret part of another address stood.
const OTHER: &str = "[other]";

/// Where a channel reaches a connection.
#[derive(Clone, Debug)]
pub struct WebhookEndpoint {
    /// All of the address but its secret part; none where the world was told no address of the gateway.
    base: Option<String>,
    token: SecretString,
}

impl WebhookEndpoint {
    /// An endpoint of the gateway that the world knows as `public_url`, such as `https://gateway.example`. Without it no
    /// channel is told the address, but whoever subscribed it by hand may have, and its token stays a secret.
    pub fn new(public_url: Option<&str>, token: SecretString) -> Self {
        Self {
            base: public_url.map(|url| format!("{url}{PATH}")),
            token,
        }
    }

    pub(super) fn token(&self) -> &SecretString {
        &self.token
    }

    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.base == other.base && self.token.expose_secret() == other.token.expose_secret()
    }

    /// As a guest is told it, and finds it in answers of which the token is taken out.
    pub(super) fn told(&self) -> Option<String> {
        let base = self.base.as_ref()?;
        Some(format!("{base}{MASK}"))
    }

    /// Puts the real address in the place of the one that the guest was told, as it stands and percent-encoded. What a
    /// server could read as other letters, and repeat so that nobody recognises them, is refused.
    pub(super) fn reveal(&self, request: &mut OutboundRequest) -> Result<(), String> {
        let Some(base) = &self.base else {
            return Ok(());
        };
        let real = format!("{base}{}", self.token.expose_secret());
        let told = format!("{base}{MASK}");
        let (encoded_told, encoded_real) = (percent(told.as_bytes()), percent(real.as_bytes()));
        let query = request.query.replace(&encoded_told, &encoded_real);
        let body = request.body.as_ref().map(|body| {
            let body = replaced(body, told.as_bytes(), real.as_bytes());
            replaced(&body, encoded_told.as_bytes(), encoded_real.as_bytes())
        });
        if query != request.query || body != request.body {
            let given = request.body.as_deref().unwrap_or_default();
            readable::check_text(&request.headers, given)?;
            (request.query, request.body) = (query, body);
        }
        Ok(())
    }

    /// Takes out of an answer, of which the secrets are taken out, what else stands behind the address of the gateway: an
    /// account's list has the addresses of its other connections too, or a former one, and an error a piece of this one.
    pub(super) fn without_others(&self, answer: Answer) -> Answer {
        let Some(base) = &self.base else {
            return answer;
        };
        let finder = finder(base);
        let text = |text: String| {
            let cleared = without_others(&finder, text.as_bytes());
            String::from_utf8_lossy(&cleared).into_owned()
        };
        let headers = answer.headers.into_iter();
        Answer {
            status: answer.status,
            headers: headers.map(|(name, value)| (name, text(value))).collect(),
            body: without_others(&finder, &answer.body),
        }
    }
}

/// Finds the address without its secret part, as it stands, in JSON with its slashes escaped, and percent-encoded.
fn finder(base: &str) -> AhoCorasick {
    let forms = [
        base.to_owned(),
        base.replace('/', "\\/"),
        percent(base.as_bytes()),
    ];
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(forms)
        .expect("three short patterns fit an automaton")
}

/// The bytes without the letters of a token that stand behind an address.
fn without_others(finder: &AhoCorasick, bytes: &[u8]) -> Vec<u8> {
    let is_letter = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_".contains(*byte);
    let mut whole = Vec::with_capacity(bytes.len());
    let mut copied = 0;
    for found in finder.find_iter(bytes) {
        let begins = found.end();
        let length = bytes[begins..].iter().take_while(is_letter).count();
        if length > 0 {
            whole.extend_from_slice(&bytes[copied..begins]);
            whole.extend_from_slice(OTHER.as_bytes());
            copied = begins + length;
        }
    }
    whole.extend_from_slice(&bytes[copied..]);
    whole
}

/// The bytes with `to` in every place of `from`.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut left = bytes;
    let mut whole = Vec::with_capacity(bytes.len());
    while let Some(place) = left.windows(from.len()).position(|window| window == from) {
        whole.extend_from_slice(&left[..place]);
        whole.extend_from_slice(to);
        left = &left[place + from.len()..];
    }
    whole.extend_from_slice(left);
    whole
}

/// What is subscribed for a connection that is given this: another digest wants another subscription. Nothing where the
/// plugin cannot do it, or has no address to name. The token is in it, so that nobody who reads the digest can try secrets.
pub(super) fn digest(
    manifest: &Manifest,
    settings: &Value,
    secrets: &Secrets,
    endpoint: Option<&WebhookEndpoint>,
) -> Option<SubscriptionDigest> {
    let endpoint = endpoint.filter(|_| manifest.has(Ability::WebhookRegistrar))?;
    let base = endpoint.base.as_deref()?;
    let settings = settings.to_string();
    let secrets: BTreeMap<&str, &str> = secrets
        .iter()
        .map(|(name, secret)| (name.as_str(), secret.expose_secret()))
        .collect();
    let own: [&str; 5] = [
        base,
        endpoint.token.expose_secret(),
        &manifest.id,
        &manifest.version,
        &settings,
    ];
    let mut hasher = Sha256::new();
    let pairs = secrets.iter().flat_map(|(name, secret)| [*name, *secret]);
    for part in own.into_iter().chain(pairs) {
        // With its length, so that no two lists of parts read alike.
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        hasher.update(length.to_be_bytes());
        hasher.update(part);
    }
    Some(SubscriptionDigest(hasher.finalize().into()))
}
