//! `cargo xtask prepare`: writes what the checked queries need to be compiled without a database.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::process;
use crate::scratch_postgres::ScratchPostgres;
use crate::workspace::Workspace;

/// The package whose queries are checked.
const PACKAGE: &str = "roomwire";

pub(crate) fn run(workspace: &Workspace, check: bool) -> Result<ExitCode> {
    let server = process::step("starting a scratch Postgres", ScratchPostgres::start)?;
    process::step("applying the migrations", || migrate(workspace, &server))?;
    let fresh = tempfile::tempdir().context("can't make a folder for the query data")?;
    process::step("checking every query against it", || {
        process::run(&mut compile(workspace, &server, fresh.path())?)
    })?;
    let current = workspace.root.join(".sqlx");
    let (now, then) = (files(fresh.path())?, files(&current)?);
    if now == then {
        eprintln!("    .sqlx holds {} queries and is up to date", now.len());
        return Ok(ExitCode::SUCCESS);
    }
    if check {
        eprintln!("error: .sqlx is not what the queries say; run `cargo xtask prepare`");
        return Ok(ExitCode::FAILURE);
    }
    replace(&current, &then, &now)?;
    eprintln!("    .sqlx holds {} queries now", now.len());
    Ok(ExitCode::SUCCESS)
}

fn migrate(workspace: &Workspace, server: &ScratchPostgres) -> Result<()> {
    for migration in migrations(&workspace.root.join("migrations"))? {
        server
            .apply(&migration)
            .with_context(|| format!("{} failed", migration.display()))?;
    }
    Ok(())
}

/// The `up` files in their order; a workspace without migrations has none.
fn migrations(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".up.sql") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The compiler runs each query macro, which asks the server and saves what it heard.
fn compile(workspace: &Workspace, server: &ScratchPostgres, into: &Path) -> Result<Command> {
    // A macro only runs when its package is compiled, which an unchanged package is not.
    let source = workspace.root.join("host/src/lib.rs");
    let text = fs::read(&source).with_context(|| format!("can't read {}", source.display()))?;
    fs::write(&source, text)?;
    let mut command = process::cargo(&workspace.root);
    command
        .args(["check", "--package", PACKAGE, "--all-targets"])
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", into)
        .env("DATABASE_URL", server.url());
    Ok(command)
}

/// The query data in a folder, by file name.
fn files(folder: &Path) -> Result<BTreeMap<String, String>> {
    if !folder.exists() {
        return Ok(BTreeMap::new());
    }
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("query-") {
            found.insert(name, fs::read_to_string(entry.path())?);
        }
    }
    Ok(found)
}

fn replace(
    folder: &Path,
    then: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
) -> Result<()> {
    fs::create_dir_all(folder)?;
    for gone in then.keys().filter(|name| !now.contains_key(*name)) {
        fs::remove_file(folder.join(gone))?;
    }
    for (name, text) in now {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_up_migrations_are_applied_and_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "0002_b.up.sql",
            "0001_a.up.sql",
            "0001_a.down.sql",
            "README.md",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let found: Vec<String> = migrations(folder.path())
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(found, ["0001_a.up.sql", "0002_b.up.sql"]);
    }

    #[test]
    fn queries_that_are_gone_go_and_other_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("query-old.json"), "old").unwrap();
        fs::write(path("README.md"), "read me").unwrap();
        let then = files(folder.path()).unwrap();
        let now = BTreeMap::from([("query-new.json".to_owned(), "new".to_owned())]);
        replace(folder.path(), &then, &now).unwrap();
        assert_eq!(files(folder.path()).unwrap(), now);
        assert!(path("README.md").exists());
    }
}
