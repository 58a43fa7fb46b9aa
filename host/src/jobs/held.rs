//! The jobs that this worker holds now, with a way to drop each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;

/// Shared by the lanes, which take and settle jobs, and by the heartbeat, which prolongs them.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Arc<Mutex<HashMap<i64, Holding>>>);

#[derive(Debug)]
struct Holding {
    fence: i32,
    task: AbortHandle,
}

impl Held {
    pub(super) fn take(&self, id: i64, fence: i32, task: AbortHandle) {
        self.lock().insert(id, Holding { fence, task });
    }

    /// Forgets a job that is settled, unless the same job was taken again meanwhile.
    pub(super) fn settle(&self, id: i64, fence: i32) {
        let mut holdings = self.lock();
        if holdings
            .get(&id)
            .is_some_and(|holding| holding.fence == fence)
        {
            holdings.remove(&id);
        }
    }

    /// Ids and fences, sorted.
    pub(super) fn list(&self) -> Vec<(i64, i32)> {
        let mut list: Vec<_> = self
            .lock()
            .iter()
            .map(|(id, holding)| (*id, holding.fence))
            .collect();
        list.sort_unstable();
        list
    }

    /// Drops the tasks of jobs that are another worker's by now, so that their work is not done twice for longer
    /// than it must. Answers how many.
    pub(super) fn drop_lost(&self, lost: &[(i64, i32)]) -> usize {
        let mut holdings = self.lock();
        lost.iter()
            .filter_map(|(id, fence)| {
                let held = holdings
                    .get(id)
                    .is_some_and(|holding| holding.fence == *fence);
                held.then(|| holdings.remove(id)).flatten()
            })
            .map(|holding| holding.task.abort())
            .count()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Holding>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
