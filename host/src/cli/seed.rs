//! `roomwire seed`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::app::seed;
use crate::cli::{Context, with_store};
use crate::domain::clock::Clock;
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(super) struct Seed {
    /// Hotels' files. What exists already, by slug, code and night, stays as it is.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Seed {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        with_store(context, async |store: &Store| self.perform(store).await).await?;
        Ok(ExitCode::SUCCESS)
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
