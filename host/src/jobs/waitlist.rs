//! Serves a hotel's waitlist. Enqueued where nights that somebody waits for may be for sale again.

use crate::app::{App, calls, waitlist};
use crate::jobs::{JobError, payload};
use crate::store::jobs::Job;

pub(super) async fn run(app: App, job: Job) -> Result<(), JobError> {
    let hotel = calls::hotel(&app, payload::hotel(&job)?).await?;
    Ok(waitlist::serve(&app, &hotel).await?)
}
