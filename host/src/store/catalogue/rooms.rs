//! Rooms, as staff set them up.

use crate::domain::catalogue::{Reference, RoomEntry};
use crate::store::{HotelTx, StoreError};

/// Those that are meant, by number.
pub async fn list(tx: &mut HotelTx, of: &Reference) -> Result<Vec<RoomEntry>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query_as!(
        RoomEntry,
        "SELECT r.id, r.number, t.code AS room_type, r.active FROM rooms r
         JOIN room_types t ON t.hotel_id = r.hotel_id AND t.id = r.room_type_id
         WHERE r.hotel_id = $1 AND ($2::uuid IS NULL OR r.id = $2) AND ($3::text IS NULL OR r.number = $3)
         ORDER BY r.number",
        hotel.0,
        of.id,
        of.code.as_deref(),
    );
    Ok(rows.fetch_all(&mut **tx).await?)
}

/// Adds one, or changes the one of this id.
pub async fn save(tx: &mut HotelTx, entry: &RoomEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        INSERT INTO rooms (hotel_id, id, number, room_type_id, active)
        SELECT $1, $2, $3, t.id, $5 FROM room_types t WHERE t.hotel_id = $1 AND t.code = $4
        ON CONFLICT (hotel_id, id) DO UPDATE SET number = excluded.number, room_type_id = excluded.room_type_id,
            active = excluded.active
        "#,
        hotel.0,
        entry.id,
        entry.number,
        entry.room_type,
        entry.active,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("save rooms", &done, 1)
}

/// Deletes one, if nothing refers to it.
pub async fn remove(tx: &mut HotelTx, entry: &RoomEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        "DELETE FROM rooms WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        entry.id
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("delete rooms", &done, 1)
}
