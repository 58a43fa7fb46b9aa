//! The simulators' time: a function that the caller may replace.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::control::Refused;

/// As method and path, for people.
pub(crate) const CONTROLS: &[&str] = &["GET /clock", "POST /clock"];

/// The most by which the clock is put forward at once: a channel's year and a little.
const LONGEST_STEP: u32 = 400 * 24 * 60 * 60;

/// Tells the instant, in UTC. Everything that a simulator stamps or lets expire asks it. Clones are one clock.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// By how much it was put forward.
    ahead: Arc<Mutex<SignedDuration>>,
}

impl Clock {
    /// A clock of the caller's making: fixed, or moved by a test's hand.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self {
            now: Arc::new(now),
            ahead: Arc::default(),
        }
    }

    /// The machine's own clock.
    pub fn system() -> Self {
        Self::new(machine_time)
    }

    /// A clock that shows `first` now and runs on from there.
    pub fn starting_at(first: Timestamp) -> Self {
        let shift = first.duration_since(machine_time());
        Self::new(move || machine_time() + shift)
    }

    pub fn now(&self) -> Timestamp {
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        (self.now)().saturating_add(ahead).unwrap_or(Timestamp::MAX)
    }

    /// Puts the clock forward: so much more time has passed for everything that asks it.
    pub fn advance(&self, by: SignedDuration) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = ahead.saturating_add(by);
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Clock").field(&self.now()).finish()
    }
}

/// `GET` and `POST /clock`, the same for every simulator.
pub(crate) fn controls(clock: Clock) -> Router {
    Router::new()
        .route("/clock", get(show).post(put_forward))
        .with_state(clock)
}

#[derive(Serialize)]
struct Shown {
    now: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    seconds: u32,
}

async fn show(State(clock): State<Clock>) -> Json<Shown> {
    Json(Shown { now: clock.now() })
}

async fn put_forward(
    State(clock): State<Clock>,
    Json(step): Json<Step>,
) -> Result<Json<Shown>, Refused> {
    if step.seconds > LONGEST_STEP {
        return Err(Refused::invalid(format!(
            "seconds must be {LONGEST_STEP} or less"
        )));
    }
    clock.advance(SignedDuration::from_secs(step.seconds.into()));
    Ok(show(State(clock)).await)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the simulators are programs of their own, and this is their one look at the wall clock"
)]
fn machine_time() -> Timestamp {
    Timestamp::now()
}
