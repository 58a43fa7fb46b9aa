//! Sends one mail. Enqueued with the change that it tells of.

use std::time::Duration;

use crate::app::App;
use crate::app::emails::{self, SendError};
use crate::jobs::{JobError, payload};
use crate::store::jobs::Job;

/// How long a provider may take to tell of a mail that it may have sent, before a person is asked.
const PATIENCE: Duration = Duration::from_secs(600);

pub(super) async fn run(app: App, job: Job) -> Result<(), JobError> {
    let hotel = payload::hotel(&job)?;
    let business_key = payload::text(&job, "business_key")?;
    emails::send(&app, hotel, business_key)
        .await
        .map_err(|error| match error {
            SendError::Call(error) => error.into(),
            SendError::Render(error) => JobError::dead(error),
            error @ SendError::Unknown(_) => JobError::Later {
                after: PATIENCE,
                reason: error.to_string(),
            },
            error @ SendError::StillUnknown => JobError::dead(error),
        })
}
