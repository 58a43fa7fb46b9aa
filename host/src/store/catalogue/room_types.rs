//! Room types, as staff set them up.

use crate::domain::catalogue::{Reference, RoomTypeEntry};
use crate::store::{HotelTx, StoreError};

/// Those that are meant, by code.
pub async fn list(tx: &mut HotelTx, of: &Reference) -> Result<Vec<RoomTypeEntry>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query_as!(
        RoomTypeEntry,
        "SELECT id, code, name, description, standard_occupancy, max_occupancy, accessible, active FROM room_types
         WHERE hotel_id = $1 AND ($2::uuid IS NULL OR id = $2) AND ($3::text IS NULL OR code = $3) ORDER BY code",
        hotel.0,
        of.id,
        of.code.as_deref(),
    );
    Ok(rows.fetch_all(&mut **tx).await?)
}

/// Adds one, or changes the one of this id.
pub async fn save(tx: &mut HotelTx, entry: &RoomTypeEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        INSERT INTO room_types (hotel_id, id, code, name, description, standard_occupancy, max_occupancy, accessible, active)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (hotel_id, id) DO UPDATE SET code = excluded.code, name = excluded.name,
            description = excluded.description, standard_occupancy = excluded.standard_occupancy,
            max_occupancy = excluded.max_occupancy, accessible = excluded.accessible, active = excluded.active
        "#,
        hotel.0,
        entry.id,
        entry.code,
        entry.name,
        entry.description,
        entry.standard_occupancy,
        entry.max_occupancy,
        entry.accessible,
        entry.active,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("save room_types", &done, 1)
}

/// Deletes one with its nights, if nothing refers to it.
pub async fn remove(tx: &mut HotelTx, entry: &RoomTypeEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "DELETE FROM room_availability WHERE hotel_id = $1 AND room_type_id = $2 AND sold = 0 AND held = 0",
        hotel.0,
        entry.id
    )
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "DELETE FROM room_types WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        entry.id
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("delete room_types", &done, 1)
}
