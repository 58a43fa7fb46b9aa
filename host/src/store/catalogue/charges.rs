//! Taxes and fees, as staff set them up.

use crate::domain::catalogue::{ChargeEntry, Reference};
use crate::store::{HotelTx, StoreError};

/// Those that are meant, by code.
pub async fn list(tx: &mut HotelTx, of: &Reference) -> Result<Vec<ChargeEntry>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query_as!(
        ChargeEntry,
        "SELECT id, code, name, kind, basis, value, included, min_age, max_nights, active FROM charges
         WHERE hotel_id = $1 AND ($2::uuid IS NULL OR id = $2) AND ($3::text IS NULL OR code = $3) ORDER BY code",
        hotel.0,
        of.id,
        of.code.as_deref(),
    );
    Ok(rows.fetch_all(&mut **tx).await?)
}

/// Adds one, or changes the one of this id.
pub async fn save(tx: &mut HotelTx, entry: &ChargeEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        INSERT INTO charges (hotel_id, id, code, name, kind, basis, value, included, min_age, max_nights, active)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (hotel_id, id) DO UPDATE SET code = excluded.code, name = excluded.name, kind = excluded.kind,
            basis = excluded.basis, value = excluded.value, included = excluded.included, min_age = excluded.min_age,
            max_nights = excluded.max_nights, active = excluded.active
        "#,
        hotel.0,
        entry.id,
        entry.code,
        entry.name,
        entry.kind,
        entry.basis,
        entry.value,
        entry.included,
        entry.min_age,
        entry.max_nights,
        entry.active,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("save charges", &done, 1)
}

/// Deletes one, if nothing refers to it.
pub async fn remove(tx: &mut HotelTx, entry: &ChargeEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        "DELETE FROM charges WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        entry.id
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("delete charges", &done, 1)
}
