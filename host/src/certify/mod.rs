//! The certification kit: does a connector or an email provider do what the contract says, also where everything round
//! it goes wrong?
//!
//! The plugin runs in the real sandbox and speaks through the real egress to a simulator, past a proxy of the kit's own
//! that counts requests and plays faults. So a scenario knows nothing of the channel's protocol: it asks for things in the
//! contract's words, and judges what the contract promises. Time is the kit's: it stands still until a scenario moves it.
//!
//! Without a simulator, `cassettes` runs recorded calls again, and says what that leaves unproved.

mod ari;
mod cassettes;
mod controls;
mod cost;
mod declaration;
mod error;
mod guests;
mod inbox;
mod judge;
mod junit;
mod letter;
mod mews;
mod proxy;
mod report;
mod rig;
mod run;
mod scenario;
mod shelf;
mod simulator;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;
use serde_json::Value;

pub use self::cassettes::{Cassettes, certify_by_cassettes};
pub use self::controls::Control;
pub use self::cost::Cost;
pub use self::declaration::{Controls, Declaration};
pub use self::error::CertifyError;
pub use self::report::{Against, Finding, Judgement, Report, Verdict};
use self::rig::Rig;
use self::scenario::Scenario;
pub use self::simulator::Unanswered;
use crate::plugin::Compiler;

/// What is certified, against what.
#[derive(Debug)]
pub struct Kit {
    /// The plugin file.
    pub file: PathBuf,
    /// Where the simulated channel listens, on this machine.
    pub simulator: SocketAddr,
    /// What a hotel would configure.
    pub settings: Value,
    pub secrets: HashMap<String, SecretString>,
    pub declaration: Declaration,
    pub compiler: Compiler,
}

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    pub done: usize,
    pub all: usize,
    /// The scenario that begins.
    pub scenario: &'a str,
}

/// Plays every scenario of the plugin's kind, one after the other, and tells before each.
pub async fn certify(
    kit: &Kit,
    tell: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Report, CertifyError> {
    let rig = Rig::start(kit).await?;
    let scenarios = scenario::of(rig.manifest().kind);
    kit.declaration.check(&scenarios)?;
    kit.declaration.check_hosts(&rig.manifest().hosts)?;
    let play = async {
        rig.prepare().await?;
        play(&rig, &scenarios, tell).await
    };
    tokio::select! {
        verdicts = play => Ok(rig.report(verdicts?)),
        never = rig.proxy().serve() => match never {},
    }
}

async fn play(
    rig: &Rig<'_>,
    scenarios: &[Scenario],
    tell: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Vec<Verdict>, CertifyError> {
    let mut verdicts = Vec::with_capacity(scenarios.len());
    for (done, scenario) in scenarios.iter().enumerate() {
        tell(Progress {
            done,
            all: scenarios.len(),
            scenario: &scenario.name,
        });
        verdicts.push(run::run(rig, scenario).await?);
    }
    Ok(verdicts)
}
