//! Logs and metrics: set up once a process.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFormat, Telemetry};

/// Boundaries in seconds, those that OpenTelemetry's conventions recommend.
const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("telemetry.level is neither a level nor directives")]
    Level(#[source] tracing_subscriber::filter::ParseError),
    #[error("the log could not be set up")]
    Log(#[source] tracing_subscriber::util::TryInitError),
    #[error("metrics could not be set up")]
    Metrics(#[source] BuildError),
}

/// Writes log lines to standard error: JSON for programs, pretty on a terminal. Colours are for terminals only.
pub fn start_log(telemetry: &Telemetry) -> Result<(), TelemetryError> {
    // The server's notices tell what a migration skipped: noise, unless somebody asks for it.
    let directives = format!("sqlx::postgres::notice=warn,{}", telemetry.level);
    let filter = EnvFilter::try_new(directives).map_err(TelemetryError::Level)?;
    let terminal = std::io::stderr().is_terminal();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal);
    let json = match telemetry.format {
        LogFormat::Json => true,
        LogFormat::Pretty => false,
        LogFormat::Auto => !terminal,
    };
    if json {
        subscriber.json().flatten_event(true).finish().try_init()
    } else {
        subscriber.finish().try_init()
    }
    .map_err(TelemetryError::Log)
}

/// The process's metrics. Several hosts in one process, as in tests, share them.
pub fn metrics() -> Result<PrometheusHandle, TelemetryError> {
    // Locked from the look to the end: of two that start at once, one installs and the other finds.
    static HANDLE: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut installed = HANDLE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*installed {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(TelemetryError::Metrics)?;
    *installed = Some(handle.clone());
    Ok(handle)
}

/// Between two rounds of [`upkeep`].
const UPKEEP: Duration = Duration::from_secs(5);

/// Folds what was observed into the histograms, until it is stopped. Without it every observation is kept until somebody
/// asks for the metrics.
pub async fn upkeep(metrics: PrometheusHandle, stop: CancellationToken) {
    while stop
        .run_until_cancelled(tokio::time::sleep(UPKEEP))
        .await
        .is_some()
    {
        metrics.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_start_at_once_share_one_recorder() {
        let start = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            let ask = || {
                start.wait();
                metrics()
            };
            let asked: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            for one in asked {
                one.join().expect("no panic").expect("a handle");
            }
        });
    }
}
