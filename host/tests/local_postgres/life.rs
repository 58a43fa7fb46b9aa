//! Starting, surviving a restart, and ending with the host however that ends.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::unistd::Uid;
use roomwire::local_postgres::LocalPostgres;
use secrecy::ExposeSecret;

use crate::world::{ask, eventually, folder, options, runs, start, tell};

#[tokio::test]
async fn a_new_folder_becomes_a_server_on_a_socket_only() {
    let data = folder();
    let server = start(data.path()).await.unwrap();
    assert_eq!(ask(&server, "SHOW listen_addresses").await, "");
    assert_eq!(
        ask(&server, "SELECT current_user::text").await,
        "roomwire_owner"
    );
    let password = fs::metadata(data.path().join("password")).unwrap();
    assert_eq!(password.mode() & 0o777, 0o600);
    server.stop().await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_server_never_runs_as_root() {
    let data = folder();
    let server = start(data.path()).await.unwrap();
    let process = fs::metadata(format!("/proc/{}", server.process_id())).unwrap();
    assert_ne!(process.uid(), 0);
    assert!(Uid::effective().is_root() || process.uid() == Uid::effective().as_raw());
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let data = folder();
    let server = start(data.path()).await.unwrap();
    let url = server.owner_url().expose_secret().replace("0707", "0808");
    let refused = sqlx::PgPool::connect(&url).await.unwrap_err();
    assert!(refused.to_string().contains("password"), "{refused}");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let data = folder();
    let server = start(data.path()).await.unwrap();
    tell(&server, "CREATE TABLE kept AS SELECT 'yes' AS answer").await;
    server.stop().await.unwrap();

    let server = start(data.path()).await.unwrap();
    assert_eq!(ask(&server, "SELECT answer FROM kept").await, "yes");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_stopped_server_is_gone_when_stop_returns() {
    let data = folder();
    let server = start(data.path()).await.unwrap();
    let process = server.process_id();
    server.stop().await.unwrap();
    assert!(!runs(process));
}

#[tokio::test]
async fn a_server_that_ends_by_itself_is_noticed() {
    let data = folder();
    let mut server = start(data.path()).await.unwrap();
    let process = nix::unistd::Pid::from_raw(server.process_id().try_into().unwrap());
    nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGQUIT).unwrap();
    assert!(server.exited().await.starts_with("exit status"));
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_gets_it_elsewhere_and_takes_it_away() {
    let parent = folder();
    let data = parent.path().join("long ,name ".repeat(20));
    let server = start(&data).await.unwrap();
    let socket = ask(&server, "SHOW unix_socket_directories").await;
    assert_eq!(ask(&server, "SELECT 'ready'").await, "ready");
    server.stop().await.unwrap();
    assert!(!Path::new(socket.trim_matches('"')).exists(), "{socket}");
}

#[tokio::test]
async fn a_cluster_that_was_not_finished_is_made_anew() {
    let data = folder();
    let half = data.path().join("unfinished/cluster");
    fs::create_dir_all(&half).unwrap();
    fs::write(data.path().join("roomwire-postgres"), "").unwrap();
    fs::write(half.join("PG_VERSION"), "15").unwrap();
    let server = start(data.path()).await.unwrap();
    assert!(!data.path().join("unfinished").exists());
    server.stop().await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_killed_host_takes_its_server_with_it() {
    let data = folder();
    let guard = options().guard_program;
    let mut host = host_in(data.path(), guard.as_os_str());
    let server = server_in(data.path());
    host.kill().unwrap();
    host.wait().unwrap();
    eventually("the server ends", || !runs(server));
}

/// The shell between host and guard lives on, so the kernel has no reason to stop the server.
#[tokio::test]
async fn a_server_that_outlived_its_host_is_stopped_by_the_next_start() {
    let data = folder();
    let guard = folder_with_shell_guard();
    let mut host = host_in(data.path(), guard.path().join("guard").as_os_str());
    let orphan = server_in(data.path());
    host.kill().unwrap();
    host.wait().unwrap();
    assert!(runs(orphan));

    let server = start(data.path()).await.unwrap();
    assert_ne!(server.process_id(), orphan);
    eventually("the orphan is gone", || !runs(orphan));
    server.stop().await.unwrap();
}

/// A process that ended stays until its parent waits for it, and takes signals meanwhile.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_that_ended_and_that_nobody_waits_for_keeps_no_other_away() {
    let data = folder();
    let server = start(data.path()).await.unwrap();
    let socket = ask(&server, "SHOW unix_socket_directories").await;
    let locks = [
        data.path().join("cluster/postmaster.pid"),
        Path::new(socket.trim_matches('"')).join(".s.PGSQL.5432.lock"),
    ];
    let texts = locks
        .each_ref()
        .map(|lock| fs::read_to_string(lock).unwrap());
    let earlier = server.process_id().to_string();
    server.stop().await.unwrap();

    let mut ended = Command::new("true").spawn().unwrap();
    let state = format!("/proc/{}/stat", ended.id());
    eventually("it ended", || {
        fs::read_to_string(&state).unwrap().contains(") Z")
    });
    for (lock, text) in locks.iter().zip(&texts) {
        let text = text.replacen(&earlier, &ended.id().to_string(), 1);
        fs::write(lock, text).unwrap();
    }
    let server = start(data.path()).await.unwrap();
    server.stop().await.unwrap();
    ended.wait().unwrap();
}

fn folder_with_shell_guard() -> tempfile::TempDir {
    let folder = folder();
    let path = folder.path().join("guard");
    let real = options().guard_program;
    // The arguments are: __postgres-guard --host ID and the rest.
    let script = format!(
        "#!/bin/sh\nname=$1; shift 3\n{} $name --host $$ \"$@\" &\nwait\n",
        real.display()
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Starts this test binary again as a host that runs until it is killed.
fn host_in(data: &Path, guard: &OsStr) -> Child {
    let program = std::env::current_exe().unwrap();
    Command::new(program)
        .args(["--exact", "life::host_until_killed", "--nocapture"])
        .env("LOCAL_POSTGRES_DATA", data)
        .env("LOCAL_POSTGRES_GUARD", guard)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// The process id of the server that the host made ready.
fn server_in(data: &Path) -> u32 {
    let ready = data.join("ready");
    eventually("the host has a server", || ready.exists());
    let text = fs::read_to_string(data.join("cluster/postmaster.pid")).unwrap();
    text.lines().next().unwrap().parse().unwrap()
}

/// Not a test by itself: what [`host_in`] runs.
#[tokio::test]
async fn host_until_killed() {
    let (Some(data), Some(guard)) = (
        std::env::var_os("LOCAL_POSTGRES_DATA"),
        std::env::var_os("LOCAL_POSTGRES_GUARD"),
    ) else {
        return;
    };
    let data = Path::new(&data);
    let mut options = options();
    options.guard_program = guard.into();
    let mut server = LocalPostgres::start(data, options).await.unwrap();
    fs::write(data.join("ready"), "").unwrap();
    server.exited().await;
}
