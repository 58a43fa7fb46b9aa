//! The cluster in its data folder: made once, then started as often as needed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::binaries::Binaries;
use super::error::LocalPostgresError;
use super::folder::{
    DataFolder, Log, give, last_lines, password_in, private_folder, write_private,
};
use super::guard::PostgresGuard;
use super::orphan::stop_orphan;
use super::process::ServerProcess;
use super::server_user::{ServerUser, run_as};
use super::settings::{self, Durability, PORT};
use super::{OWNER, Options};

/// A socket's whole path has at most 103 bytes on macOS and 107 on Linux, of which `/.s.PGSQL.5432` takes 14.
const LONGEST_SOCKET_FOLDER: usize = 89;

/// A cluster that is ready to be started.
#[derive(Debug)]
pub(super) struct Cluster {
    folder: DataFolder,
    binaries: Binaries,
    user: Option<ServerUser>,
    socket: PathBuf,
    password: SecretString,
    log: Log,
}

impl Cluster {
    /// Claims the folder and makes the cluster where there is none.
    pub(super) fn prepare(path: &Path, options: &Options) -> Result<Self, LocalPostgresError> {
        let folder = DataFolder::claim(path)?;
        let cluster = folder.cluster();
        let user = ServerUser::choose(folder.path(), &cluster)?;
        let made_by = made_by(&cluster)?;
        let binaries = Binaries::find(&options.binaries, folder.path(), made_by)?;
        let new = made_by.is_none();
        if new {
            // Others may pass through where the server is another user, and never list what is inside.
            let mode = if user.is_some() { 0o711 } else { 0o700 };
            fs::set_permissions(folder.path(), Permissions::from_mode(mode))
                .map_err(LocalPostgresError::folder("restrict", folder.path()))?;
        }
        if let Some(user) = &user {
            user.check_reach(folder.path())?;
        }
        if new {
            make(&folder, &binaries, user.as_ref(), options)?;
        }
        let socket = socket_folder(&folder, user.as_ref())?;
        stop_orphan(folder.path(), &cluster, &socket)?;
        Ok(Self {
            socket,
            password: folder.read_password()?,
            log: folder.open_log()?,
            folder,
            binaries,
            user,
        })
    }

    /// Starts the server, which is not ready yet when this returns.
    pub(super) fn launch(&self, options: &Options) -> Result<ServerProcess, LocalPostgresError> {
        let output = |_| self.log.file.try_clone();
        let [stdout, stderr] = [(); 2].map(output);
        let log_failed = LocalPostgresError::folder("share", self.folder.path());
        let (stdout, stderr) = stdout
            .and_then(|stdout| Ok((stdout, stderr?)))
            .map_err(log_failed)?;

        let mut command = Command::new(&options.guard_program);
        command
            .arg(PostgresGuard::NAME)
            .args(["--host", &std::process::id().to_string()]);
        if let Some(user) = &self.user {
            command.args(["--uid", &user.uid.to_string()]);
            command.args(["--gid", &user.gid.to_string()]);
        }
        command.arg("--").arg(self.binaries.postgres());
        command.args(settings::arguments(
            &self.folder.cluster(),
            &self.socket,
            options.durability,
        ));
        calm(&mut command);
        // Of its own group: an interrupt typed at the host's terminal must not stop the server first.
        command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr);
        ServerProcess::spawn(command).map_err(|source| LocalPostgresError::Program {
            program: options.guard_program.clone(),
            source,
        })
    }

    pub(super) fn owner_url(&self) -> SecretString {
        owner_url(&self.socket, &self.password)
    }

    pub(super) fn log_tail(&self) -> String {
        self.log.tail()
    }

    /// A socket folder outside the data folder goes with the server.
    pub(super) fn remove_temporary_socket_folder(&self) {
        if self.socket == near_socket(self.folder.path()) {
            return;
        }
        if let Err(cause) = fs::remove_dir(&self.socket) {
            tracing::debug!(folder = %self.socket.display(), %cause, "the socket's folder stays");
        }
    }
}

/// The major version that made the cluster, or `None` where there is none.
fn made_by(cluster: &Path) -> Result<Option<u32>, LocalPostgresError> {
    if !cluster.exists() {
        return Ok(None);
    }
    let file = cluster.join("PG_VERSION");
    let version = fs::read_to_string(&file)
        .and_then(|text| text.trim().parse().map_err(std::io::Error::other));
    version
        .map(Some)
        .map_err(LocalPostgresError::folder("read the version in", file))
}

/// Runs `initdb` beside the final place and moves the whole cluster there.
fn make(
    folder: &DataFolder,
    binaries: &Binaries,
    user: Option<&ServerUser>,
    options: &Options,
) -> Result<(), LocalPostgresError> {
    let staging = folder.staging();
    if staging.exists() {
        fs::remove_dir_all(&staging).map_err(LocalPostgresError::folder("clear", &staging))?;
    }
    let password = SecretString::from(hex::encode(options.password_entropy.expose_secret()));
    folder.write_password(&password)?;
    let password_file = staging.join("password");
    private_folder(&staging, user)
        .and_then(|_| write_private(&password_file, password.expose_secret()))
        .and_then(|()| give(&password_file, user))
        .map_err(LocalPostgresError::folder("prepare", &staging))?;
    tracing::info!(folder = %folder.path().display(), version = binaries.major, "making the private Postgres");
    let cluster = staging.join("cluster");
    initdb(binaries, &cluster, &password_file, user, options.durability).map_err(|failure| {
        match failure {
            InitdbFailure::NotRun(source) => LocalPostgresError::Program {
                program: binaries.initdb(),
                source,
            },
            InitdbFailure::Refused(output) => LocalPostgresError::Initdb {
                folder: folder.path().to_path_buf(),
                output,
            },
        }
    })?;
    fs::rename(&cluster, folder.cluster())
        .and_then(|()| fs::remove_dir_all(&staging))
        .map_err(LocalPostgresError::folder("finish", &staging))
}

enum InitdbFailure {
    NotRun(std::io::Error),
    Refused(String),
}

fn initdb(
    binaries: &Binaries,
    cluster: &Path,
    password_file: &Path,
    user: Option<&ServerUser>,
    durability: Durability,
) -> Result<(), InitdbFailure> {
    let mut command = Command::new(binaries.initdb());
    command
        .arg("--pgdata")
        .arg(cluster)
        .arg("--pwfile")
        .arg(password_file)
        .args(["--username", OWNER, "--auth", "scram-sha-256"])
        .args(["--no-locale", "--encoding", "UTF8", "--no-instructions"])
        .arg(match durability {
            Durability::Durable => "--data-checksums",
            Durability::Throwaway => "--no-sync",
        })
        .stdin(Stdio::null());
    calm(&mut command);
    run_as(&mut command, user);
    let output = command.output().map_err(InitdbFailure::NotRun)?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(InitdbFailure::Refused(last_lines(
        &String::from_utf8_lossy(&text),
    )))
}

/// A plain environment and folder: nothing of ours, secrets least of all, is the server's business.
fn calm(command: &mut Command) {
    command.env_clear().env("LC_ALL", "C").current_dir("/");
}

fn owner_url(socket: &Path, password: &SecretString) -> SecretString {
    let socket: String = socket
        .to_string_lossy()
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let password = password.expose_secret();
    format!("postgres://{OWNER}:{password}@{socket}:{PORT}/postgres?sslmode=disable").into()
}

/// How the owner reaches the server that another host runs on this data folder.
pub(super) fn running_owner_url(folder: &Path) -> Result<SecretString, LocalPostgresError> {
    let folder = folder
        .canonicalize()
        .map_err(LocalPostgresError::folder("find", folder))?;
    Ok(owner_url(&socket_path(&folder)?, &password_in(&folder)?))
}

fn near_socket(folder: &Path) -> PathBuf {
    folder.join("socket")
}

/// Where the socket's folder is: in the data folder, or a short one of our own for a long path.
fn socket_path(folder: &Path) -> Result<PathBuf, LocalPostgresError> {
    let near = near_socket(folder);
    let fits = |path: &Path| {
        path.to_str()
            .is_some_and(|text| text.len() <= LONGEST_SOCKET_FOLDER)
    };
    let path = if fits(&near) {
        near
    } else {
        // The same data folder always gets the same one, so that a killed host leaves nothing to collect.
        let name = Sha256::digest(folder.as_os_str().as_encoded_bytes());
        std::env::temp_dir().join(format!("roomwire-{}", hex::encode(&name[..8])))
    };
    if fits(&path) {
        Ok(path)
    } else {
        Err(LocalPostgresError::SocketPathTooLong { path })
    }
}

fn socket_folder(
    folder: &DataFolder,
    user: Option<&ServerUser>,
) -> Result<PathBuf, LocalPostgresError> {
    let path = socket_path(folder.path())?;
    private_folder(&path, user)
        .map_err(LocalPostgresError::folder("prepare", &path))?
        .ok_or(LocalPostgresError::SocketFolderTaken { path: path.clone() })?;
    Ok(path)
}
