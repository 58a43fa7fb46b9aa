//! Checks of the secret slots.

use std::collections::HashSet;

use super::{Checked, check_count, is_secret_name, require};
use crate::plugin::egress::request;
use crate::plugin::manifest::secrets::{Injection, SecretSlot, TokenRequest, TokenSource};
use crate::plugin::manifest::{Manifest, ManifestError};

pub(super) fn check(manifest: &Manifest) -> Checked {
    let mut names = HashSet::new();
    for (index, slot) in manifest.secrets.iter().enumerate() {
        let field = format!("secrets[{index}]");
        check_name(&format!("{field}.name"), &slot.name)?;
        require(
            names.insert(&slot.name),
            &format!("{field}.name"),
            &format!("`{}` is taken: choose another", slot.name),
        )?;
        check_reach(manifest, slot, &field)?;
        check_injection(manifest, slot, &field)?;
        check_collisions(&manifest.secrets[..index], slot, &field)?;
    }
    Ok(())
}

fn check_name(field: &str, name: &str) -> Checked {
    require(
        is_secret_name(name),
        field,
        "must be lower-case letters, digits and underscores, and begin with a letter",
    )
}

/// A secret goes only where the manifest may call at all, and never everywhere by omission.
fn check_reach(manifest: &Manifest, slot: &SecretSlot, field: &str) -> Checked {
    if !slot.is_sent() {
        let unused = slot.hosts.is_empty() && slot.methods.is_empty();
        return require(
            unused,
            field,
            "is never sent, so it has neither `hosts` nor `methods`: remove them",
        );
    }
    require(
        !slot.hosts.is_empty(),
        &format!("{field}.hosts"),
        "must name the hosts whose requests carry the secret",
    )?;
    require(
        !slot.methods.is_empty(),
        &format!("{field}.methods"),
        "must name the methods whose requests carry the secret",
    )?;
    for host in &slot.hosts {
        let known = manifest.hosts.iter().any(|allowed| allowed.covers(host));
        require(
            known,
            &format!("{field}.hosts"),
            &format!("`{host}` is not one of the manifest's `hosts`: add it there"),
        )?;
    }
    Ok(())
}

fn check_injection(manifest: &Manifest, slot: &SecretSlot, field: &str) -> Checked {
    match &slot.inject {
        Injection::Bearer {} | Injection::Webhook {} | Injection::Signer { .. } => Ok(()),
        Injection::Basic { username } => username.as_deref().map_or(Ok(()), |name| {
            check_name(&format!("{field}.inject.username"), name)
        }),
        Injection::Header { name } => {
            let allowed = http::HeaderName::from_lowercase(name.to_ascii_lowercase().as_bytes())
                .is_ok()
                && !request::is_framing_header(name);
            require(
                allowed,
                &format!("{field}.inject.name"),
                &format!("`{name}` is no header that a secret may set"),
            )
        }
        Injection::Query { name } => {
            let plain = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            require(
                plain,
                &format!("{field}.inject.name"),
                "must be letters, digits, `-`, `_` and `.`",
            )
        }
        Injection::Oauth2(source) => {
            check_token_source(manifest, source, &format!("{field}.inject"))
        }
    }
}

fn check_token_source(manifest: &Manifest, source: &TokenSource, field: &str) -> Checked {
    for name in source
        .credentials
        .iter()
        .chain(&source.optional_credentials)
    {
        check_name(&format!("{field}.credentials"), name)?;
    }
    let some = !source.token_requests.is_empty();
    require(
        some,
        &format!("{field}.token_requests"),
        "must hold one request or more: how the token is obtained",
    )?;
    check_count(
        &format!("{field}.token_requests"),
        source.token_requests.len(),
        4,
    )?;
    let measured = source.budget.is_none_or(|budget| {
        (1..=10_000).contains(&budget.tokens) && (1..=86_400).contains(&budget.seconds)
    });
    require(
        measured,
        &format!("{field}.budget"),
        "must be 1 to 10000 `tokens` in 1 to 86400 `seconds`",
    )?;
    for (index, token_request) in source.token_requests.iter().enumerate() {
        check_token_request(
            manifest,
            source,
            token_request,
            &format!("{field}.token_requests[{index}]"),
        )?;
    }
    Ok(())
}

fn check_token_request(
    manifest: &Manifest,
    source: &TokenSource,
    asked: &TokenRequest,
    field: &str,
) -> Checked {
    let known = manifest
        .hosts
        .iter()
        .any(|host| !host.is_wildcard() && host.matches(&asked.host));
    require(
        known,
        &format!("{field}.host"),
        &format!(
            "`{}` is not an exact host of the manifest's `hosts`: add it there",
            asked.host
        ),
    )?;
    request::check_path(&asked.path)
        .map_err(|problem| ManifestError::field(format!("{field}.path"), problem))?;
    for name in asked.credentials() {
        let declared = source
            .credentials
            .iter()
            .chain(&source.optional_credentials)
            .any(|credential| credential == name);
        require(
            declared,
            &format!("{field}.form"),
            &format!("`{name}` is not among the slot's credentials: add it there"),
        )?;
    }
    check_pointer(&format!("{field}.access_token"), &asked.access_token)?;
    for (name, pointer) in [
        ("expires_at", &asked.expires_at),
        ("expires_in", &asked.expires_in),
    ] {
        pointer.as_deref().map_or(Ok(()), |pointer| {
            check_pointer(&format!("{field}.{name}"), pointer)
        })?;
    }
    let lives = asked
        .lives_seconds
        .is_none_or(|seconds| (1..=86_400).contains(&seconds));
    require(
        lives,
        &format!("{field}.lives_seconds"),
        "must be 1 to 86400",
    )
}

pub(super) fn check_pointer(field: &str, pointer: &str) -> Checked {
    let well_formed =
        pointer.starts_with('/') && pointer.len() <= 256 && !pointer.contains(char::is_control);
    require(
        well_formed,
        field,
        "must be a JSON pointer such as /access_token",
    )
}

/// Two secrets in one place of one request would leave it to chance which is sent.
fn check_collisions(earlier: &[SecretSlot], slot: &SecretSlot, field: &str) -> Checked {
    for other in earlier {
        let meet = slot
            .methods
            .iter()
            .any(|method| other.methods.contains(method))
            && slot.hosts.iter().any(|host| {
                other
                    .hosts
                    .iter()
                    .any(|theirs| theirs.covers(host) || host.covers(theirs))
            });
        let collides = meet && place(slot).is_some() && place(slot) == place(other);
        require(
            !collides,
            field,
            &format!(
                "goes to the same place of the same requests as `{}`: keep them apart",
                other.name
            ),
        )?;
    }
    Ok(())
}

/// The place of a request that a slot fills.
fn place(slot: &SecretSlot) -> Option<String> {
    match &slot.inject {
        Injection::Bearer {} | Injection::Basic { .. } | Injection::Oauth2(_) => {
            Some("header authorization".to_owned())
        }
        Injection::Header { name } => Some(format!("header {}", name.to_ascii_lowercase())),
        Injection::Query { name } => Some(format!("query {name}")),
        Injection::Webhook {} | Injection::Signer { .. } => None,
    }
}
