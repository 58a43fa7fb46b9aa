//! Every field whose shape is wrong, where reading a manifest as a whole tells only the first.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::secrets::SecretSlot;
use super::webhook::WebhookRules;
use super::{
    Ability, ChannelTraits, EmailTraits, HostPattern, Kind, ManifestError, RequestedLimits,
};

/// What no manifest does without.
const REQUIRED: [&str; 6] = ["id", "name", "version", "contract", "kind", "settings"];

/// At most one problem for each field, or for each entry of a list. What is no table is told by reading it as a whole.
pub(super) fn problems(manifest: &Value) -> Vec<ManifestError> {
    let Some(table) = manifest.as_object() else {
        return Vec::new();
    };
    let mut found: Vec<ManifestError> = REQUIRED
        .iter()
        .filter(|name| !table.contains_key(**name))
        .map(|name| ManifestError::field(*name, "is missing"))
        .collect();
    for (name, value) in table {
        found.extend(of_field(name, value));
    }
    found
}

fn of_field(name: &str, value: &Value) -> Vec<ManifestError> {
    match name {
        "id" | "name" | "version" | "contract" => one::<String>(name, value),
        "kind" => one::<Kind>(name, value),
        "abilities" => each::<Ability>(name, value),
        "hosts" => each::<HostPattern>(name, value),
        // Any tree is a schema's shape.
        "settings" => Vec::new(),
        "channel" => one::<Option<ChannelTraits>>(name, value),
        "email" => one::<Option<EmailTraits>>(name, value),
        "limits" => one::<RequestedLimits>(name, value),
        "secrets" => each::<SecretSlot>(name, value),
        "webhook" => one::<Option<WebhookRules>>(name, value),
        unknown => vec![ManifestError::field(
            unknown,
            "is no field of a manifest: remove it, or look at its spelling",
        )],
    }
}

fn one<T: DeserializeOwned>(field: &str, value: &Value) -> Vec<ManifestError> {
    let Err(error) = serde_path_to_error::deserialize::<_, T>(value) else {
        return Vec::new();
    };
    let inner = error.path().to_string();
    let place = match inner.as_str() {
        "." => field.to_owned(),
        index if index.starts_with('[') => format!("{field}{index}"),
        name => format!("{field}.{name}"),
    };
    vec![ManifestError::field(place, error.into_inner().to_string())]
}

fn each<T: DeserializeOwned>(field: &str, value: &Value) -> Vec<ManifestError> {
    let Some(entries) = value.as_array() else {
        return one::<Vec<T>>(field, value);
    };
    entries
        .iter()
        .enumerate()
        .flat_map(|(index, entry)| one::<T>(&format!("{field}[{index}]"), entry))
        .collect()
}
