//! The simulators' time: a function that the caller may replace.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// Tells the instant, in UTC. Everything that a simulator stamps or lets expire asks it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock of the caller's making: fixed, or moved by a test's hand.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The machine's own clock.
    pub fn system() -> Self {
        Self::new(machine_time)
    }

    /// A clock that shows `first` now and runs on from there.
    pub fn starting_at(first: Timestamp) -> Self {
        let shift = first.duration_since(machine_time());
        Self::new(move || machine_time() + shift)
    }

    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Clock").field(&self.now()).finish()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the simulators are programs of their own, and this is their one look at the wall clock"
)]
fn machine_time() -> Timestamp {
    Timestamp::now()
}
