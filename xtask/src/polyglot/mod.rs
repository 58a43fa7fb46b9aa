//! `cargo xtask polyglot`: the connectors that are not written in Rust, from their sources to a certificate.

mod certify;
mod languages;
mod node;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use self::languages::Language;
use crate::plugins::{self, Profile};
use crate::process;
use crate::wasm_target::WasmTargetOptions;
use crate::workspace::Workspace;

/// Where the connectors are.
const SOURCES: &str = "tests/polyglot";

/// What plays the channel.
const SIMULATOR: &str = "roomwire-simulate";

/// The packages of the contract that a connector to a channel needs.
const CONTRACT: [&str; 3] = ["types", "host", "channel"];

pub(crate) fn run(workspace: &Workspace, wasm_target: &WasmTargetOptions) -> Result<ExitCode> {
    let folder = workspace.target.join("polyglot");
    let languages = Language::ensure_all(&folder, &workspace.root.join(SOURCES))?;
    // In release, for what the calls cost is told.
    let built = plugins::build(workspace, wasm_target, Profile::Release, &[SIMULATOR])?;
    let simulator = built
        .others
        .get(SIMULATOR)
        .with_context(|| format!("cargo built no `{SIMULATOR}` binary"))?;
    let plugins = folder.join("plugins");
    for language in &languages {
        let plugin = plugins.join(format!("{}.wasm", language.name()));
        make(workspace, &built.host, language, &plugin)?;
        let what = format!("certifying {}", plugin.display());
        process::step(&what, || {
            certify::run(&built.host, simulator, language.sources(), &plugin)
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

/// From the sources to a plugin file, whose certificate is told.
fn make(workspace: &Workspace, host: &Path, language: &Language, plugin: &Path) -> Result<()> {
    let folder = workspace.target.join("polyglot").join(language.name());
    let component = folder.join("component.wasm");
    let what = format!("making a component of {}", language.name());
    process::step(&what, || {
        gather(&workspace.root, language, &folder)?;
        process::run(&mut language.componentize(&folder, &component))
    })?;
    process::step(&format!("packing {}", plugin.display()), || {
        let mut pack = Command::new(host);
        pack.args(["plugin", "build"]).arg(language.sources());
        pack.arg("--component").arg(&component);
        process::run(pack.arg("--out").arg(plugin))?;
        process::run(Command::new(host).args(["plugin", "inspect"]).arg(plugin))
    })
}

/// A fresh folder with the connector's code, its world, and the packages that the world names.
fn gather(root: &Path, language: &Language, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("can't remove {}", folder.display()))?;
    }
    let entries = fs::read_dir(language.sources())
        .with_context(|| format!("can't list {}", language.sources().display()))?;
    for entry in entries {
        let file = entry?.path();
        if file.extension() == Some(OsStr::new(language.extension()))
            && let Some(name) = file.file_name()
        {
            copy(&file, &folder.join(name))?;
        }
    }
    gather_contract(root, &folder.join("wit"))
}

fn gather_contract(root: &Path, wit: &Path) -> Result<()> {
    let world = root.join(SOURCES).join("connector.wit");
    copy(&world, &wit.join("connector.wit"))?;
    for package in CONTRACT {
        let folder = root.join("wit").join(package);
        for entry in fs::read_dir(&folder).with_context(|| format!("can't list {package}"))? {
            let file = entry?.path();
            let name = file.file_name().context("a file has a name")?;
            copy(&file, &wit.join("deps").join(package).join(name))?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).with_context(|| format!("can't make {}", parent.display()))?;
    }
    fs::copy(from, to).with_context(|| format!("can't copy {}", from.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_stands_beside_what_it_names() {
        let root = Workspace::find().unwrap().root;
        let folder = tempfile::tempdir().unwrap();
        gather_contract(&root, folder.path()).unwrap();
        let there = |file: &str| folder.path().join(file).is_file();
        assert!(there("connector.wit"));
        for package in CONTRACT {
            assert!(there(&format!("deps/{package}/{package}.wit")), "{package}");
        }
        assert!(there("deps/channel/webhook-registrar.wit"));
    }
}
