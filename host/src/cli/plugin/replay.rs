//! `roomwire plugin replay`: a recorded call again, with the same plugin or another one.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

use super::print;
use crate::cli::verdict;
use crate::plugin::{Compiler, PluginFile, recorded_call, replay};

/// Run a recorded call again in the sandbox, with the recorded answers, and tell what differs.
///
/// Nothing leaves the machine, and no secret is needed: the recording has every answer.
///
/// Exit status: 0 the replay is identical, 1 it could not be replayed, 4 it differs.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Replay {
    /// What `GET …/connections/{connection}/log/{entry}/recording` answered.
    recording: PathBuf,
    /// The plugin file to run [default: the very file that was recorded, from the folder of plugins].
    #[arg(long, value_name = "FILE")]
    plugin: Option<PathBuf>,
    /// The folder of plugins.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "plugins",
        conflicts_with = "plugin"
    )]
    plugins: PathBuf,
    /// For programs.
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let recording = fs::read_to_string(&self.recording)
            .with_context(|| format!("{} cannot be read", self.recording.display()))?;
        let recorded = recorded_call(&recording)
            .with_context(|| format!("{} is no recording", self.recording.display()))?
            .plugin;
        let file = match &self.plugin {
            Some(path) => {
                fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?
            }
            None => the_very_file(&self.plugins, &recorded)?,
        };
        let report = replay(&recording, file, Compiler::of_this_program()?).await?;
        if self.json {
            print(&serde_json::to_string_pretty(&report)?)?;
        } else {
            print(report.to_string().trim_end())?;
        }
        Ok(verdict(report.identical))
    }
}

/// The file of a folder that was recorded, by its digest.
fn the_very_file(folder: &Path, recorded: &PluginFile) -> anyhow::Result<Vec<u8>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension() != Some(OsStr::new("wasm")) {
            continue;
        }
        let file = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        if hex::encode(Sha256::digest(&file)) == recorded.sha256 {
            return Ok(file);
        }
    }
    bail!(
        "{} has no file that is {recorded}: name one with --plugin",
        folder.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_very_file_is_found_by_its_digest_and_by_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, bytes: &[u8]| {
            fs::write(folder.path().join(name), bytes).expect("written");
        };
        write("a.wasm", b"new");
        write("b.txt", b"old");
        let recorded = PluginFile {
            id: "a".to_owned(),
            version: "1.0.0".to_owned(),
            sha256: hex::encode(Sha256::digest(b"old")),
        };
        let refused = the_very_file(folder.path(), &recorded).expect_err("it is not there");
        assert!(
            refused.to_string().contains("name one with --plugin"),
            "{refused}"
        );
        write("c.wasm", b"old");
        let found = the_very_file(folder.path(), &recorded).expect("it is there");
        assert_eq!(found, b"old");
    }
}
