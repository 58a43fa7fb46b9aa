//! Where a plugin's machine code came from, and how long it took until the plugin could be called.

use std::time::Duration;

use crate::plugin::manifest::Manifest;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Origin {
    Compiler,
    Cache,
}

impl Origin {
    /// As the metric's label shows it.
    fn as_str(self) -> &'static str {
        match self {
            Self::Compiler => "compiled",
            Self::Cache => "cached",
        }
    }

    pub(super) fn tell(self, manifest: &Manifest, took: Duration) {
        metrics::histogram!("roomwire_plugin_load_seconds", "origin" => self.as_str())
            .record(took.as_secs_f64());
        tracing::info!(
            plugin.id = %manifest.id,
            plugin.version = %manifest.version,
            origin = self.as_str(),
            duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "Loaded a plugin"
        );
    }
}
