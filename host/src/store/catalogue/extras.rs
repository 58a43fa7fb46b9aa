//! Extras, as staff set them up.

use crate::domain::catalogue::{ExtraEntry, Reference};
use crate::store::{HotelTx, StoreError};

/// Those that are meant, by code.
pub async fn list(tx: &mut HotelTx, of: &Reference) -> Result<Vec<ExtraEntry>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query_as!(
        ExtraEntry,
        "SELECT id, code, name, description, price_minor, basis, used_on, daily_capacity, active FROM extras
         WHERE hotel_id = $1 AND ($2::uuid IS NULL OR id = $2) AND ($3::text IS NULL OR code = $3) ORDER BY code",
        hotel.0,
        of.id,
        of.code.as_deref(),
    );
    Ok(rows.fetch_all(&mut **tx).await?)
}

/// Adds one, or changes the one of this id.
pub async fn save(tx: &mut HotelTx, entry: &ExtraEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        INSERT INTO extras (hotel_id, id, code, name, description, price_minor, basis, used_on, daily_capacity, active)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (hotel_id, id) DO UPDATE SET code = excluded.code, name = excluded.name,
            description = excluded.description, price_minor = excluded.price_minor, basis = excluded.basis,
            used_on = excluded.used_on, daily_capacity = excluded.daily_capacity, active = excluded.active
        "#,
        hotel.0,
        entry.id,
        entry.code,
        entry.name,
        entry.description,
        entry.price_minor,
        entry.basis,
        entry.used_on,
        entry.daily_capacity,
        entry.active,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("save extras", &done, 1)
}

/// Deletes one with its days, if none of them is taken and no package has it.
pub async fn remove(tx: &mut HotelTx, entry: &ExtraEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "DELETE FROM room_availability WHERE hotel_id = $1 AND room_type_id = $2 AND sold = 0 AND held = 0",
        hotel.0,
        entry.id
    )
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "DELETE FROM extras WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        entry.id
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("delete extras", &done, 1)
}
