//! `[plugins]`: where connectors are loaded from.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Where connectors are loaded from.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Section")]
pub struct Plugins {
    /// A folder of `<id>.wasm` files.
    pub directory: PathBuf,
    /// Whether the file names the folder. One that is only the default need not be there.
    pub named: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Section {
    directory: Option<PathBuf>,
}

impl From<Section> for Plugins {
    fn from(section: Section) -> Self {
        Self {
            named: section.directory.is_some(),
            directory: section
                .directory
                .unwrap_or_else(|| PathBuf::from("plugins")),
        }
    }
}

impl Default for Plugins {
    fn default() -> Self {
        Section::default().into()
    }
}

impl Plugins {
    pub(super) fn relative_to(self, folder: &Path) -> Self {
        Self {
            directory: folder.join(self.directory),
            ..self
        }
    }
}
