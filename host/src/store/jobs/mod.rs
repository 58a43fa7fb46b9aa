//! The queue's rows: enqueued in the caller's transaction, claimed in batches, completed behind a fence.

mod gather;

use std::time::Duration;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use crate::domain::ids::HotelId;
use crate::store::{Store, StoreError};

pub use gather::{Turned, absorb, ordering, turn};

/// A job as it is enqueued. `payload` carries ids, never state.
#[derive(Clone, Debug)]
pub struct NewJob<'a> {
    pub kind: &'a str,
    /// At most one waiting job has a key; a second one is coalesced into it.
    pub key: Option<String>,
    /// Jobs of one ordering run one at a time, the oldest first.
    pub ordering: Option<String>,
    pub hotel: Option<HotelId>,
    pub payload: Value,
    /// Smaller is sooner.
    pub priority: i16,
    pub delay: Duration,
}

/// A claimed job. Whoever holds an older `fence` than the row's has lost it, and can neither complete nor return it.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: i64,
    pub fence: i32,
    pub kind: String,
    pub hotel: Option<HotelId>,
    /// Ids, never state.
    pub payload: Value,
    /// Counts from one; given back where the pause or the worker's death was not the job's fault.
    pub attempt: i32,
}

/// A job that was freed because its worker stopped prolonging the lease.
#[derive(Clone, Debug)]
pub struct Rescued {
    pub id: i64,
    pub kind: String,
    pub hotel: Option<HotelId>,
    /// Whether it was set aside, as what may be killing its workers.
    pub dead: bool,
}

/// What becomes of a job that did not succeed.
#[derive(Clone, Debug)]
pub enum NotDone {
    /// Runs again after a pause. A pause that is nobody's fault (a rate limit) gives the attempt back.
    Retry {
        after: Duration,
        reason: String,
        burns_attempt: bool,
    },
    /// Waits for a person.
    Dead { reason: String },
}

pub(super) fn interval(duration: Duration) -> PgInterval {
    PgInterval {
        months: 0,
        days: 0,
        microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX),
    }
}

/// Enqueues in the caller's transaction. Call it last, sorted by key: the coalesced row stays locked until commit.
pub async fn enqueue(connection: &mut PgConnection, job: NewJob<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT enqueue_job($1, $2, $3, $4, $5, $6, $7)",
        job.kind,
        job.key,
        job.ordering,
        job.hotel.map(|hotel| hotel.0),
        job.payload,
        job.priority,
        interval(job.delay),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whose jobs are claimed, and for how long before they must be prolonged.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    pub worker: Uuid,
    pub duration: Duration,
}

/// Claims up to `limit` jobs of these kinds that are due: the head of each ordering, and any without one.
pub async fn claim(
    store: &Store,
    lease: Lease,
    kinds: &[String],
    limit: i64,
) -> Result<Vec<Job>, StoreError> {
    let claimed = sqlx::query!(
        r#"
        WITH due AS MATERIALIZED (
            SELECT id FROM jobs j
            WHERE state = 'waiting' AND run_at <= now() AND kind = ANY ($4)
                AND (ordering IS NULL OR NOT EXISTS (
                    SELECT FROM jobs o
                    WHERE o.ordering = j.ordering AND (o.state = 'running'
                        OR o.state = 'waiting' AND o.id < j.id AND (o.run_at <= now() OR o.retry_at IS NOT NULL))))
            ORDER BY priority, run_at, id
            LIMIT $1
            FOR UPDATE SKIP LOCKED
        )
        UPDATE jobs
        SET state = 'running', worker = $2, attempt = attempt + 1, fence = fence + 1, retry_at = NULL,
            lease_until = clock_timestamp() + $3
        FROM due
        WHERE jobs.id = due.id
        RETURNING jobs.id, jobs.fence, jobs.kind, jobs.hotel_id, jobs.payload, jobs.attempt
        "#,
        limit,
        lease.worker,
        interval(lease.duration),
        kinds,
    )
    .fetch_all(store.pool())
    .await;
    let rows = match claimed {
        Ok(rows) => rows,
        // Another worker took the head of an ordering at the same moment: the next look sees it.
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut jobs: Vec<Job> = rows
        .into_iter()
        .map(|row| Job {
            id: row.id,
            fence: row.fence,
            kind: row.kind,
            hotel: row.hotel_id.map(HotelId),
            payload: row.payload,
            attempt: row.attempt,
        })
        .collect();
    jobs.sort_by_key(|job| job.id);
    Ok(jobs)
}

/// Prolongs the leases of jobs, given by id and fence, and answers the ids of those that are still this worker's.
pub async fn heartbeat(
    store: &Store,
    lease: Lease,
    held: &[(i64, i32)],
) -> Result<Vec<i64>, StoreError> {
    let (ids, fences): (Vec<i64>, Vec<i32>) = held.iter().copied().unzip();
    let kept = sqlx::query_scalar!(
        r#"
        UPDATE jobs SET lease_until = clock_timestamp() + $4
        FROM unnest($2::bigint[], $3::integer[]) AS held (id, fence)
        WHERE jobs.id = held.id AND jobs.fence = held.fence AND jobs.state = 'running' AND jobs.worker = $1
        RETURNING jobs.id
        "#,
        lease.worker,
        &ids,
        &fences,
        interval(lease.duration),
    )
    .fetch_all(store.pool())
    .await?;
    Ok(kept)
}

/// Removes jobs that succeeded, given by id and fence, each only if it is still held so. Answers how many it did.
pub async fn complete(store: &Store, done: &[(i64, i32)]) -> Result<u64, StoreError> {
    let (ids, fences): (Vec<i64>, Vec<i32>) = done.iter().copied().unzip();
    let done = sqlx::query!(
        r#"
        DELETE FROM jobs
        USING unnest($1::bigint[], $2::integer[]) AS done (id, fence)
        WHERE jobs.id = done.id AND jobs.fence = done.fence AND jobs.state = 'running'
        "#,
        &ids,
        &fences,
    )
    .execute(store.pool())
    .await?;
    Ok(done.rows_affected())
}

/// Puts a job back, or aside, and answers whether it was still held.
/// A successor that was enqueued meanwhile is merged into a retry: both would do the same work.
pub async fn not_done(store: &Store, job: &Job, outcome: NotDone) -> Result<bool, StoreError> {
    match outcome {
        NotDone::Retry {
            after,
            reason,
            burns_attempt,
        } => {
            let returned = sqlx::query_scalar!(
                r#"SELECT return_job($1, $2, $3, $4, $5) AS "returned!""#,
                job.id,
                job.fence,
                interval(after),
                reason,
                burns_attempt,
            )
            .fetch_one(store.pool())
            .await?;
            Ok(returned)
        }
        NotDone::Dead { reason } => {
            // An older dead letter of the same key is the same work: one is enough to look at.
            let aside = sqlx::query!(
                r#"
                WITH aside AS (
                    UPDATE jobs
                    SET state = 'dead', worker = NULL, lease_until = NULL, reason = $3, died_at = clock_timestamp()
                    WHERE id = $1 AND fence = $2 AND state = 'running'
                    RETURNING key, hotel_id
                ), replaced AS (
                    DELETE FROM jobs USING aside
                    WHERE jobs.state = 'dead' AND jobs.hotel_id IS NOT DISTINCT FROM aside.hotel_id
                        AND jobs.key = aside.key AND jobs.id <> $1
                )
                SELECT key FROM aside
                "#,
                job.id,
                job.fence,
                reason,
            )
            .fetch_optional(store.pool())
            .await?;
            Ok(aside.is_some())
        }
    }
}

/// Frees jobs whose worker stopped prolonging its lease. The attempt is given back, since nothing is known against
/// the job; at the third such death it is set aside, since it may be what kills its workers.
pub async fn rescue(store: &Store) -> Result<Vec<Rescued>, StoreError> {
    let rows =
        sqlx::query!(r#"SELECT id AS "id!", kind AS "kind!", hotel_id, state = 'dead' AS "dead!" FROM rescue_jobs()"#)
            .fetch_all(store.pool())
            .await?;
    Ok(rows
        .into_iter()
        .map(|row| Rescued {
            id: row.id,
            kind: row.kind,
            hotel: row.hotel_id.map(HotelId),
            dead: row.dead,
        })
        .collect())
}

/// Gives a stopping worker's unfinished jobs back at once, with their attempts. Answers how many.
pub async fn hand_back(store: &Store, worker: Uuid) -> Result<i64, StoreError> {
    let handed = sqlx::query_scalar!(
        r#"
        SELECT count(*) FILTER (WHERE return_job(id, fence, interval '0', 'its worker stopped', false)) AS "handed!"
        FROM (SELECT id, fence FROM jobs WHERE worker = $1 AND state = 'running' ORDER BY key, id) AS held
        "#,
        worker,
    )
    .fetch_one(store.pool())
    .await?;
    Ok(handed)
}

/// Plans a run of this kind at an instant: a waiting one of the same key is brought forward, never put off.
/// Answers whether a run waits for this instant now: not while an earlier one is waited for, which has to start first.
/// The key must be the schedule's own, so that replicas don't double it.
pub async fn schedule(
    connection: &mut PgConnection,
    job: NewJob<'_>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let planned = sqlx::query!(
        r#"
        INSERT INTO jobs (kind, key, ordering, hotel_id, payload, priority, run_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (key) WHERE state = 'waiting' AND key IS NOT NULL DO UPDATE SET run_at = excluded.run_at
            WHERE jobs.retry_at IS NULL AND jobs.run_at >= excluded.run_at
        "#,
        job.kind,
        job.key,
        job.ordering,
        job.hotel.map(|hotel| hotel.0),
        job.payload,
        job.priority,
        at.to_sqlx() as _,
    )
    .execute(connection)
    .await?;
    Ok(planned.rows_affected() == 1)
}

#[cfg(test)]
mod tests;
