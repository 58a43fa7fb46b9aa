//! Whom the server runs as: ourselves, or an unprivileged user where we are root.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{Uid, User};

use super::error::LocalPostgresError;

/// In the order of preference.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// The unprivileged user of the server; there is none where the host is unprivileged itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerUser {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl ServerUser {
    /// Decides for the data folder `folder` with its `cluster`, which keeps the owner it has.
    pub(super) fn choose(
        folder: &Path,
        cluster: &Path,
    ) -> Result<Option<Self>, LocalPostgresError> {
        let owner = fs::metadata(cluster).ok();
        let we = Uid::effective();
        match owner {
            Some(owner) if !we.is_root() && owner.uid() != we.as_raw() => {
                Err(LocalPostgresError::OwnedByAnother {
                    folder: folder.to_path_buf(),
                    owner: owner.uid(),
                })
            }
            Some(owner) if we.is_root() && owner.uid() != 0 => Ok(Some(Self {
                name: format!("user id {}", owner.uid()),
                uid: owner.uid(),
                gid: owner.gid(),
            })),
            _ if !we.is_root() => Ok(None),
            _ => UNPRIVILEGED
                .iter()
                .find_map(|name| Self::named(name))
                .map(Some)
                .ok_or(LocalPostgresError::NoUnprivilegedUser),
        }
    }

    fn named(name: &str) -> Option<Self> {
        let user = User::from_name(name).ok().flatten()?;
        (!user.uid.is_root()).then(|| Self {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
        })
    }

    /// Refuses a folder that this user could not enter, naming the one on the way that stops it.
    pub(super) fn check_reach(&self, folder: &Path) -> Result<(), LocalPostgresError> {
        let blocked = folder
            .ancestors()
            .filter(|ancestor| !self.may_enter(ancestor))
            .last();
        blocked.map_or(Ok(()), |blocked| {
            Err(LocalPostgresError::NotReachable {
                folder: folder.to_path_buf(),
                blocked: blocked.to_path_buf(),
                user: self.name.clone(),
            })
        })
    }

    fn may_enter(&self, folder: &Path) -> bool {
        fs::metadata(folder).is_ok_and(|found| {
            let bit = if found.uid() == self.uid {
                0o100
            } else if found.gid() == self.gid {
                0o010
            } else {
                0o001
            };
            found.mode() & bit != 0
        })
    }
}

/// Makes `command` run as the user, without our other groups (the standard library drops them).
pub(super) fn run_as(command: &mut Command, user: Option<&ServerUser>) {
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn stranger() -> ServerUser {
        ServerUser {
            name: "stranger".to_owned(),
            uid: 4_000_000,
            gid: 4_000_000,
        }
    }

    #[test]
    fn the_topmost_closed_folder_on_the_way_is_named() {
        let root = tempfile::tempdir().unwrap();
        let closed = root.path().join("closed");
        let data = closed.join("inner/data");
        fs::create_dir_all(&data).unwrap();
        fs::set_permissions(root.path(), Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
        let error = stranger().check_reach(&data).unwrap_err();
        let LocalPostgresError::NotReachable { blocked, user, .. } = error else {
            panic!("{error}");
        };
        assert_eq!((blocked, user.as_str()), (closed, "stranger"));
    }

    #[test]
    fn an_open_way_is_accepted() {
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), Permissions::from_mode(0o711)).unwrap();
        assert!(stranger().check_reach(root.path()).is_ok());
    }

    #[test]
    fn root_is_never_chosen() {
        let chosen = ServerUser::choose(Path::new("/nowhere"), Path::new("/nowhere/cluster"));
        assert!(!matches!(chosen, Ok(Some(ServerUser { uid: 0, .. }))));
    }
}
