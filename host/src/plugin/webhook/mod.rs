//! Verifies inbound webhooks on their raw bytes, by the manifest's rules, before a guest sees them.

mod basic;
mod fixed;
mod issued;
mod signed;
mod standard;
#[cfg(test)]
mod tests;
mod token;
mod xml;

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::de::IgnoredAny;
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(super) use self::basic::is_login;
pub(super) use self::fixed::SHORTEST_SECRET;
pub(super) use self::issued::TokenIssuer;
use self::signed::{Algorithm, Check};
pub(super) use self::standard::signing_key;
pub(super) use self::token::SHORTEST_KEY as SHORTEST_TOKEN_KEY;
pub(super) use self::xml::is_xml;
use super::egress::scrub::Scrubber;
use super::manifest::webhook::{EventIdSource, SignedText, Verification, WebhookRules};
use crate::domain::connector::VerifiedWebhook;
use crate::domain::ids::ConnectionId;
use crate::domain::webhook::{Arrived, AuthenticWebhook, WebhookRefusal};

/// The longest event id that is kept.
const MAX_EVENT_ID: usize = 255;

/// Verifies a webhook. The endpoint's token, which led to the connection, has been compared before.
pub(super) fn verify(
    rules: &WebhookRules,
    secrets: &[&SecretString],
    arrived: Arrived<'_>,
    now: Timestamp,
) -> Result<AuthenticWebhook, WebhookRefusal> {
    let Arrived { headers, body, .. } = arrived;
    let signed = |algorithm, text: &SignedText| {
        let check = Check {
            algorithm,
            rules: text,
            event_id: rules.event_id.as_ref(),
        };
        let verified = check.verify(secrets, arrived, now);
        verified.map(|()| text.signature_header.clone())
    };
    let signature = match &rules.verification {
        Verification::UrlSecret {} => None,
        Verification::StaticHeader { header, .. } => {
            fixed::verify(secrets, header, headers)?;
            Some(header.clone())
        }
        Verification::StandardWebhooks { header_prefix, .. } => {
            standard::verify(secrets, header_prefix, headers, body, now)?;
            Some(format!("{header_prefix}-signature"))
        }
        Verification::HmacSha256(text) => signed(Algorithm::HmacSha256, text)?,
        Verification::Ed25519(text) => signed(Algorithm::Ed25519, text)?,
        Verification::EcdsaP256(text) => signed(Algorithm::EcdsaP256, text)?,
        Verification::Jwt(expected) => {
            token::verify(secrets, expected, headers, now)?;
            None
        }
        Verification::Basic { .. } => {
            basic::verify(secrets, headers)?;
            None
        }
        Verification::XmlLogin(place) => {
            xml::verify(secrets, place, body)?;
            let authentic = accepted(rules, None, arrived, now)?;
            return Ok(without_secrets(authentic, &xml::passwords(secrets)));
        }
        // Nothing is read of the one, so nothing of it is authentic, whichever version was asked before. The other is for
        // who issues tokens: `verify_issued`.
        Verification::NoneButReRead {} | Verification::IssuedToken { .. } => {
            return Err(WebhookRefusal::NotTaken);
        }
    };
    accepted(rules, signature.as_deref(), arrived, now)
}

/// Verifies a webhook by the token that was issued for its connection.
pub(super) fn verify_issued(
    rules: &WebhookRules,
    (issuer, connection): (&TokenIssuer, ConnectionId),
    secrets: &[&SecretString],
    arrived: Arrived<'_>,
    now: Timestamp,
) -> Result<AuthenticWebhook, WebhookRefusal> {
    issuer.verify(connection, secrets, arrived.headers, now)?;
    accepted(rules, None, arrived, now)
}

/// What is known to be authentic, under its event's id.
fn accepted(
    rules: &WebhookRules,
    signature: Option<&str>,
    Arrived { headers, body, .. }: Arrived<'_>,
    now: Timestamp,
) -> Result<AuthenticWebhook, WebhookRefusal> {
    // What is left out has no part in the id either: a hash of it could be searched for it.
    let body = xml::kept(rules, body)?;
    let event_id = event_id(rules.event_id.as_ref(), headers, &body)?;
    let webhook = VerifiedWebhook {
        headers: readable(headers, signature),
        body,
        received_at: now,
    };
    let seconds = rules.answer_within_seconds.map(u64::from);
    Ok(AuthenticWebhook {
        event_id,
        webhook,
        hint: rules.hint,
        answer_within: seconds.map(Duration::from_secs),
    })
}

/// Takes out what its reader must not learn: some channels repeat the whole address, and with it the endpoint's token.
pub(super) fn without_secrets(
    authentic: AuthenticWebhook,
    scrubber: &Scrubber,
) -> AuthenticWebhook {
    let webhook = authentic.webhook;
    let headers = webhook.headers.into_iter();
    AuthenticWebhook {
        event_id: scrubber.text(&authentic.event_id),
        webhook: VerifiedWebhook {
            headers: headers
                .map(|(name, value)| (name, scrubber.text(&value)))
                .collect(),
            body: scrubber.bytes(webhook.body),
            received_at: webhook.received_at,
        },
        hint: authentic.hint,
        answer_within: authentic.answer_within,
    }
}

/// Whether a body is one whole document of JSON.
pub(super) fn is_json(body: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

fn event_id(
    source: Option<&EventIdSource>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<String, WebhookRefusal> {
    let found = match source {
        None => Some(hex::encode(Sha256::digest(body))),
        Some(EventIdSource::Header(name)) => headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
        Some(EventIdSource::JsonPointer(pointer)) => json_id(body, pointer),
    };
    let fit =
        |id: &String| (1..=MAX_EVENT_ID).contains(&id.len()) && !id.contains(char::is_control);
    found.filter(fit).ok_or(WebhookRefusal::NoEventId)
}

fn json_id(body: &[u8], pointer: &str) -> Option<String> {
    text_at(&serde_json::from_slice(body).ok()?, pointer)
}

fn text_at(document: &Value, pointer: &str) -> Option<String> {
    match document.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The headers that a guest may read: text, and no credential.
fn readable(headers: &HeaderMap, signature: Option<&str>) -> Vec<(String, String)> {
    let withheld = |name: &str| {
        ["authorization", "cookie", "proxy-authorization"].contains(&name)
            || name.contains("signature")
            || signature == Some(name)
    };
    let pair = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    headers
        .iter()
        .filter(|(name, _)| !withheld(name.as_str()))
        .take(64)
        .filter_map(pair)
        .collect()
}
