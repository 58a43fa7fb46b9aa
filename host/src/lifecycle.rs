//! Every task has a parent, a token and an end: a soft stop, a drain, then a hard stop.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The parent of every task of the program; clones share one life.
///
/// A task that ends by itself, while nobody has asked it to stop, asks the others to:
/// half a host is worse than one that is started again.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
    crashed: Arc<AtomicBool>,
}

/// How a program's life ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ended {
    /// Every task finished what it had begun.
    Drained,
    /// The drain took too long, and the rest was cancelled.
    Cut,
    /// A task panicked, or ended while it was needed.
    Crashed,
}

impl Lifecycle {
    /// Cancelled when the program should take no new work and finish what it has.
    pub fn soft(&self) -> &CancellationToken {
        &self.soft
    }

    /// Cancelled when what is still running is dropped.
    pub fn hard(&self) -> &CancellationToken {
        &self.hard
    }

    /// Runs a task until it ends after the soft stop, or is dropped by the hard one.
    pub fn spawn<F>(&self, name: &'static str, task: F) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let end = TaskEnd {
            name,
            lifecycle: self.clone(),
        };
        let hard = self.hard.clone();
        self.tasks.spawn(async move {
            // Dropped by the end of the task, by its panic and by its abortion alike.
            let _end = end;
            tokio::select! {
                () = task => {}
                () = hard.cancelled() => {}
            }
        })
    }

    /// Asks every task to stop and waits for them, at most `bound`; then drops the rest.
    pub async fn shut_down(self, bound: Duration) -> Ended {
        self.soft.cancel();
        self.tasks.close();
        let drained = tokio::time::timeout(bound, self.tasks.wait()).await.is_ok();
        if !drained {
            tracing::warn!(
                tasks = self.tasks.len(),
                bound_s = bound.as_secs(),
                "some tasks did not finish in time and are cut off"
            );
            self.hard.cancel();
            self.tasks.wait().await;
        }
        match drained {
            _ if self.crashed.load(Ordering::Acquire) => Ended::Crashed,
            true => Ended::Drained,
            false => Ended::Cut,
        }
    }
}

/// Notices the end of one task.
struct TaskEnd {
    name: &'static str,
    lifecycle: Lifecycle,
}

impl Drop for TaskEnd {
    fn drop(&mut self) {
        if self.lifecycle.soft.is_cancelled() && !std::thread::panicking() {
            return;
        }
        tracing::error!(
            task = self.name,
            "a task ended that the program cannot go on without"
        );
        self.lifecycle.crashed.store(true, Ordering::Release);
        self.lifecycle.soft.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn a_task_may_finish_its_work_after_the_soft_stop() {
        let lifecycle = Lifecycle::default();
        let finished = Arc::new(AtomicBool::new(false));
        let (soft, done) = (lifecycle.soft().clone(), finished.clone());
        lifecycle.spawn("worker", async move {
            soft.cancelled().await;
            tokio::task::yield_now().await;
            done.store(true, Ordering::Release);
        });
        assert_eq!(lifecycle.shut_down(LONG).await, Ended::Drained);
        assert!(finished.load(Ordering::Acquire));
    }

    #[tokio::test]
    async fn a_task_that_does_not_stop_is_cut_off() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("deaf", std::future::pending());
        assert_eq!(
            lifecycle.shut_down(Duration::from_millis(1)).await,
            Ended::Cut
        );
    }

    #[tokio::test]
    async fn a_panic_stops_the_others_and_is_told() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("broken", async { panic!("as the test wants") });
        lifecycle.soft().cancelled().await;
        assert_eq!(lifecycle.shut_down(LONG).await, Ended::Crashed);
    }

    #[tokio::test]
    async fn a_task_that_ends_while_it_is_needed_is_a_crash() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("early", async {});
        lifecycle.soft().cancelled().await;
        assert_eq!(lifecycle.shut_down(LONG).await, Ended::Crashed);
    }
}
