//! Workspace tasks: `cargo xtask demo`, `cargo xtask test` and what they are made of.

mod bench;
mod demo;
mod freeze;
mod fuzz_api;
mod plugins;
mod polyglot;
mod prepare;
mod process;
mod python;
mod scratch_folder;
mod scratch_postgres;
mod test;
mod tidy;
mod wasm_target;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::plugins::Profile;
use crate::wasm_target::WasmTargetOptions;
use crate::workspace::Workspace;

/// Tasks of the Roomwire workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(flatten)]
    wasm_target: WasmTargetOptions,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything in release and tell the story on the terminal.
    Demo(demo::DemoOptions),
    /// Run the whole test suite, building what it needs first.
    Test {
        /// Passed on to `cargo test`; the whole workspace is tested unless they name packages.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Check the rules of the house that no compiler checks.
    Tidy,
    /// Write `.sqlx/`, so that queries are checked without a database.
    Prepare {
        /// Change nothing and fail where `.sqlx/` is not what the queries and migrations say.
        #[arg(long)]
        check: bool,
    },
    /// Build the plugins into `target/plugins`, with their sizes, and the test guests into `target/guests`.
    Plugins {
        /// Build the host that packs them in release.
        #[arg(long)]
        release: bool,
    },
    /// Publish the contract of `wit/`: keep its text and plugins that use all of it, for every later host to run.
    Freeze,
    /// Try everything that the gateway's OpenAPI document promises, with every sort of key.
    ///
    /// Exit status: 0 only where nothing was found. Needs Python 3; Schemathesis is installed below `target/`.
    FuzzApi(fuzz_api::FuzzOptions),
    /// Build the connectors in Python and in JavaScript, and certify them against a simulated channel.
    ///
    /// Needs Python 3, Node.js with npm, and the network once: their tools are installed below `target/`.
    Polyglot,
    /// Measure, in release.
    Bench(bench::BenchOptions),
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let wasm_target = arguments.wasm_target;
    match arguments.task {
        Task::Demo(options) => demo::run(&workspace, &wasm_target, &options),
        Task::Test { arguments } => test::run(&workspace, &wasm_target, &arguments),
        Task::Tidy => tidy::run(&workspace.root),
        Task::Prepare { check } => prepare::run(&workspace, check),
        Task::Plugins { release } => {
            let profile = if release {
                Profile::Release
            } else {
                Profile::Dev
            };
            let built = plugins::build(&workspace, &wasm_target, profile, &[])?;
            plugins::print_sizes(&built)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Freeze => freeze::run(&workspace, &wasm_target),
        Task::FuzzApi(options) => fuzz_api::run(&workspace, &wasm_target, &options),
        Task::Polyglot => polyglot::run(&workspace, &wasm_target),
        Task::Bench(options) => bench::run(&workspace, &wasm_target, &options),
    }
}
