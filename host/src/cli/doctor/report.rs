//! How findings look: lines for people, JSON for programs.

use std::fmt::Write as _;

use serde_json::json;

use crate::app::doctor::Broken;
use crate::cli::doctor::checks::Finding;
use crate::store::invariants::PROMISES;

pub(super) fn findings(findings: &[Finding], json: bool) -> anyhow::Result<String> {
    if json {
        let rows: Vec<_> = findings
            .iter()
            .map(|one| json!({"check": one.check, "health": one.health.as_str(), "detail": one.detail}))
            .collect();
        return Ok(serde_json::to_string_pretty(&json!({"checks": rows}))? + "\n");
    }
    let mut text = String::new();
    for one in findings {
        writeln!(
            text,
            "{:<8} {:<16} {}",
            one.health.as_str(),
            one.check,
            one.detail
        )?;
    }
    Ok(text)
}

pub(super) fn invariants(broken: &[Broken], json: bool) -> anyhow::Result<String> {
    if json {
        let rows: Vec<_> = PROMISES
            .iter()
            .map(|(name, promise)| {
                let violations: Vec<_> = of(broken, name)
                    .map(|one| json!({"hotel": one.hotel, "place": one.violation.place}))
                    .collect();
                json!({"invariant": name, "promise": promise, "violations": violations})
            })
            .collect();
        return Ok(serde_json::to_string_pretty(&json!({"invariants": rows}))? + "\n");
    }
    let mut text = String::new();
    for (name, promise) in PROMISES {
        let violations = of(broken, name).count();
        let health = if violations == 0 { "holds" } else { "BROKEN" };
        writeln!(text, "{health:<8} {name:<4} {promise}")?;
        for one in of(broken, name) {
            let hotel = one.hotel.as_deref().unwrap_or("the installation");
            writeln!(text, "              {hotel}: {}", one.violation.place)?;
        }
    }
    Ok(text)
}

fn of<'all>(broken: &'all [Broken], name: &'all str) -> impl Iterator<Item = &'all Broken> {
    broken
        .iter()
        .filter(move |one| one.violation.invariant == name)
}
