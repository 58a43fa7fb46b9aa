//! Dead letters: jobs that were set aside with a reason, until a person has them done again or gives them up.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::PgConnection;

use crate::domain::ids::HotelId;
use crate::store::StoreError;

/// A job that waits for a person.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    pub id: i64,
    pub kind: String,
    /// `None`: the installation's own housekeeping.
    pub hotel: Option<HotelId>,
    /// Ids, never state.
    pub payload: Value,
    pub attempts: i32,
    pub reason: Option<String>,
    pub created_at: Timestamp,
    pub died_at: Option<Timestamp>,
}

/// Which are meant: of a hotel, and one of them, or those before one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// `None`: of every hotel, and of none.
    pub hotel: Option<HotelId>,
    pub only: Option<i64>,
    pub before: Option<i64>,
}

/// Dead letters, the newest first.
pub async fn list(
    connection: &mut PgConnection,
    wanted: Wanted,
    limit: i64,
) -> Result<Vec<DeadLetter>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT id, kind, hotel_id, payload, attempt, reason, created_at, died_at
        FROM jobs
        WHERE state = 'dead' AND ($1::uuid IS NULL OR hotel_id = $1) AND ($2::bigint IS NULL OR id = $2)
            AND ($3::bigint IS NULL OR id < $3)
        ORDER BY id DESC LIMIT $4
        "#,
        wanted.hotel.map(|hotel| hotel.0),
        wanted.only,
        wanted.before,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let letters = rows.into_iter().map(|row| DeadLetter {
        id: row.id,
        kind: row.kind,
        hotel: row.hotel_id.map(HotelId),
        payload: row.payload,
        attempts: row.attempt,
        reason: row.reason,
        created_at: row.created_at.to_jiff(),
        died_at: row.died_at.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(letters.collect())
}

/// Has the work done again, from its first attempt; where the same work waits already, that one does it. Answers
/// whether the letter was still there: somebody else may have decided.
pub async fn replay(connection: &mut PgConnection, id: i64) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        r#"
        WITH letter AS (
            DELETE FROM jobs WHERE id = $1 AND state = 'dead'
            RETURNING kind, key, ordering, hotel_id, payload, priority
        )
        SELECT enqueue_job(kind, key, ordering, hotel_id, payload, priority, interval '0') FROM letter
        "#,
        id,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives the work up. Answers whether the letter was still there.
pub async fn discard(connection: &mut PgConnection, id: i64) -> Result<bool, StoreError> {
    let done = sqlx::query!("DELETE FROM jobs WHERE id = $1 AND state = 'dead'", id)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}
