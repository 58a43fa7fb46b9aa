//! All loaded plugins, and what the host asks of them.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::Semaphore;

use super::call::Calls;
use super::compile::Compiler;
use super::connector::PluginConnector;
use super::egress::Egress;
use super::egress::scrub::Scrubber;
use super::email::PluginEmailProvider;
use super::folder::{Folder, wasm_files};
use super::generation::{Current, Generation};
use super::grants::{ActiveGrant, ConnectionGrant, GrantError};
use super::limits::{Admission, Limits};
use super::loader::{LoadError, LoadedPlugin, Loader, LoaderSettings};
use super::manifest::webhook::{Verification, WebhookRules};
use super::manifest::{Kind, Manifest};
use super::oauth::{SharedTokens, TokenPool};
use super::state::Surroundings;
use super::swap::Watched;
use super::waiting::{self, Waiting};
use super::webhook;
use crate::config::Approvals;
use crate::domain::clock::Clock;
use crate::domain::connector::{ChannelConnector, Connectors};
use crate::domain::email::{EmailProvider, EmailProviders};
use crate::domain::ids::ConnectionId;
use crate::domain::key_value::KeyValueStore;
use crate::domain::random::Random;
use crate::domain::webhook::{
    Arrived, AuthenticWebhook, IssuedToken, NotIssued, WebhookRefusal, WebhookVerifier,
};

/// What the plugins live in.
pub struct PluginOptions {
    /// Of each call; a manifest may lower them.
    pub limits: Limits,
    pub admission: Admission,
    pub egress: Egress,
    pub key_values: Arc<dyn KeyValueStore>,
    /// Where tokens are kept for all processes. Without it, each has its own in memory.
    pub shared_tokens: Option<SharedTokens>,
    pub clock: Clock,
    pub random: Random,
    pub compiler: Compiler,
    /// The folder in which machine code is kept for the next start; it is made where it is missing.
    pub cache: Option<PathBuf>,
    pub approvals: Approvals,
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

/// The loaded plugins, and what each connection is granted of them.
pub struct Plugins {
    pub(super) loader: Loader,
    pub(super) egress: Egress,
    pub(super) tokens: TokenPool,
    issuer: webhook::TokenIssuer,
    pub(super) calls: Arc<Calls>,
    pub(super) calls_of_one_hotel: usize,
    /// What is approved now; held by whoever makes the next generation of what is present.
    pub(super) changing: Mutex<Approvals>,
    pub(super) waiting: Waiting,
    pub(super) watched: tokio::sync::Mutex<Watched>,
}

impl Plugins {
    /// Loads every `*.wasm` of a directory, in the order of their names. One refused file refuses them all:
    /// a hotel would otherwise learn from a missing push that its connector is not there.
    pub async fn load_directory(
        directory: &Path,
        options: PluginOptions,
    ) -> Result<Self, PluginsError> {
        let unreadable = |cause| PluginsError::Directory {
            path: directory.to_owned(),
            cause,
        };
        // Before they are loaded: what changes meanwhile is seen at the first look.
        let folder = Folder::open(directory).map_err(unreadable)?;
        let files = wasm_files(directory).map_err(unreadable)?;
        let plugins = Self::load(&files, options).await?;
        plugins.watched.lock().await.folder = Some(folder);
        Ok(plugins)
    }

    /// How many are loaded.
    pub fn count(&self) -> usize {
        self.calls.current.load().plugins.len()
    }

    /// Loads these files.
    pub async fn load(files: &[PathBuf], options: PluginOptions) -> Result<Self, PluginsError> {
        let plugins = Self::without_files(options)?;
        let approvals = plugins.watched.lock().await.approvals.clone();
        for path in files {
            let refused = |cause| PluginsError::Plugin {
                path: path.clone(),
                cause: Box::new(cause),
            };
            let loaded = plugins.loader.load_file(path, &approvals).await;
            plugins
                .take_into_service(path, loaded.map_err(refused)?)
                .map_err(refused)?;
        }
        plugins.loader.sweep().await;
        Ok(plugins)
    }

    fn without_files(options: PluginOptions) -> Result<Self, PluginsError> {
        let keys = options.shared_tokens.as_ref();
        let keys = keys
            .map(|shared| shared.keys.as_slice())
            .unwrap_or_default();
        let issuer = webhook::TokenIssuer::new(keys, &options.random);
        let tokens = TokenPool::new(options.shared_tokens, options.random.clone());
        let surroundings = Surroundings {
            key_values: options.key_values,
            clock: options.clock,
            random: options.random,
        };
        let loader = Loader::start(LoaderSettings {
            limits: options.limits,
            calls_of_one_plugin: options.admission.calls_of_one_plugin,
            surroundings: surroundings.clone(),
            compiler: options.compiler,
            cache: options.cache,
        })
        .map_err(PluginsError::Engine)?;
        let calls = Arc::new(Calls {
            current: Current::default(),
            surroundings,
            admission: Semaphore::new(options.admission.calls),
            patience: options.admission.patience,
        });
        Ok(Self {
            loader,
            egress: options.egress,
            tokens,
            issuer,
            calls,
            calls_of_one_hotel: options.admission.calls_of_one_hotel,
            changing: Mutex::new(options.approvals.clone()),
            waiting: Waiting::default(),
            watched: tokio::sync::Mutex::new(Watched::new(options.approvals)),
        })
    }

    /// The manifest of one plugin.
    pub fn manifest(&self, plugin: &str) -> Option<Arc<Manifest>> {
        let current = self.calls.current.load();
        let entry = current.plugins.get(plugin)?;
        Some(Arc::clone(&entry.plugin.manifest))
    }

    /// Gives all connections their settings and secrets, in place of those that they had. Where one is refused,
    /// nothing changes. A connection whose grant stays the same keeps its tokens and open sockets. What only a waiting
    /// version can use is kept for it.
    pub fn set_grants(
        &self,
        grants: &HashMap<ConnectionId, ConnectionGrant>,
    ) -> Result<(), GrantErrors> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let present = self.calls.current.load();
        let mut active = HashMap::with_capacity(grants.len());
        let mut ahead = HashMap::new();
        let mut problems = Vec::new();
        for (connection, given) in grants {
            match self.activate(&present, *connection, given) {
                Ok(grant) => drop(active.insert(*connection, grant)),
                Err(_) if self.waiting.takes(given) => {
                    let held = present.grants.get(connection);
                    let own = held
                        .filter(|held| held.hotel == given.hotel && held.plugin == given.plugin);
                    active.extend(own.map(|own| (*connection, Arc::clone(own))));
                    ahead.insert(*connection, given.clone());
                }
                Err(errors) => {
                    problems.extend(errors.into_iter().map(|error| (*connection, error)));
                }
            }
        }
        if !problems.is_empty() {
            return Err(GrantErrors(problems));
        }
        for (connection, given) in &ahead {
            let held = active.get(connection).map(|held| &**held);
            waiting::tell(*connection, given, held);
        }
        let hotels = present.places(&active, self.calls_of_one_hotel);
        self.calls.current.replace(Generation {
            plugins: present.plugins.clone(),
            grants: active,
            ahead,
            hotels,
        });
        Ok(())
    }

    /// Checks what a connection would be given, and answers what its plugin is for.
    pub fn check(&self, given: &ConnectionGrant) -> Result<Kind, Vec<GrantError>> {
        let present = self.calls.current.load();
        let plugin = loaded(&present, given)?;
        let checked = ActiveGrant::check(&plugin.manifest, &plugin.schema, self.ways_out(), given);
        match checked {
            Err(errors) if !self.waiting.takes(given) => Err(errors),
            _ => Ok(plugin.manifest.kind),
        }
    }

    /// How a call leaves, and what it may carry of others.
    pub(super) fn ways_out(&self) -> (&Egress, &TokenPool) {
        (&self.egress, &self.tokens)
    }

    fn activate(
        &self,
        present: &Generation,
        connection: ConnectionId,
        given: &ConnectionGrant,
    ) -> Result<Arc<ActiveGrant>, Vec<GrantError>> {
        let plugin = loaded(present, given)?;
        let held = present.grants.get(&connection);
        if let Some(same) = held.filter(|grant| grant.is_same_as(&plugin.manifest, given)) {
            return Ok(Arc::clone(same));
        }
        ActiveGrant::check(&plugin.manifest, &plugin.schema, self.ways_out(), given).map(Arc::new)
    }
}

/// The plugin that a connection is configured for.
fn loaded<'a>(
    present: &'a Generation,
    given: &ConnectionGrant,
) -> Result<&'a LoadedPlugin, Vec<GrantError>> {
    let entry = present.plugins.get(&given.plugin);
    entry
        .map(|entry| &*entry.plugin)
        .ok_or_else(|| vec![GrantError::unknown(given, present.plugins.keys())])
}

impl Connectors for Plugins {
    fn channel(&self, connector: &str) -> Option<Arc<dyn ChannelConnector>> {
        let present = self.calls.current.load();
        let plugin = &present.plugins.get(connector)?.plugin;
        let connector = PluginConnector::new(plugin, &self.calls)?;
        Some(Arc::new(connector))
    }
}

impl Plugins {
    /// Whether the rules of a connection's webhooks say this.
    fn webhooks_are(
        &self,
        connection: ConnectionId,
        says: impl FnOnce(&WebhookRules) -> bool,
    ) -> bool {
        let present = self.calls.current.load();
        let webhooks = present.webhooks_of(connection);
        webhooks.is_some_and(|(_, rules)| says(rules))
    }
}

impl WebhookVerifier for Plugins {
    fn is_nudged(&self, connection: ConnectionId) -> bool {
        let unread = Verification::NoneButReRead {};
        self.webhooks_are(connection, |rules| rules.verification == unread)
    }

    fn is_kept(&self, connection: ConnectionId, body: &[u8]) -> bool {
        // Where the plugin stopped serving since the webhook was verified, nobody says any more that it may be kept.
        self.webhooks_are(connection, |rules| {
            !rules.pull_unless_json || webhook::is_json(body)
        })
    }

    fn verify(
        &self,
        connection: ConnectionId,
        arrived: Arrived<'_>,
        now: Timestamp,
    ) -> Result<AuthenticWebhook, WebhookRefusal> {
        let present = self.calls.current.load();
        let (grant, rules) = present
            .webhooks_of(connection)
            .ok_or(WebhookRefusal::NotTaken)?;
        let secrets = rules
            .verification
            .secret()
            .map_or_else(Vec::new, |secret| grant.rotating(secret));
        let authentic = match &rules.verification {
            Verification::IssuedToken { .. } => {
                let issuer = (&self.issuer, connection);
                webhook::verify_issued(rules, issuer, &secrets, arrived, now)?
            }
            _ => webhook::verify(rules, &secrets, arrived, now)?,
        };
        let authentic =
            webhook::without_secrets(authentic, &Scrubber::new([arrived.endpoint_token]));
        Ok(webhook::without_secrets(authentic, &grant.scrubber()))
    }

    fn issue_token(
        &self,
        connection: ConnectionId,
        given: &[SecretString],
        now: Timestamp,
    ) -> Result<IssuedToken, NotIssued> {
        let present = self.calls.current.load();
        let (grant, rules) = present
            .webhooks_of(connection)
            .ok_or(NotIssued::NotOffered)?;
        let Verification::IssuedToken { secret } = &rules.verification else {
            return Err(NotIssued::NotOffered);
        };
        let logins = grant.rotating(secret);
        self.issuer.issue(connection, &logins, given, now)
    }
}

impl EmailProviders for Plugins {
    fn email(&self, provider: &str) -> Option<Arc<dyn EmailProvider>> {
        let present = self.calls.current.load();
        let plugin = &present.plugins.get(provider)?.plugin;
        let provider = PluginEmailProvider::new(plugin, &self.calls)?;
        Some(Arc::new(provider))
    }
}

impl fmt::Debug for Plugins {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let present = self.calls.current.load();
        formatter
            .debug_set()
            .entries(present.plugins.keys())
            .finish()
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
