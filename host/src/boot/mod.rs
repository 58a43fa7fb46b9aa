//! The composition root: sees every room, and nobody sees it.

mod connections;
mod database;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use secrecy::SecretString;
use tokio::sync::watch;

use crate::app::quotes::QuoteKeys;
use crate::app::{App, Gateway, Senders, Wake};
use crate::config::{Config, ConfigWatcher, DatabaseSource, Environment};
use crate::domain::clock::Clock;
use crate::domain::night;
use crate::domain::random::Random;
use crate::http::server::{self, ListenError};
use crate::http::{self, HttpState};
use crate::jobs::{self, Schedules, Worker};
use crate::lifecycle::{Ended, Lifecycle};
use crate::local_postgres::LocalPostgres;
use crate::plugin::egress::{Egress, EgressPolicy, NotLoopback, PublicResolver};
use crate::plugin::{Admission, Limits, PluginOptions, Plugins, PluginsError};
use crate::store::key_values::PostgresKeyValues;
use crate::store::{StoreError, hotels};
use crate::telemetry::{self, TelemetryError};

pub use connections::ConnectionsError;
pub use database::{DatabaseError, LocalPrograms, Opened, open, open_owner};

/// How long a drain may take before what is left is cut off.
const DRAIN: Duration = Duration::from_secs(25);

/// Why the program does not start.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("a plugin could not be loaded")]
    Plugins(#[from] PluginsError),
    #[error("development.hosts is refused")]
    Development(#[from] NotLoopback),
    #[error("the configured connections could not be made")]
    Connections(#[from] ConnectionsError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    #[error("the database does not answer")]
    Store(#[from] StoreError),
    #[error(
        "quotes are signed with a key that all processes share: set ROOMWIRE_QUOTE_KEY to at least 32 random characters"
    )]
    QuoteKey,
    #[error("the quote key in the data folder could not be read or written")]
    QuoteKeyFile(#[source] std::io::Error),
}

/// What a process does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Answers the gateway, and works in the background.
    ServeAndWork,
    /// Only answers the gateway.
    Serve,
    /// Only works in the background.
    Work,
}

/// Everything that decides how the program runs.
#[derive(Debug)]
pub struct Start {
    pub config: Config,
    pub environment: Environment,
    pub programs: LocalPrograms,
    pub clock: Clock,
    pub random: Random,
    pub role: Role,
    pub work: jobs::Settings,
}

/// The running program.
pub struct Application {
    pub app: App,
    /// Where the gateway listens, if it does.
    pub address: Option<SocketAddr>,
    context: Context,
    lifecycle: Lifecycle,
    ready: watch::Sender<bool>,
    local: Option<LocalPostgres>,
}

/// What applying a configuration needs, at the start and at every change.
#[derive(Clone)]
struct Context {
    app: App,
    plugins: Arc<Plugins>,
    schedules: Schedules,
}

impl std::fmt::Debug for Application {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Application")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Application {
    /// Starts everything, and answers when it takes traffic.
    pub async fn start(start: Start) -> Result<Self, BootError> {
        let metrics = telemetry::metrics()?;
        let opened = database::open(&start.config.database, &start.programs, &start.random).await?;
        let store = opened.store.clone();
        let today = night::today(start.clock.now(), &TimeZone::UTC);
        hotels::ensure_partitions(&store, today).await?;
        let plugins = Arc::new(load_plugins(&start, &opened).await?);
        let app = App {
            store,
            clock: start.clock.clone(),
            connectors: plugins.clone(),
            email_providers: plugins.clone(),
            gateway: Arc::new(gateway(&start)?),
            senders: Senders::default(),
            wake: Wake::default(),
        };
        let context = Context {
            app: app.clone(),
            plugins: plugins.clone(),
            schedules: Schedules::default(),
        };
        context.apply(&start.config).await?;

        let lifecycle = Lifecycle::default();
        if start.role != Role::Serve {
            let worker = Worker::new(app.clone(), jobs::KINDS, start.work, start.random.clone());
            lifecycle.spawn("worker", worker.run(lifecycle.soft().clone()));
            let schedules = context.schedules.clone();
            lifecycle.spawn(
                "schedules",
                schedules.run(app.clone(), lifecycle.soft().clone()),
            );
        }
        let (ready, readiness) = watch::channel(true);
        let address = if start.role == Role::Work {
            None
        } else {
            let state = HttpState {
                app: app.clone(),
                verifier: plugins,
                metrics,
                ready: readiness,
            };
            let listener = server::listen(start.config.server.listen).await?;
            let address = listener.local_addr().ok();
            lifecycle.spawn(
                "gateway",
                server::serve(listener, http::router(state), lifecycle.soft().clone()),
            );
            address
        };
        Ok(Self {
            app,
            address,
            context,
            lifecycle,
            ready,
            local: opened.local,
        })
    }

    /// Applies every valid change of the configuration from now on. A contradiction is told of and changes nothing.
    pub fn follow(&self, mut watcher: ConfigWatcher) {
        let context = self.context.clone();
        let stop = self.lifecycle.soft().clone();
        self.lifecycle.spawn("configuration", async move {
            while let Some(config) = stop.run_until_cancelled(watcher.changed()).await {
                match context.apply(&config).await {
                    Ok(()) => tracing::info!("Applied the changed configuration"),
                    Err(error) => tracing::error!(
                        error = %chain(&error),
                        "The changed configuration is refused: the one before stays in force"
                    ),
                }
            }
        });
    }

    /// Applies a configuration at once.
    pub async fn reconfigure(&self, config: &Config) -> Result<(), ConnectionsError> {
        self.context.apply(config).await
    }

    /// Cancelled when the program ends by itself, because a part of it did.
    pub async fn failed(&mut self) {
        let soft = self.lifecycle.soft().clone();
        match &mut self.local {
            Some(local) => tokio::select! {
                () = soft.cancelled() => {}
                reason = local.exited() => tracing::error!(reason, "The private Postgres ended"),
            },
            None => soft.cancelled().await,
        }
    }

    /// Takes no new work, finishes what was accepted, and stops the private Postgres last.
    pub async fn shut_down(self) -> Ended {
        self.ready.send_replace(false);
        let ended = self.lifecycle.shut_down(DRAIN).await;
        self.app.store.close().await;
        if let Some(local) = self.local
            && let Err(error) = local.stop().await
        {
            tracing::error!(error = %chain(&error), "The private Postgres did not stop");
        }
        ended
    }
}

async fn load_plugins(start: &Start, opened: &Opened) -> Result<Plugins, BootError> {
    let hosts = &start.config.development.hosts;
    let policy = EgressPolicy::with_development_hosts(hosts.clone().into_iter().collect())?;
    let options = PluginOptions {
        limits: Limits::default(),
        admission: Admission::default(),
        egress: Egress::new(policy, PublicResolver::system()),
        key_values: Arc::new(PostgresKeyValues(opened.store.clone())),
        clock: start.clock.clone(),
        random: start.random.clone(),
    };
    Ok(Plugins::load_directory(&start.config.plugins.directory, options).await?)
}

fn gateway(start: &Start) -> Result<Gateway, BootError> {
    let settings = &start.config.gateway;
    Ok(Gateway {
        hold_ttl: settings.hold_ttl,
        hold_longest: settings.hold_longest,
        quote_ttl: settings.quote_ttl,
        quote_keys: quote_keys(start)?,
    })
}

/// The environment's keys, or in a data folder of our own those of a file that is made at the first start: the current
/// key, and in further lines older ones.
fn quote_keys(start: &Start) -> Result<QuoteKeys, BootError> {
    let environment = &start.environment;
    let older = (environment.get("ROOMWIRE_QUOTE_KEYS_OLDER").into_iter())
        .flat_map(|keys| keys.split(','))
        .map(str::trim)
        .filter(|key| !key.is_empty());
    if let Some(current) = environment.get("ROOMWIRE_QUOTE_KEY") {
        return checked_keys(current, older);
    }
    let DatabaseSource::Embedded { data_dir } = &start.config.database.source else {
        return Err(BootError::QuoteKey);
    };
    let file = data_dir.join("quote-key");
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = hex::encode(start.random.bytes::<32>());
            write_private(&file, &key).map_err(BootError::QuoteKeyFile)?;
            key
        }
        Err(error) => return Err(BootError::QuoteKeyFile(error)),
    };
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let current = lines.next().ok_or(BootError::QuoteKey)?;
    checked_keys(current, lines.chain(older))
}

fn checked_keys<'a>(
    current: &str,
    older: impl Iterator<Item = &'a str>,
) -> Result<QuoteKeys, BootError> {
    let checked = |key: &str| match key.len() {
        ..32 => Err(BootError::QuoteKey),
        _ => Ok(SecretString::from(key.to_owned())),
    };
    let older = older.map(checked).collect::<Result<_, _>>()?;
    Ok(QuoteKeys::new(checked(current)?, older))
}

fn write_private(file: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// An error with its causes, on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
