//! `roomwire plugin certify`: whether a plugin does what the contract says, as a report that is bound to its file.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use indicatif::ProgressBar;
use secrecy::SecretString;
use serde_json::Value;

use crate::certify::{
    Cassettes, Declaration, Kit, Progress, Report, certify, certify_by_cassettes,
};
use crate::cli::{Context, verdict};
use crate::config::Environment;
use crate::plugin::Compiler;

/// Play what can go wrong between a plugin and its channel or email provider, against a simulator, and tell what was shown;
/// or run recorded calls again, without one, and tell what differs and what they do not prove.
///
/// Exit status: 0 certified (every scenario passed, is declared unsupported, or is about what the plugin does not
/// have), 1 it could not be tried, 4 a scenario failed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Certify {
    /// The plugin file.
    file: PathBuf,
    /// The simulated channel on this machine, such as http://127.0.0.1:9101.
    #[arg(
        long,
        value_name = "URL",
        value_parser = address,
        required_unless_present = "cassettes",
        conflicts_with = "cassettes"
    )]
    simulator: Option<SocketAddr>,
    /// A folder of recordings (`*.json`), as `roomwire plugin record` writes them. They hold settings and answers: nothing
    /// else is needed, and nothing leaves the machine.
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = ["declaration", "settings", "secrets", "unsupported"]
    )]
    cassettes: Option<PathBuf>,
    /// What the partner declares: the simulated account, the simulator's controls, and what is not supported.
    #[arg(long, value_name = "FILE")]
    declaration: Option<PathBuf>,
    /// What a hotel would configure, as JSON [default: `settings` of the declaration].
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// A credential of the simulated account, by reference.
    #[arg(long = "secret", value_name = "NAME=env:VARIABLE|file:PATH", value_parser = pair)]
    secrets: Vec<(String, String)>,
    /// A scenario that the connector or its channel cannot do, with the reason.
    #[arg(long, value_name = "SCENARIO=REASON", value_parser = pair)]
    unsupported: Vec<(String, String)>,
    /// Write the report for programs.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the report for build servers.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl Certify {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let progress = ProgressBar::new_spinner();
        let tell = |step: Progress<'_>| {
            let Progress {
                done,
                all,
                scenario,
            } = step;
            progress.set_message(format!("{}/{all} {scenario}", done + 1));
        };
        let report = self.find(&context.environment, &tell).await;
        progress.finish_and_clear();
        let report = report?;
        self.write(&report)?;
        super::print(report.to_string().trim_end())?;
        Ok(verdict(report.certified))
    }

    async fn find(
        &self,
        environment: &Environment,
        tell: &(dyn Fn(Progress<'_>) + Sync),
    ) -> anyhow::Result<Report> {
        if let Some(folder) = &self.cassettes {
            let cassettes = Cassettes {
                file: self.file.clone(),
                folder: folder.clone(),
                compiler: Compiler::of_this_program()?,
            };
            return Ok(certify_by_cassettes(&cassettes, tell).await?);
        }
        let simulator = self
            .simulator
            .context("name a simulator, or a folder of cassettes")?;
        let kit = self.kit(simulator, environment)?;
        Ok(certify(&kit, tell).await?)
    }

    fn kit(&self, simulator: SocketAddr, environment: &Environment) -> anyhow::Result<Kit> {
        let mut declaration = match &self.declaration {
            Some(path) => Declaration::from_toml(&text(path)?)
                .with_context(|| format!("{} is no declaration", path.display()))?,
            None => Declaration::default(),
        };
        declaration
            .unsupported
            .extend(self.unsupported.iter().cloned());
        let settings = self.settings.as_deref().map(settings).transpose()?;
        let given = self.secrets.iter();
        let given = given
            .map(|(name, reference)| Ok((name.clone(), secret(reference, environment)?)))
            .collect::<anyhow::Result<HashMap<_, _>>>()?;
        let (settings, secrets) = declaration.completed(settings, given);
        Ok(Kit {
            file: self.file.clone(),
            simulator,
            settings,
            secrets,
            declaration,
            compiler: Compiler::of_this_program()?,
        })
    }

    fn write(&self, report: &Report) -> anyhow::Result<()> {
        if let Some(path) = &self.json {
            let json = serde_json::to_string_pretty(report)? + "\n";
            fs::write(path, json).with_context(|| unwritten(path))?;
        }
        if let Some(path) = &self.junit {
            fs::write(path, report.to_junit()?).with_context(|| unwritten(path))?;
        }
        Ok(())
    }
}

fn unwritten(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}

fn text(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn settings(path: &Path) -> anyhow::Result<Value> {
    serde_json::from_str(&text(path)?).with_context(|| format!("{} is no JSON", path.display()))
}

/// A secret is named where it is, and never written on a command line, which others can see.
fn secret(reference: &str, environment: &Environment) -> anyhow::Result<SecretString> {
    let found = match reference.split_once(':') {
        Some(("env", variable)) => environment
            .get(variable)
            .with_context(|| format!("the variable {variable} is not set"))?
            .to_owned(),
        Some(("file", path)) => text(Path::new(path))?
            .trim_end_matches(['\r', '\n'])
            .to_owned(),
        _ => anyhow::bail!("a secret is given as NAME=env:VARIABLE or NAME=file:PATH"),
    };
    Ok(SecretString::from(found))
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("expected a name, `=` and a value".to_owned()),
    }
}

/// Only this machine: credentials of a simulated account go there unencrypted.
fn address(url: &str) -> Result<SocketAddr, String> {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let rest = rest
        .trim_end_matches('/')
        .replace("localhost:", "127.0.0.1:");
    match rest.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(address),
        Ok(_) => Err("a simulator runs on this machine, on a loopback address".to_owned()),
        Err(_) => Err("expected an address such as http://127.0.0.1:9101".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_simulator_is_an_address_of_this_machine() {
        let usual: SocketAddr = "127.0.0.1:9101".parse().expect("an address");
        for text in [
            "http://127.0.0.1:9101/",
            "http://localhost:9101",
            "127.0.0.1:9101",
        ] {
            assert_eq!(address(text), Ok(usual), "{text}");
        }
        for text in [
            "http://10.0.0.1:9101",
            "http://channel.example",
            "https://127.0.0.1:1",
        ] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_is_named_and_never_written_out() {
        let environment = Environment::from([("KEY", "of-the-environment")]);
        let found = secret("env:KEY", &environment).expect("a secret");
        assert_eq!(found.expose_secret(), "of-the-environment");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        fs::write(&path, "of-a-file\n").expect("written");
        let found = secret(&format!("file:{}", path.display()), &environment);
        assert_eq!(found.expect("a secret").expose_secret(), "of-a-file");
        for wrong in ["env:OTHER", "file:/nowhere/at/all", "the-secret-itself"] {
            assert!(secret(wrong, &environment).is_err(), "{wrong}");
        }
    }
}
