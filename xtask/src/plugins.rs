//! Builds the host, and with it the plugins and the guests of the tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::wasm_target::{WasmTarget, WasmTargetOptions};
use crate::workspace::Workspace;

/// How the host and what runs beside it are compiled; plugins have a profile of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

/// What [`build`] made.
#[derive(Debug)]
pub(crate) struct Built {
    /// The host's binary.
    pub(crate) host: PathBuf,
    /// The folder of `<id>.wasm`, one per folder in `plugins/` but the templates.
    pub(crate) plugins: PathBuf,
    /// The folder of `<id>.wasm`, one per folder in `tests/guests/`.
    pub(crate) guests: PathBuf,
    /// The binaries asked for besides the host, by name.
    pub(crate) others: BTreeMap<String, PathBuf>,
    /// How to compile for wasm.
    pub(crate) wasm_target: WasmTarget,
}

/// Builds the host, `others` of its workspace, the plugins and the guests.
pub(crate) fn build(
    workspace: &Workspace,
    options: &WasmTargetOptions,
    profile: Profile,
    others: &[&str],
) -> Result<Built> {
    let wasm_target = WasmTarget::ensure(workspace, options)?;
    let mut names = vec!["roomwire"];
    names.extend(others);
    let what = format!("building {}", names.join(", "));
    let mut others = process::step(&what, || binaries(workspace, profile, &names))?;
    let built = Built {
        host: others
            .remove("roomwire")
            .context("cargo built no `roomwire` binary")?,
        plugins: workspace.target.join("plugins"),
        guests: workspace.target.join("guests"),
        others,
        wasm_target,
    };
    pack_all(workspace, &built, "plugins", &built.plugins)?;
    pack_all(workspace, &built, "tests/guests", &built.guests)?;
    Ok(built)
}

/// Builds binaries of the workspace and gives their paths by name.
fn binaries(
    workspace: &Workspace,
    profile: Profile,
    names: &[&str],
) -> Result<BTreeMap<String, PathBuf>> {
    let mut command = process::cargo(&workspace.root);
    // The whole workspace is selected, so that dependencies get the features that the tests give
    // them, and are compiled once for both.
    command.args([
        "build",
        "--workspace",
        "--message-format=json-render-diagnostics",
    ]);
    for name in names {
        command.args(["--bin", name]);
    }
    if profile == Profile::Release {
        command.arg("--release");
    }
    command.stdin(Stdio::null());
    Ok(executables(&process::output(&mut command)?))
}

/// Reads cargo's messages: a binary's artifact names its executable.
fn executables(messages: &str) -> BTreeMap<String, PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| {
            let name = message["target"]["name"].as_str()?.to_owned();
            let path = message["executable"].as_str()?.into();
            Some((name, path))
        })
        .collect()
}

/// Whether a folder of `plugins/` is what `roomwire plugin new` copies. It is compiled and tested natively like the
/// others; a whole-program test makes a plugin of the copy, and none of these is meant for a host.
pub(crate) fn is_template(folder: &str) -> bool {
    folder.split('-').next() == Some("template")
}

/// Packs each folder below `from` that has a `plugin.toml`.
fn pack_all(workspace: &Workspace, built: &Built, from: &str, into: &Path) -> Result<()> {
    fs::create_dir_all(into).with_context(|| format!("can't make {}", into.display()))?;
    let mut packed = Vec::new();
    for folder in folders_with_manifest(&workspace.root.join(from))? {
        let file = format!("{}.wasm", plugin_id(&folder)?);
        process::step(&format!("packing {file}"), || {
            let mut command = std::process::Command::new(&built.host);
            command
                .current_dir(&workspace.root)
                .args(["plugin", "build"])
                .arg(&folder)
                .arg("--out")
                .arg(into.join(&file))
                // Flags for this machine are not meant for wasm, and would replace the target's.
                .env_remove("RUSTFLAGS")
                .env_remove("CARGO_ENCODED_RUSTFLAGS");
            built.wasm_target.apply(&mut command);
            process::run(&mut command)
        })?;
        packed.push(file);
    }
    remove_others(into, &packed)
}

/// Prints how large each plugin is: whoever makes one larger sees it.
pub(crate) fn print_sizes(built: &Built) -> Result<()> {
    for (file, bytes) in sizes(&built.plugins)? {
        println!("{file:<24}{bytes:>10} bytes");
    }
    Ok(())
}

/// The plugin files of a folder by name, with their sizes.
fn sizes(folder: &Path) -> Result<BTreeMap<String, u64>> {
    let mut sizes = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".wasm") {
            sizes.insert(name, entry.metadata()?.len());
        }
    }
    Ok(sizes)
}

fn folders_with_manifest(parent: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(parent).with_context(|| format!("can't list {}", parent.display()))?;
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry?;
        let folder = entry.path();
        let template = is_template(&entry.file_name().to_string_lossy());
        if !template && folder.join("plugin.toml").is_file() {
            folders.push(folder);
        }
    }
    folders.sort();
    Ok(folders)
}

fn plugin_id(folder: &Path) -> Result<String> {
    let path = folder.join("plugin.toml");
    let text =
        fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
    let manifest: toml::Table =
        toml::from_str(&text).with_context(|| path.display().to_string())?;
    match manifest.get("id").and_then(toml::Value::as_str) {
        Some(id) if !id.contains('/') => Ok(id.to_owned()),
        _ => bail!("{} has no `id`", path.display()),
    }
}

/// A plugin that was renamed or removed must not be loaded from an earlier build.
fn remove_others(folder: &Path, packed: &[String]) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".wasm") && !packed.iter().any(|known| *known == name) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_executable_is_found_by_its_name_and_other_messages_are_ignored() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}"#,
            "\nnot JSON\n",
            r#"{"reason":"compiler-artifact","target":{"name":"roomwire"},"executable":"/t/roomwire"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        let found = executables(messages);
        assert_eq!(
            found,
            BTreeMap::from([("roomwire".into(), "/t/roomwire".into())])
        );
    }

    #[test]
    fn only_folders_with_a_manifest_that_are_no_templates_are_plugins_and_each_tells_its_id() {
        let root = tempfile::tempdir().unwrap();
        for name in ["one", "notes", "template-email"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        for name in ["one", "template-email"] {
            let manifest = root.path().join(name).join("plugin.toml");
            fs::write(manifest, "id = \"first\"").unwrap();
        }
        let folders = folders_with_manifest(root.path()).unwrap();
        let ids: Vec<String> = folders
            .iter()
            .map(|folder| plugin_id(folder).unwrap())
            .collect();
        assert_eq!(ids, ["first"]);
    }

    #[test]
    fn the_sizes_are_those_of_the_plugin_files() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("b.wasm", "1234"), ("a.wasm", "1"), ("notes.txt", "12")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let expected = [("a.wasm".to_owned(), 1), ("b.wasm".to_owned(), 4)];
        assert_eq!(sizes(folder.path()).unwrap(), BTreeMap::from(expected));
    }

    #[test]
    fn a_plugin_of_an_earlier_build_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["kept.wasm", "gone.wasm", "notes.txt"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        remove_others(folder.path(), &["kept.wasm".to_owned()]).unwrap();
        let there = |name: &str| folder.path().join(name).exists();
        assert!(there("kept.wasm") && there("notes.txt") && !there("gone.wasm"));
    }
}
