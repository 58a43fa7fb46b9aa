//! Where everything is written that the demo needs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

/// A fresh folder: one of the caller's, which stays, or one that goes with us.
#[derive(Debug)]
pub(crate) enum Folder {
    Given(PathBuf),
    Temporary(TempDir),
}

impl Folder {
    /// A given folder must be empty or missing: a story is told to a host that remembers nothing.
    pub(crate) fn make(given: Option<&Path>) -> Result<Self> {
        let Some(path) = given else {
            return temporary();
        };
        fs::create_dir_all(path).with_context(|| format!("can't make {}", path.display()))?;
        let path = path.canonicalize()?;
        let empty = fs::read_dir(&path)?.next().is_none();
        ensure!(
            empty,
            "{} is not empty: name another folder",
            path.display()
        );
        Ok(Self::Given(path))
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }

    /// Removes what is ours.
    pub(crate) fn clear(self) -> Result<()> {
        match self {
            Self::Given(_) => Ok(()),
            Self::Temporary(folder) => folder
                .close()
                .context("the temporary folder was not removed"),
        }
    }
}

/// In the system's folder, and others may pass through it: a Postgres of a host that is started by root runs as a user
/// without rights elsewhere.
fn temporary() -> Result<Folder> {
    let folder = tempfile::Builder::new()
        .prefix("roomwire-demo-")
        .permissions(Permissions::from_mode(0o711))
        .tempdir()
        .context("can't make a folder for the demo's data")?;
    Ok(Folder::Temporary(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_goes_and_a_given_one_stays() {
        let ours = Folder::make(None).expect("a folder");
        let path = ours.path().to_owned();
        ours.clear().expect("removed");
        assert!(!path.exists());

        let outer = tempfile::tempdir().expect("a folder");
        let given = Folder::make(Some(&outer.path().join("demo"))).expect("a made folder");
        let path = given.path().to_owned();
        given.clear().expect("left alone");
        assert!(path.is_dir());
    }

    #[test]
    fn a_folder_with_something_in_it_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("roomwire.toml"), "").expect("a file");
        let refused = Folder::make(Some(folder.path())).expect_err("a refusal");
        assert!(refused.to_string().contains("is not empty"), "{refused}");
    }
}
