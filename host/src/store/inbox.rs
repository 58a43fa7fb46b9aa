//! Webhooks as they arrived, once each.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::json;

use crate::domain::connector::VerifiedWebhook;
use crate::domain::ids::{ConnectionId, DeliveryId};
use crate::domain::webhook::AuthenticWebhook;
use crate::store::{HotelTx, StoreError};

/// A stored webhook.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: DeliveryId,
    pub connection: ConnectionId,
    pub webhook: VerifiedWebhook,
    pub processed: bool,
}

/// What came of storing a webhook.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Inserted {
    New,
    /// The event id is known, with the same body.
    Repeated,
    /// The event id is known with another body, which is kept; this one is not.
    Reused,
}

/// Stores a webhook, unless its event was stored before.
pub async fn insert(
    tx: &mut HotelTx,
    id: DeliveryId,
    connection: ConnectionId,
    authentic: &AuthenticWebhook,
    body_hash: [u8; 32],
) -> Result<Inserted, StoreError> {
    let hotel = tx.hotel();
    let AuthenticWebhook {
        event_id, webhook, ..
    } = authentic;
    let done = sqlx::query!(
        r#"
        INSERT INTO webhook_inbox (hotel_id, connection_id, event_id, id, headers, body, body_hash, received_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (hotel_id, connection_id, event_id) DO NOTHING
        "#,
        hotel.0,
        connection.0,
        event_id,
        id.0,
        json!(webhook.headers),
        webhook.body,
        &body_hash[..],
        webhook.received_at.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(Inserted::New);
    }
    let same = sqlx::query_scalar!(
        r#"
        SELECT body_hash = $4 AS "same!" FROM webhook_inbox
        WHERE hotel_id = $1 AND connection_id = $2 AND event_id = $3
        "#,
        hotel.0,
        connection.0,
        event_id,
        &body_hash[..],
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(if same {
        Inserted::Repeated
    } else {
        Inserted::Reused
    })
}

/// A stored webhook by its id.
pub async fn find(tx: &mut HotelTx, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
    let hotel = tx.hotel();
    let row = sqlx::query!(
        r#"
        SELECT connection_id, headers, body, received_at, processed_at IS NOT NULL AS "processed!"
        FROM webhook_inbox WHERE hotel_id = $1 AND id = $2
        "#,
        hotel.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let headers = serde_json::from_value(row.headers).map_err(|_| StoreError::Inconsistent {
        table: "webhook_inbox",
        column: "headers",
        row: id.to_string(),
    })?;
    Ok(Some(Delivery {
        id,
        connection: ConnectionId(row.connection_id),
        webhook: VerifiedWebhook {
            headers,
            body: row.body,
            received_at: row.received_at.to_jiff(),
        },
        processed: row.processed,
    }))
}

/// Notes that a webhook is worked off, and lets go of what it said: that may be a guest's words. A repetition is still
/// recognised, by the hash.
pub async fn mark_processed(
    tx: &mut HotelTx,
    id: DeliveryId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = mark(tx, id, now).await?;
    StoreError::expect_rows("update webhook_inbox", &done, 1)
}

/// Notes that nobody works a webhook off any more, however unreadable it is; it may have been forgotten already.
pub async fn give_up(tx: &mut HotelTx, id: DeliveryId, now: Timestamp) -> Result<(), StoreError> {
    mark(tx, id, now).await?;
    Ok(())
}

async fn mark(
    tx: &mut HotelTx,
    id: DeliveryId,
    now: Timestamp,
) -> Result<sqlx::postgres::PgQueryResult, StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        "UPDATE webhook_inbox SET processed_at = coalesce(processed_at, $3), headers = '[]', body = ''
         WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        id.0,
        now.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done)
}
