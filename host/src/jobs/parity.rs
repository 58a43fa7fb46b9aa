//! Compares what a channel shows with what we hold. Enqueued by its schedule, and by channels that say they were edited.

use crate::app::App;
use crate::jobs::{JobError, payload};
use crate::store::jobs::Job;

pub(super) async fn run(app: App, job: Job) -> Result<(), JobError> {
    let (hotel, connection) = payload::connection(&job)?;
    Ok(crate::app::parity::check(&app, hotel, connection).await?)
}
