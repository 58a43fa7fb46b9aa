//! The host as a child: its verbs, its long run, its log, and its end.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use crate::guard;
use crate::settings::Settings;

/// A host takes 25 seconds at most to finish what it has begun.
const LONGEST_DRAIN: Duration = Duration::from_secs(40);

/// As much of the log's end is told when something failed.
const TAIL_LINES: usize = 30;

/// What would lead the host to another database than its own.
const FOREIGN: [&str; 3] = ["DATABASE_URL", "DATABASE_OWNER_URL", "ROOMWIRE_QUOTE_KEY"];

/// The host's program with its configuration, and the process of it that runs.
#[derive(Debug)]
pub(crate) struct Host {
    program: PathBuf,
    settings: Settings,
    pub(crate) log: PathBuf,
    running: Option<Child>,
}

impl Host {
    pub(crate) fn new(program: PathBuf, settings: Settings, log: PathBuf) -> Self {
        Self {
            program,
            settings,
            log,
            running: None,
        }
    }

    /// Runs a verb to its end and gives what it printed.
    pub(crate) async fn run(&mut self, verb: &[&str]) -> Result<String> {
        let mut command = self.command(verb)?;
        command.stdout(Stdio::piped());
        let child = self.running.insert(command.spawn()?);
        let mut output = String::new();
        if let Some(mut pipe) = child.stdout.take() {
            pipe.read_to_string(&mut output).await?;
        }
        let status = child.wait().await?;
        self.running = None;
        ensure!(
            status.success(),
            "`roomwire {}` ended with {status}",
            verb.join(" ")
        );
        Ok(output)
    }

    /// Adds the hotels of the settings.
    pub(crate) async fn seed(&mut self) -> Result<String> {
        let files: Vec<String> = self
            .settings
            .hotels
            .iter()
            .map(|file| file.to_string_lossy().into_owned())
            .collect();
        let mut verb = vec!["seed"];
        verb.extend(files.iter().map(String::as_str));
        self.run(&verb).await
    }

    /// Starts `roomwire serve`.
    pub(crate) fn serve(&mut self) -> Result<()> {
        let mut command = self.command(&["serve"])?;
        command.stdout(Stdio::null());
        self.running = Some(command.spawn()?);
        Ok(())
    }

    /// Whether the process that was started has ended by itself, and how.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(match &mut self.running {
            Some(child) => child.try_wait()?,
            None => None,
        })
    }

    /// Asks what runs to end, and waits until it has.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        let Some(mut child) = self.running.take() else {
            return Ok(());
        };
        if let Some(id) = child.id() {
            kill(Pid::from_raw(id.try_into()?), Signal::SIGTERM)
                .context("the host can't be asked to end")?;
        }
        match tokio::time::timeout(LONGEST_DRAIN, child.wait()).await {
            Ok(status) => {
                let status = status?;
                ensure!(status.success(), "the host ended with {status}");
                Ok(())
            }
            Err(_) => {
                child.kill().await?;
                bail!("the host did not end within {} s", LONGEST_DRAIN.as_secs())
            }
        }
    }

    /// The end of the log.
    pub(crate) fn log_tail(&self) -> io::Result<String> {
        let text = fs::read_to_string(&self.log)?;
        let lines: Vec<&str> = text.lines().collect();
        Ok(lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n"))
    }

    /// A command whose process ends with ours, and hears of Ctrl-C from us alone.
    fn command(&self, verb: &[&str]) -> Result<Command> {
        let log = append(&self.log)?;
        let mut command = guard::command(&self.program)?;
        command
            .arg("--config")
            .arg(&self.settings.config)
            .args(verb)
            .envs(self.settings.environment.iter().cloned())
            .stdin(Stdio::null())
            .stderr(log)
            .process_group(0);
        for variable in FOREIGN {
            command.env_remove(variable);
        }
        let mut command = Command::from(command);
        command.kill_on_drop(true);
        Ok(command)
    }
}

fn append(log: &Path) -> Result<File> {
    let mut options = File::options();
    let file = options.create(true).append(true).open(log);
    file.with_context(|| format!("can't write {}", log.display()))
}
