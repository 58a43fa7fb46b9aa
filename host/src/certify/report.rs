//! What was found: for people, for programs, and bound to the file by its digest.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::cost::Cost;
use crate::plugin::inspect::Certificate;
use crate::plugin::manifest::Manifest;

/// Whether a connector does what the contract says. It is about exactly the file of this digest.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The version of the kit.
    pub roomwire: &'static str,
    /// SHA-256 of the plugin file, in hexadecimal.
    pub sha256: String,
    pub bytes: usize,
    pub plugin: String,
    pub version: String,
    pub contract: String,
    pub against: Against,
    /// When the scenarios began, by the simulator's clock where there is one.
    pub at: Timestamp,
    /// Whether every scenario passed, or is declared unsupported, or is about what the connector does not have.
    pub certified: bool,
    pub scenarios: Vec<Verdict>,
    /// What nobody looked at, whatever became of the scenarios.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_proved: Vec<String>,
}

/// What answered the plugin.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    Simulator,
    Cassettes,
}

/// What became of one scenario.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    pub scenario: String,
    /// The interface that it is about.
    pub ability: &'static str,
    /// What is true of a connector that passes.
    pub proves: String,
    /// What Mews's certification calls it, which many who write connectors know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mews: Vec<String>,
    #[serde(flatten)]
    pub judgement: Judgement,
    pub cost: Cost,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Judgement {
    Passed,
    Failed {
        /// The step that was not as it must be, from 1.
        step: usize,
        doing: String,
        findings: Vec<Finding>,
        /// Where an author should look.
        look: String,
    },
    /// Declared so, with the reason.
    Unsupported {
        reason: String,
    },
    /// It is about what the connector does not have.
    Skipped {
        reason: String,
    },
}

/// One thing that is not as it must be.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    pub expected: String,
    pub came: String,
}

impl Finding {
    pub(super) fn new(expected: impl Into<String>, came: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
            came: came.into(),
        }
    }
}

impl Judgement {
    /// As a report spells it.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed { .. } => "failed",
            Self::Unsupported { .. } => "unsupported",
            Self::Skipped { .. } => "skipped",
        }
    }
}

impl Against {
    /// As a report spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Simulator => "simulator",
            Self::Cassettes => "cassettes",
        }
    }
}

impl Report {
    /// What the kit found against a simulator.
    pub(super) fn new(certificate: &Certificate, at: Timestamp, scenarios: Vec<Verdict>) -> Self {
        let Certificate {
            bytes,
            sha256,
            manifest,
            ..
        } = certificate;
        let Manifest {
            id,
            version,
            contract,
            ..
        } = manifest;
        Self {
            roomwire: env!("CARGO_PKG_VERSION"),
            sha256: sha256.clone(),
            bytes: *bytes,
            plugin: id.clone(),
            version: version.clone(),
            contract: contract.clone(),
            against: Against::Simulator,
            at,
            certified: certified(&scenarios),
            scenarios,
            not_proved: Vec::new(),
        }
    }

    /// How many scenarios have this status.
    pub fn count(&self, status: &str) -> usize {
        let verdicts = self.scenarios.iter();
        verdicts
            .filter(|verdict| verdict.judgement.status() == status)
            .count()
    }
}

/// Whether nothing speaks against a connector. One of which nothing could be shown is not certified.
pub(super) fn certified(verdicts: &[Verdict]) -> bool {
    let has = |status: &str| {
        verdicts
            .iter()
            .any(|verdict| verdict.judgement.status() == status)
    };
    has("passed") && !has("failed")
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{} {}, {} bytes, sha256 {}",
            self.plugin, self.version, self.bytes, self.sha256
        )?;
        for verdict in &self.scenarios {
            write!(out, "{verdict}")?;
        }
        for left in &self.not_proved {
            writeln!(out, "not proved  {left}")?;
        }
        let word = match (self.certified, self.against) {
            (false, _) => "NOT CERTIFIED",
            (true, Against::Simulator) => "CERTIFIED",
            (true, Against::Cassettes) => "CERTIFIED BY CASSETTES ALONE",
        };
        writeln!(
            out,
            "{word}: {} passed, {} failed, {} unsupported, {} skipped",
            self.count("passed"),
            self.count("failed"),
            self.count("unsupported"),
            self.count("skipped")
        )
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cost {
            cpu_ms,
            memory_peak_bytes,
            requests,
            bytes_sent,
            ..
        } = self.cost;
        let status = self.judgement.status();
        write!(out, "{status:<12}{:<28}", self.scenario)?;
        match &self.judgement {
            Judgement::Passed => writeln!(
                out,
                "{} ({cpu_ms} ms of computing, {} KiB, {requests} requests, {bytes_sent} bytes sent)",
                self.proves,
                memory_peak_bytes / 1024
            )?,
            Judgement::Unsupported { reason } | Judgement::Skipped { reason } => {
                writeln!(out, "{reason}")?;
            }
            Judgement::Failed {
                step,
                doing,
                findings,
                look,
            } => {
                writeln!(out, "{}", self.proves)?;
                writeln!(out, "            in step {step}, {doing}:")?;
                for Finding { expected, came } in findings {
                    writeln!(out, "              expected {expected}")?;
                    writeln!(out, "              came     {came}")?;
                }
                writeln!(out, "            look at: {look}")?;
            }
        }
        for name in &self.mews {
            writeln!(out, "            Mews: {name}")?;
        }
        Ok(())
    }
}
