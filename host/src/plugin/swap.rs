//! New versions while the host runs: a changed file is loaded beside the version in service and takes its place only where
//! it can; one that fails again and again gives the place back.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::approval::refuse_older;
use super::folder::{Folder, Look};
use super::generation::{Entry, Generation};
use super::grants::ActiveGrant;
use super::loader::{LoadError, LoadedPlugin};
use super::manifest::Manifest;
use super::registry::Plugins;
use super::withdrawal::may_serve;
use crate::config::Approvals;
use crate::domain::ids::ConnectionId;

/// How long a new version is on trial: later, its failures are no reason to go back.
const TRIAL: SignedDuration = SignedDuration::from_hours(1);

/// What is known of the files.
pub(super) struct Watched {
    /// Absent where single files were loaded, which are not watched.
    pub(super) folder: Option<Folder>,
    pub(super) approvals: Approvals,
    refused: BTreeMap<PathBuf, String>,
}

impl Watched {
    pub(super) fn new(approvals: Approvals) -> Self {
        Self {
            folder: None,
            approvals,
            refused: BTreeMap::new(),
        }
    }
}

impl Plugins {
    /// Looks at the folder once. A file that changed and stands still since the last look is taken into service or
    /// refused; a new version that is in quarantine gives its place back to the one before.
    pub async fn look(&self) {
        let mut watched = self.watched.lock().await;
        self.roll_back();
        self.count_withdrawn();
        let Some(folder) = watched.folder.take() else {
            return;
        };
        // Reading folders blocks.
        let looked = tokio::task::spawn_blocking(move || {
            let mut folder = folder;
            let look = folder.look();
            (folder, look)
        });
        let look = match looked.await {
            Ok((folder, look)) => {
                watched.folder = Some(folder);
                look
            }
            Err(error) => {
                tracing::error!(%error, "Looking at the plugins ended in a panic: they are not watched any more");
                return;
            }
        };
        match look {
            Ok(look) => self.follow(&mut watched, look).await,
            Err(error) => tracing::warn!(%error, "The folder of plugins cannot be looked at"),
        }
    }

    /// Takes over what the operator approves from now on, after each change of the configuration. What is in service and
    /// asks for more, or was signed by nobody who is trusted now, stops serving. Files that were refused are tried again at
    /// the next look: connections may have what they need now. So are those whose signatures nobody asked for before.
    pub async fn approve(&self, approvals: &Approvals) {
        // Before waiting for a file that is being loaded: that may take long, and its author makes it take long.
        self.hold_to(approvals);
        let mut watched = self.watched.lock().await;
        watched.approvals.clone_from(approvals);
        let refused = std::mem::take(&mut watched.refused).into_keys();
        let unverified = if approvals.signers.is_empty() {
            Vec::new()
        } else {
            self.never_verified()
        };
        if let Some(folder) = &mut watched.folder {
            for path in refused.chain(unverified) {
                folder.try_again(&path);
            }
        }
    }

    /// Why files of the folder are not in service, by their paths.
    pub async fn refused(&self) -> BTreeMap<PathBuf, String> {
        self.watched.lock().await.refused.clone()
    }

    async fn follow(&self, watched: &mut Watched, look: Look) {
        for path in look.gone {
            watched.refused.remove(&path);
            self.waiting.forget(&path);
            tracing::warn!(
                file = %path.display(),
                "A plugin file is gone: what was loaded from it stays in service until the next start"
            );
        }
        for path in look.changed {
            let loaded = self.loader.load_file(&path, &watched.approvals).await;
            self.waiting.forget(&path);
            let taken = loaded.and_then(|plugin| {
                self.refuse_way_back(&watched.approvals, &plugin)?;
                self.take_into_service(&path, plugin)
            });
            match taken {
                Ok(()) => drop(watched.refused.remove(&path)),
                Err(error) => {
                    let error = sentence(&error);
                    tracing::error!(
                        alert = "plugin_refused",
                        file = %path.display(),
                        error,
                        "A plugin file is refused: what was loaded before stays as it is"
                    );
                    watched.refused.insert(path, error);
                }
            }
        }
        let refused = u32::try_from(watched.refused.len()).unwrap_or(u32::MAX);
        metrics::gauge!("roomwire_plugins_refused").set(f64::from(refused));
    }

    fn refuse_way_back(&self, approvals: &Approvals, next: &LoadedPlugin) -> Result<(), LoadError> {
        let current = self.calls.current.load();
        if let Some(entry) = current.plugins.get(&next.manifest.id) {
            let present = &entry.plugin.manifest;
            refuse_older(approvals, present, &next.manifest, &next.sha256)?;
        }
        Ok(())
    }

    /// Gives a plugin the place of its id. Every connection's grant must be sound for it; then new calls take it, and
    /// those under way end with the version that they began with.
    pub(super) fn take_into_service(
        &self,
        path: &Path,
        plugin: LoadedPlugin,
    ) -> Result<(), LoadError> {
        let approved = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        // It was examined before it was compiled, and meanwhile another approval may be in force.
        may_serve(&approved, &plugin)?;
        let present = self.calls.current.load();
        let plugin = Arc::new(plugin);
        let id = plugin.manifest.id.clone();
        let before = match present.plugins.get(&id) {
            Some(entry) if entry.path != path && entry.path.exists() => {
                return Err(LoadError::SameId {
                    id,
                    other: entry.path.clone(),
                });
            }
            Some(entry) => {
                compare(&entry.plugin.manifest, &plugin.manifest)?;
                self.worth_going_back_to(entry)
            }
            None => None,
        };
        let entry = Entry {
            path: path.to_owned(),
            plugin: Arc::clone(&plugin),
            before,
            withdrawn: None,
        };
        let next = self.with(&present, &id, entry);
        let next = next.inspect_err(|_| self.waiting.add(path, plugin))?;
        self.calls.current.replace(next);
        if present.plugins.contains_key(&id) {
            metrics::counter!("roomwire_plugin_swaps_total", "outcome" => "replaced").increment(1);
            tracing::info!(plugin.id = %id, "A plugin was replaced while the host runs");
        }
        Ok(())
    }

    /// What a new version may go back to: a version that is in quarantine itself is no help.
    fn worth_going_back_to(&self, entry: &Entry) -> Option<(Arc<LoadedPlugin>, Timestamp)> {
        let now = self.calls.surroundings.clock.now();
        if entry.plugin.circuit.is_closed() {
            Some((Arc::clone(&entry.plugin), now))
        } else {
            entry.before.clone().map(|(plugin, _)| (plugin, now))
        }
    }

    /// The next generation, with this entry and all grants of its plugin made anew for it: of what was given ahead where
    /// that fits, else of what a connection has.
    fn with(&self, present: &Generation, id: &str, entry: Entry) -> Result<Generation, LoadError> {
        let mut next = present.clone();
        let mut problems = Vec::new();
        for (connection, given) in &present.ahead {
            let (plugin, ways_out) = (&entry.plugin, self.ways_out());
            if given.plugin == id
                && let Ok(grant) =
                    ActiveGrant::check(&plugin.manifest, &plugin.schema, ways_out, given)
            {
                next.grants.insert(*connection, Arc::new(grant));
                next.ahead.remove(connection);
            }
        }
        let is_made = |connection: &ConnectionId| {
            present.ahead.contains_key(connection) && !next.ahead.contains_key(connection)
        };
        let own: Vec<_> = present
            .grants
            .iter()
            .filter(|(connection, grant)| grant.plugin == id && !is_made(connection))
            .collect();
        for (connection, grant) in own {
            match self.renewed(grant, &entry.plugin) {
                Ok(renewed) => drop(next.grants.insert(*connection, Arc::new(renewed))),
                Err(found) => problems.extend(of_connection(*connection, found)),
            }
        }
        if !problems.is_empty() {
            return Err(LoadError::Waits(problems.join("; ")));
        }
        next.plugins.insert(id.to_owned(), entry);
        next.hotels = next.places(&next.grants, self.calls_of_one_hotel);
        Ok(next)
    }

    fn renewed(
        &self,
        grant: &ActiveGrant,
        plugin: &LoadedPlugin,
    ) -> Result<ActiveGrant, Vec<String>> {
        let renewed = grant.renewed(&plugin.manifest, &plugin.schema, self.ways_out());
        renewed.map_err(|errors| errors.iter().map(|error| sentence(error)).collect())
    }

    /// Gives the place of each new version that is in quarantine back to the one before, if that one may still be loaded:
    /// who makes a version fail must not bring back hosts, secrets or a signer that the operator withdrew.
    fn roll_back(&self) {
        let approved = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.calls.surroundings.clock.now();
        for (id, entry) in &self.calls.current.load().plugins {
            let Some((before, since)) = &entry.before else {
                continue;
            };
            let on_trial =
                now.duration_since(*since) < TRIAL && may_serve(&approved, before).is_ok();
            if on_trial && entry.plugin.circuit.is_closed() {
                continue;
            }
            let (plugin, withdrawn) = if on_trial {
                (before, None)
            } else {
                (&entry.plugin, entry.withdrawn.clone())
            };
            let settled = Entry {
                path: entry.path.clone(),
                plugin: Arc::clone(plugin),
                before: None,
                withdrawn,
            };
            let went_back = on_trial.then_some(&entry.plugin.manifest);
            self.settle(id, settled, went_back.map(|manifest| &**manifest));
        }
    }

    /// Ends a trial: the new version stays, or the one before is in service again.
    fn settle(&self, id: &str, entry: Entry, went_back_from: Option<&Manifest>) {
        let present = self.calls.current.load();
        let Some(failed) = went_back_from else {
            // Grants stay as they are: they are this version's own.
            let mut next = (*present).clone();
            next.plugins.insert(id.to_owned(), entry);
            self.calls.current.replace(next);
            return;
        };
        match self.with(&present, id, entry) {
            Ok(next) => {
                self.calls.current.replace(next);
                metrics::counter!("roomwire_plugin_swaps_total", "outcome" => "rolled_back")
                    .increment(1);
                tracing::error!(
                    alert = "plugin_rolled_back",
                    plugin.id = %id,
                    failed.version = %failed.version,
                    "A new version of a plugin failed again and again: the version before is in service again, until the file changes"
                );
            }
            Err(error) => tracing::error!(
                plugin.id = %id,
                error = sentence(&error),
                "A new version of a plugin fails, and the version before does not fit the configuration any more"
            ),
        }
    }
}

/// What a version must keep of the one whose place it takes: schedules and connections were checked against it.
fn compare(before: &Manifest, after: &Manifest) -> Result<(), LoadError> {
    let mut problems = Vec::new();
    if before.kind != after.kind {
        problems.push(format!(
            "it is of kind `{}`, and the one before is not",
            after.kind.name()
        ));
    }
    let lost = before.abilities.difference(&after.abilities);
    problems.extend(lost.map(|ability| format!("it lost the ability `{}`", ability.name())));
    if problems.is_empty() {
        Ok(())
    } else {
        Err(LoadError::Successor(problems.join("; ")))
    }
}

fn of_connection(connection: ConnectionId, problems: Vec<String>) -> impl Iterator<Item = String> {
    let told = move |problem| format!("connection {connection}: {problem}");
    problems.into_iter().map(told)
}

/// An error with its causes.
fn sentence(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let texts: Vec<_> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}
