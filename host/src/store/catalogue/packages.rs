//! Packages with their extras, as staff set them up.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::catalogue::{PackageEntry, PackagedExtra, Reference};
use crate::store::{HotelTx, StoreError};

#[derive(Deserialize)]
struct PackagedJson {
    extra: String,
    quantity: i32,
}

/// Those that are meant, by code.
pub async fn list(tx: &mut HotelTx, of: &Reference) -> Result<Vec<PackageEntry>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT p.id, p.code, p.name, p.description, p.price_minor, p.basis, p.min_nights, p.active,
            (SELECT coalesce(jsonb_agg(jsonb_build_object('extra', e.code, 'quantity', i.quantity) ORDER BY e.code), '[]')
                FROM package_extras i JOIN extras e ON e.hotel_id = $1 AND e.id = i.extra_id
                WHERE i.hotel_id = $1 AND i.package_id = p.id) AS "extras!",
            ARRAY(SELECT t.code FROM package_room_types i JOIN room_types t ON t.hotel_id = $1 AND t.id = i.room_type_id
                WHERE i.hotel_id = $1 AND i.package_id = p.id ORDER BY t.code) AS "room_types!",
            ARRAY(SELECT t.code FROM package_rate_plans i JOIN rate_plans t ON t.hotel_id = $1 AND t.id = i.rate_plan_id
                WHERE i.hotel_id = $1 AND i.package_id = p.id ORDER BY t.code) AS "rate_plans!"
        FROM packages p
        WHERE p.hotel_id = $1 AND ($2::uuid IS NULL OR p.id = $2) AND ($3::text IS NULL OR p.code = $3)
        ORDER BY p.code
        "#,
        hotel.0,
        of.id,
        of.code.as_deref(),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(PackageEntry {
                extras: extras(row.id, row.extras)?,
                id: row.id,
                code: row.code,
                name: row.name,
                description: row.description,
                room_types: row.room_types,
                rate_plans: row.rate_plans,
                price_minor: row.price_minor,
                basis: row.basis,
                min_nights: row.min_nights,
                active: row.active,
            })
        })
        .collect()
}

fn extras(package: Uuid, rows: Value) -> Result<Vec<PackagedExtra>, StoreError> {
    let rows: Vec<PackagedJson> =
        serde_json::from_value(rows).map_err(|_| StoreError::Inconsistent {
            table: "package_extras",
            column: "quantity",
            row: package.to_string(),
        })?;
    let extra = |row: PackagedJson| PackagedExtra {
        extra: row.extra,
        quantity: row.quantity,
    };
    Ok(rows.into_iter().map(extra).collect())
}

/// Adds one, or changes the one of this id. What it names is there.
pub async fn save(tx: &mut HotelTx, entry: &PackageEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        INSERT INTO packages (hotel_id, id, code, name, description, price_minor, basis, min_nights, active)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (hotel_id, id) DO UPDATE SET code = excluded.code, name = excluded.name,
            description = excluded.description, price_minor = excluded.price_minor, basis = excluded.basis,
            min_nights = excluded.min_nights, active = excluded.active
        "#,
        hotel.0,
        entry.id,
        entry.code,
        entry.name,
        entry.description,
        entry.price_minor,
        entry.basis,
        entry.min_nights,
        entry.active,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("save packages", &done, 1)?;
    forget(tx, entry.id).await?;
    fill(tx, entry).await
}

/// Writes what a package contains and is booked with.
async fn fill(tx: &mut HotelTx, entry: &PackageEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let extras: Value = entry
        .extras
        .iter()
        .map(|packed| json!({"code": packed.extra, "quantity": packed.quantity}))
        .collect();
    let named = sqlx::query!(
        r#"
        WITH packed AS (
            INSERT INTO package_extras (hotel_id, package_id, extra_id, quantity)
            SELECT $1, $2, e.id, c.quantity
            FROM jsonb_to_recordset($3) AS c (code text, quantity integer)
            JOIN extras e ON e.hotel_id = $1 AND e.code = c.code
            RETURNING 1
        ), types AS (
            INSERT INTO package_room_types (hotel_id, package_id, room_type_id)
            SELECT $1, $2, t.id FROM room_types t WHERE t.hotel_id = $1 AND t.code = ANY ($4)
            RETURNING 1
        ), plans AS (
            INSERT INTO package_rate_plans (hotel_id, package_id, rate_plan_id)
            SELECT $1, $2, t.id FROM rate_plans t WHERE t.hotel_id = $1 AND t.code = ANY ($5)
            RETURNING 1
        )
        SELECT 1 AS one FROM packed UNION ALL SELECT 1 FROM types UNION ALL SELECT 1 FROM plans
        "#,
        hotel.0,
        entry.id,
        extras,
        &entry.room_types,
        &entry.rate_plans,
    )
    .fetch_all(&mut **tx)
    .await?;
    let wanted = entry.extras.len() + entry.room_types.len() + entry.rate_plans.len();
    if named.len() == wanted {
        return Ok(());
    }
    Err(StoreError::Rows {
        statement: "save what packages contain",
        changed: named.len() as u64,
        wanted: wanted as u64,
    })
}

async fn forget(tx: &mut HotelTx, package: Uuid) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        WITH packed AS (DELETE FROM package_extras WHERE hotel_id = $1 AND package_id = $2),
            types AS (DELETE FROM package_room_types WHERE hotel_id = $1 AND package_id = $2)
        DELETE FROM package_rate_plans WHERE hotel_id = $1 AND package_id = $2
        "#,
        hotel.0,
        package
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes one. What was booked of it stays.
pub async fn remove(tx: &mut HotelTx, entry: &PackageEntry) -> Result<(), StoreError> {
    forget(tx, entry.id).await?;
    let hotel = tx.hotel();
    let done = sqlx::query!(
        "DELETE FROM packages WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        entry.id
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("delete packages", &done, 1)
}
