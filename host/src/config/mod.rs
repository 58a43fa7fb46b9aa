//! The operator's configuration: one TOML file, and the environment for secrets. Checked as a whole before it is used.
//!
//! A section is a file here: its type is what the rest of the host reads, and it checks itself.

mod connection;
mod database;
mod development;
mod document;
mod environment;
mod error;
mod gateway;
mod hotel;
mod key;
mod limits;
mod mapping;
mod plugins;
mod reading;
mod secret;
mod server;
mod telemetry;
mod token_key;
mod watch;

#[cfg(test)]
mod tests;

pub use connection::{Connection, Schedules};
pub use database::{Database, DatabaseSource};
pub use development::Development;
pub use environment::Environment;
pub use error::{ConfigError, Problem};
pub use gateway::Gateway;
pub use hotel::{EmailSender, Hotel};
pub use limits::{Lane, Lanes, Limits, Rate};
pub use mapping::{Mapping, Mappings, mapping_row};
pub use plugins::{Approval, Approvals, Plugins};
pub use server::Server;
pub use telemetry::{LogFormat, Telemetry};
pub use token_key::TokenKey;
pub use watch::ConfigWatcher;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use database::DatabaseSection;
use hotel::HotelSection;
use reading::{Fingerprint, Reading, read_file};

/// The file that is read where the operator names none.
pub const DEFAULT_PATH: &str = "roomwire.toml";

/// A configuration that was checked as a whole. Its `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub plugins: Plugins,
    pub telemetry: Telemetry,
    pub gateway: Gateway,
    pub limits: Limits,
    pub development: Development,
    pub hotels: Vec<Hotel>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sections {
    server: Server,
    database: DatabaseSection,
    plugins: Plugins,
    telemetry: Telemetry,
    gateway: Gateway,
    limits: Limits,
    development: Development,
    hotels: Vec<HotelSection>,
}

impl Config {
    /// Reads and checks the configuration. Without a path it is [`DEFAULT_PATH`], and the defaults where that is missing.
    pub fn load(path: Option<&Path>, environment: &Environment) -> Result<Self, ConfigError> {
        read(path, environment).1
    }

    /// The same, whatever is wrong with the mappings files that it names: for whoever mends them. Of one that is broken
    /// there may be no rows.
    pub fn load_beside_mappings(
        path: Option<&Path>,
        environment: &Environment,
    ) -> Result<Self, ConfigError> {
        read_with(path, environment, true).1
    }

    /// Whether anything is connected with a channel.
    pub fn has_connections(&self) -> bool {
        self.hotels
            .iter()
            .any(|hotel| !hotel.connections.is_empty())
    }

    fn check(reading: &mut Reading<'_>) -> Result<Self, ConfigError> {
        let sections: Sections = reading
            .document()
            .parse()
            .map_err(|problem| ConfigError::Invalid(vec![problem]))?;
        sections.server.check(reading);
        let plugins = sections.plugins.check(reading);
        sections.telemetry.check(reading);
        sections.gateway.check(reading);
        sections.limits.check(reading);
        sections.development.check(reading);
        let database = sections.database.check(reading);
        let config = Self {
            server: sections.server,
            plugins: plugins.placed(&reading.folder, &database),
            database,
            telemetry: sections.telemetry,
            gateway: sections.gateway,
            limits: sections.limits,
            development: sections.development,
            hotels: hotel::check_all(sections.hotels, reading),
        };
        match std::mem::take(&mut reading.problems) {
            problems if problems.is_empty() => Ok(config),
            problems => Err(ConfigError::Invalid(problems)),
        }
    }
}

/// The configuration or its problems, and every file that was looked at for them.
fn read(
    path: Option<&Path>,
    environment: &Environment,
) -> (Vec<(PathBuf, Fingerprint)>, Result<Config, ConfigError>) {
    read_with(path, environment, false)
}

fn read_with(
    path: Option<&Path>,
    environment: &Environment,
    is_beside_mappings: bool,
) -> (Vec<(PathBuf, Fingerprint)>, Result<Config, ConfigError>) {
    let file = path.unwrap_or(Path::new(DEFAULT_PATH)).to_owned();
    let (fingerprint, text) = read_file(&file);
    let text = match text {
        Err(error) if error.kind() == ErrorKind::NotFound && path.is_none() => String::new(),
        Err(source) => {
            let path = file.clone();
            return (
                vec![(file, fingerprint)],
                Err(ConfigError::Unreadable { path, source }),
            );
        }
        Ok(text) => text,
    };
    let mut reading = Reading::new(&file, text, environment);
    reading.is_beside_mappings = is_beside_mappings;
    let config = Config::check(&mut reading);
    let mut files = reading.into_files();
    files.push((file, fingerprint));
    (files, config)
}
