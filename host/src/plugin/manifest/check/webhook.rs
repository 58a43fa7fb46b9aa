//! Checks of the webhook rules.

mod signed;

use super::secrets::check_pointer;
use super::{Problems, parses_webhooks};
use crate::plugin::manifest::secrets::Injection;
use crate::plugin::manifest::webhook::{
    EventIdSource, TokenRules, Verification, WebhookRules, XmlLogin,
};
use crate::plugin::manifest::{Ability, Manifest, ManifestError};

/// A request is given up after 10 seconds, where the operator says nothing else.
const LONGEST_ANSWER_SECONDS: u16 = 8;

const MAX_WITHHELD: usize = 16;

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
    problems.require(
        manifest.has(Ability::WebhookSource) || !manifest.has(Ability::WebhookAnswer),
        "abilities",
        "has `webhook-answer`, and what is answered is parsed first: add `webhook-source`",
    );
    match (&manifest.webhook, parses_webhooks(manifest)) {
        (Some(rules), true) => {
            check_rules(problems, manifest, rules);
            if let Some(own) = &rules.xml {
                check_xml(problems, manifest, own);
            }
            check_ability(problems, manifest, rules);
        }
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
    problems.require(
        rules.answer_within_seconds.is_none() && rules.withheld.is_empty() && rules.xml.is_none(),
        "webhook",
        "is not read, so it has neither `answer_within_seconds`, `withheld` nor `xml`: remove them",
    );
    problems.require(
        !manifest.has(Ability::WebhookAnswer),
        "abilities",
        "has `webhook-answer`, and webhooks that are not read are not answered by the connector: remove it",
    );
}

/// Rules of bodies in XML: the same as the others, one level deeper.
fn check_xml(problems: &mut Problems, manifest: &Manifest, own: &WebhookRules) {
    problems.require(
        own.xml.is_none() && !own.pull_unless_json,
        "webhook.xml",
        "is of bodies in XML alone: it has neither `xml` nor `pull_unless_json`",
    );
    problems.require(
        !matches!(own.event_id, Some(EventIdSource::JsonPointer(_))),
        "webhook.xml.event_id",
        "stands in no body that is XML: remove it, or name a header",
    );
    problems.require(
        own.verification.secret().is_some(),
        "webhook.xml.verification.kind",
        "must be one with a secret: a connection without it keeps to the other rules",
    );
    let mut found = Problems::default();
    check_rules(&mut found, manifest, own);
    for error in found.0 {
        match error {
            ManifestError::Field { field, problem } => {
                problems.add(&field.replacen("webhook", "webhook.xml", 1), problem);
            }
            other => problems.0.push(other),
        }
    }
}

/// The ability that answers, and the webhooks that are answered, go together.
fn check_ability(problems: &mut Problems, manifest: &Manifest, rules: &WebhookRules) {
    let answered = |rules: &WebhookRules| rules.answer_within_seconds.is_some();
    let some = answered(rules) || rules.xml.as_deref().is_some_and(answered);
    problems.require(
        some == manifest.has(Ability::WebhookAnswer),
        "webhook.answer_within_seconds",
        "goes with `webhook-answer` in `abilities`, and that with it: add the other, or remove both",
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
    check_answered(problems, rules);
    check_withheld(problems, &rules.withheld);
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
        Verification::XmlLogin(login) => check_login(problems, login),
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

/// An answer confirms what the webhook says, so nothing is fetched before it is believed.
fn check_answered(problems: &mut Problems, rules: &WebhookRules) {
    let Some(seconds) = rules.answer_within_seconds else {
        return;
    };
    problems.require(
        (1..=LONGEST_ANSWER_SECONDS).contains(&seconds),
        "webhook.answer_within_seconds",
        &format!("must be 1 to {LONGEST_ANSWER_SECONDS}"),
    );
    problems.require(
        rules.event_id.is_none(),
        "webhook.event_id",
        "does not go with `answer_within_seconds`, since another body under a known id would be confirmed and not stored: \
         remove it, and the body's hash is the id",
    );
    problems.require(
        !rules.hint,
        "webhook.hint",
        "must be false where `answer_within_seconds` is given: the answer confirms what the webhook says",
    );
}

fn check_withheld(problems: &mut Problems, names: &[String]) {
    problems.require_count("webhook.withheld", names.len(), MAX_WITHHELD);
    for name in names {
        check_xml_name(problems, "webhook.withheld", name);
    }
}

fn check_login(problems: &mut Problems, login: &XmlLogin) {
    for (field, name) in [
        ("element", &login.element),
        ("username", &login.username),
        ("password", &login.password),
    ] {
        check_xml_name(problems, &format!("webhook.verification.{field}"), name);
    }
    problems.require(
        login.username != login.password,
        "webhook.verification.password",
        "is the user's place as well: name another",
    );
}

/// A local name, without a prefix.
fn check_xml_name(problems: &mut Problems, field: &str, name: &str) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    problems.require(
        begins && name.len() <= 64 && name.bytes().all(plain),
        field,
        &format!("`{name}` is no name of XML without a prefix, of at most 64 letters"),
    );
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
