//! Certifying a connector: a simulated channel of its own, and the host's kit.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::process;

/// The channel that the connectors speak to.
const CHANNEL: &str = "channex";

/// Plays the kit's scenarios. `sources` has the connector's declaration.
pub(super) fn run(host: &Path, simulator: &Path, sources: &Path, plugin: &Path) -> Result<()> {
    let simulator = Simulator::start(simulator)?;
    process::run(
        Command::new(host)
            .args(["plugin", "certify"])
            .arg(plugin)
            .args(["--simulator", &simulator.address, "--declaration"])
            .arg(sources.join("certification.toml")),
    )
}

/// It is ended with this value.
struct Simulator {
    address: String,
    running: Child,
    /// Kept open: it says more than its address.
    _said: BufReader<ChildStdout>,
}

impl Simulator {
    fn start(program: &Path) -> Result<Self> {
        let mut running = Command::new(program)
            .arg(CHANNEL)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the simulator can't be started")?;
        let said = running.stdout.take().expect("standard output was piped");
        let mut said = BufReader::new(said);
        let mut line = String::new();
        let read = said.read_line(&mut line);
        let simulator = Self {
            address: address(&line).unwrap_or_default().to_owned(),
            running,
            _said: said,
        };
        read.context("the simulator says nothing")?;
        ensure!(
            !simulator.address.is_empty(),
            "the simulator names no address: {line}"
        );
        Ok(simulator)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if let Err(cause) = self.running.kill().and_then(|()| self.running.wait()) {
            eprintln!("the simulator may still run: {cause}");
        }
    }
}

/// `channex is simulated at http://127.0.0.1:9101/`
fn address(line: &str) -> Option<&str> {
    let at = line.find("http://")?;
    Some(line[at..].trim_end().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simulators_first_line_names_its_address() {
        let line = "channex is simulated at http://127.0.0.1:9101/\n";
        assert_eq!(address(line), Some("http://127.0.0.1:9101"));
        assert_eq!(address("it does not run"), None);
    }
}
