//! Checks of the webhook rules.

use super::secrets::check_pointer;
use super::{Problems, parses_webhooks};
use crate::plugin::manifest::Manifest;
use crate::plugin::manifest::secrets::Injection;
use crate::plugin::manifest::webhook::{EventIdSource, SignedText, Verification, WebhookRules};

pub(super) fn check(problems: &mut Problems, manifest: &Manifest) {
    match (&manifest.webhook, parses_webhooks(manifest)) {
        (Some(rules), true) => check_rules(problems, manifest, rules),
        (None, false) => {}
        (Some(_), false) => problems.add(
            "webhook",
            "needs the ability that parses webhooks: add it to `abilities`",
        ),
        (None, true) => problems.add(
            "webhook",
            "is missing: tell how the host verifies what the plugin parses",
        ),
    }
}

fn check_rules(problems: &mut Problems, manifest: &Manifest, rules: &WebhookRules) {
    if let Some(secret) = rules.verification.secret() {
        let known = manifest
            .slot(secret)
            .is_some_and(|slot| matches!(slot.inject, Injection::Webhook {}));
        let problem = format!(
            "`{secret}` is not a secret with inject = {{ kind = \"webhook\" }}: declare it under [[secrets]]"
        );
        problems.require(known, "webhook.verification.secret", &problem);
    }
    let header = match &rules.verification {
        Verification::UrlSecret {} | Verification::Basic { .. } => None,
        Verification::HmacSha256(rules) => {
            check_signed_text(problems, rules);
            Some((&rules.signature_header, "signature_header"))
        }
        Verification::StaticHeader { header, .. } => Some((header, "header")),
        Verification::StandardWebhooks { header_prefix, .. } => {
            Some((header_prefix, "header_prefix"))
        }
    };
    if let Some((header, field)) = header {
        problems.require(
            is_header_name(header),
            &format!("webhook.verification.{field}"),
            "must be lower-case letters, digits and hyphens",
        );
    }
    match &rules.event_id {
        None => {}
        Some(EventIdSource::JsonPointer(pointer)) => {
            check_pointer(problems, "webhook.event_id.json_pointer", pointer);
        }
        Some(EventIdSource::Header(name)) => {
            problems.require(
                is_header_name(name),
                "webhook.event_id.header",
                "must be lower-case letters, digits and hyphens",
            );
        }
    }
}

/// What is signed must be spelled out without doubt.
fn check_signed_text(problems: &mut Problems, rules: &SignedText) {
    let named = rules.text.matches("{timestamp}").count();
    let timestamp = rules.timestamp_header.as_deref();
    problems.require(
        rules.around_body().is_some() && named == usize::from(timestamp.is_some()),
        "webhook.verification.text",
        "must hold {body} once, and {timestamp} once where there is a `timestamp_header`",
    );
    problems.require(
        timestamp.is_none_or(is_header_name),
        "webhook.verification.timestamp_header",
        "must be lower-case letters, digits and hyphens",
    );
    problems.require(
        rules.separator.as_deref() != Some(""),
        "webhook.verification.separator",
        "must hold something, or be absent",
    );
}

fn is_header_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}
