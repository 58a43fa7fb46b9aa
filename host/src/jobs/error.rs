//! Failed work says what next: again, later, or a person.

use std::error::Error;
use std::time::Duration;

use crate::app::AppError;
use crate::app::calls::CallError;
use crate::domain::connector::ConnectorFailure;
use crate::domain::random::Random;
use crate::domain::retry::{Advice, advice};
use crate::store::StoreError;

type Cause = Box<dyn Error + Send + Sync>;

/// Why a job did not succeed, by what happens to it next. The cause's own text is kept as the job's reason.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Again after a growing pause, until the attempts are used up.
    #[error(transparent)]
    Retry(Cause),
    /// Again after this pause, which is nobody's fault and costs no attempt.
    #[error("{reason}")]
    Later { after: Duration, reason: String },
    /// It would fail again: it waits for a person.
    #[error(transparent)]
    Dead(Cause),
}

impl JobError {
    pub fn retry(cause: impl Into<Cause>) -> Self {
        Self::Retry(cause.into())
    }

    pub fn dead(cause: impl Into<Cause>) -> Self {
        Self::Dead(cause.into())
    }
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Inconsistent { .. } => Self::dead(error),
            StoreError::Unavailable(_)
            | StoreError::Busy(_)
            | StoreError::Contended(_)
            | StoreError::Rows { .. }
            | StoreError::Database(_) => Self::retry(error),
        }
    }
}

impl From<AppError> for JobError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Store(error) => error.into(),
            AppError::Refused(refusal) => Self::dead(refusal),
        }
    }
}

impl From<ConnectorFailure> for JobError {
    fn from(failure: ConnectorFailure) -> Self {
        match advice(&failure) {
            Advice::Again => Self::retry(failure),
            Advice::After(after) => Self::Later {
                after,
                reason: failure.to_string(),
            },
            Advice::Park | Advice::Stop => Self::dead(failure),
        }
    }
}

impl From<CallError> for JobError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::App(error) => error.into(),
            CallError::Connector(failure) => failure.into(),
            CallError::Paced { after } => Self::Later {
                after,
                reason: error.to_string(),
            },
        }
    }
}

/// The pause before the next attempt: full jitter below a bound that doubles from two seconds to ten minutes.
/// The jitter keeps jobs that failed together from coming back together.
pub(super) fn backoff(attempt: i32, random: &Random) -> Duration {
    const LONGEST: u64 = 600_000;
    let doublings = u32::try_from(attempt).unwrap_or(1).clamp(1, 20);
    let bound = LONGEST.min(1000 << doublings);
    Duration::from_millis(100 + random.below(bound))
}

/// An error and its causes on one line, for the log.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let told = error.to_string();
        if !text.ends_with(&told) {
            text = format!("{text}: {told}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_the_attempts_and_stay_within_ten_minutes() {
        let random = Random::seeded(1);
        let longest = |attempt| {
            (0..500)
                .map(|_| backoff(attempt, &random))
                .max()
                .expect("some pauses")
        };
        assert!(longest(1) <= Duration::from_millis(2_100));
        assert!(longest(3) > longest(1));
        assert!(longest(i32::MAX) <= Duration::from_millis(600_100));
        assert!(longest(i32::MAX) > Duration::from_secs(400));
    }

    #[test]
    fn two_failed_jobs_do_not_come_back_together() {
        let random = Random::seeded(1);
        assert_ne!(backoff(5, &random), backoff(5, &random));
    }

    #[test]
    fn a_row_that_makes_no_sense_waits_for_a_person() {
        let error = StoreError::Inconsistent {
            table: "hotels",
            column: "currency",
            row: "1".to_owned(),
        };
        assert!(matches!(JobError::from(error), JobError::Dead(_)));
    }
}
