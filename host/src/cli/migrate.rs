//! `roomwire migrate`.

use std::process::ExitCode;

use sqlx::postgres::PgConnectOptions;

use crate::boot::{LocalPrograms, open_owner};
use crate::cli::Context;
use crate::config::Config;
use crate::domain::random::Random;
use crate::store::migrate;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Migrate {
    /// Apply all that are missing.
    Up,
    /// Take the newest one back, or all above a version. Data of theirs is lost.
    Down {
        /// Keep this version and those before it; 0 takes all back.
        #[arg(long)]
        to: Option<i64>,
    },
    /// Tell which are applied.
    Status {
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

impl Migrate {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let config = Config::load(context.config.as_deref(), &context.environment)?;
        let programs = LocalPrograms::installed(&context.environment)?;
        let (owner, local) = open_owner(&config.database, &programs, &Random::system()).await?;
        let outcome = self.perform(&owner).await;
        if let Some(local) = local {
            local.stop().await?;
        }
        outcome.map(|()| ExitCode::SUCCESS)
    }

    async fn perform(self, owner: &PgConnectOptions) -> anyhow::Result<()> {
        match self {
            Self::Up => migrate::up(owner).await?,
            Self::Down { to } => {
                let applied = migrate::status(owner).await?;
                let versions = applied
                    .iter()
                    .filter(|migration| migration.applied)
                    .map(|migration| migration.version);
                let before_newest = versions.rev().nth(1).unwrap_or(0);
                migrate::down_to(owner, to.unwrap_or(before_newest)).await?;
            }
            Self::Status { .. } => {}
        }
        let status = migrate::status(owner).await?;
        if matches!(self, Self::Status { json: true }) {
            let rows: Vec<_> = status
                .iter()
                .map(|row| serde_json::json!({"version": row.version, "purpose": row.purpose, "applied": row.applied}))
                .collect();
            println!("{}", serde_json::to_string_pretty(&rows)?);
            return Ok(());
        }
        for row in status {
            println!(
                "{:04}  {:<20} {}",
                row.version,
                row.purpose,
                if row.applied { "applied" } else { "missing" }
            );
        }
        Ok(())
    }
}
