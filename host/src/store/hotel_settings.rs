//! Hotels as the operator sets them up.

use crate::domain::catalogue::HotelEntry;
use crate::store::{HotelTx, StoreError};

/// The transaction's hotel; `None` before it is added.
pub async fn find(tx: &mut HotelTx) -> Result<Option<HotelEntry>, StoreError> {
    let hotel = tx.hotel();
    let row = sqlx::query!(
        r#"
        SELECT id, slug, name, time_zone, currency, place, latitude, longitude, contact_email, language, channel_status, active
        FROM hotels WHERE id = $1 FOR NO KEY UPDATE
        "#,
        hotel.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| HotelEntry {
        id: row.id,
        slug: row.slug,
        name: row.name,
        time_zone: row.time_zone,
        currency: row.currency,
        place: row.place,
        position: row.latitude.zip(row.longitude),
        contact_email: row.contact_email,
        language: row.language,
        channel_status: row.channel_status,
        active: row.active,
    }))
}

/// Adds the transaction's hotel, and answers whether its slug was free.
pub async fn insert(tx: &mut HotelTx, entry: &HotelEntry) -> Result<bool, StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        INSERT INTO hotels (id, slug, name, time_zone, currency, place, latitude, longitude, contact_email, language,
            channel_status, active)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (slug) DO NOTHING
        "#,
        hotel.0,
        entry.slug,
        entry.name,
        entry.time_zone,
        entry.currency,
        entry.place,
        entry.position.map(|position| position.0),
        entry.position.map(|position| position.1),
        entry.contact_email,
        entry.language,
        entry.channel_status,
        entry.active,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Changes the transaction's hotel, except for its slug and its currency.
pub async fn update(tx: &mut HotelTx, entry: &HotelEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        UPDATE hotels SET name = $2, time_zone = $3, place = $4, latitude = $5, longitude = $6, contact_email = $7,
            language = $8, channel_status = $9, active = $10
        WHERE id = $1
        "#,
        hotel.0,
        entry.name,
        entry.time_zone,
        entry.place,
        entry.position.map(|position| position.0),
        entry.position.map(|position| position.1),
        entry.contact_email,
        entry.language,
        entry.channel_status,
        entry.active,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("update hotels", &done, 1)
}
