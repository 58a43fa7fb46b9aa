//! Programs for Node.js, from a lock file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// What npm must find where it installs.
const FILES: [&str; 2] = ["package.json", "package-lock.json"];

/// A program in its folder, installed there unless it is there already, as the lock file in `project` says.
pub(super) fn ensure(folder: &Path, name: &str, project: &Path) -> Result<PathBuf> {
    let program = folder.join("node_modules/.bin").join(name);
    if !program.is_file() || !is_locked_alike(folder, project)? {
        process::step(&format!("installing {name}"), || install(folder, project))?;
    }
    Ok(program)
}

fn is_locked_alike(folder: &Path, project: &Path) -> Result<bool> {
    for name in FILES {
        let installed = fs::read(folder.join(name)).unwrap_or_default();
        let path = project.join(name);
        let wanted = fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
        if installed != wanted {
            return Ok(false);
        }
    }
    Ok(true)
}

fn install(folder: &Path, project: &Path) -> Result<()> {
    let npm = process::on_path("npm").context(
        "found no `npm`; install it with Node.js 20 or newer, for example `apt install npm`",
    )?;
    // What an interrupted installation left is no beginning.
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("can't remove {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    for name in FILES {
        let from = project.join(name);
        fs::copy(&from, folder.join(name))
            .with_context(|| format!("can't copy {}", from.display()))?;
    }
    process::run(Command::new(npm).current_dir(folder).args([
        "ci",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_installed_from_another_lock_is_not_taken() {
        let (folder, project) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for name in FILES {
            fs::write(project.path().join(name), "{}").unwrap();
        }
        assert!(!is_locked_alike(folder.path(), project.path()).unwrap());
        for name in FILES {
            fs::write(folder.path().join(name), "{}").unwrap();
        }
        assert!(is_locked_alike(folder.path(), project.path()).unwrap());
        fs::write(project.path().join(FILES[1]), "{ }").unwrap();
        assert!(!is_locked_alike(folder.path(), project.path()).unwrap());
    }
}
