//! Looking over a connector's crate or a plugin file, without running anything of it: every problem at once.

#[cfg(test)]
mod tests;

use std::fmt;
use std::fs;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::build::{BuildError, Source, disagreements};
use super::inspect::Interfaces;
use super::loader::{LoadError, MAX_FILE_BYTES, foreign};
use super::manifest::section::{self, SectionError};
use super::manifest::{Manifest, ManifestError};

/// What was looked at, and what is wrong with it.
#[derive(Debug, Serialize)]
pub struct Report {
    pub subject: Subject,
    /// As the manifest says it, even where something else in it is wrong.
    pub id: Option<String>,
    pub kind: Option<String>,
    pub contract: Option<String>,
    /// The SDK that the file was built with, where it was.
    pub sdk: Option<String>,
    pub bytes: Option<usize>,
    pub problems: Vec<Problem>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A folder with `Cargo.toml` and `plugin.toml`.
    Crate,
    /// What `roomwire plugin build` made of it.
    File,
}

/// One thing that must be mended.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// Where it is: `plugin.toml`, `Cargo.toml`, `manifest` or `component`.
    pub place: &'static str,
    /// In a text that an author wrote, from 1.
    pub line: Option<usize>,
    pub field: Option<String>,
    pub problem: String,
}

impl Report {
    fn new(subject: Subject) -> Self {
        Self {
            subject,
            id: None,
            kind: None,
            contract: None,
            sdk: None,
            bytes: None,
            problems: Vec::new(),
        }
    }

    fn identify(&mut self, manifest: &Value) {
        let text = |name: &str| manifest.get(name)?.as_str().map(ToOwned::to_owned);
        self.id = text("id");
        self.kind = text("kind");
        self.contract = text("contract");
    }

    fn component(&mut self, problem: impl fmt::Display) {
        self.problems.push(Problem {
            place: "component",
            line: None,
            field: None,
            problem: problem.to_string(),
        });
    }
}

/// Looks at a crate's manifest, its settings' schema and what its Cargo.toml makes of it. Nothing is compiled.
///
/// # Errors
/// There is no `plugin.toml` that could be read.
pub fn check_crate(directory: &Path) -> Result<Report, BuildError> {
    let source = Source::read(directory)?;
    let mut report = Report::new(Subject::Crate);
    if let Some(written) = source.written() {
        report.identify(&written);
    }
    let problems = source.problems();
    report.problems = problems
        .into_iter()
        .map(|(problem, line)| in_manifest("plugin.toml", line, problem))
        .collect();
    report.problems.extend(cargo_problem(directory));
    Ok(report)
}

/// Looks at a plugin file as a host would before it starts anything of it.
pub fn check_file(file: &[u8]) -> Report {
    let mut report = Report::new(Subject::File);
    report.bytes = Some(file.len());
    if file.len() as u64 > MAX_FILE_BYTES {
        report.component(format_args!(
            "has {} bytes, and {MAX_FILE_BYTES} are allowed",
            file.len()
        ));
        return report;
    }
    let found = section::raw(file).and_then(|raw| {
        Ok((
            serde_json::from_slice::<Value>(raw),
            Interfaces::read(file)?,
            foreign::imports(file)?,
        ))
    });
    let (manifest, interfaces, foreign) = match found {
        Ok((Ok(manifest), interfaces, foreign)) => (manifest, interfaces, foreign),
        Ok((Err(error), ..)) => {
            report.component(SectionError::Manifest(ManifestError::Json(error)));
            return report;
        }
        Err(error) => {
            report.component(error);
            return report;
        }
    };
    report.identify(&manifest);
    report.sdk.clone_from(&interfaces.sdk);
    for problem in Manifest::problems(&manifest) {
        report.problems.push(in_manifest("manifest", None, problem));
    }
    for name in foreign {
        report.component(LoadError::ForbiddenImport(name));
    }
    check_interfaces(&mut report, &interfaces, manifest);
    report
}

fn check_interfaces(report: &mut Report, interfaces: &Interfaces, manifest: Value) {
    if let Ok(manifest) = Manifest::from_value(manifest) {
        for disagreement in disagreements(interfaces, &manifest) {
            report.component(disagreement);
        }
    }
}

fn in_manifest(place: &'static str, line: Option<usize>, problem: ManifestError) -> Problem {
    let (field, problem) = match problem {
        ManifestError::Field { field, problem } => (Some(field), problem),
        unreadable => (None, unreadable.to_string()),
    };
    Problem {
        place,
        line,
        field,
        problem,
    }
}

/// A crate becomes a plugin as a `cdylib`, and is tested as an `rlib`.
fn cargo_problem(directory: &Path) -> Option<Problem> {
    let problem = match fs::read_to_string(directory.join("Cargo.toml")) {
        Err(error) => format!("cannot be read: {error}"),
        Ok(text) => match text.parse::<toml::Table>() {
            Err(error) => format!("is not TOML: {error}"),
            Ok(cargo) if makes(&cargo, "cdylib") && makes(&cargo, "rlib") => return None,
            Ok(_) => "needs [lib] crate-type = [\"cdylib\", \"rlib\"]: the first becomes the plugin, the second is what tests link".to_owned(),
        },
    };
    Some(Problem {
        place: "Cargo.toml",
        line: None,
        field: None,
        problem,
    })
}

fn makes(cargo: &toml::Table, sort: &str) -> bool {
    let sorts = cargo
        .get("lib")
        .and_then(|library| library.get("crate-type"))
        .and_then(toml::Value::as_array);
    sorts.is_some_and(|sorts| sorts.iter().any(|found| found.as_str() == Some(sort)))
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(out, "{problem}")?;
        }
        let id = self.id.as_deref().unwrap_or("what has no id");
        match self.problems.len() {
            0 => write!(out, "{id} is in order")?,
            1 => write!(out, "1 problem of {id}")?,
            count => write!(out, "{count} problems of {id}")?,
        }
        if let Some(contract) = &self.contract {
            write!(out, ": contract {contract}")?;
            match (&self.sdk, self.subject) {
                (Some(sdk), _) => write!(out, ", SDK {sdk}")?,
                (None, Subject::File) => write!(out, ", made without the SDK")?,
                (None, Subject::Crate) => {}
            }
        }
        if let Some(bytes) = self.bytes {
            write!(out, ", {bytes} bytes")?;
        }
        if self.subject == Subject::Crate {
            write!(
                out,
                "\nExports, imports and size are checked in the file that `roomwire plugin build` makes."
            )?;
        }
        writeln!(out)
    }
}

/// `plugin.toml:4: contract: is 3.0.0, …`
impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.place)?;
        if let Some(line) = self.line {
            write!(out, ":{line}")?;
        }
        if let Some(field) = &self.field {
            write!(out, ": {field}")?;
        }
        write!(out, ": {}", self.problem)
    }
}
