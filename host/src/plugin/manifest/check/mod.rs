//! What a manifest must satisfy beyond its shape. Every refusal names the field and what to do.

mod collisions;
mod secrets;
mod webhook;

use std::collections::HashMap;

use semver::Version;
use serde_json::Value;

use super::contract;
use super::{Ability, ChannelTraits, HostPattern, Kind, Manifest, ManifestError, SettingsSchema};

const MAX_HOSTS: usize = 32;
const MAX_SECRETS: usize = 16;

/// What was found so far: an author hears of everything at once.
#[derive(Debug, Default)]
struct Problems(Vec<ManifestError>);

impl Problems {
    fn add(&mut self, field: &str, problem: impl Into<String>) {
        self.0.push(ManifestError::field(field, problem));
    }

    /// Says again whether it holds, for checks that make sense only then.
    fn require(&mut self, holds: bool, field: &str, problem: &str) -> bool {
        if !holds {
            self.add(field, problem);
        }
        holds
    }

    fn require_count(&mut self, field: &str, count: usize, most: usize) -> bool {
        self.require(
            count <= most,
            field,
            &format!("has {count} entries, and {most} are allowed"),
        )
    }

    fn require_text(&mut self, field: &str, text: &str, most: usize) {
        let printable = !text.trim().is_empty()
            && text.chars().count() <= most
            && !text.contains(char::is_control);
        self.require(
            printable,
            field,
            &format!("must be 1 to {most} printable characters"),
        );
    }

    fn require_version(&mut self, field: &str, text: &str) -> Option<Version> {
        let version = text.parse().ok();
        self.require(
            version.is_some(),
            field,
            &format!("`{text}` is not a semantic version such as 1.0.0"),
        );
        version
    }
}

/// Everything that is wrong, in the order of the manifest.
pub(super) fn check(manifest: &Manifest) -> Vec<ManifestError> {
    let mut problems = Problems::default();
    check_identity(&mut problems, manifest);
    check_contract(&mut problems, &manifest.contract);
    check_abilities(&mut problems, manifest);
    let few_hosts = check_hosts(&mut problems, &manifest.hosts);
    check_settings(&mut problems, &manifest.settings);
    check_kind(&mut problems, manifest);
    check_limits(&mut problems, manifest);
    let few_secrets = problems.require_count("secrets", manifest.secrets.len(), MAX_SECRETS);
    // Each is compared with each: a file that nobody trusts must not keep the host busy.
    if few_hosts && few_secrets {
        secrets::check(&mut problems, manifest);
    }
    webhook::check(&mut problems, manifest);
    problems.0
}

fn check_identity(problems: &mut Problems, manifest: &Manifest) {
    let id = &manifest.id;
    let well_formed = (2..=63).contains(&id.len())
        && id.starts_with(|first: char| first.is_ascii_lowercase())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    problems.require(
        well_formed,
        "id",
        "must be 2 to 63 lower-case letters, digits and hyphens, and begin with a letter",
    );
    problems.require_text("name", &manifest.name, 100);
    problems.require_version("version", &manifest.version);
}

fn check_contract(problems: &mut Problems, contract: &str) {
    let Some(version) = problems.require_version("contract", contract) else {
        return;
    };
    if let Some(problem) = contract::refusal(&version) {
        problems.add("contract", problem);
    }
}

fn check_abilities(problems: &mut Problems, manifest: &Manifest) {
    for ability in &manifest.abilities {
        let kind = manifest.kind.name();
        let problem = format!(
            "`{}` is no ability of a plugin of kind `{kind}`: remove it",
            ability.name()
        );
        problems.require(ability.kind() == manifest.kind, "abilities", &problem);
        check_since(problems, &manifest.contract, *ability);
    }
}

/// An older host would not know what such a plugin exports, so its manifest must not say that it does.
fn check_since(problems: &mut Problems, contract: &str, ability: Ability) {
    let since = ability.since();
    let too_old = |contract: Version| {
        contract::refusal(&contract).is_none() && contract.cmp_precedence(&since).is_lt()
    };
    let problem = format!(
        "`{}` is of the contract {since}: write `contract = \"{since}\"`, and build with an SDK of it",
        ability.name()
    );
    problems.require(!contract.parse().is_ok_and(too_old), "abilities", &problem);
}

/// Says whether there are few enough.
fn check_hosts(problems: &mut Problems, hosts: &[HostPattern]) -> bool {
    let few = problems.require_count("hosts", hosts.len(), MAX_HOSTS);
    let mut ports = HashMap::new();
    for (index, host) in hosts.iter().enumerate() {
        // A request names a host without a port, so a name can have one only.
        let earlier = ports.insert((host.is_wildcard(), host.name()), index);
        problems.require(
            earlier.is_none(),
            &format!("hosts[{index}]"),
            &format!("names `{}` again: keep one", host.name()),
        );
    }
    few
}

fn check_settings(problems: &mut Problems, settings: &Value) {
    let is_object = settings.get("type").and_then(Value::as_str) == Some("object");
    problems.require(
        is_object,
        "settings.type",
        "must be \"object\": settings are a table of the hotel's configuration",
    );
    if let Err(problem) = SettingsSchema::compile(settings) {
        problems.add("settings", problem);
    }
}

fn check_kind(problems: &mut Problems, manifest: &Manifest) {
    problems.require(
        manifest.kind == Kind::Email || manifest.email.is_none(),
        "email",
        "belongs to plugins of kind `email`: remove it",
    );
    check_batch(problems, manifest);
    match (manifest.kind, &manifest.channel) {
        (Kind::Channel, Some(traits)) => check_traits(problems, traits),
        (Kind::Email, None) => {}
        (Kind::Channel, None) => problems.add(
            "channel",
            "is missing: a plugin of kind `channel` declares how it takes ARI",
        ),
        (Kind::Email, Some(_)) => {
            problems.add("channel", "belongs to plugins of kind `channel`: remove it");
        }
    }
}

fn check_batch(problems: &mut Problems, manifest: &Manifest) {
    const FIELD: &str = "email.max_messages_per_call";
    let most = manifest
        .email
        .and_then(|traits| traits.max_messages_per_call);
    let able = manifest.has(Ability::EmailBatch);
    problems.require(
        !able || most.is_some(),
        FIELD,
        "is missing: a plugin with the ability `email-batch` declares how many messages it takes at once",
    );
    problems.require(
        able || most.is_none(),
        FIELD,
        "belongs to the ability `email-batch`: remove it, or add that to `abilities`",
    );
    problems.require(
        most.is_none_or(|most| (2..=100).contains(&most)),
        FIELD,
        "must be 2 to 100",
    );
}

fn check_traits(problems: &mut Problems, traits: &ChannelTraits) {
    let horizon = (1..=1_100).contains(&traits.horizon_nights);
    problems.require(horizon, "channel.horizon_nights", "must be 1 to 1100");
    let updates = (1..=10_000).contains(&traits.max_updates_per_call);
    problems.require(
        updates,
        "channel.max_updates_per_call",
        "must be 1 to 10000",
    );
    let pace = traits
        .requests_per_minute
        .is_none_or(|pace| (1..=60_000).contains(&pace));
    problems.require(
        pace,
        "channel.requests_per_minute",
        "must be 1 to 60000, or absent",
    );
}

fn check_limits(problems: &mut Problems, manifest: &Manifest) {
    let limits = &manifest.limits;
    let named = [
        ("cpu_ms", limits.cpu_ms),
        ("wall_ms", limits.wall_ms),
        ("memory_mib", limits.memory_mib),
        ("requests", limits.requests),
    ];
    for (name, value) in named {
        problems.require(
            value != Some(0),
            &format!("limits.{name}"),
            "must be at least 1, or absent",
        );
    }
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
