//! `roomwire-demo`: starts the host among simulated channels, tells a story, and stays up.

mod channels;
mod epilogue;
mod folder;
mod gateway;
mod guard;
mod host;
mod hotels;
mod mailbox;
mod settings;
mod stage;
mod story;
mod terminal;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use nix::sys::signal::Signal;
use tokio::signal::unix::{Signal as UnixSignal, SignalKind, signal};

use crate::stage::Stage;
use crate::terminal::Terminal;

/// Starts Roomwire among simulated channels and tells a story of a booking.
#[derive(Parser)]
#[command(name = "roomwire-demo", version)]
pub(crate) struct Arguments {
    /// The `roomwire` program.
    #[arg(long, value_name = "FILE")]
    host_binary: PathBuf,
    /// The folder of built plugins.
    #[arg(long, value_name = "FOLDER")]
    plugins: PathBuf,
    /// An empty or missing folder for everything that is written, which is kept; without it a
    /// temporary one is removed at the end.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// The port of the gateway on 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// End after the story, with status 0 only if every step held.
    #[arg(long)]
    exit: bool,
}

fn main() -> ExitCode {
    if let Some(error) = guard::become_host(std::env::args_os().skip(1)) {
        eprintln!("error: the host could not be started: {error}");
        return ExitCode::FAILURE;
    }
    let terminal = Terminal::new();
    match perform(&Arguments::parse(), &terminal) {
        Ok(End::Told) => ExitCode::SUCCESS,
        Ok(End::Interrupted(signal)) => ExitCode::from(128 + signal as u8),
        Err(error) => {
            terminal.failed(&error);
            ExitCode::FAILURE
        }
    }
}

/// How the demo ended, if nothing failed.
enum End {
    Told,
    /// Before the story was told to its end.
    Interrupted(Signal),
}

// One thread, the one that lives as long as the demo: the host's life is tied to it.
#[tokio::main(flavor = "current_thread")]
async fn perform(arguments: &Arguments, terminal: &Terminal) -> Result<End> {
    // Before anything is started, so that a signal during the start is not lost.
    let mut interruption = Interruption::listen()?;
    let mut stage = Stage::set(arguments, terminal).await?;
    let told = tokio::select! {
        told = stage.perform(terminal) => told.map(|()| End::Told),
        signal = interruption.next() => Ok(End::Interrupted(signal)),
    };
    let stays = matches!(told, Ok(End::Told)) && !arguments.exit;
    let stayed = if stays {
        tokio::select! {
            failed = stage.stay() => failed,
            _ = interruption.next() => Ok(()),
        }
    } else {
        Ok(())
    };
    if told.is_err() || stayed.is_err() {
        stage.show_log(terminal);
    }
    let cleared = stage.clear(terminal).await;
    let end = told?;
    stayed.and(cleared).map(|()| end)
}

/// The ways in which we are asked to end.
struct Interruption {
    interrupt: UnixSignal,
    terminate: UnixSignal,
    hangup: UnixSignal,
}

impl Interruption {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::SIGINT,
            _ = self.terminate.recv() => Signal::SIGTERM,
            _ = self.hangup.recv() => Signal::SIGHUP,
        }
    }
}
