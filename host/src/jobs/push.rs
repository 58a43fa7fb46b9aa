//! Sends changed cells of one connection. Enqueued by whatever marks cells, one waiting job a connection.

use crate::app::{App, push};
use crate::jobs::{JobError, payload};
use crate::store::jobs::Job;

pub(super) async fn run(app: App, job: Job) -> Result<(), JobError> {
    let (hotel, connection) = payload::connection(&job)?;
    Ok(push::push(&app, hotel, connection).await?)
}

/// Marks all that a connection sells.
pub(super) async fn run_full_sync(app: App, job: Job) -> Result<(), JobError> {
    let (hotel, connection) = payload::connection(&job)?;
    let cells = push::full_sync(&app, hotel, connection).await?;
    tracing::info!(hotel.id = %hotel, connection.id = %connection, cells, "marked everything that a connection sells");
    Ok(())
}
