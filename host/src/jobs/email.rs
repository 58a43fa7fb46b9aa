//! Sends one mail, or several in one request. Enqueued with the change that each tells of.

use crate::app::App;
use crate::app::emails::{self, Carried, PATIENCE, SendError};
use crate::jobs::{JobError, payload};
use crate::store::jobs::Job;

pub(super) async fn run(app: App, job: Job) -> Result<(), JobError> {
    let hotel = payload::hotel(&job)?;
    let business_key = payload::text(&job, "business_key")?;
    emails::send(&app, hotel, business_key).await.map_err(next)
}

pub(super) async fn run_several(app: App, job: Job) -> Result<(), JobError> {
    let (hotel, connection) = payload::connection(&job)?;
    let carried = Carried {
        hotel,
        connection,
        business_keys: payload::texts(&job, "business_keys")?,
    };
    emails::send_batch(&app, &job, carried).await.map_err(next)
}

fn next(error: SendError) -> JobError {
    match error {
        SendError::Call(error) => error.into(),
        SendError::Render(error) => JobError::dead(error),
        error @ SendError::Unknown(_) => JobError::Later {
            after: PATIENCE,
            reason: error.to_string(),
        },
        error @ SendError::StillUnknown => JobError::dead(error),
    }
}
