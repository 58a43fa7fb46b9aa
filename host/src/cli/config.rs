//! `roomwire config`.

use std::process::ExitCode;

use serde_json::json;

use crate::boot::{chain, contradictions, grant};
use crate::cli::{Context, verdict};
use crate::config::{self, Config, ConfigError};
use crate::domain::ids::HotelId;
use crate::plugin::{Installed, PluginsError};

#[derive(Debug, clap::Subcommand)]
pub(super) enum ConfigCommand {
    /// Check the file as a whole and against the installed plugins, and tell every problem by its place.
    ///
    /// Nothing is started and no database is asked: that hotels and codes exist is checked when it is applied.
    ///
    /// Exit status: 0 it is sound, 1 it could not look, 4 it is refused.
    Check {
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

impl ConfigCommand {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let Self::Check { json } = self;
        let (size, problems) = look(context)?;
        let sound = problems.is_empty();
        if json {
            println!("{:#}", json!({"sound": sound, "problems": problems}));
        } else if sound {
            println!("the configuration is sound ({size})");
        } else {
            eprintln!(
                "error: the configuration is refused:\n{}",
                problems.join("\n")
            );
        }
        Ok(verdict(sound))
    }
}

/// How much the configuration names, and what is wrong with it.
fn look(context: &Context) -> anyhow::Result<(String, Vec<String>)> {
    let refused = |error: &dyn std::error::Error| Ok((String::new(), vec![chain(error)]));
    let config = match Config::load(context.config.as_deref(), &context.environment) {
        Ok(config) => config,
        Err(error @ ConfigError::Invalid(_)) => return refused(&error),
        Err(error) => return Err(error.into()),
    };
    let folder = &config.plugins;
    let installed = if !folder.named && !folder.directory.exists() {
        None
    } else {
        match Installed::read(&folder.directory, &folder.approvals) {
            Ok(installed) => Some(installed),
            Err(error @ PluginsError::Plugin { .. }) => return refused(&error),
            Err(error) => return Err(error.into()),
        }
    };
    let connections = config.hotels.iter().map(|hotel| hotel.connections.len());
    let size = format!(
        "hotels: {}, connections: {}, plugins: {}",
        config.hotels.len(),
        connections.sum::<usize>(),
        installed.as_ref().map_or(0, Installed::count),
    );
    Ok((size, problems(&config, installed.as_ref())))
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
    let given = grant(HotelId(uuid::Uuid::nil()), connection);
    match installed.check(&given) {
        Ok(manifest) => contradictions(manifest, connection),
        Err(errors) => errors.iter().map(|error| chain(error)).collect(),
    }
}
