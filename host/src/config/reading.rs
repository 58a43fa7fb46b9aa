//! One reading of a configuration: collects every problem, and remembers which files it depends on.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};

use crate::config::document::Document;
use crate::config::environment::Environment;
use crate::config::error::Problem;
use crate::config::key::Key;
use crate::config::secret::{SecretReference, secret_of_file};

/// What a file held when it was read; `None` where it could not be.
pub(super) type Fingerprint = Option<[u8; 32]>;

/// A file's text, and the fingerprint of what it holds.
pub(super) fn read_file(path: &Path) -> (Fingerprint, io::Result<String>) {
    match std::fs::read(path) {
        Ok(bytes) => (
            Some(Sha256::digest(&bytes).into()),
            String::from_utf8(bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error)),
        ),
        Err(error) => (None, Err(error)),
    }
}

pub(super) struct Reading<'a> {
    pub(super) environment: &'a Environment,
    /// What relative paths are relative to: the configuration's folder.
    pub(super) folder: PathBuf,
    /// Whether mappings files may be broken or missing: for whoever mends them.
    pub(super) is_beside_mappings: bool,
    /// The file whose sections are being checked.
    document: Document,
    pub(super) problems: Vec<Problem>,
    files: Vec<(PathBuf, Fingerprint)>,
}

impl<'a> Reading<'a> {
    /// Begins with the text of the configuration itself.
    pub(super) fn new(path: &Path, text: String, environment: &'a Environment) -> Self {
        Self {
            environment,
            folder: path.parent().map(Path::to_owned).unwrap_or_default(),
            is_beside_mappings: false,
            document: Document::new(path, text),
            problems: Vec::new(),
            files: Vec::new(),
        }
    }

    pub(super) fn document(&self) -> &Document {
        &self.document
    }

    /// Notes that the value at this key cannot stand.
    pub(super) fn refuse(&mut self, key: &Key, message: impl Into<String>) {
        self.problems.push(self.document.problem(key, message));
    }

    /// A file that the configuration names.
    pub(super) fn file(&mut self, path: &Path) -> io::Result<String> {
        let (fingerprint, content) = read_file(path);
        self.files.push((path.to_owned(), fingerprint));
        content
    }

    /// The secret that is referred to, or a problem at its key.
    pub(super) fn secret(
        &mut self,
        key: &Key,
        reference: &SecretReference,
    ) -> Option<SecretString> {
        let secret = match reference {
            SecretReference::Variable(name) => self
                .environment
                .get(name)
                .map(SecretString::from)
                .ok_or_else(|| format!("the environment variable {name} is not set")),
            SecretReference::File(path) => {
                let path = self.folder.join(path);
                let content = self.file(&path);
                secret_of_file(&path, content)
            }
        };
        secret.map_err(|message| self.refuse(key, message)).ok()
    }

    /// Every file that was looked at besides the configuration.
    pub(super) fn into_files(self) -> Vec<(PathBuf, Fingerprint)> {
        self.files
    }
}

/// A duration that is written as `"10 min"` and is not zero.
pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text)
        .and_then(|duration| {
            let refusal =
                || format!("`{text}` is no time at all: write a duration such as \"10 min\"");
            (!duration.is_zero())
                .then_some(duration)
                .ok_or_else(refusal)
        })
        .map_err(serde::de::Error::custom)
}

/// A duration that may be zero.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| format!("`{text}` is not a duration such as \"10 min\""))
}
