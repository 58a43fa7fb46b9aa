//! `roomwire plugin build`: a crate becomes one file, or what tools of another language made.

use std::path::PathBuf;

use super::print;
use crate::plugin::build::{build, pack};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Build {
    /// The crate: the folder of its Cargo.toml and plugin.toml.
    #[arg(default_value = ".", value_name = "DIR")]
    directory: PathBuf,
    /// Pack this component, which tools of another language made, instead of compiling a crate.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Where the file goes [default: target/plugins/<id>.wasm; of a component, plugins/<id>.wasm beside it].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Build {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let (directory, out) = (&self.directory, self.out.as_deref());
        let built = match &self.component {
            Some(component) => pack(directory, component, out)?,
            None => build(directory, out)?,
        };
        print(&format!(
            "{} ({} bytes)",
            built.path.display(),
            built.certificate.bytes
        ))
    }
}
