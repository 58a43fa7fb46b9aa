//! Rate plans with their derivation and what children pay, as staff set them up.

use std::collections::HashMap;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::catalogue::{ChildPrice, DerivedFrom, RatePlanEntry, Reference};
use crate::domain::pricing::Adjustment;
use crate::store::{HotelTx, StoreError};

/// Those that are meant, by code.
pub async fn list(tx: &mut HotelTx, of: &Reference) -> Result<Vec<RatePlanEntry>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT p.id, p.code, p.name, p.description, p.meal_plan, p.active, c.code AS "policy?", q.code AS "parent?",
            p.derivation, p.derivation_value
        FROM rate_plans p
        LEFT JOIN cancellation_policies c ON c.hotel_id = p.hotel_id AND c.id = p.cancellation_policy_id
        LEFT JOIN rate_plans q ON q.hotel_id = p.hotel_id AND q.id = p.parent_id
        WHERE p.hotel_id = $1 AND ($2::uuid IS NULL OR p.id = $2) AND ($3::text IS NULL OR p.code = $3)
        ORDER BY p.code
        "#,
        hotel.0,
        of.id,
        of.code.as_deref(),
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut children = child_prices(tx).await?;
    rows.into_iter()
        .map(|row| {
            let derived_from = match (row.parent, row.derivation, row.derivation_value) {
                (Some(parent), Some(kind), Some(value)) => Some(DerivedFrom {
                    parent,
                    adjustment: adjustment("rate_plans", &kind, value, row.id)?,
                }),
                _ => None,
            };
            Ok(RatePlanEntry {
                child_prices: children.remove(&row.id).unwrap_or_default(),
                id: row.id,
                code: row.code,
                name: row.name,
                description: row.description,
                meal_plan: row.meal_plan,
                cancellation_policy: row.policy,
                derived_from,
                active: row.active,
            })
        })
        .collect()
}

/// An adjustment as its two columns say it.
pub(super) fn adjustment(
    table: &'static str,
    kind: &str,
    value: i64,
    row: Uuid,
) -> Result<Adjustment, StoreError> {
    Adjustment::parse(kind, value).ok_or_else(|| StoreError::Inconsistent {
        table,
        column: "kind",
        row: row.to_string(),
    })
}

async fn child_prices(tx: &mut HotelTx) -> Result<HashMap<Uuid, Vec<ChildPrice>>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        "SELECT rate_plan_id, min_age, max_age, kind, value FROM child_prices WHERE hotel_id = $1 ORDER BY min_age",
        hotel.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found: HashMap<Uuid, Vec<ChildPrice>> = HashMap::new();
    for row in rows {
        let price = adjustment("child_prices", &row.kind, row.value, row.rate_plan_id)?;
        found.entry(row.rate_plan_id).or_default().push(ChildPrice {
            min_age: row.min_age,
            max_age: row.max_age,
            price,
        });
    }
    Ok(found)
}

/// Adds one, or changes the one of this id. Its policy and its parent exist.
pub async fn save(tx: &mut HotelTx, entry: &RatePlanEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let derived = entry.derived_from.as_ref();
    let done = sqlx::query!(
        r#"
        INSERT INTO rate_plans (hotel_id, id, code, name, description, meal_plan, active, cancellation_policy_id,
            parent_id, derivation, derivation_value)
        SELECT $1, $2, $3, $4, $5, $6, $7,
            (SELECT id FROM cancellation_policies WHERE hotel_id = $1 AND code = $8),
            (SELECT id FROM rate_plans WHERE hotel_id = $1 AND code = $9), $10, $11
        ON CONFLICT (hotel_id, id) DO UPDATE SET code = excluded.code, name = excluded.name,
            description = excluded.description, meal_plan = excluded.meal_plan, active = excluded.active,
            cancellation_policy_id = excluded.cancellation_policy_id, parent_id = excluded.parent_id,
            derivation = excluded.derivation, derivation_value = excluded.derivation_value
        "#,
        hotel.0,
        entry.id,
        entry.code,
        entry.name,
        entry.description,
        entry.meal_plan,
        entry.active,
        entry.cancellation_policy.as_deref(),
        derived.map(|derived| derived.parent.as_str()),
        derived.map(|derived| derived.adjustment.kind()),
        derived.map(|derived| derived.adjustment.value()),
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("save rate_plans", &done, 1)?;
    save_child_prices(tx, entry).await
}

async fn save_child_prices(tx: &mut HotelTx, entry: &RatePlanEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    forget_child_prices(tx, entry.id).await?;
    let rows: Value = entry
        .child_prices
        .iter()
        .map(|child| {
            json!({"min_age": child.min_age, "max_age": child.max_age, "kind": child.price.kind(),
                "value": child.price.value()})
        })
        .collect();
    sqlx::query!(
        r#"
        INSERT INTO child_prices (hotel_id, rate_plan_id, min_age, max_age, kind, value)
        SELECT $1, $2, c.min_age, c.max_age, c.kind, c.value
        FROM jsonb_to_recordset($3) AS c (min_age smallint, max_age smallint, kind text, value bigint)
        "#,
        hotel.0,
        entry.id,
        rows,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn forget_child_prices(tx: &mut HotelTx, rate_plan: Uuid) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "DELETE FROM child_prices WHERE hotel_id = $1 AND rate_plan_id = $2",
        hotel.0,
        rate_plan
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes one, if nothing refers to it.
pub async fn remove(tx: &mut HotelTx, entry: &RatePlanEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    forget_child_prices(tx, entry.id).await?;
    let done = sqlx::query!(
        "DELETE FROM rate_plans WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        entry.id
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("delete rate_plans", &done, 1)
}
