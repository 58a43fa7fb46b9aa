//! A server that a killed host left behind is stopped before the next one starts.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::error::LocalPostgresError;
use super::settings::CLUSTER_NAME;

/// How long the fast shutdown of an orphan may take.
const FAST: Duration = Duration::from_secs(60);
/// How long its immediate shutdown may take after that.
const IMMEDIATE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// Stops the server of ours that still runs on `cluster`, and refuses one that is not ours.
///
/// The caller holds the lock of the data folder, so no host of ours looks after that server.
pub(super) fn stop_orphan(folder: &Path, cluster: &Path) -> Result<(), LocalPostgresError> {
    let Some(id) = process_of(cluster) else {
        return Ok(());
    };
    match arguments_of(id) {
        Some(arguments) if names_cluster(&arguments, cluster) => {
            if !arguments.iter().any(|argument| argument == CLUSTER_NAME) {
                return Err(LocalPostgresError::AnotherServer {
                    folder: folder.to_path_buf(),
                    process_id: id.as_raw(),
                });
            }
        }
        // The process ended meanwhile, or its id was given to another: Postgres sorts that out itself.
        _ => return Ok(()),
    }
    tracing::info!(
        server.process_id = id.as_raw(),
        "stopping the private Postgres that an earlier host left behind"
    );
    if stops(id, cluster, Signal::SIGINT, FAST) || stops(id, cluster, Signal::SIGQUIT, IMMEDIATE) {
        return Ok(());
    }
    Err(LocalPostgresError::DidNotStop {
        process_id: id.as_raw().unsigned_abs(),
    })
}

/// The process id in the cluster's lock file, where there is one.
fn process_of(cluster: &Path) -> Option<Pid> {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let id: i32 = text.lines().next()?.trim().parse().ok()?;
    (id > 1).then(|| Pid::from_raw(id))
}

fn names_cluster(arguments: &[String], cluster: &Path) -> bool {
    let cluster = cluster.to_string_lossy();
    arguments
        .iter()
        .any(|argument| argument.as_str() == cluster)
}

#[cfg(target_os = "linux")]
fn arguments_of(id: Pid) -> Option<Vec<String>> {
    let line = fs::read(format!("/proc/{id}/cmdline")).ok()?;
    let line = String::from_utf8_lossy(&line);
    Some(line.split('\0').map(str::to_owned).collect())
}

#[cfg(not(target_os = "linux"))]
fn arguments_of(id: Pid) -> Option<Vec<String>> {
    let output = std::process::Command::new("ps")
        .args(["-ww", "-o", "args=", "-p", &id.to_string()])
        .output()
        .ok()?;
    let line = String::from_utf8_lossy(&output.stdout);
    Some(line.split_whitespace().map(str::to_owned).collect())
}

fn stops(id: Pid, cluster: &Path, signal: Signal, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    if kill(id, signal) == Err(Errno::ESRCH) {
        return true;
    }
    while Instant::now() < deadline {
        if is_gone(id, cluster) {
            return true;
        }
        thread::sleep(POLL);
    }
    false
}

/// Whether the server ended. An ended process that nobody waits for still takes signals, but has no arguments left.
fn is_gone(id: Pid, cluster: &Path) -> bool {
    kill(id, None) == Err(Errno::ESRCH)
        || arguments_of(id).is_none_or(|arguments| !names_cluster(&arguments, cluster))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_lock_file_is_no_orphan() {
        let cluster = tempfile::tempdir().unwrap();
        assert!(stop_orphan(Path::new("/data"), cluster.path()).is_ok());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_ended_process_that_nobody_waits_for_is_gone() {
        let mut ended = std::process::Command::new("true").spawn().unwrap();
        let id = Pid::from_raw(ended.id().try_into().unwrap());
        let deadline = Instant::now() + IMMEDIATE;
        while arguments_of(id).is_some_and(|arguments| arguments.concat() != "") {
            assert!(Instant::now() < deadline, "it did not end");
            thread::sleep(POLL);
        }
        assert_eq!(kill(id, None), Ok(()));
        assert!(is_gone(id, Path::new("/data")));
        ended.wait().unwrap();
    }

    #[test]
    fn a_process_id_that_now_belongs_to_another_program_is_left_alone() {
        let cluster = tempfile::tempdir().unwrap();
        let ours = std::process::id().to_string();
        fs::write(cluster.path().join("postmaster.pid"), ours).unwrap();
        assert!(stop_orphan(Path::new("/data"), cluster.path()).is_ok());
    }
}
