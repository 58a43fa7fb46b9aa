//! Versions that wait for the configuration: a new one that needs a secret or a setting which connections do not have yet,
//! while the one in service would refuse it. Without this each would wait for the other until a restart.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::grants::{ConnectionGrant, problems};
use super::loader::LoadedPlugin;

/// By their files.
#[derive(Default)]
pub(super) struct Waiting(Mutex<BTreeMap<PathBuf, Arc<LoadedPlugin>>>);

impl Waiting {
    /// Remembers a version that is sound and approved, and which some connection's configuration does not fit.
    pub(super) fn add(&self, path: &Path, plugin: Arc<LoadedPlugin>) {
        self.lock().insert(path.to_owned(), plugin);
    }

    /// The file is gone, or another one now.
    pub(super) fn forget(&self, path: &Path) {
        self.lock().remove(path);
    }

    /// Whether a version waits that can use what a connection is given.
    pub(super) fn takes(&self, given: &ConnectionGrant) -> bool {
        self.lock().values().any(|plugin| {
            plugin.manifest.id == given.plugin
                && problems(&plugin.manifest, &plugin.schema, given).is_empty()
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Arc<LoadedPlugin>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
