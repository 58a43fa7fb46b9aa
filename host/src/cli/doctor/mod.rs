//! `roomwire doctor`: whether this installation is in order, and whether what must always hold does.

mod checks;
mod report;

use std::process::ExitCode;

use crate::app::doctor;
use crate::cli::{Context, verdict, with_store};
use crate::store::Store;

/// Look whether everything is in order.
///
/// Exit status: 0 all is well (warnings included), 1 it could not look, 4 something is wrong.
#[derive(Debug, clap::Args)]
pub(super) struct Doctor {
    /// Check, hotel by hotel, what must always hold of the data, and name every violation.
    #[arg(long)]
    invariants: bool,
    /// For programs.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        if self.invariants {
            return self.examine_data(context).await;
        }
        let findings = checks::all(context).await;
        print!("{}", report::findings(&findings, self.json)?);
        let wrong = findings.iter().any(checks::Finding::is_wrong);
        Ok(verdict(!wrong))
    }

    async fn examine_data(&self, context: &Context) -> anyhow::Result<ExitCode> {
        with_store(context, async |store: &Store| self.examine(store).await).await
    }

    async fn examine(&self, store: &Store) -> anyhow::Result<ExitCode> {
        let progress = indicatif::ProgressBar::new_spinner();
        let broken =
            doctor::invariants(store, |hotel| progress.set_message(hotel.to_owned())).await?;
        progress.finish_and_clear();
        print!("{}", report::invariants(&broken, self.json)?);
        Ok(verdict(broken.is_empty()))
    }
}
