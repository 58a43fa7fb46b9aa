//! Checks of the webhook rules.

mod signed;

use super::secrets::check_pointer;
use super::{Problems, parses_webhooks};
use crate::plugin::manifest::secrets::Injection;
use crate::plugin::manifest::webhook::{EventIdSource, TokenRules, Verification, WebhookRules};
use crate::plugin::manifest::{Ability, Manifest};

pub(super) fn check(problems: &mut Problems, manifest: &Manifest) {
    problems.require(
        manifest.webhook.is_some()
            || parses_webhooks(manifest)
            || !manifest.has(Ability::WebhookRegistrar),
        "webhook",
        "is missing: `webhook-registrar` has webhooks sent here, so tell how the host verifies them",
    );
    let only_pulls = |rules: &&WebhookRules| rules.verification == Verification::NoneButReRead {};
    if let Some(rules) = manifest.webhook.as_ref().filter(only_pulls) {
        return check_pulling(problems, manifest, rules);
    }
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

/// Webhooks that are not read have the host pull, and nothing else.
fn check_pulling(problems: &mut Problems, manifest: &Manifest, rules: &WebhookRules) {
    problems.require(
        manifest.has(Ability::ReservationSource) && !parses_webhooks(manifest),
        "webhook.verification.kind",
        "has the host pull: it needs `reservation-source` in `abilities`, and no ability that parses webhooks",
    );
    problems.require(
        rules.event_id.is_none() && rules.hint && !rules.pull && !rules.pull_unless_json,
        "webhook",
        "is not read, so it has neither `event_id`, `pull`, `pull_unless_json` nor `hint = false`: remove them",
    );
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
    problems.require(
        !rules.pull_unless_json || manifest.has(Ability::ReservationSource),
        "webhook.pull_unless_json",
        "has the host pull: it needs `reservation-source` in `abilities`",
    );
    problems.require(
        !rules.pull_unless_json || !matches!(rules.event_id, Some(EventIdSource::JsonPointer(_))),
        "webhook.event_id",
        "stands in no body that is no JSON: remove it, or `pull_unless_json`",
    );
    check_event_id(problems, rules.event_id.as_ref());
    problems.require(
        !rules.pull || (rules.hint && manifest.has(Ability::ReservationSource)),
        "webhook.pull",
        "has the host pull: it needs `reservation-source` in `abilities`, and no `hint = false`",
    );
    match &rules.verification {
        Verification::UrlSecret {}
        | Verification::NoneButReRead {}
        | Verification::Basic { .. }
        | Verification::IssuedToken { .. } => {}
        Verification::StaticHeader { header, .. } => check_header(problems, "header", header),
        Verification::StandardWebhooks { header_prefix, .. } => {
            check_header(problems, "header_prefix", header_prefix);
        }
        Verification::Jwt(expected) => check_token(problems, expected),
        Verification::HmacSha256(text)
        | Verification::Ed25519(text)
        | Verification::EcdsaP256(text) => signed::check(problems, rules, text),
    }
}

fn check_event_id(problems: &mut Problems, source: Option<&EventIdSource>) {
    match source {
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

/// A token that says for whom it is, and by whom, is good nowhere else.
fn check_token(problems: &mut Problems, expected: &TokenRules) {
    for (field, text) in [
        ("issuer", &expected.issuer),
        ("audience", &expected.audience),
    ] {
        problems.require_text(&format!("webhook.verification.{field}"), text, 200);
    }
}

fn check_header(problems: &mut Problems, field: &str, name: &str) {
    problems.require(
        is_header_name(name),
        &format!("webhook.verification.{field}"),
        "must be lower-case letters, digits and hyphens",
    );
}

fn is_header_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}
