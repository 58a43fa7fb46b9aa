//! `cargo xtask test`: everything the suite needs, then the suite.

use std::process::ExitCode;

use anyhow::Result;

use crate::plugins::{self, Profile};
use crate::process;
use crate::scratch_folder::{self, ScratchFolder};
use crate::wasm_target::WasmTargetOptions;
use crate::workspace::Workspace;

pub(crate) fn run(
    workspace: &Workspace,
    wasm_target: &WasmTargetOptions,
    arguments: &[String],
) -> Result<ExitCode> {
    let built = plugins::build(workspace, wasm_target, Profile::Dev, &[])?;
    // Every test has a database of a thousand small files, and a disk takes most of the suite's time over them.
    let clusters = ScratchFolder::new_in(&scratch_folder::fastest_parent())?;
    eprintln!("==> cargo test, databases in {}", clusters.path().display());
    let mut command = process::cargo(&workspace.root);
    command.arg("test");
    if !name_packages(arguments) {
        command.arg("--workspace");
    }
    command
        .args(arguments)
        .env("ROOMWIRE_BIN", &built.host)
        .env("ROOMWIRE_PLUGINS", &built.plugins)
        .env("ROOMWIRE_GUESTS", &built.guests)
        .env("ROOMWIRE_TEST_CLUSTERS", clusters.path());
    built.wasm_target.apply(&mut command);
    process::run(&mut command)?;
    Ok(ExitCode::SUCCESS)
}

fn name_packages(arguments: &[String]) -> bool {
    arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| argument.starts_with("-p") || argument.starts_with("--package"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(arguments: &[&str]) -> bool {
        let arguments: Vec<String> = arguments.iter().map(|&one| one.to_owned()).collect();
        name_packages(&arguments)
    }

    #[test]
    fn packages_are_named_before_the_dashes_only() {
        assert!(named(&["-p", "roomwire"]));
        assert!(named(&["--package=roomwire"]));
        assert!(!named(&["webhook", "--", "-p"]));
    }
}
