//! Promo codes, as staff set them up, and their uses, counted from what has them.

use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::domain::catalogue::Reference;
use crate::domain::fold::folded;
use crate::domain::ids::HoldId;
use crate::domain::promo::{Discount, PromoEntry};
use crate::store::{HotelTx, StoreError};

/// Those that are meant, by code, however it is written.
pub async fn list(tx: &mut HotelTx, of: &Reference) -> Result<Vec<PromoEntry>, StoreError> {
    let hotel = tx.hotel();
    // Written in capitals here, as when it was saved: the database's `upper` depends on its locale.
    let code = of.code.as_deref().map(str::to_ascii_uppercase);
    let rows = sqlx::query!(
        r#"
        SELECT p.id, p.code, p.name, p.kind, p.value, p.stay_nights, p.stay_from, p.stay_until, p.book_from,
            p.book_until, p.min_nights, p.uses_at_most, p.uses_per_guest, p.active,
            ARRAY(SELECT t.code FROM promo_code_room_types i JOIN room_types t ON t.hotel_id = $1 AND t.id = i.room_type_id
                WHERE i.hotel_id = $1 AND i.promo_code_id = p.id ORDER BY t.code) AS "room_types!",
            ARRAY(SELECT t.code FROM promo_code_rate_plans i JOIN rate_plans t ON t.hotel_id = $1 AND t.id = i.rate_plan_id
                WHERE i.hotel_id = $1 AND i.promo_code_id = p.id ORDER BY t.code) AS "rate_plans!"
        FROM promo_codes p
        WHERE p.hotel_id = $1 AND ($2::uuid IS NULL OR p.id = $2) AND ($3::text IS NULL OR p.code = $3)
        ORDER BY p.code
        "#,
        hotel.0,
        of.id,
        code.as_deref(),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = discount(&row.kind, row.value, row.stay_nights);
            Ok(PromoEntry {
                discount: kind.ok_or_else(|| StoreError::Inconsistent {
                    table: "promo_codes",
                    column: "value",
                    row: row.id.to_string(),
                })?,
                id: row.id,
                code: row.code,
                name: row.name,
                stay_from: row.stay_from.map(jiff_sqlx::Date::to_jiff),
                stay_until: row.stay_until.map(jiff_sqlx::Date::to_jiff),
                book_from: row.book_from.map(jiff_sqlx::Date::to_jiff),
                book_until: row.book_until.map(jiff_sqlx::Date::to_jiff),
                room_types: row.room_types,
                rate_plans: row.rate_plans,
                min_nights: row.min_nights,
                uses_at_most: row.uses_at_most,
                uses_per_guest: row.uses_per_guest,
                active: row.active,
            })
        })
        .collect()
}

fn discount(kind: &str, value: i64, stay_nights: Option<i16>) -> Option<Discount> {
    match kind {
        "percent" => Some(Discount::Percent(value)),
        "amount" => Some(Discount::Amount(value)),
        _ => Some(Discount::FreeNights {
            stay_nights: u16::try_from(stay_nights?).ok()?,
            free_nights: u16::try_from(value).ok()?,
        }),
    }
}

fn columns(discount: Discount) -> (&'static str, i64, Option<i16>) {
    match discount {
        Discount::Percent(part) => ("percent", part, None),
        Discount::Amount(amount) => ("amount", amount, None),
        Discount::FreeNights {
            stay_nights,
            free_nights,
        } => (
            "free_nights",
            i64::from(free_nights),
            i16::try_from(stay_nights).ok(),
        ),
    }
}

/// Adds one, or changes the one of this id. What it names is there.
pub async fn save(tx: &mut HotelTx, entry: &PromoEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let (kind, value, stay_nights) = columns(entry.discount);
    let done = sqlx::query!(
        r#"
        INSERT INTO promo_codes (hotel_id, id, code, name, kind, value, stay_nights, stay_from, stay_until, book_from,
            book_until, min_nights, uses_at_most, uses_per_guest, active)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT (hotel_id, id) DO UPDATE SET code = excluded.code, name = excluded.name, kind = excluded.kind,
            value = excluded.value, stay_nights = excluded.stay_nights, stay_from = excluded.stay_from,
            stay_until = excluded.stay_until, book_from = excluded.book_from, book_until = excluded.book_until,
            min_nights = excluded.min_nights, uses_at_most = excluded.uses_at_most,
            uses_per_guest = excluded.uses_per_guest, active = excluded.active
        "#,
        hotel.0,
        entry.id,
        entry.code,
        entry.name,
        kind,
        value,
        stay_nights,
        entry.stay_from.map(ToSqlx::to_sqlx) as _,
        entry.stay_until.map(ToSqlx::to_sqlx) as _,
        entry.book_from.map(ToSqlx::to_sqlx) as _,
        entry.book_until.map(ToSqlx::to_sqlx) as _,
        entry.min_nights,
        entry.uses_at_most,
        entry.uses_per_guest,
        entry.active,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("save promo_codes", &done, 1)?;
    forget(tx, entry.id).await?;
    fill(tx, entry).await
}

/// Writes what a code is for.
async fn fill(tx: &mut HotelTx, entry: &PromoEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let named = sqlx::query!(
        r#"
        WITH types AS (
            INSERT INTO promo_code_room_types (hotel_id, promo_code_id, room_type_id)
            SELECT $1, $2, t.id FROM room_types t WHERE t.hotel_id = $1 AND t.code = ANY ($3)
            RETURNING 1
        ), plans AS (
            INSERT INTO promo_code_rate_plans (hotel_id, promo_code_id, rate_plan_id)
            SELECT $1, $2, t.id FROM rate_plans t WHERE t.hotel_id = $1 AND t.code = ANY ($4)
            RETURNING 1
        )
        SELECT 1 AS one FROM types UNION ALL SELECT 1 FROM plans
        "#,
        hotel.0,
        entry.id,
        &entry.room_types,
        &entry.rate_plans,
    )
    .fetch_all(&mut **tx)
    .await?;
    let wanted = entry.room_types.len() + entry.rate_plans.len();
    if named.len() == wanted {
        return Ok(());
    }
    Err(StoreError::Rows {
        statement: "save what promo codes are for",
        changed: named.len() as u64,
        wanted: wanted as u64,
    })
}

async fn forget(tx: &mut HotelTx, promo: Uuid) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        WITH types AS (DELETE FROM promo_code_room_types WHERE hotel_id = $1 AND promo_code_id = $2)
        DELETE FROM promo_code_rate_plans WHERE hotel_id = $1 AND promo_code_id = $2
        "#,
        hotel.0,
        promo
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes one, if nothing refers to it.
pub async fn remove(tx: &mut HotelTx, entry: &PromoEntry) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    forget(tx, entry.id).await?;
    let done = sqlx::query!(
        "DELETE FROM promo_codes WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        entry.id
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("delete promo_codes", &done, 1)
}

/// Lets nobody else take a use until this transaction ends. What is counted is read by later statements.
pub async fn lock(tx: &mut HotelTx, promo: Uuid) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!("SELECT lock_promo_code($1, $2)", hotel.0, promo)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Locks the code that a hold was priced with, if any: it is extended and booked only under it.
pub async fn lock_of_hold(tx: &mut HotelTx, hold: HoldId) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "SELECT lock_promo_code($1, (SELECT promo_code_id FROM holds WHERE hotel_id = $1 AND id = $2))",
        hotel.0,
        hold.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many live holds and reservations have it. Given up and lapsed ones have given it back.
pub async fn uses(tx: &mut HotelTx, promo: Uuid) -> Result<i64, StoreError> {
    let hotel = tx.hotel();
    Ok(sqlx::query_scalar!(
        r#"
        SELECT (SELECT count(*) FROM holds
                WHERE hotel_id = $1 AND promo_code_id = $2 AND state = 'held' AND expires_at > clock_timestamp())
            + (SELECT count(*) FROM reservations
                WHERE hotel_id = $1 AND promo_code_id = $2 AND status NOT IN ('declined', 'expired', 'cancelled'))
            AS "uses!"
        "#,
        hotel.0,
        promo
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// How many reservations of a booker have it, whatever the case of the email.
///
/// The database folds ASCII alone, so that it is the same under every locale, and gives out what has other letters too,
/// which few emails have; those are compared here.
pub async fn uses_of(tx: &mut HotelTx, promo: Uuid, email: &str) -> Result<i64, StoreError> {
    let hotel = tx.hotel();
    let email = folded(email);
    let emails = sqlx::query_scalar!(
        r#"
        SELECT booker ->> 'email' AS "email!" FROM reservations
        WHERE hotel_id = $1 AND promo_code_id = $2 AND status NOT IN ('declined', 'expired', 'cancelled')
            AND (lower((booker ->> 'email') COLLATE "C") = $3
                OR octet_length(booker ->> 'email') > length(booker ->> 'email'))
        "#,
        hotel.0,
        promo,
        email
    )
    .fetch_all(&mut **tx)
    .await?;
    let uses = emails.iter().filter(|other| folded(other) == email).count();
    Ok(i64::try_from(uses).unwrap_or(i64::MAX))
}

/// Notes with which code a hold was priced.
pub async fn note(tx: &mut HotelTx, hold: HoldId, promo: Uuid) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        "UPDATE holds SET promo_code_id = $3 WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        hold.0,
        promo
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("set holds.promo_code_id", &done, 1)
}
