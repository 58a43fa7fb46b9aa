//! Use cases: one file per noun, one transaction per verb.

mod error;
mod wake;

pub use error::{AppError, Refusal};
pub use wake::Wake;

use std::sync::Arc;

use crate::domain::clock::Clock;
use crate::domain::connector::Connectors;
use crate::domain::email::EmailProviders;
use crate::store::Store;

/// What every use case may need; cheap to clone.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    pub clock: Clock,
    pub connectors: Arc<dyn Connectors>,
    pub email_providers: Arc<dyn EmailProviders>,
    /// Rung after a commit that enqueued something urgent.
    pub wake: Wake,
}

impl std::fmt::Debug for App {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("App")
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
