//! The runner: one claim loop a lane, a heartbeat for all of them, and the rescue of jobs whose worker died.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::App;
use crate::domain::ids::new_uuid;
use crate::domain::random::Random;
use crate::jobs::error::chain;
use crate::jobs::held::Held;
use crate::jobs::kind::{Kind, Lane};
use crate::jobs::lane::LaneRunner;
use crate::store::jobs::Lease;
use crate::store::{self};

/// The runner's rhythm.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Between two looks for work that nobody rang for.
    pub poll: Duration,
    /// How long a job stays this worker's without a heartbeat.
    pub lease: Duration,
    pub heartbeat: Duration,
    /// Between two looks for jobs whose worker died.
    pub rescue: Duration,
    /// How long a stopping worker waits for its running jobs before it gives them back.
    pub drain: Duration,
}

impl Default for Settings {
    /// An orphan is back after at most the lease and the pause between two rescues: 40 seconds.
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(250),
            lease: Duration::from_secs(30),
            heartbeat: Duration::from_secs(10),
            rescue: Duration::from_secs(10),
            drain: Duration::from_secs(20),
        }
    }
}

/// Runs jobs of some kinds until it is stopped. Any number of workers may share a database.
#[derive(Clone, Debug)]
pub struct Worker {
    pub(super) app: App,
    pub(super) kinds: &'static [Kind],
    pub(super) settings: Settings,
    pub(super) random: Random,
    pub(super) held: Held,
    id: Uuid,
}

impl Worker {
    /// A worker for the kinds that are given, usually [`crate::jobs::KINDS`].
    pub fn new(app: App, kinds: &'static [Kind], settings: Settings, random: Random) -> Self {
        let id = new_uuid(app.clock.now());
        Self {
            app,
            kinds,
            settings,
            random,
            held: Held::default(),
            id,
        }
    }

    pub(super) fn lease(&self) -> Lease {
        Lease {
            worker: self.id,
            duration: self.settings.lease,
        }
    }

    /// Runs until `stop`, then waits for running jobs within the drain's bound and gives the rest back.
    pub async fn run(self, stop: CancellationToken) {
        let done = CancellationToken::new();
        let lanes = async {
            join_all(Lane::ALL.map(|lane| LaneRunner::new(&self, lane).run(stop.clone()))).await;
            done.cancel();
        };
        tokio::join!(lanes, self.keep_leases(&done), self.rescue_orphans(&done));
        match store::jobs::hand_back(&self.app.store, self.id).await {
            Ok(0) => {}
            Ok(jobs) => tracing::info!(jobs, "gave unfinished jobs back"),
            Err(error) => tracing::warn!(
                error = chain(&error),
                "could not give unfinished jobs back: they return when their leases end"
            ),
        }
    }

    async fn keep_leases(&self, done: &CancellationToken) {
        let mut prolonged = Instant::now();
        while !ended(done, self.settings.heartbeat).await {
            let held = self.held.list();
            let lost = match store::jobs::heartbeat(&self.app.store, self.lease(), &held).await {
                Ok(kept) => {
                    prolonged = Instant::now();
                    held.into_iter()
                        .filter(|(id, _)| !kept.contains(id))
                        .collect()
                }
                Err(error) => {
                    tracing::warn!(
                        error = chain(&error),
                        "could not prolong the leases of jobs"
                    );
                    // By now another worker may have them.
                    let over = prolonged.elapsed() >= self.settings.lease;
                    if over { held } else { Vec::new() }
                }
            };
            let dropped = self.held.drop_lost(&lost);
            if dropped > 0 {
                tracing::warn!(jobs = dropped, "dropped jobs whose leases were lost");
            }
        }
    }

    async fn rescue_orphans(&self, done: &CancellationToken) {
        while !ended(done, self.settings.rescue).await {
            match store::jobs::rescue(&self.app.store).await {
                Ok(rescued) => rescued.iter().for_each(tell_rescue),
                Err(error) => {
                    tracing::warn!(error = chain(&error), "could not look for orphaned jobs");
                }
            }
        }
    }
}

/// Waits for the pause, and answers whether the end came first.
async fn ended(done: &CancellationToken, pause: Duration) -> bool {
    tokio::time::timeout(pause, done.cancelled()).await.is_ok()
}

fn tell_rescue(job: &store::jobs::Rescued) {
    let hotel = job.hotel.map(tracing::field::display);
    metrics::counter!("roomwire_jobs_rescued_total", "kind" => job.kind.clone()).increment(1);
    if job.dead {
        metrics::counter!("roomwire_dead_letters_total", "kind" => job.kind.clone()).increment(1);
        tracing::error!(
            alert = "dead_letter",
            job.id,
            job.kind,
            hotel.id = hotel,
            "a job was set aside: its worker died three times while running it"
        );
    } else {
        tracing::warn!(
            job.id,
            job.kind,
            hotel.id = hotel,
            "rescued a job whose worker died"
        );
    }
}
