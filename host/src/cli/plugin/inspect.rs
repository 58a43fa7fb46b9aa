//! `roomwire plugin inspect`: what a file is, and how it differs from another.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::print;
use crate::plugin::inspect::{Certificate, Difference, inspect};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Inspect {
    file: PathBuf,
    /// Tell only what the file may do more, or less, than this one: an update against what is installed.
    #[arg(long, value_name = "OTHER")]
    against: Option<PathBuf>,
    /// Write what approves all that the file asks for, to be looked through and put into the configuration.
    #[arg(long, conflicts_with_all = ["against", "json"])]
    approval: bool,
    /// For programs.
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let certificate = read(&self.file)?;
        if self.approval {
            return print(certificate.approval()?.trim_end());
        }
        let Some(other) = &self.against else {
            return self.tell(&certificate);
        };
        self.tell(&Difference::between(&read(other)?, &certificate))
    }

    fn tell<T: serde::Serialize + ToString>(&self, found: &T) -> anyhow::Result<()> {
        if self.json {
            print(&serde_json::to_string_pretty(found)?)
        } else {
            print(found.to_string().trim_end())
        }
    }
}

pub(super) fn read(path: &Path) -> anyhow::Result<Certificate> {
    let file = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    inspect(&file).with_context(|| format!("{} is no plugin", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_plugin_is_named_with_the_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.wasm");
        assert!(
            format!("{:#}", read(&path).expect_err("no file")).contains("x.wasm cannot be read")
        );
        fs::write(&path, b"MZ").expect("written");
        let reason = format!("{:#}", read(&path).expect_err("no plugin"));
        assert!(
            reason.contains("x.wasm is no plugin: not a WebAssembly component"),
            "{reason}"
        );
    }
}
