//! `roomwire seed`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::app::seed;
use crate::boot::{LocalPrograms, open_beside};
use crate::cli::Context;
use crate::config::Config;
use crate::domain::clock::Clock;
use crate::domain::random::Random;
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(super) struct Seed {
    /// Hotels' files. What exists already, by slug, code and night, stays as it is.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Seed {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let config = Config::load(context.config.as_deref(), &context.environment)?;
        let programs = LocalPrograms::installed(&context.environment)?;
        let opened = open_beside(&config.database, &programs, &Random::system()).await?;
        let outcome = self.perform(&opened.store).await;
        opened.store.close().await;
        if let Some(local) = opened.local {
            local.stop().await?;
        }
        outcome.map(|()| ExitCode::SUCCESS)
    }

    async fn perform(&self, store: &Store) -> anyhow::Result<()> {
        for file in &self.files {
            let place = || file.display().to_string();
            let text = std::fs::read_to_string(file).with_context(place)?;
            let hotel = seed::seed(store, Clock::system().now(), &text)
                .await
                .with_context(place)?;
            println!("{}  {} ({})", hotel.id, hotel.slug, hotel.name);
        }
        Ok(())
    }
}
