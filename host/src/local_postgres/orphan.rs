//! A server that a killed host left behind is stopped before the next one starts.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::error::LocalPostgresError;
use super::settings::{CLUSTER_NAME, PORT};

/// How long the fast shutdown of an orphan may take.
const FAST: Duration = Duration::from_secs(60);
/// How long its immediate shutdown may take after that.
const IMMEDIATE: Duration = Duration::from_secs(10);
/// How long a process that has no arguments any more may take to end.
const ENDING: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);

/// Stops the server of ours that still runs on `cluster`, and refuses one that is not ours.
///
/// The caller holds the lock of the data folder, so no host of ours looks after that server.
pub(super) fn stop_orphan(
    folder: &Path,
    cluster: &Path,
    socket: &Path,
) -> Result<(), LocalPostgresError> {
    let locks = lock_files(cluster, socket);
    let Some(id) = process_of(&locks[0]) else {
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
        // The process ended, or its id was given to another.
        _ => return take_over(id, &locks),
    }
    tracing::info!(
        server.process_id = id.as_raw(),
        "stopping the private Postgres that an earlier host left behind"
    );
    if stops(id, cluster, Signal::SIGINT, FAST) || stops(id, cluster, Signal::SIGQUIT, IMMEDIATE) {
        return take_over(id, &locks);
    }
    Err(LocalPostgresError::DidNotStop {
        process_id: id.as_raw().unsigned_abs(),
    })
}

/// The files by which a server keeps others from its cluster and from its socket.
fn lock_files(cluster: &Path, socket: &Path) -> [PathBuf; 2] {
    [
        cluster.join("postmaster.pid"),
        socket.join(format!(".s.PGSQL.{PORT}.lock")),
    ]
}

/// Lets the next server have the locks of one that ended and that nobody waits for.
///
/// Such a process still takes signals, so Postgres would think that it runs. A lock that names its parent, which we
/// are, Postgres knows to be an old one. Without the file it would start, too, but could no longer see whether
/// processes of the earlier server still use its memory.
fn take_over(id: Pid, locks: &[PathBuf]) -> Result<(), LocalPostgresError> {
    if !stays_as_zombie(id) {
        return Ok(());
    }
    for lock in locks {
        if process_of(lock) == Some(id) {
            name_us(lock).map_err(LocalPostgresError::folder("take over", lock))?;
            tracing::info!(
                server.process_id = id.as_raw(),
                lock = %lock.display(),
                "taking over from a private Postgres that ended and that nobody waits for"
            );
        }
    }
    Ok(())
}

/// Whether it ended but is still there. One that is just ending is waited for.
fn stays_as_zombie(id: Pid) -> bool {
    let deadline = Instant::now() + ENDING;
    loop {
        if is_zombie(id) {
            return true;
        }
        let ending = kill(id, None) != Err(Errno::ESRCH)
            && arguments_of(id).is_some_and(|arguments| arguments.concat().is_empty());
        if !ending || Instant::now() >= deadline {
            return false;
        }
        thread::sleep(POLL);
    }
}

/// Puts our process id into a lock file. The text is written over what is there, so that the file is never empty and
/// stays its owner's.
fn name_us(lock: &Path) -> io::Result<()> {
    let text = fs::read_to_string(lock)?;
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    let text = format!("{}\n{rest}", std::process::id());
    let mut file = OpenOptions::new().write(true).open(lock)?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)
}

/// The process id in a lock file, where there is one.
fn process_of(lock: &Path) -> Option<Pid> {
    let text = fs::read_to_string(lock).ok()?;
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

#[cfg(target_os = "linux")]
fn is_zombie(id: Pid) -> bool {
    // The state comes after the name, which stands in parentheses and may contain some.
    fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|line| {
        line.rsplit_once(')')
            .is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
    })
}

#[cfg(not(target_os = "linux"))]
fn is_zombie(id: Pid) -> bool {
    let output = std::process::Command::new("ps")
        .args(["-o", "stat=", "-p", &id.to_string()])
        .output();
    output.is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout)
            .trim_start()
            .starts_with('Z')
    })
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
        assert!(stop_orphan(Path::new("/data"), cluster.path(), cluster.path()).is_ok());
    }

    /// A program that ended and that nobody waited for yet.
    fn zombie() -> std::process::Child {
        let ended = std::process::Command::new("true").spawn().unwrap();
        let id = Pid::from_raw(ended.id().try_into().unwrap());
        let deadline = Instant::now() + IMMEDIATE;
        while !is_zombie(id) {
            assert!(Instant::now() < deadline, "it did not end");
            thread::sleep(POLL);
        }
        ended
    }

    #[test]
    fn the_locks_of_an_ended_process_that_nobody_waits_for_are_taken_over() {
        let (cluster, socket) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let locks = lock_files(cluster.path(), socket.path());
        let mut ended = zombie();
        for lock in &locks {
            fs::write(lock, format!("{:>9}\n/data\n5432\n", ended.id())).unwrap();
        }
        stop_orphan(Path::new("/data"), cluster.path(), socket.path()).unwrap();
        for lock in &locks {
            let text = fs::read_to_string(lock).unwrap();
            assert_eq!(text, format!("{}\n/data\n5432\n", std::process::id()));
        }
        ended.wait().unwrap();
    }

    #[test]
    fn a_lock_of_another_process_is_not_taken_over() {
        let (cluster, socket) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let [lock, other] = lock_files(cluster.path(), socket.path());
        let mut ended = zombie();
        fs::write(lock, ended.id().to_string()).unwrap();
        fs::write(&other, "1\n/data\n").unwrap();
        stop_orphan(Path::new("/data"), cluster.path(), socket.path()).unwrap();
        assert_eq!(fs::read_to_string(other).unwrap(), "1\n/data\n");
        ended.wait().unwrap();
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
        let mut another = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let [lock, _] = lock_files(cluster.path(), cluster.path());
        let text = another.id().to_string();
        fs::write(&lock, &text).unwrap();
        let stopped = stop_orphan(Path::new("/data"), cluster.path(), cluster.path());
        let runs = another.try_wait().unwrap().is_none();
        another.kill().unwrap();
        another.wait().unwrap();
        assert!(stopped.is_ok());
        assert!(runs);
        assert_eq!(fs::read_to_string(lock).unwrap(), text);
    }
}
