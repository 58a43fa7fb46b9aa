//! `cargo xtask demo`: builds in release and becomes the program that tells the story.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::Args;

use crate::plugins::{self, Profile};
use crate::process;
use crate::wasm_target::WasmTargetOptions;
use crate::workspace::Workspace;

const PROGRAM: &str = "roomwire-demo";

/// What can be said about the demo.
#[derive(Args)]
pub(crate) struct DemoOptions {
    /// End after the story, with status 0 only if every step held.
    #[arg(long)]
    exit: bool,
    /// The port of the gateway on 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

/// Only returns where the demo could not be started: we become it, so that signals reach it and
/// its exit status is ours. It removes its data folder when it ends.
pub(crate) fn run(
    workspace: &Workspace,
    wasm_target: &WasmTargetOptions,
    options: &DemoOptions,
) -> Result<ExitCode> {
    let built = plugins::build(workspace, wasm_target, Profile::Release, &[PROGRAM])?;
    let program = built
        .others
        .get(PROGRAM)
        .with_context(|| format!("cargo built no `{PROGRAM}` binary"))?;
    // In the system's temporary folder, since a server of ours that is started by root runs as a
    // user who may not be able to enter this workspace.
    let data = tempfile::Builder::new()
        .prefix("roomwire-demo-")
        .permissions(Permissions::from_mode(0o711))
        .tempdir()
        .context("can't make a folder for the demo's data")?;
    let mut command = Command::new(program);
    command
        .current_dir(&workspace.root)
        .arg("--host-binary")
        .arg(&built.host)
        .arg("--plugins")
        .arg(&built.plugins)
        .args(["--port", &options.port.to_string()])
        .arg("--data")
        .arg(data.path());
    if options.exit {
        command.arg("--exit");
    }
    eprintln!("==> the story");
    Err(process::become_program(&mut command))
}
