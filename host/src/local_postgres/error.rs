//! Everything that can keep the private Postgres from running, each with what to do about it.

use std::io;
use std::path::PathBuf;

use super::binaries::OLDEST_MAJOR;

/// Why the private Postgres does not run.
#[derive(Debug, thiserror::Error)]
pub enum LocalPostgresError {
    /// No server programs were found.
    #[error(
        "found no Postgres server programs (looked in {}); install them: `apt install postgresql` on Debian and Ubuntu, `dnf install postgresql-server` on Fedora, `brew install postgresql@17` on macOS; or set DATABASE_URL to use a server of your own",
        list(.looked_in)
    )]
    NoBinaries {
        /// The folders that were searched.
        looked_in: Vec<PathBuf>,
    },

    /// Only programs older than the oldest version that we run.
    #[error(
        "Postgres {OLDEST_MAJOR} or newer is needed, but only {found} is installed; install a newer one or set DATABASE_URL"
    )]
    BinariesTooOld {
        /// The versions found, newest first, as text.
        found: String,
    },

    /// The cluster was made by a major version that is not installed.
    #[error(
        "the cluster in {} was made by Postgres {cluster}, but only {installed} is installed; install Postgres {cluster} again, or move the data with pg_dump or pg_upgrade", folder.display()
    )]
    OtherVersion {
        /// The data folder.
        folder: PathBuf,
        /// The major version that made it.
        cluster: u32,
        /// The versions installed, as text.
        installed: String,
    },

    /// The folder has content but not our marker.
    #[error(
        "{} is not empty and was not made by Roomwire, so it is left alone; name an empty or new folder for the data", folder.display()
    )]
    NotOurs {
        /// The data folder.
        folder: PathBuf,
    },

    /// The folder can't be written by this user.
    #[error("can't write in {}; give this user the folder or name another one for the data", folder.display())]
    NotWritable {
        /// The data folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },

    /// The cluster belongs to another user than the one we run as.
    #[error("the cluster in {} belongs to user id {owner}; start Roomwire as that user", folder.display())]
    OwnedByAnother {
        /// The data folder.
        folder: PathBuf,
        /// The owner's user id.
        owner: u32,
    },

    /// The unprivileged user can't reach the data folder.
    #[error(
        "Postgres never runs as root, so it runs as `{user}` here, who can't enter {} on the way to {}; name a data folder that `{user}` can reach (such as one in /var/lib), or start Roomwire as an ordinary user", blocked.display(), folder.display()
    )]
    NotReachable {
        /// The data folder.
        folder: PathBuf,
        /// The folder on the way that can't be entered.
        blocked: PathBuf,
        /// The unprivileged user.
        user: String,
    },

    /// We are root, and no user is there to drop to.
    #[error(
        "Postgres never runs as root, and there is neither a user `postgres` nor `nobody` to run it as; create one or start Roomwire as an ordinary user"
    )]
    NoUnprivilegedUser,

    /// Another host runs on this folder.
    #[error("another Roomwire already uses {}; stop it or name another folder for the data", folder.display())]
    InUse {
        /// The data folder.
        folder: PathBuf,
    },

    /// A server that we did not start runs on our cluster.
    #[error(
        "a Postgres that Roomwire did not start (process {process_id}) runs on the cluster in {}; stop it first", folder.display()
    )]
    AnotherServer {
        /// The data folder.
        folder: PathBuf,
        /// Its process id.
        process_id: i32,
    },

    /// The temporary folder for the socket is not ours.
    #[error("{} is taken by something that Roomwire did not make; remove it, or name a data folder with a path shorter than 80 bytes", path.display())]
    SocketFolderTaken {
        /// Where the socket should have been.
        path: PathBuf,
    },

    /// No path is short enough for a Unix socket.
    #[error("{} is too long for a Unix socket; name a data folder with a path shorter than 80 bytes", path.display())]
    SocketPathTooLong {
        /// The shortest path that was possible.
        path: PathBuf,
    },

    /// The cluster is there and its password is not.
    #[error("the password of the cluster is missing or unreadable: {}; restore that file from a backup", path.display())]
    PasswordLost {
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },

    /// `initdb` failed.
    #[error("initdb could not make a cluster in {}:\n{output}", folder.display())]
    Initdb {
        /// The data folder.
        folder: PathBuf,
        /// The last lines it printed.
        output: String,
    },

    /// The server ended before it was ready.
    #[error("the private Postgres did not start ({how}); its last words:\n{log}")]
    StartFailed {
        /// How the process ended.
        how: String,
        /// The last lines of its log.
        log: String,
    },

    /// The server was not ready in time.
    #[error("the private Postgres was not ready after {seconds} s; its last words:\n{log}")]
    StartTimeout {
        /// How long we waited.
        seconds: u64,
        /// The last lines of its log.
        log: String,
        /// Why the last connection failed.
        #[source]
        source: Box<sqlx::Error>,
    },

    /// A server ignores our signals.
    #[error("Postgres process {process_id} does not stop; look at its log and end it by hand")]
    DidNotStop {
        /// Its process id.
        process_id: u32,
    },

    /// A program could not be run at all.
    #[error("can't run {}", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },

    /// A file operation failed.
    #[error("can't {doing} {}", path.display())]
    Folder {
        /// A verb: what was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl LocalPostgresError {
    /// For `map_err` on a file operation.
    pub(super) fn folder(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Folder {
            doing,
            path,
            source,
        }
    }
}

fn list(folders: &[PathBuf]) -> String {
    if folders.is_empty() {
        return "no folder at all".to_owned();
    }
    let names: Vec<String> = folders
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    names.join(", ")
}
