//! Names what a connection sold before it was mapped. Enqueued where its mappings change.

use crate::app::{App, revisions};
use crate::jobs::{JobError, payload};
use crate::store::jobs::Job;

pub(super) async fn run(app: App, job: Job) -> Result<(), JobError> {
    let (hotel, connection) = payload::connection(&job)?;
    let changed = revisions::remap(&app, hotel, connection).await?;
    if changed > 0 {
        tracing::info!(hotel.id = %hotel, connection.id = %connection, changed, "Named reservations that were not mapped");
    }
    Ok(())
}
