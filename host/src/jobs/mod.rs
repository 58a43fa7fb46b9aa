//! THE list of jobs and schedules; one file per job.

mod email;
mod error;
mod held;
mod kind;
mod lane;
mod maintenance;
mod payload;
mod push;
mod worker;

pub use error::JobError;
pub use kind::{Kind, Lane, Run};
pub use worker::{Settings, Worker};

use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Every kind of job.
pub static KINDS: &[Kind] = &[
    // Towards the channels.
    Kind { name: "push", lane: Lane::Push, attempts: 20, time_limit: MINUTE, run: |app, job| Box::pin(push::run(app, job)) },
    Kind { name: "full_sync", lane: Lane::Push, attempts: 5, time_limit: MINUTE, run: |app, job| Box::pin(push::run_full_sync(app, job)) },
    // Towards guests.
    Kind { name: "email", lane: Lane::Email, attempts: 12, time_limit: MINUTE, run: |app, job| Box::pin(email::run(app, job)) },
    // The host's own housekeeping.
    Kind { name: "expire_holds", lane: Lane::Maintenance, attempts: 3, time_limit: MINUTE, run: |app, job| Box::pin(maintenance::expire_holds(app, job)) },
    Kind { name: "keep_partitions", lane: Lane::Maintenance, attempts: 3, time_limit: MINUTE, run: |app, job| Box::pin(maintenance::keep_partitions(app, job)) },
    Kind { name: "forget", lane: Lane::Maintenance, attempts: 3, time_limit: MINUTE, run: |app, job| Box::pin(maintenance::forget(app, job)) },
];
