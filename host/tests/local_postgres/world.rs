//! A data folder for one test, and the look at a server from outside.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::kill;
use nix::unistd::Pid;
use roomwire::local_postgres::{
    BinarySearch, Durability, LocalPostgres, LocalPostgresError, Options,
};
use secrecy::{ExposeSecret, SecretBox};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

/// A folder that an unprivileged server may enter; its content goes with it.
pub(crate) fn folder() -> TempDir {
    tempfile::Builder::new()
        .prefix("rw-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir()
        .unwrap()
}

pub(crate) fn options() -> Options {
    let search = BinarySearch::Installed {
        search_path: search_path(),
    };
    let guard = PathBuf::from(env!("CARGO_BIN_EXE_roomwire"));
    let entropy = SecretBox::new(Box::new([7; 32]));
    let mut options = Options::new(guard, search, entropy);
    options.durability = Durability::Throwaway;
    options
}

fn search_path() -> std::ffi::OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

pub(crate) async fn start(data: &Path) -> Result<LocalPostgres, LocalPostgresError> {
    LocalPostgres::start(data, options()).await
}

pub(crate) async fn connect(server: &LocalPostgres) -> PgConnection {
    let options: PgConnectOptions = server.owner_url().expose_secret().parse().unwrap();
    options.connect().await.unwrap()
}

/// Runs one statement as the owner and gives its first value.
pub(crate) async fn ask(server: &LocalPostgres, statement: &'static str) -> String {
    let mut connection = connect(server).await;
    let value = sqlx::query_scalar(statement)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    value
}

/// Runs one statement as the owner.
pub(crate) async fn tell(server: &LocalPostgres, statement: &'static str) {
    let mut connection = connect(server).await;
    sqlx::query(statement)
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// Whether a process runs. One that ended and that nobody waited for has no arguments left.
pub(crate) fn runs(process_id: u32) -> bool {
    let arguments = std::fs::read(format!("/proc/{process_id}/cmdline"));
    kill(Pid::from_raw(process_id.try_into().unwrap()), None).is_ok()
        && arguments.map_or(cfg!(not(target_os = "linux")), |line| !line.is_empty())
}

/// Looks again until `happened`, for at most half a minute.
#[track_caller]
pub(crate) fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !happened() {
        assert!(Instant::now() < deadline, "did not happen: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
