//! The command line: one door per verb.

mod audit;
mod config;
mod dead_letters;
mod doctor;
mod keys;
mod mapping;
mod migrate;
mod plugin;
mod seed;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::boot::{LocalPrograms, chain, open_beside};
use crate::config::{Config, Environment};
use crate::domain::random::Random;
use crate::local_postgres::PostgresGuard;
use crate::plugin::CompilePlugin;
use crate::store::Store;

/// Connects hotels to sales channels.
///
/// Exit status: 0 done, 1 failed or could not look, 2 wrong usage, 3 a part of the running program failed, 4 it looked and
/// found something wrong: `config check`, `doctor`, `audit verify`, `mapping check` and `import`, `plugin check`, `certify`
/// and `replay`.
#[derive(Debug, Parser)]
#[command(name = "roomwire", version, propagate_version = true)]
struct Arguments {
    /// The configuration file [default: roomwire.toml, where there is one].
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the booking gateway, and the work in the background.
    Serve(serve::Serve),
    /// Run only the work in the background.
    Work,
    /// Bring the database's schema up to date, take it back, or tell its state.
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Check the configuration without running anything.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Look whether everything is in order.
    Doctor(doctor::Doctor),
    /// Make, list and revoke API keys.
    #[command(subcommand)]
    Key(keys::KeyCommand),
    /// Verify the audit trails.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// List what waits for a person, have it done again, or give it up.
    #[command(subcommand)]
    DeadLetters(dead_letters::DeadLettersCommand),
    /// Export, import, suggest and check which of a hotel's products is which of a channel's.
    #[command(subcommand)]
    Mapping(mapping::MappingCommand),
    /// Add hotels with their rooms and prices from files.
    Seed(seed::Seed),
    /// Begin, build, check, inspect, certify, record and replay connectors.
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    #[command(name = PostgresGuard::NAME, hide = true)]
    PostgresGuard(PostgresGuard),
    #[command(name = CompilePlugin::NAME, hide = true)]
    CompilePlugin(CompilePlugin),
}

/// What every verb gets from the command line.
#[derive(Clone, Debug)]
struct Context {
    config: Option<PathBuf>,
    environment: Environment,
}

/// When a verb that looks for something found it wrong. That it could not look is a failure, as of any other verb: who
/// watches a status must know one from the other.
const FOUND: u8 = 4;

/// How a verb ends that looked.
fn verdict(is_sound: bool) -> ExitCode {
    if is_sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FOUND)
    }
}

/// Has a verb work with the database, beside a host that may run. What was opened is closed, whatever came of the work.
async fn with_store<Done>(
    context: &Context,
    work: impl AsyncFnOnce(&Store) -> anyhow::Result<Done>,
) -> anyhow::Result<Done> {
    let config = Config::load(context.config.as_deref(), &context.environment)?;
    let programs = LocalPrograms::installed(&context.environment)?;
    let opened = open_beside(&config.database, &programs, &Random::system()).await?;
    let done = work(&opened.store).await;
    opened.store.close().await;
    if let Some(local) = opened.local {
        local.stop().await?;
    }
    done
}

/// Runs the program.
pub fn run() -> ExitCode {
    let Arguments { config, verb } = Arguments::parse();
    let context = Context {
        config,
        environment: Environment::of_process(),
    };
    let outcome = match verb {
        // It becomes another program, so it must not have started threads.
        Verb::PostgresGuard(guard) => {
            Err(anyhow::Error::from(guard.run()).context("could not become Postgres"))
        }
        // Its limits are for what it compiles, and threads would use them up.
        Verb::CompilePlugin(compile) => Ok(compile.run()),
        verb => run_async(&context, verb),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run_async(context: &Context, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Serve(serve) => serve.run(context).await,
        Verb::Work => serve::work(context).await,
        Verb::Migrate(migrate) => migrate.run(context).await,
        Verb::Config(command) => command.run(context),
        Verb::Doctor(doctor) => doctor.run(context).await,
        Verb::Key(command) => command.run(context).await,
        Verb::Audit(command) => command.run(context).await,
        Verb::DeadLetters(command) => command.run(context).await,
        Verb::Mapping(command) => command.run(context).await,
        Verb::Seed(seed) => seed.run(context).await,
        Verb::Plugin(command) => plugin::run(command, context).await,
        Verb::PostgresGuard(_) | Verb::CompilePlugin(_) => {
            unreachable!("handled before the runtime starts")
        }
    }
}
