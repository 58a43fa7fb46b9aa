//! How long tentative reservations have waited, by the database's clock.

use std::time::Duration;

use crate::domain::ids::ReservationId;
use crate::domain::rules::{Aging, Stage};
use crate::store::{HotelTx, StoreError};

/// How a reservation has aged.
#[derive(Clone, Copy, Debug)]
pub struct Age {
    pub age: Duration,
    pub alerted: bool,
    pub escalated: bool,
}

/// Tentative reservations for which a stage is due that was not done, the oldest first.
pub async fn due(
    tx: &mut HotelTx,
    aging: &Aging,
    limit: i64,
) -> Result<Vec<ReservationId>, StoreError> {
    let hotel = tx.hotel();
    let ids = sqlx::query_scalar!(
        r#"
        SELECT id FROM reservations
        WHERE hotel_id = $1 AND status = 'tentative' AND (
            tentative_alerted_at IS NULL AND tentative_escalated_at IS NULL
                AND tentative_since <= clock_timestamp() - make_interval(hours => $2)
            OR tentative_escalated_at IS NULL AND tentative_since <= clock_timestamp() - make_interval(hours => $3)
            OR connection_id IS NULL AND tentative_since <= clock_timestamp() - make_interval(hours => $4))
        ORDER BY tentative_since, id
        LIMIT $5
        "#,
        hotel.0,
        aging.alert_after.map(i32::from),
        aging.escalate_after.map(i32::from),
        aging.release_after.map(i32::from),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids.into_iter().map(ReservationId).collect())
}

/// The age of a tentative reservation, which nobody else changes until this transaction ends. `None` where somebody
/// does just now, or where it waits no more.
pub async fn lock(tx: &mut HotelTx, id: ReservationId) -> Result<Option<Age>, StoreError> {
    let hotel = tx.hotel();
    let row = sqlx::query!(
        r#"
        SELECT extract(epoch FROM clock_timestamp() - tentative_since)::bigint AS "seconds!",
            tentative_alerted_at IS NOT NULL AS "alerted!", tentative_escalated_at IS NOT NULL AS "escalated!"
        FROM reservations
        WHERE hotel_id = $1 AND id = $2 AND status = 'tentative' AND tentative_since IS NOT NULL
        FOR UPDATE SKIP LOCKED
        "#,
        hotel.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Age {
        age: Duration::from_secs(u64::try_from(row.seconds).unwrap_or(0)),
        alerted: row.alerted,
        escalated: row.escalated,
    }))
}

/// Notes that a stage was done.
pub async fn note(tx: &mut HotelTx, id: ReservationId, stage: Stage) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        UPDATE reservations
        SET tentative_alerted_at = coalesce(tentative_alerted_at, clock_timestamp()),
            tentative_escalated_at = CASE WHEN $3 THEN clock_timestamp() ELSE tentative_escalated_at END
        WHERE hotel_id = $1 AND id = $2
        "#,
        hotel.0,
        id.0,
        stage == Stage::Escalate,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("note a reservation's age", &done, 1)
}
