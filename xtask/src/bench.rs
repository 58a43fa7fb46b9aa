//! `cargo xtask bench`: builds in release and becomes the program that measures.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::plugins::{self, Profile};
use crate::process;
use crate::wasm_target::WasmTargetOptions;
use crate::workspace::Workspace;

const PROGRAM: &str = "roomwire-bench";

/// What can be measured.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Bench {
    /// Three-night holds of 64 clients on eight hot nights.
    Holds,
}

pub(crate) fn run(
    workspace: &Workspace,
    wasm_target: &WasmTargetOptions,
    bench: Bench,
) -> Result<ExitCode> {
    let built = plugins::build(workspace, wasm_target, Profile::Release, &[PROGRAM])?;
    let program = built
        .others
        .get(PROGRAM)
        .with_context(|| format!("cargo built no `{PROGRAM}` binary"))?;
    let mut command = Command::new(program);
    command
        .arg(match bench {
            Bench::Holds => "holds",
        })
        .arg("--host-binary")
        .arg(&built.host)
        .arg("--plugins")
        .arg(&built.plugins);
    Err(process::become_program(&mut command))
}
