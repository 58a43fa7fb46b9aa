//! `roomwire plugin`: making plugin files, and telling what they are.

mod build;
mod certify;
mod check;
mod inspect;
mod new;
mod record;
mod replay;

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
    Certify(certify::Certify),
    /// Call a connector once, and keep the call as a recording.
    Record(record::Record),
    Replay(replay::Replay),
}

/// Runs one command; results go to standard output, progress to standard error.
pub(super) async fn run(command: PluginCommand, cli: &super::Context) -> anyhow::Result<ExitCode> {
    let blocking: Box<dyn FnOnce() -> anyhow::Result<ExitCode> + Send> = match command {
        PluginCommand::New(new) => Box::new(|| new.run().map(done)),
        PluginCommand::Build(build) => Box::new(|| build.run().map(done)),
        PluginCommand::Check(check) => Box::new(|| check.run()),
        PluginCommand::Inspect(inspect) => Box::new(|| inspect.run().map(done)),
        PluginCommand::Certify(certify) => return certify.run(cli).await,
        PluginCommand::Record(record) => return print(&record.run().await?).map(done),
        PluginCommand::Replay(replay) => return replay.run().await,
    };
    tokio::task::spawn_blocking(blocking)
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
