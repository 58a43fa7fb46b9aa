//! A throw-away Postgres for the time of one task.
//!
//! The host's private Postgres is not used here: this one serves to compile the host.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use nix::unistd::{Uid, User};
use tempfile::TempDir;

use crate::process;

/// A running server on a Unix socket; it stops and its data goes when this value does.
pub(crate) struct ScratchPostgres {
    programs: PathBuf,
    folder: TempDir,
    user: Option<User>,
}

impl ScratchPostgres {
    pub(crate) fn start() -> Result<Self> {
        let user = unprivileged()?;
        let folder = tempfile::Builder::new()
            .prefix("roomwire-scratch-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        if let Some(user) = &user {
            lchown(
                folder.path(),
                Some(user.uid.as_raw()),
                Some(user.gid.as_raw()),
            )?;
        }
        let server = Self {
            programs: find_programs()?,
            folder,
            user,
        };
        let cluster = server.cluster();
        server.run(
            server
                .command("initdb")
                .arg("--pgdata")
                .arg(&cluster)
                .args([
                    "--username=postgres",
                    "--auth=trust",
                    "--no-locale",
                    "--encoding=UTF8",
                    "--no-sync",
                ]),
        )?;
        let settings = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c fsync=off",
            server.folder.path().display()
        );
        server.run(
            server
                .command("pg_ctl")
                .arg("--pgdata")
                .arg(&cluster)
                .args(["--wait", "--options", &settings, "--log"])
                .arg(server.folder.path().join("log"))
                .arg("start"),
        )?;
        Ok(server)
    }

    /// The address of its only database.
    pub(crate) fn url(&self) -> String {
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
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

    fn cluster(&self) -> PathBuf {
        self.folder.path().join("cluster")
    }

    /// A server program in its user's name; the caller gives the arguments.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir("/").env("LC_ALL", "C");
        if let Some(user) = &self.user {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    fn run(&self, command: &mut Command) -> Result<()> {
        process::run(command.stdin(Stdio::null()).stdout(Stdio::null()))
            .with_context(|| format!("no scratch Postgres in {}", self.folder.path().display()))
    }
}

impl Drop for ScratchPostgres {
    fn drop(&mut self) {
        let mut stop = self.command("pg_ctl");
        stop.arg("--pgdata")
            .arg(self.cluster())
            .args(["--mode=immediate", "--wait", "stop"]);
        if let Err(error) = self.run(&mut stop) {
            eprintln!("{error:#}");
        }
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

/// The folder with `initdb`, `pg_ctl` and `psql`: on `PATH`, or the distribution's newest.
fn find_programs() -> Result<PathBuf> {
    let complete = |folder: &PathBuf| {
        ["initdb", "pg_ctl", "psql"]
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
        let folder = server.folder.path().to_path_buf();
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
