//! `roomwire plugin check`: every problem of a crate or a file, before anybody installs it.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use super::print;
use crate::cli::verdict;
use crate::plugin::check::{Report, check_crate, check_file};

/// Look over a crate or a plugin file and tell every problem. Nothing of it is run.
///
/// Exit status: 0 all is in order, 1 it could not look, 4 there are problems.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Check {
    /// A crate, the folder of its plugin.toml; or what `roomwire plugin build` made of it.
    #[arg(default_value = ".", value_name = "DIR|FILE")]
    subject: PathBuf,
    /// For programs.
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let report = self.look()?;
        if self.json {
            print(&serde_json::to_string_pretty(&report)?)?;
        } else {
            print(report.to_string().trim_end())?;
        }
        Ok(verdict(report.problems.is_empty()))
    }

    fn look(&self) -> anyhow::Result<Report> {
        if self.subject.is_dir() {
            return Ok(check_crate(&self.subject)?);
        }
        let file = fs::read(&self.subject)
            .with_context(|| format!("{} cannot be read", self.subject.display()))?;
        Ok(check_file(&file))
    }
}
