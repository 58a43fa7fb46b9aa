//! What is wrong with a mappings file, line by line.

use crate::app::connections::{product_ids, resolve_row};
use crate::app::mappings::Discovery;
use crate::config::{Mappings, Problem};
use crate::domain::mapping::Severity;

/// One problem of a file.
#[derive(Debug)]
struct Told {
    line: usize,
    severity: Severity,
    code: &'static str,
    message: String,
}

/// Every problem of a file.
#[derive(Debug)]
pub(super) struct Verdict {
    file: String,
    rows: usize,
    told: Vec<Told>,
}

impl Verdict {
    /// By the file's own form, our codes, and what the channel sells.
    pub(super) fn of(found: &Discovery, mappings: &Mappings, of_text: &[Problem]) -> Self {
        let mut told: Vec<Told> = of_text
            .iter()
            .map(|problem| Told {
                line: problem.line,
                severity: Severity::Error,
                code: "malformed",
                message: problem.message.clone(),
            })
            .collect();
        let products = product_ids(&found.ours);
        let (mut known, mut lines) = (Vec::new(), Vec::new());
        for row in &mappings.rows {
            match resolve_row(row, &products) {
                Ok(mapping) => {
                    known.push(mapping);
                    lines.push(row.line);
                }
                Err(message) => told.push(Told {
                    line: row.line,
                    severity: Severity::Error,
                    code: "not_sold",
                    message,
                }),
            }
        }
        for (line, problems) in lines.into_iter().zip(found.problems(&known)) {
            told.extend(problems.iter().map(|problem| Told {
                line,
                severity: problem.severity(),
                code: problem.code(),
                message: problem.to_string(),
            }));
        }
        told.sort_by_key(|one| one.line);
        Self {
            file: mappings.file.clone(),
            rows: mappings.rows.len(),
            told,
        }
    }

    /// Whether there is no error; there may be warnings.
    pub(super) fn is_sound(&self) -> bool {
        self.count(Severity::Error) == 0
    }

    pub(super) fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            println!("{}", serde_json::to_string_pretty(&self.json())?);
            return Ok(());
        }
        for Told {
            line,
            severity,
            message,
            ..
        } in &self.told
        {
            let severity = severity.as_str();
            println!("{}:{line}: {severity}: {message}", self.file);
        }
        println!(
            "{} mappings, {} errors, {} warnings",
            self.rows,
            self.count(Severity::Error),
            self.count(Severity::Warning)
        );
        Ok(())
    }

    fn count(&self, severity: Severity) -> usize {
        let told = self.told.iter();
        told.filter(|one| one.severity == severity).count()
    }

    fn json(&self) -> serde_json::Value {
        let problems: Vec<_> = self
            .told
            .iter()
            .map(|one| {
                serde_json::json!({"line": one.line, "severity": one.severity.as_str(), "code": one.code,
                    "message": one.message})
            })
            .collect();
        serde_json::json!({"file": self.file, "sound": self.is_sound(), "mappings": self.rows,
            "problems": problems})
    }
}
