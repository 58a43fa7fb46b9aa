//! A throw-away Postgres for the time of one task.
//!
//! The host's private Postgres is not used here: this one serves to compile the host.

use std::os::unix::fs::lchown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::unistd::{Uid, User};

use crate::process;

/// How long the server may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Runs the server until our end of its standard input is closed, then takes everything away.
///
/// Closing is what the system does for us however we end, so a killed task leaves nothing behind.
const LIFELINE: &str = "\
    folder=$1; shift\n\
    \"$@\" >\"$folder/log\" 2>&1 </dev/null &\n\
    server=$!\n\
    cat >/dev/null\n\
    kill -QUIT $server\n\
    wait $server\n\
    rm -rf \"$folder\"\n";

/// A running server on a Unix socket; it stops and its data goes when this value or process does.
pub(crate) struct ScratchPostgres {
    programs: PathBuf,
    folder: PathBuf,
    user: Option<User>,
    lifeline: Child,
}

impl ScratchPostgres {
    pub(crate) fn start() -> Result<Self> {
        let (programs, user) = (find_programs()?, unprivileged()?);
        let folder = tempfile::Builder::new()
            .prefix("roomwire-scratch-")
            .tempdir()?;
        if let Some(user) = &user {
            lchown(
                folder.path(),
                Some(user.uid.as_raw()),
                Some(user.gid.as_raw()),
            )?;
        }
        let cluster = folder.path().join("cluster");
        let mut initdb = Command::new(programs.join("initdb"));
        initdb.arg("--pgdata").arg(&cluster).args([
            "--username=postgres",
            "--auth=trust",
            "--no-locale",
            "--encoding=UTF8",
            "--no-sync",
        ]);
        calm(&mut initdb, user.as_ref());
        process::run(initdb.stdout(Stdio::null()))?;

        let mut lifeline = Command::new("sh");
        lifeline
            .args(["-c", LIFELINE, "sh"])
            .arg(folder.path())
            .arg(programs.join("postgres"))
            .arg("-D")
            .arg(&cluster)
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c"])
            .arg(format!(
                "unix_socket_directories={}",
                folder.path().display()
            ));
        calm(&mut lifeline, user.as_ref());
        // Of its own group, so that an interrupt at the terminal leaves it the time to clean up.
        let lifeline = lifeline.process_group(0).stdin(Stdio::piped()).spawn()?;
        let server = Self {
            programs,
            // From here on the lifeline removes it.
            folder: folder.keep(),
            user,
            lifeline,
        };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&self) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            let mut probe = Command::new(self.programs.join("pg_isready"));
            probe.arg("--quiet").arg("--host").arg(&self.folder);
            calm(&mut probe, self.user.as_ref());
            if probe.status().context("can't run pg_isready")?.success() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("the scratch Postgres did not start:\n{log}");
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The address of its only database.
    pub(crate) fn url(&self) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}/postgres")
    }

    /// Runs the statements of one file, all or none.
    pub(crate) fn apply(&self, file: &Path) -> Result<()> {
        let mut command = Command::new(self.programs.join("psql"));
        command
            .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"])
            .arg(format!("--dbname={}", self.url()));
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("can't read {}", file.display()))?;
        // Some statements refuse a transaction; their migration says so in its first line.
        if !text.starts_with("-- no-transaction") {
            command.arg("--single-transaction");
        }
        process::run(command.arg("--file").arg(file).stdout(Stdio::null()))
    }
}

impl Drop for ScratchPostgres {
    fn drop(&mut self) {
        drop(self.lifeline.stdin.take());
        if let Err(cause) = self.lifeline.wait() {
            eprintln!("the scratch Postgres may still run: {cause}");
        }
    }
}

/// As the server's user, in a place that this user may enter.
fn calm(command: &mut Command, user: Option<&User>) {
    command
        .current_dir("/")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    if let Some(user) = user {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
}

/// Postgres never runs as root.
fn unprivileged() -> Result<Option<User>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some(user));
        }
    }
    bail!("there is neither a user `postgres` nor `nobody` to run Postgres as")
}

/// The folder with the server's programs and `psql`: on `PATH`, or the distribution's newest.
fn find_programs() -> Result<PathBuf> {
    let complete = |folder: &PathBuf| {
        ["initdb", "postgres", "pg_isready", "psql"]
            .iter()
            .all(|program| folder.join(program).is_file())
    };
    let parents = [
        "/usr/lib/postgresql",
        "/usr",
        "/opt/homebrew/opt",
        "/usr/local/opt",
    ];
    let mut installed: Vec<PathBuf> = parents
        .iter()
        .filter_map(|parent| std::fs::read_dir(parent).ok())
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| entry.path().join("bin"))
        .filter(|folder| folder.join("initdb").is_file())
        .collect();
    installed.sort_by_key(|folder| std::cmp::Reverse(version_in(folder)));
    process::search_path()
        .chain(installed)
        .find(complete)
        .context("found no Postgres programs; install them, for example `apt install postgresql`")
}

/// The number in `…/postgresql/17/bin`, `…/pgsql-17/bin` or `…/postgresql@17/bin`.
fn version_in(folder: &Path) -> u32 {
    let name = folder
        .parent()
        .and_then(Path::file_name)
        .unwrap_or_default()
        .to_string_lossy();
    let digits = name.trim_start_matches(|character: char| !character.is_ascii_digit());
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_number_in_the_folder() {
        for (folder, version) in [
            ("/usr/lib/postgresql/17/bin", 17),
            ("/usr/pgsql-16/bin", 16),
            ("/usr/local/opt/postgresql@15/bin", 15),
            ("/usr/bin", 0),
        ] {
            assert_eq!(version_in(Path::new(folder)), version, "{folder}");
        }
    }

    #[test]
    fn a_scratch_server_takes_statements_and_leaves_nothing() {
        let server = ScratchPostgres::start().unwrap();
        let folder = server.folder.clone();
        let files = tempfile::tempdir().unwrap();
        let statement = |name: &str, text: &str| {
            let path = files.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let good = statement("good.sql", "CREATE TABLE room (id int);");
        let bad = statement("bad.sql", "CREATE TABLE room (id int);");
        assert!(server.apply(&good).is_ok());
        assert!(server.apply(&bad).is_err());
        drop(server);
        assert!(!folder.exists());
    }
}
