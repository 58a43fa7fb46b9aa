//! `[plugins]`: where connectors are loaded from.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::config::database::{Database, DatabaseSource};

/// Where connectors are loaded from.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Section")]
pub struct Plugins {
    /// A folder of `<id>.wasm` files.
    pub directory: PathBuf,
    /// Whether the file names the folder. One that is only the default need not be there.
    pub named: bool,
    /// Where their machine code is kept for the next start: in our own data folder, or in the one that is named here.
    pub cache: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Section {
    directory: Option<PathBuf>,
    cache: Option<PathBuf>,
}

impl From<Section> for Plugins {
    fn from(section: Section) -> Self {
        Self {
            named: section.directory.is_some(),
            directory: section
                .directory
                .unwrap_or_else(|| PathBuf::from("plugins")),
            cache: section.cache,
        }
    }
}

impl Default for Plugins {
    fn default() -> Self {
        Section::default().into()
    }
}

impl Plugins {
    pub(super) fn placed(self, folder: &Path, database: &Database) -> Self {
        let own = match &database.source {
            DatabaseSource::Embedded { data_dir } => Some(data_dir.join("plugins-cache")),
            DatabaseSource::Given { .. } => None,
        };
        Self {
            directory: folder.join(self.directory),
            cache: self.cache.map(|cache| folder.join(cache)).or(own),
            ..self
        }
    }
}
