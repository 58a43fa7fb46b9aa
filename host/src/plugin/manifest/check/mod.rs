//! What a manifest must satisfy beyond its shape. Every refusal names the field and what to do.

mod secrets;
mod webhook;

use std::collections::HashMap;

use semver::Version;
use serde_json::Value;

use super::contract;
use super::{Ability, ChannelTraits, HostPattern, Kind, Manifest, ManifestError, SettingsSchema};

type Checked = Result<(), ManifestError>;

const MAX_HOSTS: usize = 32;
const MAX_SECRETS: usize = 16;

pub(super) fn check(manifest: &Manifest) -> Checked {
    check_identity(manifest)?;
    check_contract(&manifest.contract)?;
    check_abilities(manifest)?;
    check_hosts(&manifest.hosts)?;
    check_settings(&manifest.settings)?;
    check_kind(manifest)?;
    check_limits(manifest)?;
    check_count("secrets", manifest.secrets.len(), MAX_SECRETS)?;
    secrets::check(manifest)?;
    webhook::check(manifest)
}

fn check_identity(manifest: &Manifest) -> Checked {
    let id = &manifest.id;
    let well_formed = (2..=63).contains(&id.len())
        && id.starts_with(|first: char| first.is_ascii_lowercase())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    require(
        well_formed,
        "id",
        "must be 2 to 63 lower-case letters, digits and hyphens, and begin with a letter",
    )?;
    check_text("name", &manifest.name, 100)?;
    parse_version("version", &manifest.version).map(drop)
}

fn check_contract(contract: &str) -> Checked {
    let version = parse_version("contract", contract)?;
    match contract::refusal(&version) {
        Some(problem) => Err(ManifestError::field("contract", problem)),
        None => Ok(()),
    }
}

fn check_abilities(manifest: &Manifest) -> Checked {
    for ability in &manifest.abilities {
        let kind = manifest.kind.name();
        let problem = format!(
            "`{}` is no ability of a plugin of kind `{kind}`: remove it",
            ability.name()
        );
        require(ability.kind() == manifest.kind, "abilities", &problem)?;
    }
    Ok(())
}

fn check_hosts(hosts: &[HostPattern]) -> Checked {
    check_count("hosts", hosts.len(), MAX_HOSTS)?;
    let mut ports = HashMap::new();
    for (index, host) in hosts.iter().enumerate() {
        // A request names a host without a port, so a name can have one only.
        let earlier = ports.insert((host.is_wildcard(), host.name()), index);
        require(
            earlier.is_none(),
            &format!("hosts[{index}]"),
            &format!("names `{}` again: keep one", host.name()),
        )?;
    }
    Ok(())
}

fn check_settings(settings: &Value) -> Checked {
    let is_object = settings.get("type").and_then(Value::as_str) == Some("object");
    require(
        is_object,
        "settings.type",
        "must be \"object\": settings are a table of the hotel's configuration",
    )?;
    SettingsSchema::compile(settings)
        .map(drop)
        .map_err(|problem| ManifestError::field("settings", problem))
}

fn check_kind(manifest: &Manifest) -> Checked {
    require(
        manifest.kind == Kind::Email || manifest.email.is_none(),
        "email",
        "belongs to plugins of kind `email`: remove it",
    )?;
    match (manifest.kind, &manifest.channel) {
        (Kind::Channel, Some(traits)) => check_traits(traits),
        (Kind::Email, None) => Ok(()),
        (Kind::Channel, None) => Err(ManifestError::field(
            "channel",
            "is missing: a plugin of kind `channel` declares how it takes ARI",
        )),
        (Kind::Email, Some(_)) => Err(ManifestError::field(
            "channel",
            "belongs to plugins of kind `channel`: remove it",
        )),
    }
}

fn check_traits(traits: &ChannelTraits) -> Checked {
    let horizon = (1..=1_100).contains(&traits.horizon_nights);
    require(horizon, "channel.horizon_nights", "must be 1 to 1100")?;
    let updates = (1..=10_000).contains(&traits.max_updates_per_call);
    require(
        updates,
        "channel.max_updates_per_call",
        "must be 1 to 10000",
    )?;
    let pace = traits
        .requests_per_minute
        .is_none_or(|pace| (1..=60_000).contains(&pace));
    require(
        pace,
        "channel.requests_per_minute",
        "must be 1 to 60000, or absent",
    )
}

fn check_limits(manifest: &Manifest) -> Checked {
    let limits = &manifest.limits;
    let named = [
        ("cpu_ms", limits.cpu_ms),
        ("wall_ms", limits.wall_ms),
        ("memory_mib", limits.memory_mib),
        ("requests", limits.requests),
    ];
    for (name, value) in named {
        require(
            value != Some(0),
            &format!("limits.{name}"),
            "must be at least 1, or absent",
        )?;
    }
    Ok(())
}

fn require(holds: bool, field: &str, problem: &str) -> Checked {
    if holds {
        Ok(())
    } else {
        Err(ManifestError::field(field, problem))
    }
}

fn check_count(field: &str, count: usize, most: usize) -> Checked {
    require(
        count <= most,
        field,
        &format!("has {count} entries, and {most} are allowed"),
    )
}

fn check_text(field: &str, text: &str, most: usize) -> Checked {
    let printable =
        !text.trim().is_empty() && text.chars().count() <= most && !text.contains(char::is_control);
    require(
        printable,
        field,
        &format!("must be 1 to {most} printable characters"),
    )
}

fn parse_version(field: &str, text: &str) -> Result<Version, ManifestError> {
    text.parse().map_err(|_| {
        ManifestError::field(
            field,
            format!("`{text}` is not a semantic version such as 1.0.0"),
        )
    })
}

/// Whether a text is a secret's name: `^[a-z][a-z0-9_]*$`, at most 64.
fn is_secret_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether the interface that parses webhooks is declared.
fn parses_webhooks(manifest: &Manifest) -> bool {
    manifest.has(Ability::WebhookSource) || manifest.has(Ability::EmailEvents)
}
