//! Tells a channel which revisions are stored. Enqueued with them, and tried by itself until the channel has heard.

use crate::app::{App, pull};
use crate::jobs::{JobError, payload};
use crate::store::jobs::Job;

pub(super) async fn run(app: App, job: Job) -> Result<(), JobError> {
    let (hotel, connection) = payload::connection(&job)?;
    Ok(pull::acknowledge(&app, hotel, connection).await?)
}
