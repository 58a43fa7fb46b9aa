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
    /// Holds and reservations through HTTP, and offers; empty, and with 100,000 reservations.
    Booking,
    /// A busy hour's mix of requests at a steady rate, with the time that each kind takes.
    Mix,
}

impl Bench {
    /// The ignored tests that measure it, where it is no program of its own.
    fn tests(self) -> Option<&'static str> {
        match self {
            Self::Holds => Some("inventory::rate"),
            Self::Booking => Some("bench::booking"),
            Self::Mix => Some("bench::mix"),
            Self::Call => None,
        }
    }
}

pub(crate) fn run(
    workspace: &Workspace,
    wasm_target: &WasmTargetOptions,
    bench: Bench,
    plain_tables: bool,
) -> Result<ExitCode> {
    let built = plugins::build(workspace, wasm_target, Profile::Release, &[])?;
    let mut command = process::cargo(&workspace.root);
    match bench.tests() {
        Some(tests) => command
            .args(["test", "--release", "--package", PACKAGE, "--lib", tests])
            .args(["--", "--ignored", "--nocapture"]),
        None => command
            .args(["run", "--release", "--package", PACKAGE])
            .args(["--example", "call_cost", "--"])
            .arg(built.guests.join("hostile.wasm")),
    };
    if plain_tables {
        command.env("ROOMWIRE_BENCH_TABLES", "plain");
    }
    command
        .env("ROOMWIRE_BIN", &built.host)
        .env("ROOMWIRE_PLUGINS", &built.plugins)
        .env("ROOMWIRE_GUESTS", &built.guests)
        // Figures of a server that may lose what it acknowledged would be no figures.
        .env("ROOMWIRE_TEST_DURABLE", "1");
    built.wasm_target.apply(&mut command);
    Err(process::become_program(&mut command))
}
