//! The data folder: the marker that makes it ours, the lock, and the paths in it.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::error::LocalPostgresError;
use super::server_user::ServerUser;

const MARKER: &str = "roomwire-postgres";
const MARKER_TEXT: &str = "This folder holds Roomwire's private Postgres. \
    Roomwire refuses a folder with content but without this file.\n";

const PASSWORD: &str = "password";

/// The log starts anew at a start that finds it longer than this many bytes.
const LOG_LIMIT: u64 = 8 * 1024 * 1024;
/// How much of the log an error shows, in bytes and lines.
const TAIL_BYTES: u64 = 4096;
const TAIL_LINES: usize = 12;

/// A data folder of ours, locked for as long as this value lives.
#[derive(Debug)]
pub(super) struct DataFolder {
    path: PathBuf,
    /// The end of the process ends the lock, too.
    lock: File,
}

impl Drop for DataFolder {
    /// Unlocks rather than only closes: a program that another thread is just starting may still
    /// share the open file for a moment.
    fn drop(&mut self) {
        if let Err(cause) = self.lock.unlock() {
            tracing::debug!(folder = %self.path.display(), %cause, "the lock stays until the process ends");
        }
    }
}

impl DataFolder {
    /// Takes the folder for us alone, marking it where it is new or empty.
    pub(super) fn claim(path: &Path) -> Result<Self, LocalPostgresError> {
        let not_writable = |source| LocalPostgresError::NotWritable {
            folder: path.to_path_buf(),
            source,
        };
        fs::create_dir_all(path).map_err(not_writable)?;
        let path = path.canonicalize().map_err(not_writable)?;
        let marker = path.join(MARKER);
        let ours = marker.try_exists().map_err(not_writable)?;
        if !ours {
            let mut entries = fs::read_dir(&path).map_err(not_writable)?;
            if entries.next().is_some() && !marker.exists() {
                return Err(LocalPostgresError::NotOurs { folder: path });
            }
        }
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&marker)
            .map_err(not_writable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LocalPostgresError::InUse { folder: path });
            }
            Err(TryLockError::Error(source)) => {
                return Err(LocalPostgresError::folder("lock", marker)(source));
            }
        }
        if !ours {
            lock.write_all(MARKER_TEXT.as_bytes())
                .map_err(not_writable)?;
        }
        Ok(Self { path, lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What `initdb` made.
    pub(super) fn cluster(&self) -> PathBuf {
        self.path.join("cluster")
    }

    /// Where a cluster is made before it is moved into its place, so that half a cluster is never used.
    pub(super) fn staging(&self) -> PathBuf {
        self.path.join("unfinished")
    }

    fn password_file(&self) -> PathBuf {
        self.path.join(PASSWORD)
    }

    pub(super) fn write_password(&self, password: &SecretString) -> Result<(), LocalPostgresError> {
        let path = self.password_file();
        write_private(&path, password.expose_secret())
            .map_err(LocalPostgresError::folder("write", path))
    }

    pub(super) fn read_password(&self) -> Result<SecretString, LocalPostgresError> {
        password_in(&self.path)
    }

    pub(super) fn open_log(&self) -> Result<Log, LocalPostgresError> {
        let path = self.path.join("postgres.log");
        let too_long = fs::metadata(&path).is_ok_and(|log| log.len() > LOG_LIMIT);
        if too_long {
            fs::rename(&path, self.path.join("postgres.log.1"))
                .map_err(LocalPostgresError::folder("rename", &path))?;
        }
        let opened = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .and_then(|file| Ok((file.metadata()?.len(), file)));
        let (start, file) = opened.map_err(LocalPostgresError::folder("open", &path))?;
        Ok(Log { path, start, file })
    }
}

/// The owner's password in a data folder, also in one that another host has locked.
pub(super) fn password_in(folder: &Path) -> Result<SecretString, LocalPostgresError> {
    let path = folder.join(PASSWORD);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim_end().to_owned().into()),
        Err(source) => Err(LocalPostgresError::PasswordLost { path, source }),
    }
}

/// The server's log, and where this run's part of it starts.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    start: u64,
    pub(super) file: File,
}

impl Log {
    /// The last lines that this run wrote; says so where the log can't be read.
    pub(super) fn tail(&self) -> String {
        self.read_tail()
            .unwrap_or_else(|cause| format!("(can't read {}: {cause})", self.path.display()))
    }

    fn read_tail(&self) -> io::Result<String> {
        let mut file = File::open(&self.path)?;
        let length = file.metadata()?.len();
        let from = self.start.max(length.saturating_sub(TAIL_BYTES));
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(last_lines(&String::from_utf8_lossy(&bytes)))
    }
}

/// The last lines of a text, which is how much of a program's output an error shows.
pub(super) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

/// Writes a file that only its owner may read, replacing one that is there.
pub(super) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Makes a folder that only the server's user may enter; one that is there must be that user's own.
///
/// `None` is a folder that belongs to somebody else, or something that is no folder.
pub(super) fn private_folder(path: &Path, user: Option<&ServerUser>) -> io::Result<Option<()>> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => give(path, user)?,
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
        Err(cause) => return Err(cause),
    }
    let found = fs::symlink_metadata(path)?;
    let owner = user.map_or_else(|| nix::unistd::geteuid().as_raw(), |user| user.uid);
    if !found.is_dir() || found.uid() != owner {
        return Ok(None);
    }
    fs::set_permissions(path, Permissions::from_mode(0o700))?;
    Ok(Some(()))
}

/// Makes the server's user the owner; without one the file is ours already.
pub(super) fn give(path: &Path, user: Option<&ServerUser>) -> io::Result<()> {
    user.map_or(Ok(()), |user| {
        std::os::unix::fs::lchown(path, Some(user.uid), Some(user.gid))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_foreign_content_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("PG_VERSION"), "15").unwrap();
        let error = DataFolder::claim(folder.path()).unwrap_err();
        assert!(matches!(error, LocalPostgresError::NotOurs { .. }));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_new_folder_is_made_and_marked() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let folder = DataFolder::claim(&path).unwrap();
        assert!(folder.path().join(MARKER).is_file());
    }

    #[test]
    fn a_second_claim_is_refused_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataFolder::claim(folder.path()).unwrap();
        let error = DataFolder::claim(folder.path()).unwrap_err();
        assert!(matches!(error, LocalPostgresError::InUse { .. }));
        drop(first);
        assert!(DataFolder::claim(folder.path()).is_ok());
    }

    #[test]
    fn a_path_through_a_file_is_not_writable() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = DataFolder::claim(&file.path().join("data")).unwrap_err();
        assert!(matches!(error, LocalPostgresError::NotWritable { .. }));
    }

    #[test]
    fn only_the_owner_may_read_the_password() {
        let folder = tempfile::tempdir().unwrap();
        let folder = DataFolder::claim(folder.path()).unwrap();
        folder.write_password(&"secret".to_owned().into()).unwrap();
        let mode = fs::metadata(folder.password_file()).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
        let read = folder.read_password().unwrap();
        assert_eq!(read.expose_secret(), "secret");
    }

    #[test]
    fn a_lost_password_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let folder = DataFolder::claim(folder.path()).unwrap();
        let error = folder.read_password().unwrap_err().to_string();
        assert!(error.contains("password"), "{error}");
    }

    #[test]
    fn the_tail_starts_where_this_run_started() {
        let folder = tempfile::tempdir().unwrap();
        let folder = DataFolder::claim(folder.path()).unwrap();
        let mut earlier = folder.open_log().unwrap();
        earlier.file.write_all(b"old\n").unwrap();
        let mut log = folder.open_log().unwrap();
        log.file.write_all(b"new\n").unwrap();
        assert_eq!(log.tail(), "new");
    }

    #[test]
    fn a_private_folder_is_not_taken_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(private_folder(file.path(), None).unwrap().is_none());
    }
}
