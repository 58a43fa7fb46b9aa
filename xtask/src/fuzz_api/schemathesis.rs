//! The program that makes up requests: installed into a folder of its own, and told who it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::fuzz_api::host::Host;
use crate::process;
use crate::python;
use crate::workspace::Workspace;

/// Its checks change from release to release, so one is named.
const VERSION: &str = "4.32.5";

/// What every run is told: which hotel there is, and which refusals are as good as others.
const SETTINGS: &str = include_str!("schemathesis.toml");

/// Once its time is over it finishes what it has begun, and shrinks what it found.
const PATIENCE: Duration = Duration::from_secs(300);

/// How much is tried.
pub(super) struct Bounds {
    pub(super) cases: u32,
    pub(super) seconds: u32,
    pub(super) seed: u32,
}

/// An installed Schemathesis.
pub(super) struct Schemathesis(PathBuf);

impl Schemathesis {
    /// Installs it below the target folder, unless it is there already.
    pub(super) fn ensure(workspace: &Workspace) -> Result<Self> {
        let folder = workspace.target.join("schemathesis").join(VERSION);
        let package = format!("schemathesis=={VERSION}");
        python::ensure(&folder, "schemathesis", &[package]).map(Self)
    }

    /// Runs every check as somebody; says whether anything failed.
    pub(super) fn run(
        &self,
        host: &Host,
        identity: &str,
        bounds: &Bounds,
        folder: &Path,
    ) -> Result<bool> {
        let settings = folder.join("schemathesis.toml");
        fs::write(&settings, SETTINGS).context("can't write the settings")?;
        let mut command = Command::new(&self.0);
        command
            .current_dir(folder)
            .arg("--config-file")
            .arg(&settings)
            .args(["run", &host.url("/openapi.json"), "--checks", "all"])
            // One at a time: with more, some versions of Python trip over their own parser.
            .args(["--workers", "1", "--no-color", "--continue-on-failure"])
            .args(["--max-examples", &bounds.cases.to_string()])
            .args(["--max-time", &bounds.seconds.to_string()])
            .args(["--seed", &bounds.seed.to_string()])
            .args(["--generation-database", "none", "--report", "json"])
            .args(["--report-json-path", "report.json"])
            .stdin(Stdio::null())
            .stdout(fs::File::create(folder.join("told.txt"))?);
        if let Some(key) = host.key(identity) {
            command.args(["--header", &format!("Authorization: Bearer {key}")]);
        }
        let limit = Duration::from_secs(u64::from(bounds.seconds)) + PATIENCE;
        // Its status is 1 where a check failed; what failed stands in its report.
        Ok(process::run_within(&mut command, limit).is_err())
    }
}
