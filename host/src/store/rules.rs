//! What a hotel decides about its reservations, and the terms that its rate plans are sold under.

use std::collections::HashMap;

use crate::domain::cancellation::Terms;
use crate::domain::ids::RatePlanId;
use crate::domain::rules::{Aging, BookingRules, NoShowKeeps};
use crate::store::reservation_json::penalty;
use crate::store::{HotelTx, StoreError};

/// The hotel's rules.
pub async fn find(tx: &mut HotelTx) -> Result<BookingRules, StoreError> {
    let hotel = tx.hotel();
    let row = sqlx::query!(
        r#"
        SELECT tentative_alert_hours, tentative_escalate_hours, tentative_release_hours, no_show_keeps, notify_guests,
            waitlist_hold_minutes
        FROM hotels WHERE id = $1
        "#,
        hotel.0
    )
    .fetch_one(&mut **tx)
    .await?;
    let refuse = |column| StoreError::Inconsistent {
        table: "hotels",
        column,
        row: hotel.to_string(),
    };
    let hours = |hours: Option<i32>, column| {
        hours
            .map(|hours| u16::try_from(hours).map_err(|_| refuse(column)))
            .transpose()
    };
    let minutes = row.waitlist_hold_minutes.map(u16::try_from).transpose();
    Ok(BookingRules {
        aging: Aging {
            alert_after: hours(row.tentative_alert_hours, "tentative_alert_hours")?,
            escalate_after: hours(row.tentative_escalate_hours, "tentative_escalate_hours")?,
            release_after: hours(row.tentative_release_hours, "tentative_release_hours")?,
        },
        no_show_keeps: NoShowKeeps::parse(&row.no_show_keeps)
            .ok_or_else(|| refuse("no_show_keeps"))?,
        notify_guests: row.notify_guests,
        waitlist_hold_minutes: minutes.map_err(|_| refuse("waitlist_hold_minutes"))?,
    })
}

/// Replaces the hotel's rules.
pub async fn set(tx: &mut HotelTx, rules: &BookingRules) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        UPDATE hotels
        SET tentative_alert_hours = $2, tentative_escalate_hours = $3, tentative_release_hours = $4,
            no_show_keeps = $5, notify_guests = $6, waitlist_hold_minutes = $7
        WHERE id = $1
        "#,
        hotel.0,
        rules.aging.alert_after.map(i32::from),
        rules.aging.escalate_after.map(i32::from),
        rules.aging.release_after.map(i32::from),
        rules.no_show_keeps.as_str(),
        rules.notify_guests,
        rules.waitlist_hold_minutes.map(i32::from),
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("set hotels.rules", &done, 1)
}

/// The terms of the hotel's rate plans, of those that have any.
pub async fn terms(tx: &mut HotelTx) -> Result<HashMap<RatePlanId, Terms>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT p.id AS rate_plan_id, c.code, c.name, c.free_until_hours, c.penalty, c.penalty_percent
        FROM rate_plans p
        JOIN cancellation_policies c ON c.hotel_id = p.hotel_id AND c.id = p.cancellation_policy_id
        WHERE p.hotel_id = $1
        "#,
        hotel.0
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let refuse = |column| StoreError::Inconsistent {
                table: "cancellation_policies",
                column,
                row: row.code.clone(),
            };
            let terms = Terms {
                free_until_hours: row
                    .free_until_hours
                    .map(|hours| u32::try_from(hours).map_err(|_| refuse("free_until_hours")))
                    .transpose()?,
                penalty: penalty(&row.penalty, row.penalty_percent)
                    .ok_or_else(|| refuse("penalty"))?,
                code: row.code.clone(),
                name: row.name.clone(),
            };
            Ok((RatePlanId(row.rate_plan_id), terms))
        })
        .collect()
}
