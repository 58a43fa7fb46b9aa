//! What a run tried and found, for people and for programs.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// What was tried as somebody, and what was found.
pub(super) struct Report {
    identity: &'static str,
    operations: u64,
    cases: u64,
    findings: Vec<Finding>,
    /// What the program told of each finding, with how to repeat it.
    told: String,
}

/// One sort of failure, and where it was met.
struct Finding {
    title: String,
    operations: Vec<String>,
}

impl Report {
    /// Reads the report of a run in its folder. A run that failed without a finding did not work.
    pub(super) fn read(identity: &'static str, folder: &Path, failed: bool) -> Result<Self> {
        let told = fs::read_to_string(folder.join("told.txt")).unwrap_or_default();
        let report = fs::read_to_string(folder.join("report.json"))
            .with_context(|| format!("the run left no report:\n{told}"))?;
        let report = Self::parse(identity, &report, told)?;
        ensure!(
            report.is_well() != failed,
            "the run ended otherwise than its report:\n{}",
            report.told
        );
        Ok(report)
    }

    fn parse(identity: &'static str, report: &str, told: String) -> Result<Self> {
        let report: Value = serde_json::from_str(report).context("the report is no JSON")?;
        let number = |place: &str| {
            let number = report.pointer(place).and_then(Value::as_u64);
            number.with_context(|| format!("the report has no number at {place}"))
        };
        let (operations, cases) = (
            number("/operations/tested")?,
            number("/test_cases/generated")?,
        );
        ensure!(operations > 0 && cases > 0, "nothing was tried:\n{told}");
        let list = |field: &str| report[field].as_array().cloned().unwrap_or_default();
        let findings = list("failures").into_iter().chain(list("errors"));
        Ok(Self {
            identity,
            operations,
            cases,
            findings: findings.map(|found| finding(&found)).collect(),
            told,
        })
    }

    pub(super) fn is_well(&self) -> bool {
        self.findings.is_empty()
    }
}

fn finding(found: &Value) -> Finding {
    let operations = found["operations"].as_array().into_iter().flatten();
    Finding {
        title: found["title"].as_str().unwrap_or("an error").to_owned(),
        operations: operations
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    }
}

/// For people: what each identity found, then how much it tried.
pub(super) fn print(reports: &[Report]) {
    for report in reports.iter().filter(|report| !report.is_well()) {
        println!("{}", report.told);
    }
    for report in reports {
        let verdict = if report.is_well() { "well" } else { "FAILED" };
        println!(
            "{:<12} {:>6} cases of {} operations   {verdict}",
            report.identity, report.cases, report.operations
        );
        for finding in &report.findings {
            println!("    {}: {}", finding.title, finding.operations.join(", "));
        }
    }
}

/// For programs.
pub(super) fn json(reports: &[Report], seed: u32) -> Value {
    let identities: Vec<Value> = reports
        .iter()
        .map(|report| {
            let findings = report.findings.iter();
            let findings: Vec<Value> = findings
                .map(|finding| json!({"title": finding.title, "operations": finding.operations}))
                .collect();
            json!({"identity": report.identity, "operations": report.operations, "cases": report.cases,
                "findings": findings})
        })
        .collect();
    json!({"seed": seed, "identities": identities})
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: &str = r#"{"operations": {"tested": 3}, "test_cases": {"generated": 70}, "failures": [], "errors": []}"#;

    #[test]
    fn a_run_without_a_finding_is_well_and_says_how_much_it_tried() {
        let report = Report::parse("nobody", WELL, String::new()).unwrap();
        assert!(report.is_well());
        assert_eq!(json(&[report], 7)["identities"][0]["cases"], 70);
    }

    #[test]
    fn failures_and_errors_are_findings() {
        for field in ["failures", "errors"] {
            let found =
                format!(r#""{field}": [{{"title": "Server error", "operations": ["GET /a"]}}]"#);
            let text = WELL.replace(&format!(r#""{field}": []"#), &found);
            let report = Report::parse("nobody", &text, String::new()).unwrap();
            assert!(!report.is_well(), "{field}");
        }
    }

    #[test]
    fn a_run_that_tried_nothing_proves_nothing() {
        let text = WELL.replace("70", "0");
        assert!(Report::parse("nobody", &text, String::new()).is_err());
        assert!(Report::parse("nobody", "{}", String::new()).is_err());
    }
}
