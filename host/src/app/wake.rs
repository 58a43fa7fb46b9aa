//! A bell that app code rings after a commit, so that the workers of this process look at once.

use std::sync::Arc;

use tokio::sync::watch;

/// Rings to every worker of the process. Correctness never depends on it: workers also look by the clock.
#[derive(Clone, Debug)]
pub struct Wake(Arc<watch::Sender<()>>);

impl Default for Wake {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(())))
    }
}

impl Wake {
    /// Says that there may be work. Call it after the commit: before, there is nothing to see yet.
    pub fn ring(&self) {
        self.0.send_replace(());
    }

    /// An ear that hears every ring from now on, also those between two looks.
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}
