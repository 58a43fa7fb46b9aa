//! Where the workspace is and where cargo puts what it builds.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process;

/// The paths that tasks need.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever the environment moved it.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo about the package that it runs, which is this one.
    ///
    /// What was true when this program was compiled is not asked: builds of several checkouts may
    /// share their results.
    pub(crate) fn find() -> Result<Self> {
        let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| ".".into());
        let mut command = process::cargo(Path::new(&package));
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        let answer = process::output(&mut command)?;
        let metadata: serde_json::Value =
            serde_json::from_str(&answer).context("`cargo metadata` gave no JSON")?;
        let path = |field: &str| {
            metadata[field]
                .as_str()
                .map(PathBuf::from)
                .with_context(|| format!("`cargo metadata` names no {field}"))
        };
        Ok(Self {
            root: path("workspace_root")?,
            target: path("target_directory")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_the_one_with_the_contract() {
        let workspace = Workspace::find().unwrap();
        assert!(workspace.root.join("wit/types").is_dir(), "{workspace:?}");
    }
}
