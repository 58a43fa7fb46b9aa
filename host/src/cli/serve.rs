//! `roomwire serve` and `roomwire work`.

use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use crate::boot::{Application, LocalPrograms, Role, Start};
use crate::cli::Context;
use crate::config::ConfigWatcher;
use crate::domain::clock::Clock;
use crate::domain::random::Random;
use crate::lifecycle::Ended;
use crate::{jobs, telemetry};

/// When a part of the running program failed.
const CRASHED: u8 = 3;

#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Where to listen, instead of `server.listen`.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Only answer requests: other processes run `roomwire work`.
    #[arg(long)]
    without_work: bool,
}

impl Serve {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let role = if self.without_work {
            Role::Serve
        } else {
            Role::ServeAndWork
        };
        run(context, role, self.listen).await
    }
}

pub(super) async fn work(context: &Context) -> anyhow::Result<ExitCode> {
    run(context, Role::Work, None).await
}

async fn run(
    context: &Context,
    role: Role,
    listen: Option<SocketAddr>,
) -> anyhow::Result<ExitCode> {
    // Before anything is started, so that a signal during the start is not lost.
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let (mut config, watcher) =
        ConfigWatcher::start(context.config.as_deref(), context.environment.clone())?;
    telemetry::start_log(&config.telemetry)?;
    if let Some(listen) = listen {
        config.server.listen = listen;
    }
    let start = Start {
        config,
        environment: context.environment.clone(),
        programs: LocalPrograms::installed(&context.environment)?,
        clock: Clock::system(),
        random: Random::system(),
        role,
        work: jobs::Settings::default(),
    };
    let mut application = Application::start(start).await?;
    match application.address {
        Some(address) => tracing::info!(%address, "Roomwire is ready: http://{address}"),
        None => tracing::info!("Roomwire is at work"),
    }
    application.follow(watcher);

    tokio::select! {
        _ = terminate.recv() => tracing::info!("Asked to stop: draining"),
        _ = interrupt.recv() => tracing::info!("Asked to stop: draining"),
        () = application.failed() => tracing::error!("A part of the program failed: stopping"),
    }
    match application.shut_down().await {
        Ended::Drained => Ok(ExitCode::SUCCESS),
        Ended::Cut => Ok(ExitCode::FAILURE),
        Ended::Crashed => Ok(ExitCode::from(CRASHED)),
    }
}
