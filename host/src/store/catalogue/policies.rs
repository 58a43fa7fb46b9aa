//! Cancellation policies.

use crate::domain::catalogue::{PolicyEntry, Reference};
use crate::store::{HotelTx, StoreError};

/// Those that are meant, by code.
pub async fn list(tx: &mut HotelTx, of: &Reference) -> Result<Vec<PolicyEntry>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query_as!(
        PolicyEntry,
        "SELECT id, code, name, free_until_hours, penalty, penalty_percent FROM cancellation_policies
         WHERE hotel_id = $1 AND ($2::uuid IS NULL OR id = $2) AND ($3::text IS NULL OR code = $3) ORDER BY code",
        hotel.0,
        of.id,
        of.code.as_deref(),
    );
    Ok(rows.fetch_all(&mut **tx).await?)
}

/// Adds one, or changes the one of this id.
pub async fn save(tx: &mut HotelTx, entry: &PolicyEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        INSERT INTO cancellation_policies (hotel_id, id, code, name, free_until_hours, penalty, penalty_percent)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (hotel_id, id) DO UPDATE SET code = excluded.code, name = excluded.name,
            free_until_hours = excluded.free_until_hours, penalty = excluded.penalty,
            penalty_percent = excluded.penalty_percent
        "#,
        hotel.0,
        entry.id,
        entry.code,
        entry.name,
        entry.free_until_hours,
        entry.penalty,
        entry.penalty_percent,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("save cancellation_policies", &done, 1)
}

/// Deletes one, if nothing refers to it.
pub async fn remove(tx: &mut HotelTx, entry: &PolicyEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        "DELETE FROM cancellation_policies WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        entry.id
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("delete cancellation_policies", &done, 1)
}
