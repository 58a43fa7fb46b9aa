//! `cargo xtask fuzz-api`: a strange caller tries everything that `/openapi.json` promises, with every sort of key.

mod host;
mod report;
mod schemathesis;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::fuzz_api::host::Host;
use crate::fuzz_api::report::Report;
use crate::fuzz_api::schemathesis::{Bounds, Schemathesis};
use crate::plugins::{self, Profile};
use crate::process;
use crate::wasm_target::WasmTargetOptions;
use crate::workspace::Workspace;

/// What can be said about the fuzzing.
#[derive(Args)]
pub(crate) struct FuzzOptions {
    /// The most cases of one operation and kind.
    #[arg(long, default_value_t = 25)]
    cases: u32,
    /// The most seconds for each identity.
    #[arg(long, default_value_t = 180)]
    seconds: u32,
    /// The random number to begin with; another one each time, if not given, and told.
    #[arg(long)]
    seed: Option<u32>,
    /// A folder for what was tried and answered, which is kept.
    #[arg(long, value_name = "FOLDER")]
    reports: Option<PathBuf>,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// Who asks: each sees another part of the gateway.
const IDENTITIES: [&str; 4] = ["secret", "publishable", "operator", "nobody"];

pub(crate) fn run(
    workspace: &Workspace,
    wasm_target: &WasmTargetOptions,
    options: &FuzzOptions,
) -> Result<ExitCode> {
    let schemathesis = Schemathesis::ensure(workspace)?;
    let built = plugins::build(workspace, wasm_target, Profile::Dev, &[])?;
    let host = process::step("starting a host with two hotels", || {
        Host::start(workspace, &built.host)
    })?;
    let seed = options.seed.unwrap_or_else(std::process::id);
    let bounds = Bounds {
        cases: options.cases,
        seconds: options.seconds,
        seed,
    };
    let mut reports = Vec::new();
    for identity in IDENTITIES {
        let what = format!("fuzzing as {identity}, --seed {seed}");
        reports.push(process::step(&what, || {
            let folder = host.folder().join(identity);
            std::fs::create_dir(&folder).context("can't make a folder for a report")?;
            let failed = schemathesis.run(&host, identity, &bounds, &folder)?;
            if let Some(keep) = &options.reports {
                keep_reports(&folder, &keep.join(identity))?;
            }
            Report::read(identity, &folder, failed)
        })?);
    }
    host.stop()?;
    if options.json {
        println!("{}", report::json(&reports, seed));
    } else {
        report::print(&reports);
    }
    let well = reports.iter().all(Report::is_well);
    Ok(ExitCode::from(u8::from(!well)))
}

fn keep_reports(from: &std::path::Path, to: &std::path::Path) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("can't make {}", to.display()))?;
    for file in std::fs::read_dir(from)? {
        let file = file?.path();
        if let Some(name) = file.file_name().filter(|_| file.is_file()) {
            std::fs::copy(&file, to.join(name))
                .with_context(|| format!("can't copy {}", file.display()))?;
        }
    }
    Ok(())
}
