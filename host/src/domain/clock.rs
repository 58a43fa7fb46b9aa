//! Time as a parameter: the only home of the wall clock.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};

/// Tells the present instant. Expiry is never decided with it: only the database's clock does that.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Movable(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock for tests and certification, which stands still until it is moved.
    pub fn movable(start: Timestamp) -> Self {
        Self(Source::Movable(Arc::new(Mutex::new(start))))
    }

    /// The present instant, UTC.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the wall clock's one home"
    )]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => truncated(Timestamp::now()),
            Source::Movable(instant) => *instant
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        }
    }

    /// Moves a movable clock; the system's cannot be moved and stays as it is.
    pub fn advance(&self, by: SignedDuration) {
        if let Source::Movable(instant) = &self.0 {
            let mut instant = instant
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            *instant = instant.saturating_add(by).unwrap_or(Timestamp::MAX);
        }
    }
}

/// The database keeps microseconds: what is answered now must read the same later.
fn truncated(instant: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant)
}
