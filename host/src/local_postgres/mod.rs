//! The private Postgres that the host runs when nobody gave it a `DATABASE_URL`.
//!
//! The data folder holds a marker that is also the lock, the owner's password, the server's log
//! and, one level down, the cluster and its socket:
//!
//! ```text
//! <data>/roomwire-postgres   marker and lock
//! <data>/password            mode 0600
//! <data>/postgres.log
//! <data>/cluster/            what initdb made
//! <data>/socket/             or a folder below the system's temporary one where the path is too long
//! ```
//!
//! The server stops with the host. A clean end calls [`LocalPostgres::stop`]; when the host is killed,
//! the kernel sends the server a fast shutdown (Linux, see [`PostgresGuard`]), and on every system the
//! next start stops a server that was left behind before it starts its own.
//!
//! `sqlx` is named here, outside the store, because a server is only ready once it takes a connection.

mod binaries;
mod cluster;
mod error;
mod folder;
mod guard;
mod orphan;
mod process;
mod server_user;
mod settings;

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretBox, SecretString};
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions, Connection};

pub use self::binaries::BinarySearch;
pub use self::error::LocalPostgresError;
pub use self::guard::PostgresGuard;
pub use self::settings::Durability;

use self::cluster::Cluster;
use self::process::ServerProcess;

/// The superuser of the private cluster; it owns what migrations create.
pub const OWNER: &str = "roomwire_owner";

/// How long a fast shutdown may take before the server is told to stop at once.
const FAST_SHUTDOWN: Duration = Duration::from_secs(60);
/// How long an immediate shutdown may take before we give up waiting.
const IMMEDIATE_SHUTDOWN: Duration = Duration::from_secs(10);
/// Between two looks at a server that is starting.
const READY_POLL: Duration = Duration::from_millis(25);

/// What the host decides about its private Postgres.
#[derive(Debug)]
pub struct Options {
    /// A program whose `__postgres-guard` subcommand is [`PostgresGuard`]: the host's own binary.
    pub guard_program: PathBuf,
    /// Where the server's programs may be.
    pub binaries: BinarySearch,
    /// Random bytes that become the owner's password; an existing cluster keeps the one it has.
    pub password_entropy: SecretBox<[u8; 32]>,
    /// Whether a crash of the machine may lose data.
    pub durability: Durability,
    /// How long the server may take to be ready, crash recovery included.
    pub start_timeout: Duration,
}

impl Options {
    /// Options for real data: everything is kept, and the server gets two minutes to start.
    #[must_use]
    pub fn new(
        guard_program: PathBuf,
        binaries: BinarySearch,
        password_entropy: SecretBox<[u8; 32]>,
    ) -> Self {
        Self {
            guard_program,
            binaries,
            password_entropy,
            durability: Durability::Durable,
            start_timeout: Duration::from_secs(120),
        }
    }
}

/// A running server of ours. Dropping it asks the server to stop without waiting for it.
#[derive(Debug)]
pub struct LocalPostgres {
    cluster: Cluster,
    process: ServerProcess,
}

impl LocalPostgres {
    /// Starts the cluster in `data_dir`, making it first where the folder is new or empty.
    ///
    /// Returns once the server takes connections. A server that a killed host left behind in the
    /// same folder is stopped first; a second start while one runs is refused.
    ///
    /// # Errors
    ///
    /// Each variant of [`LocalPostgresError`] says what happened and what to do about it.
    pub async fn start(data_dir: &Path, options: Options) -> Result<Self, LocalPostgresError> {
        let start_timeout = options.start_timeout;
        let folder = data_dir.to_path_buf();
        let (cluster, process) = tokio::task::spawn_blocking(move || {
            let cluster = Cluster::prepare(&folder, &options)?;
            let process = cluster.launch(&options)?;
            Ok((cluster, process))
        })
        .await
        .map_err(|cause| LocalPostgresError::Folder {
            doing: "prepare",
            path: data_dir.to_path_buf(),
            source: std::io::Error::other(cause),
        })??;
        let mut server = Self { cluster, process };
        server.wait_until_ready(start_timeout).await?;
        Ok(server)
    }

    /// The address of the owner: a `postgres://` URL on the Unix socket, which `psql` takes too.
    #[must_use]
    pub fn owner_url(&self) -> SecretString {
        self.cluster.owner_url()
    }

    /// The address of the owner of the server that another host runs on this folder, for a command beside it.
    ///
    /// # Errors
    ///
    /// The folder has no password that this user can read.
    pub fn running_owner_url(data_dir: &Path) -> Result<SecretString, LocalPostgresError> {
        cluster::running_owner_url(data_dir)
    }

    /// The process id of the server.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Waits until the server ends by itself and says how; the host can't go on without it.
    pub async fn exited(&mut self) -> String {
        self.process.exited().await
    }

    /// Stops the server: sessions are ended, everything committed is on disk.
    ///
    /// # Errors
    ///
    /// [`LocalPostgresError::DidNotStop`] when it ignores an immediate shutdown, too.
    pub async fn stop(mut self) -> Result<(), LocalPostgresError> {
        self.process.shut_down_fast();
        if tokio::time::timeout(FAST_SHUTDOWN, self.process.exited())
            .await
            .is_err()
        {
            tracing::warn!(
                server.process_id = self.process_id(),
                "the private Postgres ignores a fast shutdown; stopping it at once, it will recover when it starts"
            );
            self.process.shut_down_immediately();
            tokio::time::timeout(IMMEDIATE_SHUTDOWN, self.process.exited())
                .await
                .map_err(|_| LocalPostgresError::DidNotStop {
                    process_id: self.process_id(),
                })?;
        }
        self.cluster.remove_temporary_socket_folder();
        Ok(())
    }

    async fn wait_until_ready(&mut self, limit: Duration) -> Result<(), LocalPostgresError> {
        let deadline = tokio::time::Instant::now() + limit;
        let url = self.cluster.owner_url();
        loop {
            tokio::select! {
                how = self.process.exited() => {
                    return Err(LocalPostgresError::StartFailed { how, log: self.cluster.log_tail() });
                }
                answered = answers(&url) => match answered {
                    Ok(()) => return Ok(()),
                    Err(cause) if tokio::time::Instant::now() >= deadline => {
                        return Err(LocalPostgresError::StartTimeout {
                            seconds: limit.as_secs(),
                            log: self.cluster.log_tail(),
                            source: Box::new(cause),
                        });
                    }
                    Err(_) => tokio::time::sleep(READY_POLL).await,
                },
            }
        }
    }
}

async fn answers(url: &SecretString) -> Result<(), sqlx::Error> {
    let options: sqlx::postgres::PgConnectOptions = url.expose_secret().parse()?;
    let connection: PgConnection = options.disable_statement_logging().connect().await?;
    connection.close().await
}

impl Drop for LocalPostgres {
    fn drop(&mut self) {
        self.process.shut_down_fast();
    }
}
