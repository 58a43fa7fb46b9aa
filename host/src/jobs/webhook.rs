//! Works off one stored webhook. Enqueued with it; those of one connection run in the order of their arrival.

use crate::app::App;
use crate::app::inbox::{self, Belief};
use crate::domain::ids::DeliveryId;
use crate::jobs::{JobError, payload};
use crate::store::jobs::Job;

pub(super) async fn run(app: App, job: Job) -> Result<(), JobError> {
    let hotel = payload::hotel(&job)?;
    let delivery = payload::text(&job, "delivery_id")?
        .parse()
        .map_err(JobError::dead)?;
    // How it was verified says whether it is believed, and does not change.
    let belief = match job.payload["answered"].as_bool() {
        Some(true) => Belief::Answered,
        _ => Belief::Usual,
    };
    Ok(inbox::work_off(&app, hotel, DeliveryId(delivery), belief).await?)
}
