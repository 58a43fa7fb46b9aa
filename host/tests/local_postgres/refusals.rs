//! What keeps the private Postgres from starting, and what the operator is told.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use roomwire::local_postgres::{BinarySearch, LocalPostgres, LocalPostgresError};

use crate::world::{eventually, folder, options, start};

/// Makes a cluster in the folder and stops its server again.
async fn cluster_in(data: &Path) {
    start(data).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_second_start_in_the_same_folder_is_refused_until_the_first_ends() {
    let data = folder();
    let first = start(data.path()).await.unwrap();
    let error = start(data.path()).await.unwrap_err();
    assert!(matches!(error, LocalPostgresError::InUse { .. }), "{error}");
    first.stop().await.unwrap();
    cluster_in(data.path()).await;
}

#[tokio::test]
async fn two_first_starts_at_once_make_one_cluster() {
    let data = folder();
    let (one, other) = tokio::join!(start(data.path()), start(data.path()));
    let (server, refused) = match (one, other) {
        (Ok(server), Err(refused)) | (Err(refused), Ok(server)) => (server, refused),
        both => panic!("{both:?}"),
    };
    assert!(
        matches!(refused, LocalPostgresError::InUse { .. }),
        "{refused}"
    );
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_folder_of_somebody_else_is_left_alone() {
    let data = folder();
    fs::write(data.path().join("notes.txt"), "mine").unwrap();
    let error = start(data.path()).await.unwrap_err();
    assert!(
        error.to_string().contains("was not made by Roomwire"),
        "{error}"
    );
}

#[tokio::test]
async fn no_binaries_names_what_to_install() {
    let (data, nothing) = (folder(), folder());
    let mut options = options();
    options.binaries = BinarySearch::Folder(nothing.path().to_path_buf());
    let error = LocalPostgres::start(data.path(), options)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("apt install postgresql"),
        "{error}"
    );
}

#[tokio::test]
async fn a_cluster_of_a_version_that_is_not_installed_is_not_touched() {
    let data = folder();
    cluster_in(data.path()).await;
    fs::write(data.path().join("cluster/PG_VERSION"), "14\n").unwrap();
    let error = start(data.path()).await.unwrap_err();
    let LocalPostgresError::OtherVersion { cluster, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(cluster, 14);
}

#[tokio::test]
async fn a_failing_initdb_shows_what_it_said() {
    let (data, programs) = (folder(), folder());
    for (name, script) in [
        ("postgres", "echo 'postgres (PostgreSQL) 16.1'"),
        ("initdb", "echo 'no space left on device' >&2; exit 1"),
    ] {
        let path = programs.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut options = options();
    options.binaries = BinarySearch::Folder(programs.path().to_path_buf());
    let error = LocalPostgres::start(data.path(), options)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("no space left on device"),
        "{error}"
    );
    assert!(!data.path().join("cluster").exists());
}

#[tokio::test]
async fn a_server_that_can_not_start_shows_its_last_words() {
    let data = folder();
    cluster_in(data.path()).await;
    let settings = data.path().join("cluster/postgresql.conf");
    fs::write(settings, "no_such_setting = 1\n").unwrap();
    let error = start(data.path()).await.unwrap_err();
    let LocalPostgresError::StartFailed { log, .. } = error else {
        panic!("{error}");
    };
    assert!(log.contains("no_such_setting"), "{log}");
}

#[tokio::test]
async fn a_server_that_is_not_ready_in_time_is_given_up() {
    let data = folder();
    let mut options = options();
    options.start_timeout = Duration::ZERO;
    let error = LocalPostgres::start(data.path(), options)
        .await
        .unwrap_err();
    assert!(
        matches!(error, LocalPostgresError::StartTimeout { .. }),
        "{error}"
    );
    let lock_file = data.path().join("cluster/postmaster.pid");
    eventually("the server is gone", || !lock_file.exists());
}

#[tokio::test]
async fn a_guard_that_is_not_there_is_named() {
    let data = folder();
    let mut options = options();
    options.guard_program = "/nowhere/roomwire".into();
    let error = LocalPostgres::start(data.path(), options)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "can't run /nowhere/roomwire");
}

#[tokio::test]
async fn a_server_started_by_hand_on_our_cluster_is_not_stopped() {
    let data = folder();
    cluster_in(data.path()).await;
    let cluster = data.path().join("cluster");
    let mut by_hand = postgres_by_hand(&cluster).spawn().unwrap();
    let lock_file = cluster.join("postmaster.pid");
    eventually("the server runs", || lock_file.exists());

    let error = start(data.path()).await.unwrap_err();
    assert!(
        matches!(error, LocalPostgresError::AnotherServer { .. }),
        "{error}"
    );
    assert!(by_hand.try_wait().unwrap().is_none());
    by_hand.kill().unwrap();
    by_hand.wait().unwrap();
}

fn postgres_by_hand(cluster: &Path) -> Command {
    // The program that made the cluster: another version would refuse it.
    let options = fs::read_to_string(cluster.join("postmaster.opts")).unwrap();
    let program = options.split_whitespace().next().unwrap().to_owned();
    let owner = fs::metadata(cluster).unwrap();
    let mut command = Command::new(program);
    command
        .arg("-D")
        .arg(cluster)
        .args(["-c", "listen_addresses=", "-c"])
        .arg(format!("unix_socket_directories={}", cluster.display()))
        .current_dir("/")
        .stderr(Stdio::null());
    if nix::unistd::Uid::effective().is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    command
}
