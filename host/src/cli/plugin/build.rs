//! `roomwire plugin build`: a crate becomes one file.

use std::path::PathBuf;

use super::print;
use crate::plugin::build::build;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Build {
    /// The crate: the folder of its Cargo.toml and plugin.toml.
    #[arg(default_value = ".", value_name = "DIR")]
    directory: PathBuf,
    /// Where the file goes [default: target/plugins/<id>.wasm].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Build {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let built = build(&self.directory, self.out.as_deref())?;
        print(&format!(
            "{} ({} bytes)",
            built.path.display(),
            built.certificate.bytes
        ))
    }
}
