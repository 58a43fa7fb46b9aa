//! Finds the server programs: `PATH` first, then the folders where distributions hide them.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::LocalPostgresError;

/// The oldest major version that the schema is tested with.
pub(super) const OLDEST_MAJOR: u32 = 15;

/// Folders with one entry per version: (parent, start of the entry's name, below the entry).
const DISTRIBUTION_FOLDERS: [(&str, &str, &str); 10] = [
    ("/usr/lib/postgresql", "", "bin"),         // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                  // RPMs of the PostgreSQL project
    ("/usr/lib", "postgresql", "bin"),          // openSUSE
    ("/usr/lib64", "postgresql-", "bin"),       // Gentoo
    ("/usr/libexec", "postgresql", ""),         // Alpine
    ("/opt/homebrew/opt", "postgresql", "bin"), // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql", "bin"),    // Homebrew on Intel
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
    ("/Library/PostgreSQL", "", "bin"), // EnterpriseDB's installer
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// Where to look for the server programs.
#[derive(Debug, Clone)]
pub enum BinarySearch {
    /// The folders of this `PATH`, then those of the distributions, newest version first.
    Installed {
        /// The value of `PATH`.
        search_path: OsString,
    },
    /// This folder and no other.
    Folder(PathBuf),
}

/// A folder with `postgres` and `initdb` of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    pub(super) folder: PathBuf,
    pub(super) major: u32,
}

impl Binaries {
    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    /// Finds programs for a cluster of major version `cluster`, or for a new one where it is `None`.
    pub(super) fn find(
        search: &BinarySearch,
        folder: &Path,
        cluster: Option<u32>,
    ) -> Result<Self, LocalPostgresError> {
        let looked_in = candidates(search);
        let installed = installed(&looked_in);
        if installed.is_empty() {
            return Err(LocalPostgresError::NoBinaries { looked_in });
        }
        choose(installed, folder, cluster)
    }
}

fn choose(
    installed: Vec<Binaries>,
    folder: &Path,
    cluster: Option<u32>,
) -> Result<Binaries, LocalPostgresError> {
    let versions = {
        let mut majors: Vec<u32> = installed.iter().map(|one| one.major).collect();
        majors.sort_unstable_by(|a, b| b.cmp(a));
        majors.dedup();
        let majors: Vec<String> = majors.iter().map(u32::to_string).collect();
        majors.join(", ")
    };
    let chosen = installed.into_iter().find(|one| match cluster {
        Some(major) => one.major == major,
        None => one.major >= OLDEST_MAJOR,
    });
    chosen.ok_or_else(|| match cluster {
        Some(cluster) => LocalPostgresError::OtherVersion {
            folder: folder.to_path_buf(),
            cluster,
            installed: versions,
        },
        None => LocalPostgresError::BinariesTooOld { found: versions },
    })
}

fn candidates(search: &BinarySearch) -> Vec<PathBuf> {
    match search {
        BinarySearch::Folder(folder) => vec![folder.clone()],
        BinarySearch::Installed { search_path } => {
            let mut folders: Vec<PathBuf> = std::env::split_paths(search_path)
                .filter(|folder| folder.is_absolute())
                .collect();
            for (parent, prefix, below) in DISTRIBUTION_FOLDERS {
                folders.extend(versions_newest_first(Path::new(parent), prefix, below));
            }
            folders
        }
    }
}

/// `<parent>/<prefix><version>/<below>` for every version there, the highest first.
fn versions_newest_first(parent: &Path, prefix: &str, below: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(prefix)?.trim_start_matches(['@', '-']);
            let major = leading_number(version).unwrap_or(0);
            Some((major, entry.path().join(below)))
        })
        .filter(|(_, folder)| folder.join("postgres").is_file())
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, folder)| folder).collect()
}

fn installed(folders: &[PathBuf]) -> Vec<Binaries> {
    let mut found: Vec<Binaries> = Vec::new();
    for folder in folders {
        // `PATH` may hold a link to one program of a folder that holds them all.
        let Ok(postgres) = folder.join("postgres").canonicalize() else {
            continue;
        };
        let Some(home) = postgres.parent() else {
            continue;
        };
        let known = found.iter().any(|one| one.folder == home);
        if known || !home.join("initdb").is_file() {
            continue;
        }
        if let Some(major) = version_of(&postgres) {
            found.push(Binaries {
                folder: home.to_path_buf(),
                major,
            });
        }
    }
    found
}

fn version_of(postgres: &Path) -> Option<u32> {
    let output = Command::new(postgres).arg("--version").output().ok()?;
    // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", or "17beta1" in place of the number.
    let text = String::from_utf8(output.stdout).ok()?;
    leading_number(text.split_once(") ")?.1)
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn pretend_install(folder: &Path, version: &str) {
        fs::create_dir_all(folder).unwrap();
        for program in ["postgres", "initdb"] {
            let path = folder.join(program);
            let script = format!("#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n");
            fs::write(&path, script).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    fn find_in(folder: &Path, cluster: Option<u32>) -> Result<Binaries, LocalPostgresError> {
        let search = BinarySearch::Folder(folder.to_path_buf());
        Binaries::find(&search, Path::new("/data"), cluster)
    }

    #[test]
    fn an_empty_folder_has_no_binaries_and_the_error_names_the_packages() {
        let folder = tempfile::tempdir().unwrap();
        let error = find_in(folder.path(), None).unwrap_err().to_string();
        for part in ["apt install postgresql", "dnf install", "brew install"] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn an_old_version_is_refused_by_its_number() {
        let folder = tempfile::tempdir().unwrap();
        pretend_install(folder.path(), "13.4");
        let error = find_in(folder.path(), None).unwrap_err();
        assert!(matches!(error, LocalPostgresError::BinariesTooOld { found } if found == "13"));
    }

    #[test]
    fn a_cluster_of_another_version_is_refused_with_both_numbers() {
        let folder = tempfile::tempdir().unwrap();
        pretend_install(folder.path(), "17beta1");
        let error = find_in(folder.path(), Some(15)).unwrap_err().to_string();
        assert!(
            error.contains("made by Postgres 15, but only 17"),
            "{error}"
        );
    }

    #[test]
    fn a_link_on_the_path_leads_to_the_folder_with_all_programs() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let home = root.join("lib/16/bin");
        let path = root.join("bin");
        pretend_install(&home, "16.1");
        fs::create_dir(&path).unwrap();
        symlink(home.join("postgres"), path.join("postgres")).unwrap();
        let found = find_in(&path, None).unwrap();
        assert_eq!((found.folder, found.major), (home, 16));
    }

    #[test]
    fn the_newest_distribution_folder_comes_first() {
        let root = tempfile::tempdir().unwrap();
        for version in ["9.6", "16", "15"] {
            pretend_install(&root.path().join(version).join("bin"), version);
        }
        let found: Vec<u32> = installed(&versions_newest_first(root.path(), "", "bin"))
            .iter()
            .map(|one| one.major)
            .collect();
        assert_eq!(found, [16, 15, 9]);
    }

    #[test]
    fn homebrew_names_are_versions_too() {
        let root = tempfile::tempdir().unwrap();
        for name in ["postgresql@15", "postgresql@17"] {
            pretend_install(&root.path().join(name).join("bin"), &name[11..]);
        }
        let found = versions_newest_first(root.path(), "postgresql", "bin");
        assert!(found[0].ends_with("postgresql@17/bin"), "{found:?}");
    }

    #[test]
    fn an_existing_cluster_takes_its_own_version_and_not_the_first() {
        let both = [(17, "/a"), (15, "/b")].map(|(major, folder)| Binaries {
            folder: folder.into(),
            major,
        });
        let chosen = choose(both.to_vec(), Path::new("/data"), Some(15)).unwrap();
        assert_eq!(chosen, both[1]);
    }
}
