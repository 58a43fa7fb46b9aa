//! The manifest: what a plugin is, may do and needs, as data that is checked without running the plugin.

mod check;
mod contract;
mod host_pattern;
mod schema;
pub mod secrets;
pub mod section;
mod shape;
#[cfg(test)]
pub(in crate::plugin) mod tests;
pub mod webhook;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::host_pattern::{HostPattern, InvalidHost};
pub use self::schema::SettingsSchema;
use self::secrets::SecretSlot;
use self::webhook::WebhookRules;

/// The newest `roomwire:channel` and `roomwire:email` contract that this host speaks.
pub const CONTRACT: semver::Version = semver::Version::new(1, 1, 0);

/// The oldest contract whose plugins this host runs. It rises only where a published version is retired.
pub const LOWEST_CONTRACT: semver::Version = semver::Version::new(1, 0, 0);

/// What an author writes as `plugin.toml`, and a plugin file carries as JSON.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Names the plugin in configuration: `^[a-z][a-z0-9-]{1,62}$`.
    pub id: String,
    /// For people.
    pub name: String,
    /// The plugin's own version, semver.
    pub version: String,
    /// The version of the contract that it was built for.
    pub contract: String,
    pub kind: Kind,
    /// The optional interfaces that it exports.
    #[serde(default)]
    pub abilities: BTreeSet<Ability>,
    /// Every host that it may call.
    #[serde(default)]
    pub hosts: Vec<HostPattern>,
    /// JSON Schema 2020-12 of a hotel's settings.
    pub settings: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelTraits>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailTraits>,
    #[serde(default)]
    pub limits: RequestedLimits,
    #[serde(default)]
    pub secrets: Vec<SecretSlot>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookRules>,
}

/// Which contract a plugin follows.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Channel,
    Email,
}

/// An interface beyond the mandatory one.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ability {
    AriReader,
    ReservationSource,
    WebhookSource,
    WebhookRegistrar,
    GuestMessages,
    WebhookAnswer,
    EmailEvents,
    EmailBatch,
}

impl Ability {
    /// Every ability, in the order of the contract.
    pub const ALL: [Self; 8] = [
        Self::AriReader,
        Self::ReservationSource,
        Self::WebhookSource,
        Self::WebhookRegistrar,
        Self::GuestMessages,
        Self::WebhookAnswer,
        Self::EmailEvents,
        Self::EmailBatch,
    ];

    /// Its name, the kind of plugin that may have it, and the minor version of the contract that brought it.
    fn facts(self) -> (&'static str, Kind, u64) {
        match self {
            Self::AriReader => ("ari-reader", Kind::Channel, 0),
            Self::ReservationSource => ("reservation-source", Kind::Channel, 0),
            Self::WebhookSource => ("webhook-source", Kind::Channel, 0),
            Self::WebhookRegistrar => ("webhook-registrar", Kind::Channel, 1),
            Self::GuestMessages => ("guest-messages", Kind::Channel, 1),
            Self::WebhookAnswer => ("webhook-answer", Kind::Channel, 1),
            Self::EmailEvents => ("email-events", Kind::Email, 0),
            Self::EmailBatch => ("email-batch", Kind::Email, 1),
        }
    }

    /// As the manifest spells it; the interface has the same name.
    pub fn name(self) -> &'static str {
        self.facts().0
    }

    /// The kind of plugin that may have it.
    pub fn kind(self) -> Kind {
        self.facts().1
    }

    /// The first contract that has it.
    pub fn since(self) -> semver::Version {
        semver::Version::new(1, self.facts().2, 0)
    }

    /// The full name of its interface in the contract.
    pub fn interface(self) -> String {
        self.interface_of(&CONTRACT)
    }

    /// The same in another version of the contract.
    pub fn interface_of(self, contract: &impl fmt::Display) -> String {
        format!("roomwire:{}/{}@{contract}", self.kind().name(), self.name())
    }
}

impl Kind {
    /// As the manifest spells it; the contract's package has the same name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Email => "email",
        }
    }

    /// The interface that every plugin of this kind exports.
    pub fn interface(self) -> String {
        self.interface_of(&CONTRACT)
    }

    /// The same in another version of the contract.
    pub fn interface_of(self, contract: &impl fmt::Display) -> String {
        let interface = match self {
            Self::Channel => "channel-manager-provider",
            Self::Email => "email-provider",
        };
        format!("roomwire:{}/{interface}@{contract}", self.name())
    }
}

/// How a channel takes ARI.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelTraits {
    pub availability_on: AvailabilityLevel,
    pub update_semantics: Semantics,
    /// Nights ahead of today, 1 to 1,100.
    pub horizon_nights: u16,
    /// 1 to 10,000.
    pub max_updates_per_call: u16,
    /// The channel's own pace for one account, 1 to 60,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    /// Whether it takes a price for each number of adults.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub occupancy_prices: bool,
}

/// How a provider takes messages.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EmailTraits {
    /// Whether a message that comes again under its idempotency key is sent once.
    pub recognises_repeats: bool,
    /// With the ability `email-batch`: how many messages one call takes, 2 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_messages_per_call: Option<u16>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AvailabilityLevel {
    Room,
    Rate,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Semantics {
    Merge,
    Replace,
}

/// Limits of one call that a plugin asks for. They lower the host's defaults and never raise them.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedLimits {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_ms: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<u32>,
}

/// Why a manifest is refused: the field, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest is not TOML: {0}")]
    Toml(#[from] toml::de::Error),
    #[error("the manifest is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("manifest field `{field}`: {problem}")]
    Field { field: String, problem: String },
}

impl ManifestError {
    fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Field {
            field: field.into(),
            problem: problem.into(),
        }
    }
}

impl Manifest {
    /// Reads and checks a `plugin.toml`.
    pub fn from_toml(text: &str) -> Result<Self, ManifestError> {
        Self::from_value(toml::from_str::<Value>(text)?)
    }

    /// Reads and checks the JSON that a plugin file carries.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ManifestError> {
        Self::from_value(serde_json::from_slice::<Value>(bytes)?)
    }

    /// The JSON that a plugin file carries.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a manifest has string keys only")
    }

    /// What the host must find exported, besides the mandatory interface.
    pub fn has(&self, ability: Ability) -> bool {
        self.abilities.contains(&ability)
    }

    /// Whether a message may be handed over again after an unknown outcome. Nobody who is silent promises that.
    pub fn recognises_repeats(&self) -> bool {
        self.email.is_some_and(|traits| traits.recognises_repeats)
    }

    /// How many messages may be handed over at once, where it takes several.
    pub fn most_in_batch(&self) -> Option<usize> {
        let most = self.email?.max_messages_per_call?;
        self.has(Ability::EmailBatch).then(|| usize::from(most))
    }

    /// The slot of this name.
    pub fn slot(&self, name: &str) -> Option<&SecretSlot> {
        self.secrets.iter().find(|slot| slot.name == name)
    }

    /// The pattern that allows calling this host, exact ones first.
    pub fn allowed_host(&self, host: &str) -> Option<&HostPattern> {
        let matching = |wildcard: bool| {
            self.hosts
                .iter()
                .find(move |pattern| pattern.is_wildcard() == wildcard && pattern.matches(host))
        };
        matching(false).or_else(|| matching(true))
    }

    /// Names of the secrets that a hotel must give.
    pub fn required_secrets(&self) -> BTreeSet<&str> {
        self.secrets.iter().flat_map(SecretSlot::required).collect()
    }

    /// Whether what a hotel gives under this name only says who asks: it goes no other way, and is no secret.
    pub fn is_identifier(&self, name: &str) -> bool {
        let named_by = |names: fn(&SecretSlot) -> Vec<&str>| {
            self.secrets.iter().any(|slot| names(slot).contains(&name))
        };
        named_by(SecretSlot::identifiers) && !named_by(SecretSlot::proofs)
    }

    /// Names of the secrets that a hotel may give.
    pub fn optional_secrets(&self) -> BTreeSet<String> {
        self.secrets.iter().flat_map(SecretSlot::optional).collect()
    }

    /// Reads and checks the tree that a `plugin.toml` and a plugin file both hold.
    pub fn from_value(value: Value) -> Result<Self, ManifestError> {
        // First, because a later contract's manifest may have fields that are unknown here.
        if let Some(problem) = contract::refusal_of(&value) {
            return Err(ManifestError::field("contract", problem));
        }
        let manifest = Self::shaped(value)?;
        match check::check(&manifest).into_iter().next() {
            Some(first) => Err(first),
            None => Ok(manifest),
        }
    }

    /// Everything that is wrong with a tree: first the shapes of its fields and, once these are right, what they say.
    pub fn problems(value: &Value) -> Vec<ManifestError> {
        let shapes = shape::problems(value);
        if !shapes.is_empty() {
            // What another contract's manifest may hold is not known here.
            return match contract::refusal_of(value) {
                Some(problem) => vec![ManifestError::field("contract", problem)],
                None => shapes,
            };
        }
        match Self::shaped(value.clone()) {
            Ok(manifest) => check::check(&manifest),
            Err(other) => vec![other],
        }
    }

    fn shaped(value: Value) -> Result<Self, ManifestError> {
        serde_path_to_error::deserialize(value).map_err(|error| {
            let field = error.path().to_string();
            ManifestError::field(field, error.into_inner().to_string())
        })
    }
}
