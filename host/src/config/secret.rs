//! Secrets by reference: a configuration names where a secret is, and never holds one.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;

/// `{ env = "NAME" }` or `{ file = "path" }`, exactly one of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(super) enum SecretReference {
    Variable(String),
    /// Relative to the configuration. A line end after the secret does not count.
    File(PathBuf),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    env: Option<String>,
    file: Option<PathBuf>,
}

impl TryFrom<Written> for SecretReference {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match (written.env, written.file) {
            (Some(name), None) => Ok(Self::Variable(name)),
            (None, Some(path)) => Ok(Self::File(path)),
            _ => Err("a secret is either { env = \"NAME\" } or { file = \"path\" }"),
        }
    }
}

/// The secret in a file's content, or why there is none.
pub(super) fn secret_of_file(
    path: &Path,
    content: std::io::Result<String>,
) -> Result<SecretString, String> {
    let content = content.map_err(|error| {
        format!(
            "the secret's file {} cannot be read: {error}",
            path.display()
        )
    })?;
    match content.trim_end_matches(['\r', '\n']) {
        "" => Err(format!("the secret's file {} is empty", path.display())),
        secret => Ok(SecretString::from(secret)),
    }
}
