//! A running job that takes the work of others over, and turns into what is left of it.

use serde_json::Value;
use sqlx::PgConnection;

use super::Job;
use crate::store::StoreError;

/// What a running job is from now on, in the queue too: whoever takes it up after a crash does this.
#[derive(Clone, Debug)]
pub struct Turned<'a> {
    pub kind: &'a str,
    pub key: String,
    pub payload: Value,
}

/// The ordering of a job that this worker still holds, where it has one. The job stays locked, and is this worker's,
/// until the transaction ends.
pub async fn ordering(
    connection: &mut PgConnection,
    job: &Job,
) -> Result<Option<String>, StoreError> {
    let held = sqlx::query_scalar!(
        "SELECT ordering FROM jobs WHERE id = $1 AND fence = $2 AND state = 'running' FOR UPDATE",
        job.id,
        job.fence,
    )
    .fetch_optional(connection)
    .await?;
    held.ok_or(StoreError::Rows {
        statement: "lock a running job",
        changed: 0,
        wanted: 1,
    })
}

/// Takes up to `most` waiting jobs of an ordering out of the queue, the oldest first, also those that are not due yet,
/// and answers what they carry: it is the caller's work from now on.
pub async fn absorb(
    connection: &mut PgConnection,
    ordering: &str,
    most: i64,
) -> Result<Vec<Value>, StoreError> {
    let mut taken = sqlx::query!(
        r#"
        WITH waiting AS MATERIALIZED (
            SELECT id FROM jobs
            WHERE ordering = $1 AND state = 'waiting'
            ORDER BY id
            LIMIT $2
            FOR UPDATE SKIP LOCKED
        )
        DELETE FROM jobs USING waiting WHERE jobs.id = waiting.id
        RETURNING jobs.id, jobs.payload
        "#,
        ordering,
        most,
    )
    .fetch_all(connection)
    .await?;
    taken.sort_by_key(|row| row.id);
    Ok(taken.into_iter().map(|row| row.payload).collect())
}

/// Makes something else of a running job. It leaves its ordering, so that the next of that can begin.
pub async fn turn(
    connection: &mut PgConnection,
    job: &Job,
    turned: Turned<'_>,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "UPDATE jobs SET kind = $3, key = $4, payload = $5, ordering = NULL
         WHERE id = $1 AND fence = $2 AND state = 'running'",
        job.id,
        job.fence,
        turned.kind,
        turned.key,
        turned.payload,
    )
    .execute(connection)
    .await?;
    StoreError::expect_rows("turn a running job", &done, 1)
}
