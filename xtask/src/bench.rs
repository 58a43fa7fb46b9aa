//! `cargo xtask bench`: builds in release and becomes the program that measures.

use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use crate::plugins::{self, Profile};
use crate::process;
use crate::wasm_target::WasmTargetOptions;
use crate::workspace::Workspace;

/// The package that measures: what it starts and how it seeds is what the tests use.
const PACKAGE: &str = "roomwire-tests";

/// What can be measured.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Bench {
    /// Three-night holds of 64 clients on eight hot nights, against one client alone.
    Holds,
    /// A connector's call in a fresh instance, against the same work without a sandbox.
    Call,
}

pub(crate) fn run(
    workspace: &Workspace,
    wasm_target: &WasmTargetOptions,
    bench: Bench,
) -> Result<ExitCode> {
    let built = plugins::build(workspace, wasm_target, Profile::Release, &[])?;
    let mut command = process::cargo(&workspace.root);
    match bench {
        Bench::Holds => command.args([
            "test",
            "--release",
            "--package",
            PACKAGE,
            "--lib",
            "inventory::rate",
            "--",
            "--ignored",
            "--nocapture",
        ]),
        Bench::Call => command
            .args([
                "run",
                "--release",
                "--package",
                PACKAGE,
                "--example",
                "call_cost",
                "--",
            ])
            .arg(built.guests.join("hostile.wasm")),
    };
    command
        .env("ROOMWIRE_BIN", &built.host)
        .env("ROOMWIRE_PLUGINS", &built.plugins)
        .env("ROOMWIRE_GUESTS", &built.guests)
        // Figures of a server that may lose what it acknowledged would be no figures.
        .env("ROOMWIRE_TEST_DURABLE", "1");
    built.wasm_target.apply(&mut command);
    Err(process::become_program(&mut command))
}
