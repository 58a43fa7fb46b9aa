//! `cargo xtask demo`: builds in release and becomes the program that tells the story.

use std::path::{PathBuf, absolute};
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
    /// An empty or missing folder for what the demo writes, which is kept; a temporary one if not given.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

/// Only returns where the demo could not be started: we become it, so that signals reach it and
/// its exit status is ours.
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
    let mut command = Command::new(program);
    command
        .current_dir(&workspace.root)
        .arg("--host-binary")
        .arg(&built.host)
        .arg("--plugins")
        .arg(&built.plugins)
        .args(["--port", &options.port.to_string()]);
    if let Some(folder) = &options.data {
        let folder = absolute(folder).context("can't tell where the data folder is")?;
        command.arg("--data").arg(folder);
    }
    if options.exit {
        command.arg("--exit");
    }
    eprintln!("==> the story");
    Err(process::become_program(&mut command))
}
