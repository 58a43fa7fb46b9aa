//! `[plugins]`: where connectors are loaded from.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Where connectors are loaded from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plugins {
    /// A folder of `<id>.wasm` files.
    pub directory: PathBuf,
}

impl Default for Plugins {
    fn default() -> Self {
        Self {
            directory: PathBuf::from("plugins"),
        }
    }
}

impl Plugins {
    pub(super) fn relative_to(self, folder: &Path) -> Self {
        Self {
            directory: folder.join(self.directory),
        }
    }
}
