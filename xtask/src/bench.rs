//! `cargo xtask bench`: builds in release, runs the program that measures, and leaves nothing of it behind.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::plugins::{self, Profile};
use crate::process;
use crate::scratch_folder::ScratchFolder;
use crate::wasm_target::WasmTargetOptions;
use crate::workspace::Workspace;

/// The package that measures: what it starts and how it seeds is what the tests use.
const PACKAGE: &str = "roomwire-tests";

/// What can be said about a measurement.
#[derive(Args)]
pub(crate) struct BenchOptions {
    /// What to measure.
    name: Bench,
    /// How many hotels are loaded, instead of 2,000 for `mix` and 200 for `partitions`.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=9_999))]
    hotels: Option<u32>,
    /// How long each measurement of `booking`, `mix`, `partitions` and `sandbox` takes.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    seconds: Option<u32>,
    /// A file for the figures of all but `holds` and `call`, for programs.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Bench {
    /// Three-night holds of 64 clients on eight hot nights, against one client alone.
    Holds,
    /// A connector's call in a fresh instance, against the same work without a sandbox.
    Call,
    /// Holds, reservations and offers through HTTP, against the same statements in pgbench.
    Booking,
    /// Searches over 2,000 hotels, and a busy hour's requests at a steady rate.
    Mix,
    /// The same on partitioned and on plain tables.
    Partitions,
    /// A full sync to each channel, the reservations that each connector maps a second, and the plugins' sizes.
    Connectors,
    /// Every harm of the hostile guest a hundred times: how late it is stopped, and what its neighbours notice.
    Sandbox,
}

impl Bench {
    /// The ignored tests that measure it, where it is no program of its own.
    fn tests(self) -> Option<&'static str> {
        match self {
            Self::Holds => Some("inventory::rate"),
            Self::Booking => Some("bench::booking"),
            Self::Mix => Some("bench::mix"),
            Self::Partitions => Some("bench::partitions"),
            Self::Connectors => Some("bench::connectors"),
            Self::Sandbox => Some("bench::sandbox"),
            Self::Call => None,
        }
    }
}

pub(crate) fn run(
    workspace: &Workspace,
    wasm_target: &WasmTargetOptions,
    options: &BenchOptions,
) -> Result<ExitCode> {
    let built = plugins::build(workspace, wasm_target, Profile::Release, &[])?;
    let mut command = process::cargo(&workspace.root);
    match options.name.tests() {
        Some(tests) => command
            .args(["test", "--release", "--package", PACKAGE, "--lib", tests])
            .args(["--", "--ignored", "--nocapture", "--test-threads=1"]),
        None => command
            .args(["run", "--release", "--package", PACKAGE])
            .args(["--example", "call_cost", "--"])
            .arg(built.guests.join("hostile.wasm")),
    };
    command
        .env("ROOMWIRE_BIN", &built.host)
        .env("ROOMWIRE_PLUGINS", &built.plugins)
        .env("ROOMWIRE_GUESTS", &built.guests)
        // Figures of a server that may lose what it acknowledged would be no figures.
        .env("ROOMWIRE_TEST_DURABLE", "1")
        .env_remove("ROOMWIRE_TEST_CLUSTERS");
    tell(options, &mut command)?;
    built.wasm_target.apply(&mut command);
    in_a_folder_of_its_own(&mut command)?;
    Ok(ExitCode::SUCCESS)
}

fn tell(options: &BenchOptions, command: &mut Command) -> Result<()> {
    let numbers = [
        ("ROOMWIRE_BENCH_HOTELS", options.hotels),
        ("ROOMWIRE_BENCH_SECONDS", options.seconds),
    ];
    for (name, number) in numbers {
        match number {
            Some(number) => command.env(name, number.to_string()),
            None => command.env_remove(name),
        };
    }
    command.env_remove("ROOMWIRE_BENCH_JSON");
    if let Some(file) = &options.json {
        // The program that measures has another current folder.
        let file = std::path::absolute(file).context("can't tell where the figures go")?;
        command.env("ROOMWIRE_BENCH_JSON", file);
    }
    Ok(())
}

/// Runs it with temporary files of its own: a cluster of millions of rows is nothing to leave behind.
fn in_a_folder_of_its_own(command: &mut Command) -> Result<()> {
    let folder = ScratchFolder::new_in(&std::env::temp_dir())?;
    process::run(command.env("TMPDIR", folder.path()))
}
