//! `[telemetry]`: how much is told, and in which form.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::config::key::Key;
use crate::config::reading::Reading;

/// How much is logged, and in which form.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    pub format: LogFormat,
    /// A level, or directives such as `info,roomwire::jobs=debug`.
    pub level: String,
    /// Where `/metrics`, `/healthz` and `/readyz` are answered besides the gateway's address. A process that only works
    /// has no other.
    pub listen: Option<SocketAddr>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Pretty on a terminal, JSON elsewhere.
    #[default]
    Auto,
    Json,
    Pretty,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            format: LogFormat::Auto,
            level: "info".to_owned(),
            listen: None,
        }
    }
}

impl Telemetry {
    pub(super) fn check(&self, reading: &mut Reading<'_>) {
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&self.level) {
            let key = Key::root("telemetry").child("level");
            reading.refuse(&key, format!("neither a level nor directives: {error}"));
        }
    }
}
