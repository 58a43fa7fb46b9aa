//! All loaded plugins, and what the host asks of them.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::call::Calls;
use super::connector::PluginConnector;
use super::egress::Egress;
use super::egress::scrub::Scrubber;
use super::email::PluginEmailProvider;
use super::grants::{ActiveGrant, ConnectionGrant, GrantError, Grants};
use super::limits::{Admission, Limits};
use super::loader::{LoadError, LoadedPlugin, Loader};
use super::manifest::{Kind, Manifest};
use super::oauth::TokenPool;
use super::state::Surroundings;
use super::webhook;
use crate::domain::clock::Clock;
use crate::domain::connector::{ChannelConnector, Connectors};
use crate::domain::email::{EmailProvider, EmailProviders};
use crate::domain::ids::ConnectionId;
use crate::domain::key_value::KeyValueStore;
use crate::domain::random::Random;
use crate::domain::webhook::{Arrived, AuthenticWebhook, WebhookRefusal, WebhookVerifier};

/// What the plugins live in.
pub struct PluginOptions {
    /// Of each call; a manifest may lower them.
    pub limits: Limits,
    pub admission: Admission,
    pub egress: Egress,
    pub key_values: Arc<dyn KeyValueStore>,
    pub clock: Clock,
    pub random: Random,
}

/// Why plugins cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PluginsError {
    #[error("the plugin engine does not start")]
    Engine(#[source] wasmtime::Error),
    #[error("the plugin directory {} cannot be read", .path.display())]
    Directory {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error("the plugin file {} is refused", .path.display())]
    Plugin {
        path: PathBuf,
        #[source]
        cause: Box<LoadError>,
    },
}

/// The problems of several connections.
#[derive(Debug)]
pub struct GrantErrors(pub Vec<(ConnectionId, GrantError)>);

impl fmt::Display for GrantErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (connection, error)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(formatter, "{separator}connection {connection}: {error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for GrantErrors {}

/// The loaded plugins by id.
pub struct Plugins {
    loaded: BTreeMap<String, Entry>,
    egress: Egress,
    tokens: TokenPool,
    calls: Arc<Calls>,
}

struct Entry {
    path: PathBuf,
    plugin: Arc<LoadedPlugin>,
    connector: Option<Arc<PluginConnector>>,
    email_provider: Option<Arc<PluginEmailProvider>>,
}

impl Plugins {
    /// Loads every `*.wasm` of a directory, in the order of their names. One refused file refuses them all:
    /// a hotel would otherwise learn from a missing push that its connector is not there.
    pub async fn load_directory(
        directory: &Path,
        options: PluginOptions,
    ) -> Result<Self, PluginsError> {
        let files = wasm_files(directory).map_err(|cause| PluginsError::Directory {
            path: directory.to_owned(),
            cause,
        })?;
        Self::load(&files, options).await
    }

    /// How many are loaded.
    pub fn count(&self) -> usize {
        self.loaded.len()
    }

    /// Loads these files.
    pub async fn load(files: &[PathBuf], options: PluginOptions) -> Result<Self, PluginsError> {
        let PluginOptions {
            limits,
            admission,
            egress,
            key_values,
            clock,
            random,
        } = options;
        let surroundings = Surroundings {
            key_values,
            clock,
            random,
        };
        let loader = Loader::start(limits, admission.calls_of_one_plugin, surroundings.clone())
            .map_err(PluginsError::Engine)?;
        let calls = Arc::new(Calls {
            grants: Grants::default(),
            surroundings,
            admission: Semaphore::new(admission.calls),
            patience: admission.patience,
        });
        let mut plugins = Self {
            loaded: BTreeMap::new(),
            egress,
            tokens: TokenPool::default(),
            calls,
        };
        for path in files {
            let refused = |cause| PluginsError::Plugin {
                path: path.clone(),
                cause: Box::new(cause),
            };
            let plugin = loader.load_file(path).await.map_err(refused)?;
            plugins.add(path.clone(), plugin).map_err(refused)?;
        }
        Ok(plugins)
    }

    /// The manifests of all loaded plugins, by id.
    pub fn manifests(&self) -> impl Iterator<Item = &Manifest> {
        self.loaded.values().map(|entry| &*entry.plugin.manifest)
    }

    /// The manifest of one plugin.
    pub fn manifest(&self, plugin: &str) -> Option<&Manifest> {
        self.loaded.get(plugin).map(|entry| &*entry.plugin.manifest)
    }

    /// Gives all connections their settings and secrets, in place of those that they had. Where one is refused,
    /// nothing changes. A connection whose grant stays the same keeps its tokens and open sockets.
    pub fn set_grants(
        &self,
        grants: &HashMap<ConnectionId, ConnectionGrant>,
    ) -> Result<(), GrantErrors> {
        let mut active = HashMap::with_capacity(grants.len());
        let mut problems = Vec::new();
        for (connection, given) in grants {
            match self.activate(*connection, given) {
                Ok(grant) => drop(active.insert(*connection, grant)),
                Err(errors) => {
                    problems.extend(errors.into_iter().map(|error| (*connection, error)));
                }
            }
        }
        if !problems.is_empty() {
            return Err(GrantErrors(problems));
        }
        self.calls.grants.replace(active);
        Ok(())
    }

    fn add(&mut self, path: PathBuf, plugin: LoadedPlugin) -> Result<(), LoadError> {
        let id = plugin.manifest.id.clone();
        if let Some(other) = self.loaded.get(&id) {
            return Err(LoadError::SameId {
                id,
                other: other.path.clone(),
            });
        }
        let plugin = Arc::new(plugin);
        let connector = PluginConnector::new(&plugin, &self.calls).map(Arc::new);
        let email_provider = PluginEmailProvider::new(&plugin, &self.calls).map(Arc::new);
        self.loaded.insert(
            id,
            Entry {
                path,
                plugin,
                connector,
                email_provider,
            },
        );
        Ok(())
    }

    /// Checks what a connection would be given, and answers what its plugin is for.
    pub fn check(&self, given: &ConnectionGrant) -> Result<Kind, Vec<GrantError>> {
        let LoadedPlugin {
            manifest, schema, ..
        } = &*self.entry(given)?.plugin;
        ActiveGrant::check(manifest, schema, self.ways_out(), given).map(|_| manifest.kind)
    }

    fn ways_out(&self) -> (&Egress, &TokenPool) {
        (&self.egress, &self.tokens)
    }

    fn entry(&self, given: &ConnectionGrant) -> Result<&Entry, Vec<GrantError>> {
        self.loaded
            .get(&given.plugin)
            .ok_or_else(|| vec![GrantError::unknown(given, self.loaded.keys())])
    }

    fn activate(
        &self,
        connection: ConnectionId,
        given: &ConnectionGrant,
    ) -> Result<Arc<ActiveGrant>, Vec<GrantError>> {
        let entry = self.entry(given)?;
        let present = self.calls.grants.of(connection);
        if let Some(same) = present.filter(|grant| grant.is_same_as(&entry.plugin.manifest, given))
        {
            return Ok(same);
        }
        ActiveGrant::check(
            &entry.plugin.manifest,
            &entry.plugin.schema,
            self.ways_out(),
            given,
        )
        .map(Arc::new)
    }
}

impl Connectors for Plugins {
    fn channel(&self, connector: &str) -> Option<Arc<dyn ChannelConnector>> {
        let connector = self.loaded.get(connector)?.connector.clone()?;
        Some(connector)
    }
}

impl WebhookVerifier for Plugins {
    fn verify(
        &self,
        connection: ConnectionId,
        arrived: Arrived<'_>,
        now: Timestamp,
    ) -> Result<AuthenticWebhook, WebhookRefusal> {
        let grant = self
            .calls
            .grants
            .of(connection)
            .ok_or(WebhookRefusal::NotTaken)?;
        let manifest = self
            .manifest(&grant.plugin)
            .ok_or(WebhookRefusal::NotTaken)?;
        let rules = manifest.webhook.as_ref().ok_or(WebhookRefusal::NotTaken)?;
        let secrets = rules
            .verification
            .secret()
            .map_or_else(Vec::new, |secret| grant.rotating(secret));
        let authentic = webhook::verify(rules, &secrets, arrived, now)?;
        let authentic =
            webhook::without_secrets(authentic, &Scrubber::new([arrived.endpoint_token]));
        Ok(webhook::without_secrets(authentic, &grant.scrubber()))
    }
}

impl EmailProviders for Plugins {
    fn email(&self, provider: &str) -> Option<Arc<dyn EmailProvider>> {
        let provider = self.loaded.get(provider)?.email_provider.clone()?;
        Some(provider)
    }
}

impl fmt::Debug for Plugins {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.loaded.keys()).finish()
    }
}

impl fmt::Debug for PluginOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PluginOptions")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

pub(super) fn wasm_files(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new("wasm")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
