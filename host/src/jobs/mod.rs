//! THE list of jobs and schedules; one file per job.

mod acknowledge;
mod error;
mod fetch;
mod held;
mod kind;
mod lane;
mod payload;
mod pull;
mod push;
mod webhook;
mod worker;

pub use error::JobError;
pub use kind::{Kind, Lane, Run};
pub use worker::{Settings, Worker};

use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// What comes in from channels.
pub static INBOUND: [Kind; 4] = [
    Kind {
        name: "process_webhook",
        lane: Lane::Inbound,
        attempts: 12,
        time_limit: Duration::from_secs(120),
        run: |app, job| Box::pin(webhook::run(app, job)),
    },
    Kind {
        name: "fetch_reservation",
        lane: Lane::Inbound,
        attempts: 12,
        time_limit: MINUTE,
        run: |app, job| Box::pin(fetch::run(app, job)),
    },
    Kind {
        name: "pull",
        lane: Lane::Inbound,
        attempts: 12,
        time_limit: Duration::from_secs(1800),
        run: |app, job| Box::pin(pull::run(app, job)),
    },
    Kind {
        name: "acknowledge",
        lane: Lane::Inbound,
        attempts: 12,
        time_limit: Duration::from_secs(300),
        run: |app, job| Box::pin(acknowledge::run(app, job)),
    },
];
