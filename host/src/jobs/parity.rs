//! Compares one window of nights with what a channel shows. A run is a chain of such jobs.

use crate::app::App;
use crate::app::parity::{self, LOOKS, Look};
use crate::jobs::{JobError, payload};
use crate::store::jobs::Job;

pub(super) async fn run(app: App, job: Job) -> Result<(), JobError> {
    let (hotel, connection) = payload::connection(&job)?;
    let look = Look {
        from: job.payload["from"]
            .as_str()
            .and_then(|night| night.parse().ok()),
        again: job.payload["again"]
            .as_u64()
            .and_then(|again| u8::try_from(again).ok())
            .unwrap_or(LOOKS),
    };
    Ok(parity::look(&app, hotel, connection, look).await?)
}
