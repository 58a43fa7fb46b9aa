//! What a kind of job is: its name, its lane, how often and how long it may try, and the function that does it.

use std::fmt;
use std::time::Duration;

use futures::future::BoxFuture;

use crate::app::App;
use crate::jobs::JobError;
use crate::store::jobs::Job;

/// Does one job. It may run again after a crash, so it reads the present state and acts on that.
pub type Run = fn(App, Job) -> BoxFuture<'static, Result<(), JobError>>;

/// Work that shares its slots: what is slow in one lane does not hold up another.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Lane {
    /// Pushes of availability and rates.
    Push,
    /// What channels tell us.
    Inbound,
    /// Long reads that nobody waits for.
    Parity,
    Email,
    /// The host's own housekeeping.
    Maintenance,
}

impl Lane {
    pub const ALL: [Self; 5] = [
        Self::Push,
        Self::Inbound,
        Self::Parity,
        Self::Email,
        Self::Maintenance,
    ];

    /// How many of its jobs run at a time in one process.
    pub(super) fn slots(self) -> usize {
        match self {
            Self::Push | Self::Inbound => 64,
            Self::Email => 16,
            Self::Parity | Self::Maintenance => 4,
        }
    }
}

/// One kind of job.
#[derive(Clone, Copy)]
pub struct Kind {
    pub name: &'static str,
    pub lane: Lane,
    /// Failed attempts before it becomes a dead letter. What never does is told of again and again instead.
    pub attempts: i32,
    /// An attempt that takes longer is dropped and counts as failed.
    pub time_limit: Duration,
    pub run: Run,
}

impl fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Kind")
            .field("name", &self.name)
            .field("lane", &self.lane)
            .finish_non_exhaustive()
    }
}
