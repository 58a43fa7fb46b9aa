//! Pulls a connection's reservations. Enqueued by its schedule, besides every webhook.

use crate::app::{App, pull};
use crate::jobs::{JobError, payload};
use crate::store::jobs::Job;

pub(super) async fn run(app: App, job: Job) -> Result<(), JobError> {
    let (hotel, connection) = payload::connection(&job)?;
    Ok(pull::pull(&app, hotel, connection).await?)
}
