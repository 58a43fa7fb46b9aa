//! `roomwire plugin`: making plugin files, and telling what they are.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::plugin::build::{build, pack};
use crate::plugin::inspect::{Certificate, inspect};

#[derive(Debug, clap::Subcommand)]
pub(super) enum PluginCommand {
    /// Compile a connector's crate to one plugin file, with its manifest in it.
    Build {
        /// The crate: the folder of its Cargo.toml and plugin.toml.
        #[arg(default_value = ".", value_name = "DIR")]
        directory: PathBuf,
        /// Pack this component, which tools of another language made, instead of compiling a crate.
        #[arg(long, value_name = "FILE")]
        component: Option<PathBuf>,
        /// Where the file goes [default: target/plugins/<id>.wasm; of a component, plugins/<id>.wasm beside it].
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Tell what a plugin file is, what it may do and what it can never do. Nothing of it is run.
    Inspect {
        file: PathBuf,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

/// Runs one command; results go to standard output, progress to standard error.
pub(super) async fn run(command: PluginCommand) -> anyhow::Result<()> {
    tokio::task::spawn_blocking(move || match command {
        PluginCommand::Build {
            directory,
            component,
            out,
        } => {
            let built = match component {
                Some(component) => pack(&directory, &component, out.as_deref())?,
                None => build(&directory, out.as_deref())?,
            };
            print(&format!(
                "{} ({} bytes)",
                built.path.display(),
                built.certificate.bytes
            ))
        }
        PluginCommand::Inspect { file, json } => {
            let certificate = read(&file)?;
            if json {
                print(&serde_json::to_string_pretty(&certificate)?)
            } else {
                print(certificate.to_string().trim_end())
            }
        }
    })
    .await
    .context("the command ended in a panic")?
}

fn read(path: &Path) -> anyhow::Result<Certificate> {
    let file = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    inspect(&file).with_context(|| format!("{} is no plugin", path.display()))
}

/// A reader that has seen enough (`| head`) is no failure.
fn print(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("standard output cannot be written"),
    }
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
