//! THE list of jobs and schedules; one file per job.

mod acknowledge;
mod email;
mod error;
mod fetch;
mod held;
mod kind;
mod lane;
mod maintenance;
mod messages;
mod parity;
mod payload;
mod pull;
mod push;
mod remap;
mod schedules;
mod subscription;
mod waitlist;
mod webhook;
mod worker;

pub use error::JobError;
pub use kind::{Kind, Lane, Run};
pub use schedules::{ConnectionSchedules, Schedules};
pub use worker::{Settings, Worker};

use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// What must happen in the end, however long a channel or a provider is away.
const FOREVER: i32 = i32::MAX;
/// About eight hours.
const HOURS: i32 = 100;

/// Every kind of job: its name, its lane, its failed attempts before it is a dead letter, and its time limit.
pub static KINDS: &[Kind] = &[
    // Towards the channels.
    kind("push", Lane::Push, FOREVER, MINUTE, |app, job| {
        Box::pin(push::run(app, job))
    }),
    kind("full_sync", Lane::Push, 5, MINUTE, |app, job| {
        Box::pin(push::run_full_sync(app, job))
    }),
    // From the channels.
    kind(
        "process_webhook",
        Lane::Inbound,
        HOURS,
        MINUTE.saturating_mul(2),
        |app, job| Box::pin(webhook::run(app, job)),
    ),
    kind(
        "fetch_reservation",
        Lane::Inbound,
        HOURS,
        MINUTE,
        |app, job| Box::pin(fetch::run(app, job)),
    ),
    kind(
        "pull",
        Lane::Inbound,
        12,
        MINUTE.saturating_mul(30),
        |app, job| Box::pin(pull::run(app, job)),
    ),
    kind(
        "remap",
        Lane::Inbound,
        HOURS,
        MINUTE.saturating_mul(5),
        |app, job| Box::pin(remap::run(app, job)),
    ),
    kind(
        "acknowledge",
        Lane::Inbound,
        HOURS,
        MINUTE.saturating_mul(5),
        |app, job| Box::pin(acknowledge::run(app, job)),
    ),
    kind(
        "webhook_subscription",
        Lane::Inbound,
        HOURS,
        MINUTE,
        |app, job| Box::pin(subscription::run(app, job)),
    ),
    kind(
        "pull_messages",
        Lane::Inbound,
        12,
        MINUTE.saturating_mul(30),
        |app, job| Box::pin(messages::pull(app, job)),
    ),
    kind(
        "parity",
        Lane::Parity,
        3,
        MINUTE.saturating_mul(30),
        |app, job| Box::pin(parity::run(app, job)),
    ),
    // Towards guests.
    kind("email", Lane::Email, HOURS, MINUTE, |app, job| {
        Box::pin(email::run(app, job))
    }),
    kind("email_batch", Lane::Email, HOURS, MINUTE, |app, job| {
        Box::pin(email::run_several(app, job))
    }),
    kind(
        "reply",
        Lane::Email,
        messages::ATTEMPTS,
        MINUTE,
        |app, job| Box::pin(messages::reply(app, job)),
    ),
    kind(
        "waitlist",
        Lane::Maintenance,
        HOURS,
        MINUTE.saturating_mul(5),
        |app, job| Box::pin(waitlist::run(app, job)),
    ),
    // The host's own housekeeping.
    kind(
        "waitlist_sweep",
        Lane::Maintenance,
        3,
        MINUTE.saturating_mul(5),
        |app, job| Box::pin(maintenance::sweep_waitlists(app, job)),
    ),
    kind("expire_holds", Lane::Maintenance, 3, MINUTE, |app, job| {
        Box::pin(maintenance::expire_holds(app, job))
    }),
    kind(
        "keep_partitions",
        Lane::Maintenance,
        3,
        MINUTE,
        |app, job| Box::pin(maintenance::keep_partitions(app, job)),
    ),
    kind(
        "age_tentative",
        Lane::Maintenance,
        3,
        MINUTE.saturating_mul(5),
        |app, job| Box::pin(maintenance::age_tentative(app, job)),
    ),
    kind(
        "seal_audit",
        Lane::Maintenance,
        3,
        MINUTE.saturating_mul(5),
        |app, job| Box::pin(maintenance::seal_audit(app, job)),
    ),
    kind("catch_up", Lane::Maintenance, 3, MINUTE, |app, job| {
        Box::pin(maintenance::catch_up(app, job))
    }),
    kind("forget", Lane::Maintenance, 3, HOUR, |app, job| {
        Box::pin(maintenance::forget(app, job))
    }),
];

/// What runs by the clock in every installation, and how often. What runs for a connection is in its configuration.
static PERIODS: &[(&str, Duration)] = &[
    ("expire_holds", Duration::from_secs(5)),
    ("catch_up", MINUTE.saturating_mul(5)),
    ("keep_partitions", HOUR.saturating_mul(24)),
    ("age_tentative", MINUTE),
    ("waitlist_sweep", MINUTE),
    ("seal_audit", Duration::from_secs(15)),
    ("forget", HOUR),
];

const fn kind(
    name: &'static str,
    lane: Lane,
    attempts: i32,
    time_limit: Duration,
    run: Run,
) -> Kind {
    Kind {
        name,
        lane,
        attempts,
        time_limit,
        run,
    }
}
