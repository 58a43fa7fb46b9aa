//! The queue's rows: enqueued in the caller's transaction, claimed in batches, completed behind a fence.

use std::time::Duration;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use crate::domain::ids::HotelId;
use crate::store::{Store, StoreError};

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

/// A claimed job. `attempt` is its fence: whoever holds an older one cannot complete it.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: i64,
    pub kind: String,
    pub hotel: Option<HotelId>,
    pub payload: Value,
    pub attempt: i32,
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

/// Claims up to `limit` jobs that are due: the head of each ordering, and any without one.
pub async fn claim(
    store: &Store,
    worker: Uuid,
    limit: i64,
    lease: Duration,
) -> Result<Vec<Job>, StoreError> {
    let rows = sqlx::query!(
        r#"
        WITH due AS MATERIALIZED (
            SELECT id FROM jobs j
            WHERE state = 'waiting' AND run_at <= clock_timestamp()
                AND (ordering IS NULL OR NOT EXISTS (
                    SELECT FROM jobs o
                    WHERE o.ordering = j.ordering AND o.state IN ('waiting', 'running') AND o.id < j.id))
            ORDER BY priority, run_at, id
            LIMIT $1
            FOR UPDATE SKIP LOCKED
        )
        UPDATE jobs
        SET state = 'running', worker = $2, attempt = attempt + 1, retry_at = NULL, lease_until = clock_timestamp() + $3
        FROM due
        WHERE jobs.id = due.id
        RETURNING jobs.id, jobs.kind, jobs.hotel_id, jobs.payload, jobs.attempt
        "#,
        limit,
        worker,
        interval(lease),
    )
    .fetch_all(store.pool())
    .await?;
    let mut jobs: Vec<Job> = rows
        .into_iter()
        .map(|row| Job {
            id: row.id,
            kind: row.kind,
            hotel: row.hotel_id.map(HotelId),
            payload: row.payload,
            attempt: row.attempt,
        })
        .collect();
    jobs.sort_by_key(|job| job.id);
    Ok(jobs)
}

/// Prolongs the leases of a worker's running jobs.
pub async fn heartbeat(store: &Store, worker: Uuid, lease: Duration) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE jobs SET lease_until = clock_timestamp() + $2 WHERE worker = $1 AND state = 'running'",
        worker,
        interval(lease),
    )
    .execute(store.pool())
    .await?;
    Ok(())
}

/// Removes jobs that succeeded, each only if this very attempt still owns it. Answers how many it did.
pub async fn complete(store: &Store, done: &[(i64, i32)]) -> Result<u64, StoreError> {
    let (ids, attempts): (Vec<i64>, Vec<i32>) = done.iter().copied().unzip();
    let done = sqlx::query!(
        r#"
        DELETE FROM jobs
        USING unnest($1::bigint[], $2::integer[]) AS done (id, attempt)
        WHERE jobs.id = done.id AND jobs.attempt = done.attempt AND jobs.state = 'running'
        "#,
        &ids,
        &attempts,
    )
    .execute(store.pool())
    .await?;
    Ok(done.rows_affected())
}

/// Puts a job back, or aside, if this very attempt still owns it.
/// A successor that was enqueued meanwhile is merged into a retry: both would do the same work.
pub async fn not_done(store: &Store, job: &Job, outcome: NotDone) -> Result<(), StoreError> {
    let mut tx = store.pool().begin().await?;
    match outcome {
        NotDone::Retry {
            after,
            reason,
            burns_attempt,
        } => {
            sqlx::query!(
                r#"
                DELETE FROM jobs successor
                USING jobs self
                WHERE self.id = $1 AND self.attempt = $2 AND self.state = 'running'
                    AND successor.key = self.key AND successor.state = 'waiting'
                "#,
                job.id,
                job.attempt,
            )
            .execute(&mut *tx)
            .await?;
            sqlx::query!(
                r#"
                UPDATE jobs
                SET state = 'waiting', worker = NULL, lease_until = NULL, reason = $3,
                    run_at = clock_timestamp() + $4, retry_at = clock_timestamp() + $4,
                    attempt = attempt - CASE WHEN $5 THEN 0 ELSE 1 END
                WHERE id = $1 AND attempt = $2 AND state = 'running'
                "#,
                job.id,
                job.attempt,
                reason,
                interval(after),
                burns_attempt,
            )
            .execute(&mut *tx)
            .await?;
        }
        NotDone::Dead { reason } => {
            sqlx::query!(
                r#"
                UPDATE jobs
                SET state = 'dead', worker = NULL, lease_until = NULL, reason = $3, died_at = clock_timestamp()
                WHERE id = $1 AND attempt = $2 AND state = 'running'
                "#,
                job.id,
                job.attempt,
                reason,
            )
            .execute(&mut *tx)
            .await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Frees jobs whose worker stopped prolonging its lease. The attempt is given back, since nothing is known against
/// the job; at the third such death it is set aside, since it may be what kills its workers.
pub async fn rescue(store: &Store) -> Result<u64, StoreError> {
    let rescued = sqlx::query!(
        r#"
        WITH orphans AS MATERIALIZED (
            SELECT id, key, deaths FROM jobs
            WHERE state = 'running' AND lease_until < clock_timestamp()
            ORDER BY id
            FOR UPDATE SKIP LOCKED
        ), merged AS (
            DELETE FROM jobs successor USING orphans
            WHERE successor.key = orphans.key AND successor.state = 'waiting' AND orphans.deaths < 2
            RETURNING successor.id
        )
        UPDATE jobs
        SET state = CASE WHEN jobs.deaths >= 2 THEN 'dead' ELSE 'waiting' END,
            deaths = jobs.deaths + 1, attempt = attempt - 1, worker = NULL, lease_until = NULL,
            reason = 'its worker died ' || jobs.deaths + 1 || ' times',
            died_at = CASE WHEN jobs.deaths >= 2 THEN clock_timestamp() END
        FROM orphans
        WHERE jobs.id = orphans.id AND (SELECT count(*) FROM merged) >= 0
        "#,
    )
    .execute(store.pool())
    .await?;
    Ok(rescued.rows_affected())
}

/// Gives a stopping worker's unfinished jobs back at once, with their attempts.
pub async fn hand_back(store: &Store, worker: Uuid) -> Result<u64, StoreError> {
    let handed = sqlx::query!(
        "UPDATE jobs SET lease_until = clock_timestamp() - interval '1 second', deaths = deaths - 1
         WHERE worker = $1 AND state = 'running'",
        worker,
    )
    .execute(store.pool())
    .await?;
    Ok(handed.rows_affected())
}

/// When the next waiting job is due, if there is one.
pub async fn next_due(store: &Store) -> Result<Option<Timestamp>, StoreError> {
    let due = sqlx::query_scalar!("SELECT min(run_at) FROM jobs WHERE state = 'waiting'")
        .fetch_one(store.pool())
        .await?;
    Ok(due.map(jiff_sqlx::Timestamp::to_jiff))
}

/// Runs a job of this kind at an instant, unless one waits or runs already.
pub async fn schedule(
    connection: &mut PgConnection,
    job: NewJob<'_>,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO jobs (kind, key, ordering, hotel_id, payload, priority, run_at)
        SELECT $1, $2, $3, $4, $5, $6, $7
        WHERE NOT EXISTS (SELECT FROM jobs WHERE key = $2 AND state IN ('waiting', 'running'))
        ON CONFLICT (key) WHERE state = 'waiting' AND key IS NOT NULL DO NOTHING
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
    Ok(())
}
