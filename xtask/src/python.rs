//! Programs that are written in Python: each in a folder of its own, installed by Python's own client.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// A program in its folder, installed there unless it is there already. `what` is told to pip: packages, or `-r` and a file.
pub(crate) fn ensure<A: AsRef<OsStr>>(folder: &Path, name: &str, what: &[A]) -> Result<PathBuf> {
    let program = folder.join("bin").join(name);
    if !program.is_file() {
        process::step(&format!("installing {name}"), || install(folder, what))?;
    }
    Ok(program)
}

fn install<A: AsRef<OsStr>>(folder: &Path, what: &[A]) -> Result<()> {
    let python = process::on_path("python3").context(
        "found no `python3`; install it with its `venv`, for example `apt install python3-venv`",
    )?;
    // What an interrupted installation left is no beginning.
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("can't remove {}", folder.display()))?;
    }
    // Scripts name their folder, so it is made where it stays and is complete once the program is there.
    process::run(Command::new(python).args(["-m", "venv"]).arg(folder))?;
    let quietly = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    process::run(
        Command::new(folder.join("bin/python"))
            .args(quietly)
            .args(what),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_there_is_not_installed_again() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        let program = folder.path().join("bin/tool");
        fs::write(&program, "").unwrap();
        let found = ensure(folder.path(), "tool", &["nothing-of-this-name==0"]).unwrap();
        assert_eq!(found, program);
    }
}
