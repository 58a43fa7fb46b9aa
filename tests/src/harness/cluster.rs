//! One private Postgres for this test process, and the runtime that everything but the tests runs on.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use nix::sys::signal::kill;
use nix::unistd::Pid;
use roomwire::config::{Environment, LogFormat, Telemetry};
use roomwire::local_postgres::{BinarySearch, Durability, LocalPostgres, Options};
use roomwire::telemetry;
use secrecy::{ExposeSecret, SecretBox};
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use crate::harness::programs;

/// Applications and simulators outlive no test, but they must go on while a test's own thread is blocked by a drop.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    // With ROOMWIRE_TEST_LOG=info, or any other directives, the applications tell what they do.
    if let Some(level) = Environment::of_process().get("ROOMWIRE_TEST_LOG") {
        let telemetry = Telemetry {
            level: level.to_owned(),
            listen: None,
            format: LogFormat::Pretty,
        };
        telemetry::start_log(&telemetry).expect("the directives are right");
    }
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("world")
        .enable_all()
        .build()
        .expect("a runtime starts")
});

/// Runs on the harness's runtime and waits there for the outcome.
pub(super) async fn run<T, W>(work: impl FnOnce() -> W + Send + 'static) -> T
where
    T: Send + 'static,
    W: Future<Output = T>,
{
    // On a thread that may block, so that the future need not be `Send`.
    let running = RUNTIME.spawn_blocking(|| RUNTIME.block_on(work()));
    running
        .await
        .unwrap_or_else(|ended| std::panic::resume_unwind(ended.into_panic()))
}

/// Runs on the harness's runtime and blocks this thread until the end, as a drop must.
pub(super) fn run_blocking<T, W>(work: impl FnOnce() -> W + Send + 'static) -> T
where
    T: Send + 'static,
    W: Future<Output = T>,
{
    let (tell, told) = std::sync::mpsc::channel();
    RUNTIME.spawn_blocking(move || tell.send(RUNTIME.block_on(work())));
    told.recv().expect("the work ends without a panic")
}

/// The server, which the kernel stops with this process.
static SERVER: OnceCell<LocalPostgres> = OnceCell::const_new();

/// How the server's owner connects.
pub(super) async fn owner() -> PgConnectOptions {
    let server = SERVER.get_or_init(|| run(start)).await;
    let options: PgConnectOptions = server
        .owner_url()
        .expose_secret()
        .parse()
        .expect("a private server's URL is one");
    options.disable_statement_logging()
}

async fn start() -> LocalPostgres {
    let parent = Environment::of_process()
        .get("ROOMWIRE_TEST_CLUSTERS")
        .map_or_else(std::env::temp_dir, PathBuf::from);
    remove_leftovers(&parent);
    // A server that root starts runs as another user, who must be able to enter the folder.
    let folder = tempfile::Builder::new()
        .prefix(&format!("{PREFIX}{}-", std::process::id()))
        .permissions(Permissions::from_mode(0o755))
        .disable_cleanup(true)
        .tempdir_in(&parent)
        .expect("a folder can be made");
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    let search = BinarySearch::Installed { search_path };
    let mut options = Options::new(programs::host(), search, SecretBox::new(Box::new([7; 32])));
    // Measurements are made on a server that keeps what it acknowledges; a test's data need not outlive it.
    if Environment::of_process()
        .get("ROOMWIRE_TEST_DURABLE")
        .is_none()
    {
        options.durability = Durability::Throwaway;
    }
    LocalPostgres::start(&folder.path().join("data"), options)
        .await
        .expect("the private Postgres starts")
}

const PREFIX: &str = "roomwire-tests-";

/// A test process has no end of its own at which it could remove its cluster, so the next one does.
fn remove_leftovers(parent: &Path) {
    for entry in std::fs::read_dir(parent)
        .expect("the temporary folder can be listed")
        .flatten()
    {
        let name = entry.file_name();
        let process = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.split('-').next()?.parse().ok());
        if process.is_some_and(|process| kill(Pid::from_raw(process), None).is_err()) {
            // Another test process may be removing it at this moment.
            std::fs::remove_dir_all(entry.path()).unwrap_or_default();
        }
    }
}
