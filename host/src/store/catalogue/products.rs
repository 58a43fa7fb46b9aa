//! Products with their prices by occupancy, as staff set them up.

use std::collections::HashMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::rate_plans::adjustment;
use crate::domain::ari::Occupancy;
use crate::domain::catalogue::{OccupancyPrice, ProductEntry};
use crate::domain::ids::{RatePlanId, RoomTypeId};
use crate::store::{HotelTx, StoreError};

/// A product's ids.
pub type ProductId = (RoomTypeId, RatePlanId);

/// Every product, by code.
pub async fn list(tx: &mut HotelTx) -> Result<Vec<(ProductId, ProductEntry)>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT s.room_type_id, s.rate_plan_id, s.active, t.code AS room_type, p.code AS rate_plan
        FROM products s
        JOIN room_types t ON t.hotel_id = s.hotel_id AND t.id = s.room_type_id
        JOIN rate_plans p ON p.hotel_id = s.hotel_id AND p.id = s.rate_plan_id
        WHERE s.hotel_id = $1
        ORDER BY t.code, p.code
        "#,
        hotel.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut prices = occupancy_prices(tx).await?;
    let entries = rows.into_iter().map(|row| {
        let id = (RoomTypeId(row.room_type_id), RatePlanId(row.rate_plan_id));
        let occupancy_prices = prices.remove(&id).unwrap_or_default();
        let entry = ProductEntry {
            room_type: row.room_type,
            rate_plan: row.rate_plan,
            occupancy_prices,
            active: row.active,
        };
        (id, entry)
    });
    Ok(entries.collect())
}

/// What the prices of these room types' products depend on beside the night.
pub async fn occupancy(
    tx: &mut HotelTx,
    room_types: &[RoomTypeId],
) -> Result<HashMap<ProductId, Occupancy>, StoreError> {
    let hotel = tx.hotel();
    let room_types: Vec<Uuid> = room_types.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        SELECT s.room_type_id, s.rate_plan_id, t.standard_occupancy, t.max_occupancy
        FROM products s
        JOIN room_types t ON t.hotel_id = s.hotel_id AND t.id = s.room_type_id
        WHERE s.hotel_id = $1 AND s.room_type_id = ANY ($2)
        "#,
        hotel.0,
        &room_types,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut prices = occupancy_prices(tx).await?;
    // The columns' checks let nothing below zero in.
    let guests = |number: i16| u16::try_from(number).unwrap_or(0);
    let products = rows.into_iter().map(|row| {
        let id = (RoomTypeId(row.room_type_id), RatePlanId(row.rate_plan_id));
        let own = prices.remove(&id).unwrap_or_default().into_iter();
        let own = own.map(|each| (guests(each.adults), each.price)).collect();
        let takes = (guests(row.standard_occupancy), guests(row.max_occupancy));
        (id, Occupancy::new(takes, own))
    });
    Ok(products.collect())
}

async fn occupancy_prices(
    tx: &mut HotelTx,
) -> Result<HashMap<ProductId, Vec<OccupancyPrice>>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        "SELECT room_type_id, rate_plan_id, adults, kind, value FROM occupancy_prices WHERE hotel_id = $1 ORDER BY adults",
        hotel.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found: HashMap<ProductId, Vec<OccupancyPrice>> = HashMap::new();
    for row in rows {
        let id = (RoomTypeId(row.room_type_id), RatePlanId(row.rate_plan_id));
        let price = adjustment("occupancy_prices", &row.kind, row.value, row.room_type_id)?;
        found.entry(id).or_default().push(OccupancyPrice {
            adults: row.adults,
            price,
        });
    }
    Ok(found)
}

/// Adds a product, or changes it.
pub async fn save(
    tx: &mut HotelTx,
    (room_type, rate_plan): ProductId,
    entry: &ProductEntry,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "INSERT INTO products (hotel_id, room_type_id, rate_plan_id, active) VALUES ($1, $2, $3, $4)
         ON CONFLICT (hotel_id, room_type_id, rate_plan_id) DO UPDATE SET active = excluded.active",
        hotel.0,
        room_type.0,
        rate_plan.0,
        entry.active,
    )
    .execute(&mut **tx)
    .await?;
    forget_occupancy_prices(tx, room_type.0, rate_plan.0).await?;
    let rows: Value = entry
        .occupancy_prices
        .iter()
        .map(|price| json!({"adults": price.adults, "kind": price.price.kind(), "value": price.price.value()}))
        .collect();
    sqlx::query!(
        r#"
        INSERT INTO occupancy_prices (hotel_id, room_type_id, rate_plan_id, adults, kind, value)
        SELECT $1, $2, $3, c.adults, c.kind, c.value
        FROM jsonb_to_recordset($4) AS c (adults smallint, kind text, value bigint)
        "#,
        hotel.0,
        room_type.0,
        rate_plan.0,
        rows,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn forget_occupancy_prices(
    tx: &mut HotelTx,
    room_type: Uuid,
    rate_plan: Uuid,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "DELETE FROM occupancy_prices WHERE hotel_id = $1 AND room_type_id = $2 AND rate_plan_id = $3",
        hotel.0,
        room_type,
        rate_plan
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether a product was ever booked; reservations outlive a foreign key.
pub async fn is_booked(
    tx: &mut HotelTx,
    (room_type, rate_plan): ProductId,
) -> Result<bool, StoreError> {
    let hotel = tx.hotel();
    let booked = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM reservation_rooms
            WHERE hotel_id = $1 AND room_type_id = $2 AND rate_plan_id = $3) AS "booked!""#,
        hotel.0,
        room_type.0,
        rate_plan.0
    );
    Ok(booked.fetch_one(&mut **tx).await?)
}

/// Deletes a product with its prices, if nothing refers to it.
pub async fn remove(tx: &mut HotelTx, (room_type, rate_plan): ProductId) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    forget_occupancy_prices(tx, room_type.0, rate_plan.0).await?;
    sqlx::query!(
        "DELETE FROM rates WHERE hotel_id = $1 AND room_type_id = $2 AND rate_plan_id = $3",
        hotel.0,
        room_type.0,
        rate_plan.0
    )
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "DELETE FROM products WHERE hotel_id = $1 AND room_type_id = $2 AND rate_plan_id = $3",
        hotel.0,
        room_type.0,
        rate_plan.0
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("delete products", &done, 1)
}
