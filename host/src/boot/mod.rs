//! The composition root: sees every room, and nobody sees it.

mod asking;
mod connections;
mod database;
mod quote_keys;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::access::KeyUses;
use crate::app::quotes::QuoteKeys;
use crate::app::{App, Gateway, Senders, Wake};
use crate::config::{self, Config, ConfigWatcher, Environment};
use crate::domain::clock::Clock;
use crate::domain::hold::HoldCaps;
use crate::domain::night;
use crate::domain::random::Random;
use crate::http::server::{self, ListenError};
use crate::http::{self, Edge, HttpState};
use crate::jobs::{self, Schedules, Worker};
use crate::lifecycle::{Ended, Lifecycle};
use crate::local_postgres::LocalPostgres;
use crate::plugin::egress::{Egress, EgressPolicy, NotLoopback, PublicResolver};
use crate::plugin::{
    Admission, CompileLimits, Compiler, Limits, PluginOptions, Plugins, PluginsError, SharedTokens,
};
use crate::store::account_tokens::PostgresAccountTokens;
use crate::store::key_values::PostgresKeyValues;
use crate::store::{StoreError, hotels};
use crate::telemetry::{self, TelemetryError};

pub use asking::asking;
pub use connections::{ConnectionsError, contradictions, grant};
pub use database::{DatabaseError, LocalPrograms, Opened, open_beside, open_owner};

/// Between two tries to apply a change that the database was not there for.
const AGAIN: Duration = Duration::from_secs(5);
/// Between two looks at the plugins' files.
const LOOK: Duration = Duration::from_secs(1);
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
    #[error("{} holds no whole key: remove it, and a new one is made (quotes signed with it are refused then)", .0.display())]
    QuoteKeyShort(PathBuf),
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
    /// Where metrics and health are answered besides, if they are.
    pub machines: Option<SocketAddr>,
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
    active: Arc<tokio::sync::Mutex<connections::Active>>,
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
        let listeners = Listeners::take(&start).await?;
        let opened = database::open(&start.config.database, &start.programs, &start.random).await?;
        let store = opened.store.clone();
        let today = night::today(start.clock.now(), &TimeZone::UTC);
        hotels::ensure_partitions(&store, today).await?;
        let plugins = Arc::new(load_plugins(&start, &opened).await?);
        let quote_keys = quote_keys::read(&start)?;
        tell_of_tokens(&start.config);
        let app = App {
            store,
            clock: start.clock.clone(),
            connectors: plugins.clone(),
            email_providers: plugins.clone(),
            gateway: Arc::new(gateway(&start.config.gateway, quote_keys)),
            senders: Senders::default(),
            wake: Wake::default(),
        };
        let context = Context {
            app: app.clone(),
            plugins: plugins.clone(),
            schedules: Schedules::default(),
            active: Arc::default(),
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
        let upkeep = telemetry::upkeep(metrics.clone(), lifecycle.soft().clone());
        lifecycle.spawn("metrics", upkeep);
        let (ready, readiness) = watch::channel(true);
        let state = state(&start, &app, plugins, metrics, readiness);
        let (address, machines) = listeners.serve(&state, &start.config.server, &lifecycle);
        Ok(Self {
            app,
            address,
            machines,
            context,
            lifecycle,
            ready,
            local: opened.local,
        })
    }

    /// Applies every valid change of the configuration and of the plugins' files from now on. A contradiction is told of
    /// and changes nothing.
    pub fn follow(&self, mut watcher: ConfigWatcher) {
        self.follow_plugins();
        let context = self.context.clone();
        let stop = self.lifecycle.soft().clone();
        self.lifecycle.spawn("configuration", async move {
            let mut pending = None;
            loop {
                let next = async {
                    match &pending {
                        None => Some(watcher.changed().await),
                        // A newer edit counts instead of the one that could not be applied yet.
                        Some(_) => tokio::time::timeout(AGAIN, watcher.changed()).await.ok(),
                    }
                };
                let Some(next) = stop.run_until_cancelled(next).await else {
                    return;
                };
                pending = match next.or(pending) {
                    Some(config) => context.apply_changed(config).await,
                    None => None,
                };
            }
        });
    }

    fn follow_plugins(&self) {
        let context = self.context.clone();
        let stop = self.lifecycle.soft().clone();
        self.lifecycle.spawn("plugins", async move {
            // A file that is just being compiled is not waited for.
            while stop
                .run_until_cancelled(look_soon(&context))
                .await
                .is_some()
            {}
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

/// Says once where tokens of channels' accounts are.
fn tell_of_tokens(config: &Config) {
    if let Some(key) = config.plugins.token_keys.first() {
        tracing::info!(
            key_id = key.id,
            "Tokens of channels' accounts are kept for all processes"
        );
    } else if config.has_connections() {
        tracing::warn!(
            "Tokens of channels' accounts stay in memory: each process and each start asks for its own, and budgets are \
             counted in each process by itself (plugins.token_keys)"
        );
    }
}

async fn look_soon(context: &Context) {
    tokio::time::sleep(LOOK).await;
    context.plugins.look().await;
    context.renew_subscriptions().await;
}

/// Loads and tries every plugin as a start would, and answers how many there are.
pub async fn try_plugins(
    config: &Config,
    environment: &Environment,
    opened: &Opened,
) -> Result<usize, BootError> {
    let start = of_a_command(config, environment)?;
    Ok(load_plugins(&start, opened).await?.count())
}

/// What a command starts of the program.
fn of_a_command(config: &Config, environment: &Environment) -> Result<Start, BootError> {
    Ok(Start {
        config: config.clone(),
        environment: environment.clone(),
        programs: LocalPrograms::installed(environment)?,
        clock: Clock::system(),
        random: Random::system(),
        role: Role::Serve,
        work: jobs::Settings::default(),
    })
}

/// What the handlers share.
fn state(
    start: &Start,
    app: &App,
    plugins: Arc<Plugins>,
    metrics: PrometheusHandle,
    ready: watch::Receiver<bool>,
) -> HttpState {
    let config = &start.config;
    HttpState {
        app: app.clone(),
        verifier: plugins,
        metrics,
        edge: Arc::new(Edge::new(
            config.server.clone(),
            &config.limits,
            config.database.connections,
        )),
        uses: KeyUses::default(),
        ready,
    }
}

async fn load_plugins(start: &Start, opened: &Opened) -> Result<Plugins, BootError> {
    let hosts = &start.config.development.hosts;
    let policy = EgressPolicy::with_development_hosts(hosts.clone().into_iter().collect())?;
    let options = PluginOptions {
        limits: Limits::default(),
        admission: Admission::default(),
        egress: Egress::new(policy, PublicResolver::system()),
        key_values: Arc::new(PostgresKeyValues::new(opened.store.clone())),
        shared_tokens: Some(SharedTokens {
            store: Arc::new(PostgresAccountTokens::new(opened.store.clone())),
            keys: start.config.plugins.token_keys.clone(),
        }),
        clock: start.clock.clone(),
        random: start.random.clone(),
        compiler: Compiler::Apart {
            program: start.programs.host.clone(),
            limits: CompileLimits::default(),
        },
        cache: start.config.plugins.cache.clone(),
        approvals: start.config.plugins.approvals.clone(),
    };
    let folder = &start.config.plugins;
    if !folder.named && !folder.directory.exists() {
        tracing::warn!(folder = %folder.directory.display(), "There is no folder of plugins: no connector is loaded");
        return Ok(Plugins::load(&[], options).await?);
    }
    Ok(Plugins::load_directory(&folder.directory, options).await?)
}

/// The ports, taken before anything else: a program that cannot serve must not have begun to work.
struct Listeners {
    gateway: Option<TcpListener>,
    machines: Option<TcpListener>,
}

impl Listeners {
    async fn take(start: &Start) -> Result<Self, ListenError> {
        let config = &start.config;
        let gateway = match start.role {
            Role::Work => None,
            Role::Serve | Role::ServeAndWork => {
                Some(server::listen(config.server.listen, "server.listen").await?)
            }
        };
        let machines = match config.telemetry.listen {
            Some(address) => Some(server::listen(address, "telemetry.listen").await?),
            None => None,
        };
        Ok(Self { gateway, machines })
    }

    /// Answers on the ports until the soft stop, and gives their addresses.
    fn serve(
        self,
        state: &HttpState,
        settings: &config::Server,
        lifecycle: &Lifecycle,
    ) -> (Option<SocketAddr>, Option<SocketAddr>) {
        let soft = lifecycle.soft();
        let serve = |name, listener: Option<TcpListener>, router| {
            let listener = listener?;
            let address = listener.local_addr().ok();
            lifecycle.spawn(
                name,
                server::serve(listener, router, settings.clone(), soft.clone()),
            );
            address
        };
        let machines = serve(
            "machines",
            self.machines,
            http::machine_router(state.clone()),
        );
        let gateway = serve("gateway", self.gateway, http::router(state.clone()));
        if gateway.is_some() {
            let uses = state.uses.clone();
            lifecycle.spawn(
                "key uses",
                uses.write_down(state.app.store.clone(), soft.clone()),
            );
        }
        (gateway, machines)
    }
}

fn gateway(settings: &config::Gateway, quote_keys: QuoteKeys) -> Gateway {
    Gateway {
        hold_ttl: settings.hold_ttl,
        hold_longest: settings.hold_longest,
        hold_caps: HoldCaps {
            per_key: settings.holds_per_key,
            per_session: settings.holds_per_session,
        },
        quote_ttl: settings.quote_ttl,
        quote_keys,
    }
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
