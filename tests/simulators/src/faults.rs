//! Failures on demand: what the next requests to a part of the simulated API meet.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use serde::{Deserialize, Serialize};

use crate::control::Refused;

/// The longest time that a hanging request is held, and that a slow answer takes.
pub const LONGEST_HANG: Duration = Duration::from_secs(120);

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Failure {
    /// Refused, as the vendor refuses a token or key that is not valid any more. Not applied.
    ExpiredToken,
    /// 429, with `Retry-After` in seconds where given. Not applied.
    TooManyRequests {
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// 500. Not applied.
    ServerError,
    /// Held for this many seconds (at most [`LONGEST_HANG`]), then served as usual.
    /// A caller that goes away in the meantime has sent nothing.
    Hang { seconds: u32 },
    /// Read whole and applied; then the connection is closed without an answer.
    CloseAfterApplying,
    /// Read whole and applied; then the connection is closed in the middle of the answer's body. Of an answer without a
    /// body nothing comes.
    Truncate,
    /// Read whole and applied; then the answer's head comes at once, and its body in pieces over this many seconds (at
    /// most [`LONGEST_HANG`]).
    Drip { seconds: u32 },
}

/// A failure that is an answer; each vendor words it in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    ExpiredToken,
    TooManyRequests,
    ServerError,
}

/// How the server treats one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Treatment {
    Serve,
    Refuse {
        refusal: Refusal,
        retry_after: Option<u32>,
    },
    ServeAfter(Duration),
    ServeAndClose,
    ServeAndTruncate,
    ServeOver(Duration),
}

/// As long as was asked for, within bounds.
fn pause(seconds: u32) -> Duration {
    Duration::from_secs(u64::from(seconds)).min(LONGEST_HANG)
}

impl From<Failure> for Treatment {
    fn from(failure: Failure) -> Self {
        let refuse = |refusal, retry_after| Self::Refuse {
            refusal,
            retry_after,
        };
        match failure {
            Failure::ExpiredToken => refuse(Refusal::ExpiredToken, None),
            Failure::TooManyRequests { retry_after } => {
                refuse(Refusal::TooManyRequests, retry_after)
            }
            Failure::ServerError => refuse(Refusal::ServerError, None),
            Failure::Hang { seconds } => Self::ServeAfter(pause(seconds)),
            Failure::CloseAfterApplying => Self::ServeAndClose,
            Failure::Truncate => Self::ServeAndTruncate,
            Failure::Drip { seconds } => Self::ServeOver(pause(seconds)),
        }
    }
}

/// A failure, for how many requests, and for which.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedFailure {
    pub failure: Failure,
    /// Requests that still meet it; absent: all, until cleared.
    #[serde(default)]
    pub count: Option<u32>,
    /// The beginning of the paths that meet it; empty: every path of the vendor's API.
    #[serde(default)]
    pub path_prefix: String,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Arc<Mutex<Vec<PlannedFailure>>>);

impl Faults {
    pub(crate) fn plan(&self, planned: PlannedFailure) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if planned.count != Some(0) {
            all.push(planned);
        }
    }

    pub(crate) fn clear(&self) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.clear();
    }

    pub(crate) fn planned(&self) -> Vec<PlannedFailure> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.clone()
    }

    /// Uses up one request of the first plan that covers the path.
    pub(crate) fn treatment(&self, path: &str) -> Treatment {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let covering = |planned: &&mut PlannedFailure| path.starts_with(&planned.path_prefix);
        let Some(planned) = all.iter_mut().find(covering) else {
            return Treatment::Serve;
        };
        let treatment = Treatment::from(planned.failure);
        if let Some(count) = &mut planned.count {
            *count = count.saturating_sub(1);
        }
        all.retain(|planned| planned.count != Some(0));
        treatment
    }
}

/// `GET`, `POST` and `DELETE /failures`, the same for every simulator.
pub(crate) fn controls(faults: Faults) -> Router {
    Router::new()
        .route("/failures", get(list).post(plan).delete(clear))
        .with_state(faults)
}

/// Adds `Retry-After` to a vendor's refusal.
pub(crate) fn with_retry_after(mut refusal: Response, seconds: Option<u32>) -> Response {
    if let Some(seconds) = seconds {
        refusal
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    refusal
}

async fn list(State(faults): State<Faults>) -> Json<Vec<PlannedFailure>> {
    Json(faults.planned())
}

async fn plan(
    State(faults): State<Faults>,
    Json(planned): Json<PlannedFailure>,
) -> Result<StatusCode, Refused> {
    if planned.count == Some(0) {
        return Err(Refused::invalid("count must be 1 or more, or absent"));
    }
    faults.plan(planned);
    Ok(StatusCode::NO_CONTENT)
}

async fn clear(State(faults): State<Faults>) -> StatusCode {
    faults.clear();
    StatusCode::NO_CONTENT
}
