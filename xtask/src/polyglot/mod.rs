//! `cargo xtask polyglot`: the connectors that are not written in Rust, from their sources to real calls in the sandbox.

mod languages;
mod node;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use self::languages::Language;
use crate::plugins::{self, Profile};
use crate::process;
use crate::wasm_target::WasmTargetOptions;
use crate::workspace::Workspace;

/// Where the connectors are.
const SOURCES: &str = "tests/polyglot";

/// What they must do: a test that the suite leaves out, since the tools come from the network.
const TEST: &str = "polyglot::";

/// The packages of the contract that a connector to a channel needs.
const CONTRACT: [&str; 3] = ["types", "host", "channel"];

pub(crate) fn run(workspace: &Workspace, wasm_target: &WasmTargetOptions) -> Result<ExitCode> {
    let folder = workspace.target.join("polyglot");
    let sources = workspace.root.join(SOURCES);
    let languages = Language::ensure_all(&folder, &sources)?;
    // In release, for what a call costs is told.
    let built = plugins::build(workspace, wasm_target, Profile::Release, &[])?;
    let wit = gather_contract(&workspace.root, &folder)?;
    let plugins = folder.join("plugins");
    for language in &languages {
        let component = folder.join(format!("{}.wasm", language.name()));
        let what = format!("making a component of {}", language.name());
        process::step(&what, || {
            process::run(&mut language.componentize(&wit, &component))
        })?;
        let plugin = plugins.join(format!("{}.wasm", language.name()));
        process::step(&format!("packing {}", plugin.display()), || {
            let mut pack = Command::new(&built.host);
            pack.args(["plugin", "build"]).arg(language.sources());
            pack.arg("--component").arg(&component);
            process::run(pack.arg("--out").arg(&plugin))?;
            process::run(
                Command::new(&built.host)
                    .args(["plugin", "inspect"])
                    .arg(&plugin),
            )
        })?;
    }
    let mut command = process::cargo(&workspace.root);
    command
        .args(["test", "--release", "--package", "roomwire-tests", "--lib"])
        .args([TEST, "--", "--ignored", "--nocapture", "--test-threads=1"])
        .env("ROOMWIRE_POLYGLOT", &plugins);
    built.wasm_target.apply(&mut command);
    process::step("calling them", || process::run(&mut command))?;
    Ok(ExitCode::SUCCESS)
}

/// The world of the connectors with the packages that it names, in the one folder that every tool reads.
fn gather_contract(root: &Path, folder: &Path) -> Result<PathBuf> {
    let wit = folder.join("wit");
    if wit.exists() {
        fs::remove_dir_all(&wit).with_context(|| format!("can't remove {}", wit.display()))?;
    }
    let copy = |from: PathBuf, to: PathBuf| -> Result<()> {
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)
                .with_context(|| format!("can't make {}", parent.display()))?;
        }
        fs::copy(&from, &to).with_context(|| format!("can't copy {}", from.display()))?;
        Ok(())
    };
    copy(
        root.join(SOURCES).join("connector.wit"),
        wit.join("connector.wit"),
    )?;
    for package in CONTRACT {
        let file = format!("{package}/{package}.wit");
        copy(root.join("wit").join(&file), wit.join("deps").join(&file))?;
    }
    Ok(wit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_stands_beside_what_it_names() {
        let root = Workspace::find().unwrap().root;
        let folder = tempfile::tempdir().unwrap();
        let first = gather_contract(&root, folder.path()).unwrap();
        fs::write(first.join("deps/gone.wit"), "").unwrap();
        let wit = gather_contract(&root, folder.path()).unwrap();
        assert!(wit.join("connector.wit").is_file());
        for package in CONTRACT {
            assert!(
                wit.join(format!("deps/{package}/{package}.wit")).is_file(),
                "{package}"
            );
        }
        assert!(!wit.join("deps/gone.wit").exists());
    }
}
