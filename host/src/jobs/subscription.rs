//! Has a connection's channel send its webhooks here, or stop. Enqueued where the configuration or a plugin changes that.

use crate::app::{App, subscriptions};
use crate::jobs::{JobError, payload};
use crate::store::jobs::Job;

pub(super) async fn run(app: App, job: Job) -> Result<(), JobError> {
    let (hotel, connection) = payload::connection(&job)?;
    Ok(subscriptions::settle(&app, hotel, connection).await?)
}
