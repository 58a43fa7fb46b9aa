//! What jobs carry: ids.

use serde_json::Value;
use uuid::Uuid;

use crate::domain::ids::{ConnectionId, HotelId};
use crate::jobs::JobError;
use crate::store::jobs::Job;

/// A job that this program would not have enqueued.
#[derive(Debug, thiserror::Error)]
#[error("its payload has no {0}")]
pub(super) struct Missing(&'static str);

/// The hotel that a job is about.
pub(super) fn hotel(job: &Job) -> Result<HotelId, JobError> {
    job.hotel.ok_or_else(|| JobError::dead(Missing("hotel")))
}

/// The hotel and the connection that a job is about.
pub(super) fn connection(job: &Job) -> Result<(HotelId, ConnectionId), JobError> {
    let id: Option<Uuid> = job.payload["connection_id"]
        .as_str()
        .and_then(|id| id.parse().ok());
    let id = id.ok_or_else(|| JobError::dead(Missing("connection_id")))?;
    Ok((hotel(job)?, ConnectionId(id)))
}

/// The texts that a job carries.
pub(super) fn texts(job: &Job, field: &'static str) -> Result<Vec<String>, JobError> {
    let list = job.payload[field].as_array();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    list.and_then(|list| list.iter().map(text).collect())
        .ok_or_else(|| JobError::dead(Missing(field)))
}

/// A text that a job carries.
pub(super) fn text<'a>(job: &'a Job, field: &'static str) -> Result<&'a str, JobError> {
    job.payload[field]
        .as_str()
        .ok_or_else(|| JobError::dead(Missing(field)))
}
