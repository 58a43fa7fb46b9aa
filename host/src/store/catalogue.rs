//! What a hotel sells, and its nights as offers need them.

pub mod charges;
pub mod extras;
pub mod packages;
pub mod policies;
pub mod products;
pub mod promo_codes;
pub mod rate_plans;
pub mod room_types;
pub mod rooms;

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::ari::Fields;
use crate::domain::hotel::{RatePlan, Room, RoomType};
use crate::domain::ids::{RatePlanId, RoomTypeId};
use crate::domain::offer::Product;
use crate::store::{HotelTx, StoreError, cells};

/// Every product of the hotel, in the order of their codes.
pub async fn products(tx: &mut HotelTx) -> Result<Vec<Product>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT t.id AS room_type_id, t.code AS room_type_code, t.name AS room_type_name, t.standard_occupancy,
            t.max_occupancy, t.accessible, p.id AS rate_plan_id, p.code AS rate_plan_code, p.name AS rate_plan_name,
            p.meal_plan
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
    rows.into_iter()
        .map(|row| {
            let occupancy = |value: i16, column| {
                u16::try_from(value).map_err(|_| StoreError::Inconsistent {
                    table: "room_types",
                    column,
                    row: row.room_type_id.to_string(),
                })
            };
            Ok(Product {
                room_type: RoomType {
                    id: RoomTypeId(row.room_type_id),
                    standard_occupancy: occupancy(row.standard_occupancy, "standard_occupancy")?,
                    max_occupancy: occupancy(row.max_occupancy, "max_occupancy")?,
                    code: row.room_type_code,
                    name: row.room_type_name,
                    accessible: row.accessible,
                },
                rate_plan: RatePlan {
                    id: RatePlanId(row.rate_plan_id),
                    code: row.rate_plan_code,
                    name: row.rate_plan_name,
                    meal_plan: row.meal_plan,
                },
            })
        })
        .collect()
}

/// The database's clock, the only one that expiry is compared with.
pub async fn database_now(tx: &mut HotelTx) -> Result<Timestamp, StoreError> {
    let now = sqlx::query_scalar!(r#"SELECT clock_timestamp() AS "now!""#)
        .fetch_one(&mut **tx)
        .await?;
    Ok(now.to_jiff())
}

/// The physical rooms, by number.
pub async fn rooms(tx: &mut HotelTx) -> Result<Vec<Room>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        "SELECT id, room_type_id, number FROM rooms WHERE hotel_id = $1 ORDER BY number",
        hotel.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Room {
            id: crate::domain::ids::RoomId(row.id),
            room_type: RoomTypeId(row.room_type_id),
            number: row.number,
        })
        .collect())
}

/// Adds room types, rate plans, rooms, products and their nights, and marks what was added for the channels;
/// what exists by its code stays as it is.
/// Each is a JSON array of records with the tables' column names.
pub async fn insert_catalogue(tx: &mut HotelTx, catalogue: &Catalogue) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        INSERT INTO room_types (hotel_id, id, code, name, standard_occupancy, max_occupancy, accessible)
        SELECT $1, t.id, t.code, t.name, t.standard_occupancy, t.max_occupancy, t.accessible
        FROM jsonb_to_recordset($2) AS t (id uuid, code text, name text, standard_occupancy smallint,
            max_occupancy smallint, accessible boolean)
        ON CONFLICT (hotel_id, code) DO NOTHING
        "#,
        hotel.0,
        catalogue.room_types,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO rate_plans (hotel_id, id, code, name, meal_plan)
        SELECT $1, p.id, p.code, p.name, p.meal_plan
        FROM jsonb_to_recordset($2) AS p (id uuid, code text, name text, meal_plan text)
        ON CONFLICT (hotel_id, code) DO NOTHING
        "#,
        hotel.0,
        catalogue.rate_plans,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO rooms (hotel_id, id, room_type_id, number)
        SELECT $1, r.id, t.id, r.number
        FROM jsonb_to_recordset($2) AS r (id uuid, room_type text, number text)
        JOIN room_types t ON t.hotel_id = $1 AND t.code = r.room_type
        ON CONFLICT (hotel_id, number) DO NOTHING
        "#,
        hotel.0,
        catalogue.rooms,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO products (hotel_id, room_type_id, rate_plan_id)
        SELECT $1, t.id, p.id
        FROM jsonb_to_recordset($2) AS s (room_type text, rate_plan text)
        JOIN room_types t ON t.hotel_id = $1 AND t.code = s.room_type
        JOIN rate_plans p ON p.hotel_id = $1 AND p.code = s.rate_plan
        ON CONFLICT DO NOTHING
        "#,
        hotel.0,
        catalogue.products,
    )
    .execute(&mut **tx)
    .await?;
    insert_nights(tx, catalogue).await
}

/// A night that only a channel had sold is opened here; its units stay counted.
async fn insert_nights(tx: &mut HotelTx, catalogue: &Catalogue) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let opened = sqlx::query!(
        r#"
        INSERT INTO room_availability AS a (hotel_id, room_type_id, night, allotment, overbooking)
        SELECT $1, t.id, n.night, n.allotment, coalesce(n.overbooking, 0)
        FROM jsonb_to_recordset($2) AS n (room_type text, night date, allotment integer, overbooking integer)
        JOIN room_types t ON t.hotel_id = $1 AND t.code = n.room_type
        ORDER BY t.id, n.night
        ON CONFLICT (hotel_id, room_type_id, night) DO UPDATE
            SET opened = true, allotment = excluded.allotment, overbooking = excluded.overbooking,
                overbooked = greatest(0, a.sold + a.held - excluded.allotment - excluded.overbooking)
            WHERE NOT a.opened
        RETURNING a.room_type_id, a.night
        "#,
        hotel.0,
        catalogue.availability,
    )
    .fetch_all(&mut **tx)
    .await?;
    let priced = sqlx::query!(
        r#"
        INSERT INTO rates (hotel_id, room_type_id, rate_plan_id, night, price_minor, min_stay_arrival,
            min_stay_through, max_stay, closed_to_arrival, closed_to_departure, stop_sell)
        SELECT $1, t.id, p.id, n.night, n.price_minor, n.min_stay_arrival, n.min_stay_through, n.max_stay,
            coalesce(n.closed_to_arrival, false), coalesce(n.closed_to_departure, false), coalesce(n.stop_sell, false)
        FROM jsonb_to_recordset($2) AS n (room_type text, rate_plan text, night date, price_minor bigint,
            min_stay_arrival smallint, min_stay_through smallint, max_stay smallint, closed_to_arrival boolean,
            closed_to_departure boolean, stop_sell boolean)
        JOIN room_types t ON t.hotel_id = $1 AND t.code = n.room_type
        JOIN rate_plans p ON p.hotel_id = $1 AND p.code = n.rate_plan
        ON CONFLICT DO NOTHING
        RETURNING room_type_id, rate_plan_id, night
        "#,
        hotel.0,
        catalogue.rates,
    )
    .fetch_all(&mut **tx)
    .await?;
    let opened: Vec<_> = opened
        .iter()
        .map(|row| (row.night.to_jiff(), RoomTypeId(row.room_type_id)))
        .collect();
    cells::mark_availability(tx, &opened).await?;
    let priced: Vec<_> = priced
        .iter()
        .map(|row| {
            let product = (RoomTypeId(row.room_type_id), RatePlanId(row.rate_plan_id));
            (product.0, product.1, row.night.to_jiff(), Fields::ALL)
        })
        .collect();
    cells::mark_rates(tx, &priced).await
}

/// A catalogue to be added: JSON arrays of records, with codes where one refers to another.
#[derive(Clone, Debug)]
pub struct Catalogue {
    pub room_types: Value,
    pub rate_plans: Value,
    pub rooms: Value,
    pub products: Value,
    pub availability: Value,
    pub rates: Value,
}
