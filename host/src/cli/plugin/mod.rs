//! `roomwire plugin`: making plugin files, and telling what they are.

mod build;
mod check;
mod inspect;
mod new;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use anyhow::Context;

#[derive(Debug, clap::Subcommand)]
pub(super) enum PluginCommand {
    /// Begin a connector: a small one that is complete, with its tests, to make another of.
    New(new::New),
    /// Compile a connector's crate to one plugin file, with its manifest in it.
    Build(build::Build),
    /// Look over a crate or a plugin file and tell every problem. Nothing of it is run.
    Check(check::Check),
    /// Tell what a plugin file is, what it may do and what it can never do. Nothing of it is run.
    Inspect(inspect::Inspect),
}

/// Runs one command; results go to standard output, progress to standard error.
pub(super) async fn run(command: PluginCommand) -> anyhow::Result<ExitCode> {
    tokio::task::spawn_blocking(move || match command {
        PluginCommand::New(new) => new.run().map(done),
        PluginCommand::Build(build) => build.run().map(done),
        PluginCommand::Check(check) => check.run(),
        PluginCommand::Inspect(inspect) => inspect.run().map(done),
    })
    .await
    .context("the command ended in a panic")?
}

fn done((): ()) -> ExitCode {
    ExitCode::SUCCESS
}

/// A reader that has seen enough (`| head`) is no failure.
fn print(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("standard output cannot be written"),
    }
}
