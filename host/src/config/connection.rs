//! `[[hotels.connections]]`: one hotel's use of one connector.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::config::document::Document;
use crate::config::hotel::is_name;
use crate::config::key::Key;
use crate::config::mapping::Mappings;
use crate::config::reading::Reading;
use crate::config::secret::SecretReference;
use crate::domain::connection::Record;
use crate::domain::schedule::CronExpression;

/// The shortest webhook token: it is the only proof that some channels can give.
const TOKEN_LENGTH: usize = 32;

/// One hotel's use of one connector.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Unique within the hotel.
    pub name: String,
    /// The plugin's id.
    pub connector: String,
    pub enabled: bool,
    /// What the plugin's settings schema describes.
    pub settings: Value,
    pub mappings: Mappings,
    pub webhook_token: Option<SecretString>,
    /// Whether the channel is asked to send its webhooks here, where the plugin can ask.
    pub subscribe_webhooks: bool,
    /// By the slot's name in the manifest.
    pub secrets: BTreeMap<String, SecretString>,
    pub schedules: Schedules,
    /// Whether a drift that parity finds is pushed over.
    pub repair_drift: bool,
    /// Which calls are recorded.
    pub record: Record,
}

/// When a connection works by itself, in the hotel's time zone; absent: never.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedules {
    #[serde(deserialize_with = "cron")]
    pub pull: Option<CronExpression>,
    /// Pulls what guests wrote.
    #[serde(deserialize_with = "cron")]
    pub messages: Option<CronExpression>,
    #[serde(deserialize_with = "cron")]
    pub parity: Option<CronExpression>,
    #[serde(deserialize_with = "cron")]
    pub full_sync: Option<CronExpression>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectionSection {
    pub(super) name: String,
    connector: String,
    #[serde(default = "enabled")]
    enabled: bool,
    #[serde(default)]
    settings: toml::Table,
    mappings: Option<PathBuf>,
    webhook_token: Option<SecretReference>,
    #[serde(default = "enabled")]
    subscribe_webhooks: bool,
    #[serde(default)]
    secrets: BTreeMap<String, SecretReference>,
    #[serde(default)]
    schedules: Schedules,
    #[serde(default)]
    repair_drift: bool,
    record: Option<String>,
}

fn enabled() -> bool {
    true
}

impl ConnectionSection {
    pub(super) fn check(self, key: &Key, reading: &mut Reading<'_>) -> Connection {
        for (field, value) in [("name", &self.name), ("connector", &self.connector)] {
            if !is_name(value) {
                reading.refuse(
                    &key.child(field),
                    format!("`{value}` is not made of small letters, digits and dashes"),
                );
            }
        }
        let secrets = self
            .secrets
            .iter()
            .filter_map(|(name, reference)| {
                let secret = reading.secret(&key.child("secrets").child(name), reference)?;
                Some((name.clone(), secret))
            })
            .collect();
        Connection {
            settings: json(toml::Value::Table(self.settings)),
            mappings: mappings(self.mappings.as_ref(), &key.child("mappings"), reading),
            webhook_token: self.webhook_token.as_ref().and_then(|reference| {
                webhook_token(reference, &key.child("webhook_token"), reading)
            }),
            subscribe_webhooks: self.subscribe_webhooks,
            secrets,
            name: self.name,
            connector: self.connector,
            enabled: self.enabled,
            schedules: self.schedules,
            repair_drift: self.repair_drift,
            record: record(self.record.as_deref(), &key.child("record"), reading),
        }
    }
}

fn record(name: Option<&str>, key: &Key, reading: &mut Reading<'_>) -> Record {
    let Some(name) = name else {
        return Record::default();
    };
    Record::parse(name).unwrap_or_else(|| {
        reading.refuse(
            key,
            format!("`{name}` is none of `off`, `failures` and `all`"),
        );
        Record::default()
    })
}

fn mappings(path: Option<&PathBuf>, key: &Key, reading: &mut Reading<'_>) -> Mappings {
    let Some(path) = path.map(|path| reading.folder.join(path)) else {
        return Mappings::default();
    };
    let file = reading.file(&path);
    if reading.is_beside_mappings {
        let text = file.unwrap_or_default();
        return Mappings::of_text(&path, text).0;
    }
    match file {
        Ok(text) => Mappings::parse(&Document::new(&path, text)).unwrap_or_else(|problems| {
            reading.problems.extend(problems);
            Mappings::default()
        }),
        Err(error) => {
            reading.refuse(key, format!("{} cannot be read: {error}", path.display()));
            Mappings::default()
        }
    }
}

fn webhook_token(
    reference: &SecretReference,
    key: &Key,
    reading: &mut Reading<'_>,
) -> Option<SecretString> {
    let token = reading.secret(key, reference)?;
    let letters = token.expose_secret();
    if letters.len() < TOKEN_LENGTH {
        reading.refuse(
            key,
            format!(
                "a webhook token has at least {TOKEN_LENGTH} letters, such as those of `openssl rand -hex 24`"
            ),
        );
        return None;
    }
    if !letters
        .bytes()
        .all(|letter| letter.is_ascii_alphanumeric() || b"-_".contains(&letter))
    {
        reading.refuse(
            key,
            "a webhook token stands in a URL: only letters, digits, - and _",
        );
        return None;
    }
    Some(token)
}

fn cron<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<CronExpression>, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map(Some)
        .map_err(serde::de::Error::custom)
}

/// A TOML value as JSON; a date becomes its text.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(truth) => Value::Bool(truth),
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(values) => values.into_iter().map(json).collect(),
        toml::Value::Table(table) => table
            .into_iter()
            .map(|(key, value)| (key, json(value)))
            .collect(),
    }
}
