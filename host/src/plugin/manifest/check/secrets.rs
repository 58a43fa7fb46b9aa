//! Checks of the secret slots.

use std::collections::HashSet;

use super::{Problems, collisions, is_secret_name};
use crate::plugin::egress::request;
use crate::plugin::manifest::Manifest;
use crate::plugin::manifest::secrets::{
    Injection, Method, NamedAttribute, SecretSlot, TokenRequest, TokenSource,
};

pub(super) fn check(problems: &mut Problems, manifest: &Manifest) {
    let mut names = HashSet::new();
    for (index, slot) in manifest.secrets.iter().enumerate() {
        let field = format!("secrets[{index}]");
        check_name(problems, &format!("{field}.name"), &slot.name);
        problems.require(
            names.insert(&slot.name),
            &format!("{field}.name"),
            &format!("`{}` is taken: choose another", slot.name),
        );
        let within = check_reach(problems, manifest, slot, &field);
        check_injection(problems, manifest, slot, &field);
        if within {
            collisions::check(problems, &manifest.secrets[..index], slot, &field);
        }
    }
}

fn check_name(problems: &mut Problems, field: &str, name: &str) {
    problems.require(
        is_secret_name(name),
        field,
        "must be lower-case letters, digits and underscores, and begin with a letter",
    );
}

/// A secret goes only where the manifest may call at all, and never everywhere by omission.
fn check_reach(
    problems: &mut Problems,
    manifest: &Manifest,
    slot: &SecretSlot,
    field: &str,
) -> bool {
    if !slot.is_sent() {
        let unused = slot.hosts.is_empty() && slot.methods.is_empty();
        return problems.require(
            unused,
            field,
            "is never sent, so it has neither `hosts` nor `methods`: remove them",
        );
    }
    problems.require(
        !slot.hosts.is_empty(),
        &format!("{field}.hosts"),
        "must name the hosts whose requests carry the secret",
    );
    problems.require(
        !slot.methods.is_empty(),
        &format!("{field}.methods"),
        "must name the methods whose requests carry the secret",
    );
    let mut within = true;
    for host in &slot.hosts {
        let known = manifest.hosts.iter().any(|allowed| allowed.covers(host));
        within &= problems.require(
            known,
            &format!("{field}.hosts"),
            &format!("`{host}` is not one of the manifest's `hosts`: add it there"),
        );
    }
    within
}

fn check_injection(problems: &mut Problems, manifest: &Manifest, slot: &SecretSlot, field: &str) {
    match &slot.inject {
        Injection::Bearer {} | Injection::Webhook {} | Injection::Signer { .. } => {}
        Injection::Basic { username } => {
            if let Some(name) = username {
                check_name(problems, &format!("{field}.inject.username"), name);
            }
        }
        Injection::Header { name } => {
            let allowed = http::HeaderName::from_lowercase(name.to_ascii_lowercase().as_bytes())
                .is_ok()
                && !request::is_framing_header(name);
            problems.require(
                allowed,
                &format!("{field}.inject.name"),
                &format!("`{name}` is no header that a secret may set"),
            );
        }
        Injection::Query { name } => {
            let plain = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            problems.require(
                plain,
                &format!("{field}.inject.name"),
                "must be letters, digits, `-`, `_` and `.`",
            );
        }
        Injection::XmlElement {
            element,
            attribute,
            username,
        } => check_element(
            problems,
            slot,
            (element.as_str(), attribute.as_str(), username.as_ref()),
            field,
        ),
        Injection::JsonPointer { pointer } => {
            check_body(problems, slot, field);
            check_member(problems, &format!("{field}.inject.pointer"), pointer);
        }
        Injection::WsSecurity { username, .. } => {
            check_body(problems, slot, field);
            check_name(problems, &format!("{field}.inject.username"), username);
        }
        Injection::Oauth2(source) => {
            check_token_source(problems, manifest, source, &format!("{field}.inject"));
        }
    }
}

/// What stands in a body goes with methods that have one.
fn check_body(problems: &mut Problems, slot: &SecretSlot, field: &str) {
    let bodiless = [Method::Get, Method::Delete];
    problems.require(
        !slot.methods.iter().any(|method| bodiless.contains(method)),
        &format!("{field}.methods"),
        "may be POST, PUT and PATCH, since the secret stands in the body",
    );
}

/// A member's pointer names objects only, each without doubt.
fn check_member(problems: &mut Problems, field: &str, pointer: &str) {
    check_pointer(problems, field, pointer);
    let named = |token: &str| {
        let escapes = token.matches('~').count();
        let known = token.matches("~0").count() + token.matches("~1").count();
        !token.is_empty() && escapes == known
    };
    let tokens = pointer.split('/').skip(1);
    problems.require(
        tokens.clone().all(named) && tokens.count() <= 8,
        field,
        "must name 1 to 8 members of objects, with `~0` for `~` and `~1` for `/` in them",
    );
}

/// An element stands in a body, under names that need no escaping.
fn check_element(
    problems: &mut Problems,
    slot: &SecretSlot,
    (element, attribute, username): (&str, &str, Option<&NamedAttribute>),
    field: &str,
) {
    check_body(problems, slot, field);
    let plain = |name: &str| {
        let rest = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.bytes().all(rest)
    };
    let second = username.map(|named| named.attribute.as_str());
    let distinct = second != Some(attribute);
    problems.require(
        plain(element) && plain(attribute) && second.is_none_or(plain) && distinct,
        &format!("{field}.inject"),
        "must name an element and its attributes with letters, digits, `-` and `_`, each once",
    );
    if let Some(named) = username {
        check_name(
            problems,
            &format!("{field}.inject.username.secret"),
            &named.secret,
        );
    }
}

fn check_token_source(
    problems: &mut Problems,
    manifest: &Manifest,
    source: &TokenSource,
    field: &str,
) {
    for name in source
        .credentials
        .iter()
        .chain(&source.optional_credentials)
    {
        check_name(problems, &format!("{field}.credentials"), name);
    }
    let some = !source.token_requests.is_empty();
    problems.require(
        some,
        &format!("{field}.token_requests"),
        "must hold one request or more: how the token is obtained",
    );
    problems.require_count(
        &format!("{field}.token_requests"),
        source.token_requests.len(),
        4,
    );
    let measured = source.budget.is_none_or(|budget| {
        (1..=10_000).contains(&budget.tokens) && (1..=86_400).contains(&budget.seconds)
    });
    problems.require(
        measured,
        &format!("{field}.budget"),
        "must be 1 to 10000 `tokens` in 1 to 86400 `seconds`",
    );
    for (index, token_request) in source.token_requests.iter().enumerate() {
        check_token_request(
            problems,
            manifest,
            source,
            token_request,
            &format!("{field}.token_requests[{index}]"),
        );
    }
}

fn check_token_request(
    problems: &mut Problems,
    manifest: &Manifest,
    source: &TokenSource,
    asked: &TokenRequest,
    field: &str,
) {
    let known = manifest
        .hosts
        .iter()
        .any(|host| !host.is_wildcard() && host.matches(&asked.host));
    problems.require(
        known,
        &format!("{field}.host"),
        &format!(
            "`{}` is not an exact host of the manifest's `hosts`: add it there",
            asked.host
        ),
    );
    if let Some(login) = &asked.login {
        let distinct = login.username != login.password;
        problems.require(
            distinct,
            &format!("{field}.login"),
            "must name two secrets: who asks, and what proves it",
        );
    }
    if let Err(problem) = request::check_path(&asked.path) {
        problems.add(&format!("{field}.path"), problem);
    }
    for name in asked.credentials() {
        let declared = source
            .credentials
            .iter()
            .chain(&source.optional_credentials)
            .any(|credential| credential == name);
        problems.require(
            declared,
            &format!("{field}.form"),
            &format!("`{name}` is not among the slot's credentials: add it there"),
        );
    }
    check_answer(problems, asked, field);
}

/// Where the answer has the token, and how long it lives.
fn check_answer(problems: &mut Problems, asked: &TokenRequest, field: &str) {
    check_pointer(
        problems,
        &format!("{field}.access_token"),
        &asked.access_token,
    );
    for (name, pointer) in [
        ("expires_at", &asked.expires_at),
        ("expires_in", &asked.expires_in),
    ] {
        if let Some(pointer) = pointer {
            check_pointer(problems, &format!("{field}.{name}"), pointer);
        }
    }
    let lives = asked
        .lives_seconds
        .is_none_or(|seconds| (1..=86_400).contains(&seconds));
    problems.require(
        lives,
        &format!("{field}.lives_seconds"),
        "must be 1 to 86400",
    );
}

pub(super) fn check_pointer(problems: &mut Problems, field: &str, pointer: &str) {
    let well_formed =
        pointer.starts_with('/') && pointer.len() <= 256 && !pointer.contains(char::is_control);
    problems.require(
        well_formed,
        field,
        "must be a JSON pointer such as /access_token",
    );
}
