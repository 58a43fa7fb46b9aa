//! Versions that wait for the configuration: a new one that needs a secret or a setting which connections do not have yet,
//! while the one in service would refuse it. Without this each would wait for the other until a restart.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::grants::{ActiveGrant, ConnectionGrant, problems};
use super::loader::LoadedPlugin;
use crate::domain::ids::ConnectionId;

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

/// Tells the operator that a connection is not served by what it was given, since only a version that waits can use that:
/// a secret that was exchanged because it leaked is still in use.
pub(super) fn tell(connection: ConnectionId, given: &ConnectionGrant, held: Option<&ActiveGrant>) {
    let Some(held) = held else {
        tracing::warn!(
            connection.id = %connection,
            plugin.id = %given.plugin,
            "A connection is given what only a waiting version of its plugin can use: it is not served before that takes its place"
        );
        return;
    };
    let outdated = held.outdated(given);
    if outdated.is_empty() {
        return;
    }
    tracing::warn!(
        connection.id = %connection,
        plugin.id = %given.plugin,
        outdated = outdated.join(", "),
        "A connection is given what only a waiting version of its plugin can use: it goes on with what it had, also where that was changed"
    );
}
