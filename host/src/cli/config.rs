//! `roomwire config`.

use std::process::ExitCode;

use serde_json::json;

use crate::boot::{chain, contradictions, grant};
use crate::cli::Context;
use crate::config::{self, Config};
use crate::domain::ids::HotelId;
use crate::plugin::Installed;

#[derive(Debug, clap::Subcommand)]
pub(super) enum ConfigCommand {
    /// Check the file as a whole and against the installed plugins, and tell every problem by its place.
    ///
    /// Nothing is started and no database is asked: that hotels and codes exist is checked when it is applied.
    Check {
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

impl ConfigCommand {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let Self::Check { json } = self;
        let config = match Config::load(context.config.as_deref(), &context.environment) {
            Ok(config) => config,
            Err(error) if json => return tell(&[chain(&error)]),
            Err(error) => return Err(error.into()),
        };
        let folder = &config.plugins;
        let installed = if !folder.named && !folder.directory.exists() {
            None
        } else {
            Some(Installed::read(&folder.directory, &folder.approvals)?)
        };
        let problems = problems(&config, installed.as_ref());
        if json {
            return tell(&problems);
        }
        anyhow::ensure!(
            problems.is_empty(),
            "the configuration is refused:\n{}",
            problems.join("\n")
        );
        let connections = config.hotels.iter().map(|hotel| hotel.connections.len());
        println!(
            "the configuration is sound (hotels: {}, connections: {}, plugins: {})",
            config.hotels.len(),
            connections.sum::<usize>(),
            installed.as_ref().map_or(0, Installed::count),
        );
        Ok(ExitCode::SUCCESS)
    }
}

fn tell(problems: &[String]) -> anyhow::Result<ExitCode> {
    let sound = problems.is_empty();
    println!("{:#}", json!({"sound": sound, "problems": problems}));
    Ok(if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What the plugins have against the enabled connections, each with its place.
fn problems(config: &Config, installed: Option<&Installed>) -> Vec<String> {
    let mut problems = Vec::new();
    for hotel in &config.hotels {
        for connection in hotel.connections.iter().filter(|one| one.enabled) {
            let place = format!("hotel `{}`, connection `{}`", hotel.slug, connection.name);
            let found = problems_of(connection, installed);
            problems.extend(found.iter().map(|problem| format!("{place}: {problem}")));
        }
    }
    problems
}

fn problems_of(connection: &config::Connection, installed: Option<&Installed>) -> Vec<String> {
    let Some(installed) = installed else {
        return vec!["there is no folder of plugins".to_owned()];
    };
    // The hotel's id is not known here, and nothing that is checked depends on it.
    let given = grant(HotelId(uuid::Uuid::nil()), connection, None);
    match installed.check(&given) {
        Ok(manifest) => contradictions(manifest, connection),
        Err(errors) => errors.iter().map(|error| chain(error)).collect(),
    }
}
