//! `roomwire config`.

use std::process::ExitCode;

use crate::cli::Context;
use crate::config::Config;

#[derive(Debug, clap::Subcommand)]
pub(super) enum ConfigCommand {
    /// Check the file as a whole and tell every problem by its line.
    Check,
}

impl ConfigCommand {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let Self::Check = self;
        let config = Config::load(context.config.as_deref(), &context.environment)?;
        let connections: usize = config
            .hotels
            .iter()
            .map(|hotel| hotel.connections.len())
            .sum();
        println!(
            "the configuration is sound: {} hotels, {connections} connections",
            config.hotels.len()
        );
        Ok(ExitCode::SUCCESS)
    }
}
