//! `roomwire-simulate NAME --port N`: one simulator as a program, until Ctrl-C.

use anyhow::Context as _;
use clap::Parser;
use jiff::Timestamp;
use roomwire_simulators::catalogue::Name;
use roomwire_simulators::clock::Clock;
use tracing_subscriber::EnvFilter;

/// Simulates a channel system or an email provider on the loopback interface.
#[derive(Parser)]
#[command(name = "roomwire-simulate", version)]
struct Arguments {
    /// What to simulate.
    name: Name,
    /// The port to listen on; any free one if not given.
    #[arg(long)]
    port: Option<u16>,
    /// The instant at which the simulator's clock starts, like 2026-11-23T10:00:00Z; the machine's time if not given.
    #[arg(long)]
    now: Option<Timestamp>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let clock = arguments.now.map_or_else(Clock::system, Clock::starting_at);
    let simulator = arguments.name.start(arguments.port, clock).await?;
    let address = simulator.address();
    println!("{} is simulated at http://{address}/", arguments.name);
    for control in simulator.controls() {
        let (method, path) = control.split_once(' ').unwrap_or(("GET", control));
        println!("  {method:6} http://{address}/_control{path}");
    }
    println!("Ctrl-C stops it; nothing is kept.");
    tokio::signal::ctrl_c()
        .await
        .context("Ctrl-C cannot be waited for on this system")?;
    simulator.shutdown().await;
    Ok(())
}
