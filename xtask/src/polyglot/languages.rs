//! The languages, and how a component is made in each.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::node;
use crate::python;

/// A language with its installed tool.
pub(super) struct Language {
    tool: Tool,
    program: PathBuf,
    sources: PathBuf,
}

#[derive(Clone, Copy)]
enum Tool {
    ComponentizePy,
    Jco,
}

impl Language {
    /// Installs the tools below `folder`, unless they are there already.
    pub(super) fn ensure_all(folder: &Path, sources: &Path) -> Result<[Self; 2]> {
        Ok([
            Self::python(folder, sources.join("python"))?,
            Self::javascript(folder, sources.join("javascript"))?,
        ])
    }

    fn python(folder: &Path, sources: PathBuf) -> Result<Self> {
        let requirements = sources.join("requirements.txt");
        let wanted = fs::read_to_string(&requirements)
            .with_context(|| format!("can't read {}", requirements.display()))?;
        // Another version is another folder.
        let folder = folder.join(wanted.trim());
        let what = [OsStr::new("-r"), requirements.as_os_str()];
        Ok(Self {
            tool: Tool::ComponentizePy,
            program: python::ensure(&folder, "componentize-py", &what)?,
            sources,
        })
    }

    fn javascript(folder: &Path, sources: PathBuf) -> Result<Self> {
        Ok(Self {
            tool: Tool::Jco,
            program: node::ensure(&folder.join("jco"), "jco", &sources)?,
            sources,
        })
    }

    /// As the folder of its connector is called.
    pub(super) fn name(&self) -> &'static str {
        match self.tool {
            Tool::ComponentizePy => "python",
            Tool::Jco => "javascript",
        }
    }

    /// The folder of its connector and manifest.
    pub(super) fn sources(&self) -> &Path {
        &self.sources
    }

    /// Makes a component of its connector.
    pub(super) fn componentize(&self, wit: &Path, component: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.sources);
        match self.tool {
            Tool::ComponentizePy => command
                .arg("--wit-path")
                .arg(wit)
                .args(["--world", "connector", "componentize", "app"])
                .arg("--output"),
            Tool::Jco => command
                .args(["componentize", "src/connector.js", "--wit"])
                .arg(wit)
                .args(["--world-name", "connector", "--disable", "all", "--out"]),
        };
        command.arg(component);
        command
    }
}
