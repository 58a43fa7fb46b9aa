//! Pulls what guests wrote, by its schedule and after a webhook; and sends one reply, enqueued with it.

use crate::app::{App, messages};
use crate::domain::ids::MessageId;
use crate::jobs::{JobError, payload};
use crate::store::jobs::Job;

/// About two hours: a guest does not wait longer for an answer.
pub(super) const ATTEMPTS: i32 = 30;

pub(super) async fn pull(app: App, job: Job) -> Result<(), JobError> {
    let (hotel, connection) = payload::connection(&job)?;
    Ok(messages::pull(&app, hotel, connection).await?)
}

pub(super) async fn reply(app: App, job: Job) -> Result<(), JobError> {
    let hotel = payload::hotel(&job)?;
    let message: uuid::Uuid = payload::text(&job, "message_id")?
        .parse()
        .map_err(JobError::dead)?;
    let is_last = job.attempt >= ATTEMPTS;
    Ok(messages::send(&app, hotel, MessageId(message), is_last).await?)
}
