//! What one plugin file may do more, or less, than another: what an operator wants to know before an update.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::Certificate;
use super::certificate::kind_in_words;
use super::words::{secret_in_words, webhook_in_words};
use crate::plugin::approval::notation;
use crate::plugin::manifest::Manifest;
use crate::plugin::manifest::secrets::SecretSlot;

/// How the later of two files differs from the earlier.
#[derive(Debug, Serialize)]
pub struct Difference {
    pub from: Identity,
    pub to: Identity,
    pub changes: Vec<Change>,
}

/// Which file it is.
#[derive(Debug, Serialize)]
pub struct Identity {
    pub id: String,
    pub version: String,
    pub sha256: String,
}

/// One thing that differs.
#[derive(Debug, Serialize)]
pub struct Change {
    pub topic: &'static str,
    pub direction: Direction,
    pub what: String,
}

/// Whether the later file may do or needs more, or less; or is otherwise another.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    More,
    Less,
    Other,
}

impl Difference {
    /// Compares what two files say of themselves; nothing of them is run.
    pub fn between(from: &Certificate, to: &Certificate) -> Self {
        let mut found = Found::default();
        found.identity(from, to);
        found.lists(from, to);
        found.secrets(&from.manifest, &to.manifest);
        found.webhook(&from.manifest, &to.manifest);
        found.limits(from, to);
        found.settings(&from.manifest.settings, &to.manifest.settings);
        found.traits(&from.manifest, &to.manifest);
        Self {
            from: Identity::of(from),
            to: Identity::of(to),
            changes: found.0,
        }
    }

    fn of(&self, direction: Direction) -> impl Iterator<Item = &Change> {
        self.changes
            .iter()
            .filter(move |change| change.direction == direction)
    }
}

impl Identity {
    fn of(certificate: &Certificate) -> Self {
        Self {
            id: certificate.manifest.id.clone(),
            version: certificate.manifest.version.clone(),
            sha256: certificate.sha256.clone(),
        }
    }
}

#[derive(Default)]
struct Found(Vec<Change>);

impl Found {
    fn add(&mut self, topic: &'static str, direction: Direction, what: impl Into<String>) {
        self.0.push(Change {
            topic,
            direction,
            what: what.into(),
        });
    }

    /// What was one word and is another.
    fn word(&mut self, topic: &'static str, from: &str, to: &str) {
        if from != to {
            let what = format!("{topic}: {to}, and was {from}");
            self.add(topic, Direction::Other, what);
        }
    }

    /// What a list gained and lost, each as a sentence that begins alike.
    fn list(&mut self, topic: &'static str, begins: &str, from: &[String], to: &[String]) {
        for gained in to.iter().filter(|entry| !from.contains(entry)) {
            self.add(topic, Direction::More, format!("{begins} {gained}"));
        }
        for lost in from.iter().filter(|entry| !to.contains(entry)) {
            self.add(topic, Direction::Less, format!("{begins} {lost}"));
        }
    }

    fn identity(&mut self, from: &Certificate, to: &Certificate) {
        let (old, new) = (&from.manifest, &to.manifest);
        self.word("id", &old.id, &new.id);
        self.word("name", &old.name, &new.name);
        self.word("version", &old.version, &new.version);
        self.word("contract", &old.contract, &new.contract);
        self.word("kind", kind_in_words(old.kind), kind_in_words(new.kind));
        let sdk = |certificate: &Certificate| {
            let sdk = certificate.interfaces.sdk.clone();
            sdk.unwrap_or_else(|| "none".to_owned())
        };
        self.word("sdk", &sdk(from), &sdk(to));
    }

    fn lists(&mut self, from: &Certificate, to: &Certificate) {
        let hosts = |manifest: &Manifest| -> Vec<String> {
            manifest.hosts.iter().map(ToString::to_string).collect()
        };
        self.list("abilities", "it can", &from.abilities(), &to.abilities());
        self.list(
            "hosts",
            "it may call",
            &hosts(&from.manifest),
            &hosts(&to.manifest),
        );
        self.list(
            "imports",
            "it imports",
            &from.interfaces.imports,
            &to.interfaces.imports,
        );
    }

    /// A secret of which only the place changed is one line, and not a loss and a gain.
    fn secrets(&mut self, from: &Manifest, to: &Manifest) {
        for slot in &to.secrets {
            let now = secret_in_words(slot);
            match from.slot(&slot.name).map(secret_in_words) {
                None => self.add("secrets", Direction::More, format!("it is given {now}")),
                Some(before) if before != now => self.add(
                    "secrets",
                    Direction::Other,
                    format!("it is given {now}; before, {before}"),
                ),
                Some(_) => self.notation(from, slot),
            }
        }
        for slot in &from.secrets {
            if to.slot(&slot.name).is_none() {
                let what = format!("it is given {}", secret_in_words(slot));
                self.add("secrets", Direction::Less, what);
            }
        }
    }

    /// What the words leave out, and an approval does not.
    fn notation(&mut self, from: &Manifest, slot: &SecretSlot) {
        let place = |slot: &SecretSlot| {
            let uses = notation::uses(std::slice::from_ref(slot)).into_iter();
            uses.take(1).collect::<String>()
        };
        let (before, now) = (from.slot(&slot.name).map(place), place(slot));
        if let Some(before) = before.filter(|before| *before != now) {
            let what = format!("it is given {now}; before, {before}");
            self.add("secrets", Direction::Other, what);
        }
    }

    fn webhook(&mut self, from: &Manifest, to: &Manifest) {
        match (&from.webhook, &to.webhook) {
            (None, Some(rules)) => {
                let what = format!("it takes webhooks: {}", webhook_in_words(rules));
                self.add("webhook", Direction::More, what);
            }
            (Some(rules), None) => {
                let what = format!("it takes webhooks: {}", webhook_in_words(rules));
                self.add("webhook", Direction::Less, what);
            }
            (Some(old), Some(new)) => {
                let words = (webhook_in_words(old), webhook_in_words(new));
                let spelled = || (notation::webhook(Some(old)), notation::webhook(Some(new)));
                let (old, new) = if words.0 == words.1 { spelled() } else { words };
                self.word("webhook", &old, &new);
            }
            (None, None) => {}
        }
    }

    fn limits(&mut self, from: &Certificate, to: &Certificate) {
        let (old, new) = (from.limits, to.limits);
        let number = |number: usize| u128::try_from(number).unwrap_or(u128::MAX);
        let limits = [
            ("ms of computing", old.cpu_ms, new.cpu_ms),
            ("ms in all", old.wall_ms, new.wall_ms),
            (
                "MiB of memory",
                number(old.memory_mib),
                number(new.memory_mib),
            ),
            ("requests", old.requests.into(), new.requests.into()),
        ];
        for (what, old, new) in limits {
            let direction = match new.cmp(&old) {
                std::cmp::Ordering::Greater => Direction::More,
                std::cmp::Ordering::Less => Direction::Less,
                std::cmp::Ordering::Equal => continue,
            };
            let what = format!("one call may use {new} {what}, and might use {old}");
            self.add("limits", direction, what);
        }
    }

    /// What hotels are asked for. A setting that is asked for anew makes configurations that were good invalid.
    fn settings(&mut self, from: &Value, to: &Value) {
        let before = self.0.len();
        let names = |names: Option<Vec<String>>| names.unwrap_or_default();
        let known = |schema: &Value| {
            let properties = schema.get("properties").and_then(Value::as_object);
            names(properties.map(|properties| properties.keys().cloned().collect()))
        };
        let required = |schema: &Value| {
            let required = schema.get("required").and_then(Value::as_array);
            names(required.map(|required| {
                let texts = required.iter().filter_map(Value::as_str);
                texts.map(ToOwned::to_owned).collect()
            }))
        };
        self.list("settings", "a hotel may set", &known(from), &known(to));
        self.list(
            "settings",
            "a hotel must set",
            &required(from),
            &required(to),
        );
        if from != to && self.0.len() == before {
            let what = "settings: another schema for the same names";
            self.add("settings", Direction::Other, what);
        }
    }

    /// How a channel takes ARI and a provider takes messages.
    fn traits(&mut self, from: &Manifest, to: &Manifest) {
        let channel = |manifest: &Manifest| serde_json::to_value(manifest.channel);
        let email = |manifest: &Manifest| serde_json::to_value(manifest.email);
        for (topic, old, new) in [
            ("channel", channel(from), channel(to)),
            ("email", email(from), email(to)),
        ] {
            let (Ok(old), Ok(new)) = (old, new) else {
                continue;
            };
            let fields = |value: &Value| -> BTreeSet<String> {
                let fields = value.as_object();
                fields
                    .into_iter()
                    .flat_map(|fields| fields.keys().cloned())
                    .collect()
            };
            for field in fields(&old).union(&fields(&new)) {
                let text = |value: &Value| match value.get(field) {
                    None | Some(Value::Null) => "absent".to_owned(),
                    Some(Value::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                };
                let (old, new) = (text(&old), text(&new));
                if old != new {
                    let what = format!("{topic}.{field}: {new}, and was {old}");
                    self.add(topic, Direction::Other, what);
                }
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, changes } = self;
        writeln!(
            out,
            "{} {} against {} {}:",
            to.id, to.version, from.id, from.version
        )?;
        if changes.is_empty() {
            let same = if from.sha256 == to.sha256 {
                "the same file"
            } else {
                "it may do what the other may, and no more"
            };
            return writeln!(out, "  - {same}");
        }
        for (heading, direction) in [
            ("More", Direction::More),
            ("Less", Direction::Less),
            ("Otherwise", Direction::Other),
        ] {
            if self.of(direction).next().is_some() {
                writeln!(out, "{heading}:")?;
            }
            for change in self.of(direction) {
                writeln!(out, "  - {}", change.what)?;
            }
        }
        Ok(())
    }
}
