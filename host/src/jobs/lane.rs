//! One lane: claims as many jobs as it has free slots, runs each in a task of its own, and settles them in batches.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::app::App;
use crate::jobs::JobError;
use crate::jobs::error::{backoff, chain};
use crate::jobs::kind::{Kind, Lane};
use crate::jobs::worker::Worker;
use crate::store::jobs::{self, Job, NotDone};

/// Between a ring and the look that follows it, so that a storm of rings is one look.
const GATHER: Duration = Duration::from_millis(10);

/// After so many failed attempts, and every so many again, a person is told.
const STUCK: i32 = 20;

/// A job whose attempt is over, and has yet to be settled in the database.
#[derive(Debug)]
struct Over {
    kind: Kind,
    job: Job,
    result: Result<(), JobError>,
    took: Duration,
}

pub(super) struct LaneRunner<'a> {
    worker: &'a Worker,
    lane: Lane,
    names: Vec<String>,
    running: JoinSet<Over>,
    over: Vec<Over>,
}

impl<'a> LaneRunner<'a> {
    pub(super) fn new(worker: &'a Worker, lane: Lane) -> Self {
        let kinds = worker.kinds.iter().filter(|kind| kind.lane == lane);
        Self {
            worker,
            lane,
            names: kinds.map(|kind| kind.name.to_owned()).collect(),
            running: JoinSet::new(),
            over: Vec::new(),
        }
    }

    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut bell = self.worker.app.wake.subscribe();
        while !self.names.is_empty() && !stop.is_cancelled() {
            self.settle().await;
            self.claim().await;
            self.wait(&mut bell, &stop).await;
        }
        self.drain().await;
    }

    /// Fills the free slots with jobs that are due.
    async fn claim(&mut self) {
        let free = self
            .lane
            .slots()
            .saturating_sub(self.running.len() + self.over.len());
        let Some(limit) = i64::try_from(free).ok().filter(|limit| *limit > 0) else {
            return;
        };
        let store = &self.worker.app.store;
        match jobs::claim(store, self.worker.lease(), &self.names, limit).await {
            Ok(claimed) => claimed.into_iter().for_each(|job| self.start(job)),
            Err(error) => {
                tracing::warn!(error = chain(&error), lane = ?self.lane, "could not claim jobs");
            }
        }
    }

    fn start(&mut self, job: Job) {
        let kind = self.worker.kinds.iter().find(|kind| kind.name == job.kind);
        let Some(kind) = kind.copied() else {
            return;
        };
        let (id, fence) = (job.id, job.fence);
        let span = tracing::info_span!(
            "job",
            job.id = id,
            job.kind = kind.name,
            job.attempt = job.attempt,
            hotel.id = job.hotel.map(tracing::field::display)
        );
        let attempt = attempt(kind, self.worker.app.clone(), job).instrument(span);
        self.worker
            .held
            .take(id, fence, self.running.spawn(attempt));
    }

    /// Waits until there may be something to do: a job is over, the bell rings, or it is time to look again.
    async fn wait(&mut self, bell: &mut watch::Receiver<()>, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            Some(ended) = self.running.join_next() => {
                self.over.extend(ended);
                while let Some(ended) = self.running.try_join_next() {
                    self.over.extend(ended);
                }
            }
            Ok(()) = bell.changed() => sleep(GATHER).await,
            () = sleep(self.worker.settings.poll) => {}
        }
    }

    /// Tells the database what became of the attempts that are over.
    /// Those it could not be told stay held, and are told again.
    async fn settle(&mut self) {
        let (done, failed): (Vec<Over>, Vec<Over>) = std::mem::take(&mut self.over)
            .into_iter()
            .partition(|over| over.result.is_ok());
        if !done.is_empty() {
            let fences: Vec<(i64, i32)> = done
                .iter()
                .map(|over| (over.job.id, over.job.fence))
                .collect();
            match jobs::complete(&self.worker.app.store, &fences).await {
                Ok(_) => done.iter().for_each(|over| self.settled(over, "done")),
                Err(error) => {
                    tracing::warn!(error = chain(&error), "could not complete jobs");
                    self.over.extend(done);
                }
            }
        }
        for over in failed {
            self.settle_failure(over).await;
        }
    }

    async fn settle_failure(&mut self, over: Over) {
        let Err(error) = &over.result else {
            return;
        };
        let next = self.next(&over, error);
        let outcome = match &next {
            NotDone::Retry { .. } => "retry",
            NotDone::Dead { .. } => "dead",
        };
        match jobs::not_done(&self.worker.app.store, &over.job, next.clone()).await {
            Ok(_) => {
                tell(&over, error, &next);
                self.settled(&over, outcome);
            }
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    job.id = over.job.id,
                    "could not return a job"
                );
                self.over.push(over);
            }
        }
    }

    fn settled(&self, over: &Over, outcome: &'static str) {
        self.worker.held.settle(over.job.id, over.job.fence);
        metrics::counter!("roomwire_jobs_total", "kind" => over.kind.name, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("roomwire_job_seconds", "kind" => over.kind.name)
            .record(over.took.as_secs_f64());
    }

    fn next(&self, over: &Over, error: &JobError) -> NotDone {
        let reason = error.to_string();
        match error {
            JobError::Dead(_) => NotDone::Dead { reason },
            JobError::Retry(_) if over.job.attempt >= over.kind.attempts => NotDone::Dead {
                reason: format!("gave up after {} attempts: {reason}", over.job.attempt),
            },
            JobError::Retry(_) => NotDone::Retry {
                after: backoff(over.job.attempt, &self.worker.random),
                reason,
                burns_attempt: true,
            },
            JobError::Later { after, .. } => NotDone::Retry {
                after: *after,
                reason,
                burns_attempt: false,
            },
        }
    }

    /// Waits for running jobs within the bound; what is left is dropped, and handed back by the worker.
    async fn drain(&mut self) {
        let bound = Instant::now() + self.worker.settings.drain;
        while let Ok(Some(ended)) = timeout_at(bound, self.running.join_next()).await {
            self.over.extend(ended);
        }
        self.running.shutdown().await;
        self.settle().await;
    }
}

/// Runs one attempt. A panic is a failure like any other.
async fn attempt(kind: Kind, app: App, job: Job) -> Over {
    let started = Instant::now();
    let running = async { timeout(kind.time_limit, (kind.run)(app, job.clone())).await };
    let result = match AssertUnwindSafe(running).catch_unwind().await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(JobError::retry(format!(
            "it took longer than {} s",
            kind.time_limit.as_secs()
        ))),
        Err(panic) => Err(JobError::retry(format!(
            "it panicked: {}",
            message(&*panic)
        ))),
    };
    Over {
        kind,
        job,
        result,
        took: started.elapsed(),
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

fn tell(over: &Over, error: &JobError, next: &NotDone) {
    let hotel = over.job.hotel.map(tracing::field::display);
    match next {
        NotDone::Retry { after, .. } if over.job.attempt > 0 && over.job.attempt % STUCK == 0 => {
            tracing::error!(
                alert = "job_stuck",
                job.id = over.job.id,
                job.kind = over.kind.name,
                job.attempt = over.job.attempt,
                hotel.id = hotel,
                retry_in_ms = after.as_millis(),
                error = chain(error),
                "a job fails again and again, and goes on trying"
            );
        }
        NotDone::Retry { after, .. } => tracing::warn!(
            job.id = over.job.id,
            job.kind = over.kind.name,
            job.attempt = over.job.attempt,
            hotel.id = hotel,
            retry_in_ms = after.as_millis(),
            error = chain(error),
            "a job will run again"
        ),
        NotDone::Dead { .. } => {
            metrics::counter!("roomwire_dead_letters_total", "kind" => over.kind.name).increment(1);
            tracing::error!(
                alert = "dead_letter",
                job.id = over.job.id,
                job.kind = over.kind.name,
                hotel.id = hotel,
                error = chain(error),
                "a job was set aside and waits for a person"
            );
        }
    }
}
