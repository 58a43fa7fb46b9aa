//! Counts a guest's own computing time. What the host does for it meanwhile does not count.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use super::engine::TICK;

/// A stop watch that runs while the guest does. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct CpuMeter(Arc<Mutex<Reading>>);

#[derive(Debug, Default)]
struct Reading {
    used: Duration,
    running: Option<(ThreadId, Duration)>,
}

impl CpuMeter {
    /// The guest runs on this thread from now on.
    pub(super) fn resume(&self) {
        self.reading().running = Some((thread::current().id(), thread_time()));
    }

    /// The guest rests. Returns what it has used so far.
    pub(super) fn pause(&self) -> Duration {
        let mut reading = self.reading();
        if let Some((thread, since)) = reading.running.take() {
            // A wait inside WASI may move the guest to another thread, whose clock says nothing about it.
            let moved = thread != thread::current().id();
            reading.used += if moved {
                TICK
            } else {
                thread_time().saturating_sub(since)
            };
        }
        reading.used
    }

    /// Pauses until the result is dropped.
    pub(super) fn rest(&self) -> Rest {
        self.pause();
        Rest(self.clone())
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A guest's pause.
#[derive(Debug)]
pub(super) struct Rest(CpuMeter);

impl Drop for Rest {
    fn drop(&mut self) {
        self.0.resume();
    }
}

/// This thread's processor time: a guest pays for its own work, not for a busy machine.
fn thread_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computes until this thread has used so much more processor time.
    fn work(time: Duration) {
        let until = thread_time() + time;
        while thread_time() < until {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn only_the_time_between_resume_and_pause_counts() {
        let meter = CpuMeter::default();
        meter.resume();
        work(Duration::from_millis(3));
        let rest = meter.rest();
        work(Duration::from_millis(20));
        drop(rest);
        work(Duration::from_millis(3));
        let used = meter.pause();
        assert!(
            (Duration::from_millis(6)..Duration::from_millis(20)).contains(&used),
            "{used:?}"
        );
        assert_eq!(meter.pause(), used);
    }

    #[test]
    fn a_guest_that_was_moved_to_another_thread_pays_one_tick() {
        let meter = CpuMeter::default();
        meter.resume();
        let other = meter.clone();
        let used = thread::spawn(move || other.pause())
            .join()
            .expect("the thread ends");
        assert_eq!(used, TICK);
    }
}
