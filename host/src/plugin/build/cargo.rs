//! Compiling a crate with cargo, and finding what came out.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::BuildError;

/// The profile of plugins, given on the command line so that any crate in any workspace builds alike:
/// they are loaded from disk and copied for each call, so size counts.
const PROFILE: [&str; 7] = [
    "profile.plugin.inherits=\"release\"",
    "profile.plugin.codegen-units=1",
    "profile.plugin.debug=false",
    "profile.plugin.lto=true",
    "profile.plugin.opt-level=\"s\"",
    "profile.plugin.panic=\"abort\"",
    "profile.plugin.strip=true",
];

/// A line of cargo's JSON messages.
#[derive(Debug, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact {
        manifest_path: PathBuf,
        filenames: Vec<PathBuf>,
    },
    #[serde(other)]
    Other,
}

/// Compiles the crate in `directory` for `wasm32-unknown-unknown`. The environment passes through untouched.
pub(super) fn compile(directory: &Path) -> Result<PathBuf, BuildError> {
    let mut command = Command::new("cargo");
    command.args([
        "build",
        "--lib",
        "--target",
        "wasm32-unknown-unknown",
        "--profile",
        "plugin",
    ]);
    command.args(PROFILE.iter().flat_map(|setting| ["--config", setting]));
    command.arg("--message-format=json-render-diagnostics");
    let mut cargo = command
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(BuildError::NoCargo)?;
    let messages = cargo.stdout.take().expect("standard output was piped");
    let artifact = artifact(messages, &directory.join("Cargo.toml"));
    let status = cargo.wait().map_err(BuildError::NoCargo)?;
    if !status.success() {
        return Err(BuildError::Cargo(status));
    }
    artifact.ok_or_else(|| BuildError::NoArtifact(directory.to_path_buf()))
}

/// The WebAssembly file of the crate itself, among those of its dependencies.
fn artifact(messages: impl Read, cargo_toml: &Path) -> Option<PathBuf> {
    let ours = |path: &Path| match (path.canonicalize(), cargo_toml.canonicalize()) {
        (Ok(path), Ok(cargo_toml)) => path == cargo_toml,
        _ => path == cargo_toml,
    };
    let mut found = None;
    // Reading to the end keeps cargo from stopping at a full pipe; what is no message is a build script's own output.
    for line in BufReader::new(messages).lines().map_while(Result::ok) {
        let Ok(Message::CompilerArtifact {
            manifest_path,
            filenames,
        }) = serde_json::from_str(&line)
        else {
            continue;
        };
        let wasm = filenames.into_iter().find(|file| {
            file.extension()
                .is_some_and(|extension| extension == "wasm")
        });
        if wasm.is_some() && ours(&manifest_path) {
            found = wasm;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_own_library_is_found_among_cargos_messages() {
        let messages = concat!(
            "a build script's own line\n",
            r#"{"reason":"compiler-artifact","manifest_path":"/nowhere/dep/Cargo.toml","filenames":["/t/dep.wasm"]}"#,
            "\n",
            r#"{"reason":"compiler-artifact","manifest_path":"/nowhere/x/Cargo.toml","filenames":["/t/x.rlib","/t/x.wasm"],"fresh":true}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        let of = |cargo_toml: &str| artifact(messages.as_bytes(), Path::new(cargo_toml));
        assert_eq!(
            of("/nowhere/x/Cargo.toml"),
            Some(PathBuf::from("/t/x.wasm"))
        );
        assert_eq!(of("/nowhere/y/Cargo.toml"), None);
    }

    #[test]
    fn a_folder_without_a_crate_makes_cargo_fail() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(compile(folder.path()), Err(BuildError::Cargo(_))));
    }
}
