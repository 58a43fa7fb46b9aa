//! The chain of a hotel's audit trail: links are added, read and never changed.

use uuid::Uuid;

use crate::domain::audit::{Event, Link};
use crate::domain::ids::EventId;
use crate::store::{HotelTx, StoreError};

/// Lets one transaction at a time seal the hotel's events.
pub async fn lock_chain(tx: &mut HotelTx) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('audit:' || $1::text, 0))",
        hotel.to_string()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The newest link.
pub async fn head(tx: &mut HotelTx) -> Result<Option<Link>, StoreError> {
    let hotel = tx.hotel();
    let row = sqlx::query!(
        "SELECT number, event_id, hash FROM audit_chain WHERE hotel_id = $1 ORDER BY number DESC LIMIT 1",
        hotel.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| link(row.number, row.event_id, &row.hash))
        .transpose()
}

/// Links after this number, in order.
pub async fn links(tx: &mut HotelTx, after: i64, limit: i64) -> Result<Vec<Link>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        "SELECT number, event_id, hash FROM audit_chain WHERE hotel_id = $1 AND number > $2 ORDER BY number LIMIT $3",
        hotel.0,
        after,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| link(row.number, row.event_id, &row.hash))
        .collect()
}

fn link(number: i64, event: Uuid, hash: &[u8]) -> Result<Link, StoreError> {
    Ok(Link {
        number,
        event: EventId(event),
        hash: hash.try_into().map_err(|_| StoreError::Inconsistent {
            table: "audit_chain",
            column: "hash",
            row: number.to_string(),
        })?,
    })
}

/// The oldest events that wait to be sealed, in their order.
pub async fn unsealed(tx: &mut HotelTx, limit: i64) -> Result<Vec<EventId>, StoreError> {
    let hotel = tx.hotel();
    let ids = sqlx::query_scalar!(
        "SELECT event_id FROM audit_unsealed WHERE hotel_id = $1 ORDER BY sequence, event_id LIMIT $2",
        hotel.0,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids.into_iter().map(EventId).collect())
}

/// Events by their ids, which prune to their months. Those that are gone are missing.
pub async fn events(tx: &mut HotelTx, ids: &[EventId]) -> Result<Vec<Event>, StoreError> {
    let hotel = tx.hotel();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        SELECT id, sequence, reservation_id, kind, actor, reason, before, after, at
        FROM booking_events WHERE hotel_id = $1 AND id = ANY ($2)
        "#,
        hotel.0,
        &ids
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Event {
            id: EventId(row.id),
            sequence: row.sequence,
            subject: row.reservation_id,
            kind: row.kind,
            actor: row.actor,
            reason: row.reason,
            before: row.before,
            after: row.after,
            at: row.at.to_jiff(),
        })
        .collect())
}

/// Adds links, and forgets that their events waited for them.
pub async fn append(tx: &mut HotelTx, links: &[Link]) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let numbers: Vec<i64> = links.iter().map(|link| link.number).collect();
    let events: Vec<Uuid> = links.iter().map(|link| link.event.0).collect();
    let hashes: Vec<Vec<u8>> = links.iter().map(|link| link.hash.to_vec()).collect();
    let done = sqlx::query!(
        r#"
        INSERT INTO audit_chain (hotel_id, number, event_id, hash)
        SELECT $1, l.number, l.event_id, l.hash FROM unnest($2::bigint[], $3::uuid[], $4::bytea[])
            AS l (number, event_id, hash)
        "#,
        hotel.0,
        &numbers,
        &events,
        &hashes,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("insert audit_chain", &done, links.len() as u64)?;
    let forgotten = sqlx::query_scalar!(r#"SELECT forget_sealed($1) AS "forgotten!""#, hotel.0)
        .fetch_one(&mut **tx)
        .await?;
    let (changed, wanted) = (forgotten.unsigned_abs(), links.len() as u64);
    if changed == wanted {
        return Ok(());
    }
    Err(StoreError::Rows {
        statement: "forget audit_unsealed",
        changed,
        wanted,
    })
}

/// The first event that is neither a link nor waits to be one.
pub async fn stray(tx: &mut HotelTx) -> Result<Option<EventId>, StoreError> {
    let hotel = tx.hotel();
    let id = sqlx::query_scalar!(
        r#"
        SELECT e.id FROM booking_events e
        WHERE e.hotel_id = $1
            AND NOT EXISTS (SELECT FROM audit_chain c WHERE c.hotel_id = $1 AND c.event_id = e.id)
            AND NOT EXISTS (SELECT FROM audit_unsealed u
                WHERE u.hotel_id = $1 AND u.sequence = e.sequence AND u.event_id = e.id)
        ORDER BY e.sequence, e.id LIMIT 1
        "#,
        hotel.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id.map(EventId))
}

/// The first event that waits to be a link and is gone.
pub async fn lost(tx: &mut HotelTx) -> Result<Option<EventId>, StoreError> {
    let hotel = tx.hotel();
    let id = sqlx::query_scalar!(
        r#"
        SELECT u.event_id FROM audit_unsealed u
        WHERE u.hotel_id = $1
            AND NOT EXISTS (SELECT FROM booking_events e WHERE e.hotel_id = $1 AND e.id = u.event_id)
        ORDER BY u.sequence, u.event_id LIMIT 1
        "#,
        hotel.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id.map(EventId))
}

/// How many events wait to be sealed.
pub async fn waiting(tx: &mut HotelTx) -> Result<i64, StoreError> {
    let hotel = tx.hotel();
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "waiting!" FROM audit_unsealed WHERE hotel_id = $1"#,
        hotel.0
    )
    .fetch_one(&mut **tx)
    .await?)
}
