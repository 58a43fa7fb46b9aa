//! THE list of jobs and schedules; one file per job.

mod error;
mod held;
mod kind;
mod lane;
mod parity;
mod payload;
mod push;
mod worker;

pub use error::JobError;
pub use kind::{Kind, Lane, Run};
pub use worker::{Settings, Worker};
