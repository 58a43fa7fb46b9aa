//! Golden pairs: a file says what is called, what goes over the wire, and what must come out.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Exchange, Host};
use crate::Failure;

/// One file of a connector's `tests/golden` folder.
///
/// `expected` is `{"ok": …}` with the result as JSON, or `{"failure": …}`; a field of a failure whose expectation is
/// `null` may hold anything.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// What the pair shows, as a sentence.
    pub title: String,
    /// The operation, as the contract names it: `push-ari`.
    pub operation: String,
    /// The operation's arguments, as the connector's test reads them.
    #[serde(default)]
    pub input: Value,
    #[serde(default)]
    exchanges: Vec<Exchange>,
    expected: Value,
    #[serde(skip)]
    path: PathBuf,
}

/// All pairs of a folder, by name.
///
/// # Panics
/// The folder cannot be read, holds none, or holds one that is no pair.
#[must_use]
pub fn goldens(folder: impl AsRef<Path>) -> Vec<Golden> {
    let folder = folder.as_ref();
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    assert!(
        !paths.is_empty(),
        "{} holds no golden pair",
        folder.display()
    );
    paths.into_iter().map(Golden::read).collect()
}

impl Golden {
    fn read(path: PathBuf) -> Self {
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let golden: Self = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { path, ..golden }
    }

    /// Runs the call against the scripted wire and compares what comes out.
    ///
    /// # Panics
    /// It differs, or the wire was used otherwise than scripted.
    pub fn check<T: Serialize>(&self, call: impl FnOnce() -> Result<T, Failure>) {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        eprintln!("{name}: {}", self.title);
        let mut host = self
            .exchanges
            .iter()
            .cloned()
            .fold(Host::new(), Host::expect);
        let found = match host.run(call) {
            Ok(value) => json!({ "ok": value }),
            Err(failure) => json!({ "failure": failure }),
        };
        let show =
            |value: &Value| serde_json::to_string_pretty(value).expect("JSON can be written");
        assert!(
            agrees(&self.expected, &found),
            "{name}: {}\nexpected {}\nfound {}",
            self.title,
            show(&self.expected),
            show(&found)
        );
    }
}

/// Equality, but for a `null` in the expectation of a failure, where a message's wording is of no interest.
fn agrees(expected: &Value, found: &Value) -> bool {
    match (expected.get("failure"), found.get("failure")) {
        (Some(expected), Some(found)) => resembles(expected, found),
        _ => expected == found,
    }
}

fn resembles(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Null, _) => true,
        (Value::Object(expected), Value::Object(found)) => {
            expected.len() == found.len()
                && expected.iter().all(|(name, value)| {
                    found.get(name).is_some_and(|found| resembles(value, found))
                })
        }
        _ => expected == found,
    }
}
