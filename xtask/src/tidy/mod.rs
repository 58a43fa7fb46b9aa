//! The rules of the house that no compiler checks. Each finding says where and why.

pub(crate) mod contract;
mod manifests;
mod names;
mod rooms;
mod shape;
mod source;
mod words;

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use self::source::{RustFile, TextFile};

/// A rule that a line breaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Relative to the root of the workspace.
    pub(crate) file: String,
    /// From 1; 0 where it is about the whole file.
    pub(crate) line: usize,
    pub(crate) reason: String,
}

impl Finding {
    fn new(file: &str, line: usize, reason: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    let findings = check(root)?;
    for finding in &findings {
        eprintln!("{finding}");
    }
    if findings.is_empty() {
        eprintln!("tidy");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("error: {} lines are not tidy", findings.len());
    Ok(ExitCode::FAILURE)
}

/// Every finding in the workspace, in the order of files and lines.
pub(crate) fn check(root: &Path) -> Result<Vec<Finding>> {
    let texts = source::texts(root)?;
    let connectors = names::connectors(root)?;
    let mut findings = contract::check(root)?;
    for text in &texts {
        findings.extend(names::registry_hosts(text));
        findings.extend(manifests::check(text));
        if text.path.starts_with("host/src/") {
            findings.extend(names::connector_names(text, &connectors));
        }
        if text.path.ends_with(".rs") {
            findings.extend(check_rust(text));
        }
    }
    findings.sort();
    Ok(findings)
}

fn check_rust(text: &TextFile) -> Vec<Finding> {
    let mut findings = shape::check_text(text);
    match RustFile::parse(text) {
        Ok(file) => {
            findings.extend(shape::check_functions(&file));
            findings.extend(words::check(&file));
            findings.extend(rooms::check(&file));
        }
        Err(finding) => findings.push(finding),
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_tidy() {
        let findings: Vec<String> = check(&crate::workspace::Workspace::find().unwrap().root)
            .unwrap()
            .iter()
            .map(Finding::to_string)
            .collect();
        assert!(findings.is_empty(), "{}", findings.join("\n"));
    }

    #[test]
    fn a_finding_can_be_clicked() {
        let finding = Finding::new("host/src/lib.rs", 3, "no module doc");
        assert_eq!(finding.to_string(), "host/src/lib.rs:3: no module doc");
    }
}
