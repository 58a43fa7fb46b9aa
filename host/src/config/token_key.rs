//! `plugins.token_keys`: the keys under which tokens of channels' accounts are kept for all processes.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretBox, SecretString};
use serde::Deserialize;

use crate::config::key::Key;
use crate::config::reading::Reading;
use crate::config::secret::SecretReference;

/// The longest id of a key.
const MAX_ID: usize = 32;

/// A key with the name by which it is told from others. Its `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct TokenKey {
    pub id: String,
    pub key: Arc<SecretBox<[u8; 32]>>,
}

impl TokenKey {
    pub fn new(id: impl Into<String>, key: [u8; 32]) -> Self {
        Self {
            id: id.into(),
            key: Arc::new(SecretBox::new(Box::new(key))),
        }
    }
}

/// `{ id = "2026-11", env = "NAME" }` or `{ id = "2026-11", file = "path" }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(super) struct TokenKeyReference {
    id: String,
    secret: SecretReference,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    env: Option<String>,
    file: Option<PathBuf>,
}

impl TryFrom<Written> for TokenKeyReference {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let secret = match (written.env, written.file) {
            (Some(name), None) => SecretReference::Variable(name),
            (None, Some(path)) => SecretReference::File(path),
            _ => return Err("a key is in either `env = \"NAME\"` or `file = \"path\"`"),
        };
        Ok(Self {
            id: written.id,
            secret,
        })
    }
}

/// The keys that are referred to, or a problem at each that cannot stand.
pub(super) fn check_all(
    references: &[TokenKeyReference],
    reading: &mut Reading<'_>,
) -> Vec<TokenKey> {
    let mut keys: Vec<TokenKey> = Vec::new();
    for (place, reference) in references.iter().enumerate() {
        let at = Key::root("plugins").child("token_keys").index(place);
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        let id = &reference.id;
        if id.is_empty() || id.len() > MAX_ID || !id.chars().all(plain) {
            reading.refuse(
                &at.child("id"),
                format!("an id has 1 to {MAX_ID} letters, digits, dashes, points or underscores"),
            );
        }
        let Some(secret) = reading.secret(&at, &reference.secret) else {
            continue;
        };
        let Some(key) = read(id, &secret) else {
            reading.refuse(
                &at,
                "no key of 32 bytes: 64 digits of 0-9 and a-f, as `openssl rand -hex 32` prints them",
            );
            continue;
        };
        let same_key = |other: &TokenKey| other.key.expose_secret() == key.key.expose_secret();
        if keys.iter().any(|other| other.id == *id || same_key(other)) {
            reading.refuse(&at, "its id or its key is another one's too");
        }
        keys.push(key);
    }
    keys
}

fn read(id: &str, secret: &SecretString) -> Option<TokenKey> {
    let mut key = [0; 32];
    hex::decode_to_slice(secret.expose_secret(), &mut key).ok()?;
    Some(TokenKey::new(id, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, ConfigError, Environment};

    const ONE: &str = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";
    const BY_VARIABLE: &str = "{ id = \"a\", env = \"ONE\" }";
    const BY_FILE: &str = "{ id = \"b\", file = \"other\" }";

    /// The keys of a configuration beside a file `other` that holds one.
    fn keys(entries: &[&str]) -> Result<Vec<TokenKey>, ConfigError> {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
        let text = format!("[plugins]\ntoken_keys = [{}]\n", entries.join(", "));
        write("roomwire.toml", &text).expect("a written file");
        write("other", &format!("{}\n", "F0".repeat(32))).expect("a written file");
        let environment = Environment::from([("ONE", ONE), ("SHORT", &ONE[1..])]);
        let config = Config::load(Some(&folder.path().join("roomwire.toml")), &environment);
        config.map(|config| config.plugins.token_keys)
    }

    #[test]
    fn keys_are_read_in_their_order_and_not_shown() {
        let keys = keys(&[BY_FILE, BY_VARIABLE]).expect("a configuration");
        let read: Vec<_> = keys
            .iter()
            .map(|key| (key.id.as_str(), *key.key.expose_secret()))
            .collect();
        assert_eq!(read, [("b", [0xf0; 32]), ("a", [0x0f; 32])]);
        let shown = format!("{keys:?}");
        assert!(shown.contains("REDACTED"), "{shown}");
    }

    #[test]
    fn a_key_that_cannot_stand_is_refused_at_its_place() {
        for (entries, problem) in [
            (
                vec!["{ id = \"a\", env = \"SHORT\" }"],
                "[0]: no key of 32 bytes: 64 digits of 0-9 and a-f, as `openssl rand -hex 32` prints them",
            ),
            (
                vec!["{ id = \"a\", env = \"NONE\" }"],
                "[0]: the environment variable NONE is not set",
            ),
            (
                vec![BY_VARIABLE, "{ id = \"b\", env = \"ONE\" }"],
                "[1]: its id or its key is another one's too",
            ),
            (
                vec![BY_VARIABLE, "{ id = \"a\", file = \"other\" }"],
                "[1]: its id or its key is another one's too",
            ),
            (
                vec!["{ id = \"the key\", env = \"ONE\" }"],
                "[0].id: an id has 1 to 32 letters, digits, dashes, points or underscores",
            ),
            (
                vec![BY_FILE, "{ id = \"a\", env = \"ONE\", file = \"other\" }"],
                "a key is in either `env = \"NAME\"` or `file = \"path\"`",
            ),
        ] {
            let told = keys(&entries).expect_err("a refused configuration");
            let told = told.to_string();
            assert!(told.contains(problem), "{told}");
        }
    }
}
