//! Fetches one reservation's current state. Enqueued by hints, one waiting job a reservation.

use crate::app::{App, pull};
use crate::jobs::{JobError, payload};
use crate::store::jobs::Job;

pub(super) async fn run(app: App, job: Job) -> Result<(), JobError> {
    let (hotel, connection) = payload::connection(&job)?;
    let reservation = payload::text(&job, "reservation")?;
    Ok(pull::fetch(&app, hotel, connection, reservation).await?)
}
