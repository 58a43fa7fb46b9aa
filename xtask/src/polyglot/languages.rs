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

    /// The folder of its connector, manifest and declaration.
    pub(super) fn sources(&self) -> &Path {
        &self.sources
    }

    /// How its files of code end.
    pub(super) fn extension(&self) -> &'static str {
        match self.tool {
            Tool::ComponentizePy => "py",
            Tool::Jco => "js",
        }
    }

    /// Makes a component in a folder of its code and of the contract, which stays as the guide has it.
    pub(super) fn componentize(&self, folder: &Path, component: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(folder);
        match self.tool {
            Tool::ComponentizePy => command
                .args(["--wit-path", "wit", "--world", "connector"])
                .args(["componentize", "app"]),
            Tool::Jco => command
                .args(["componentize", "connector.js", "--wit", "wit"])
                .args(["--world-name", "connector"])
                // The smallest engine, without an event loop: nothing in the contract waits.
                .args(["--backend", "quickjs", "--backend-qjs-disable-async"]),
        };
        command.arg("-o").arg(component);
        command
    }
}
