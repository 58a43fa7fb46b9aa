//! Channel reservations' keys to ours, and every revision that arrived.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};

use crate::domain::connector::Revision;
use crate::domain::ids::{ConnectionId, ReservationId, RoomTypeId};
use crate::domain::reservation::CellChange;
use crate::store::{HotelTx, StoreError};

/// What is known of a channel reservation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reference {
    /// The order of the newest revision that was applied; absent before the first.
    pub order: Option<i64>,
    /// Absent before the first, and where only a cancellation was seen.
    pub reservation: Option<ReservationId>,
    /// Whether the newest revision was the channel's cancellation.
    pub cancelled_by_channel: bool,
}

/// What became of a revision.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    Created,
    Changed,
    Cancelled,
    Tombstone,
    Superseded,
    /// Ours stayed as it was.
    Kept,
}

impl Outcome {
    /// The stable name, as the database and metrics show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Cancelled => "cancelled",
            Self::Tombstone => "tombstone",
            Self::Superseded => "superseded",
            Self::Kept => "kept",
        }
    }
}

/// A revision that the channel waits to hear of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unacknowledged {
    pub reservation: String,
    pub revision: String,
    pub acknowledgement: String,
}

/// What is known of a channel reservation, which nobody else changes until this transaction ends.
/// One that was never seen is locked too: [`apply`] must follow, since its row says nothing yet.
pub async fn lock_reference(
    tx: &mut HotelTx,
    connection: ConnectionId,
    reservation: &str,
) -> Result<Reference, StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        INSERT INTO reservation_refs (hotel_id, connection_id, external_id, revision, revision_order)
        VALUES ($1, $2, $3, '', 0)
        ON CONFLICT (hotel_id, connection_id, external_id) DO NOTHING
        "#,
        hotel.0,
        connection.0,
        reservation,
    )
    .execute(&mut **tx)
    .await?;
    let row = sqlx::query!(
        r#"
        SELECT revision, revision_order, reservation_id
        FROM reservation_refs WHERE hotel_id = $1 AND connection_id = $2 AND external_id = $3
        FOR UPDATE
        "#,
        hotel.0,
        connection.0,
        reservation,
    )
    .fetch_one(&mut **tx)
    .await?;
    let newest = sqlx::query_scalar!(
        r#"
        SELECT outcome FROM reservation_revisions
        WHERE hotel_id = $1 AND connection_id = $2 AND external_id = $3 AND revision = $4
        "#,
        hotel.0,
        connection.0,
        reservation,
        row.revision,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(Reference {
        order: newest.is_some().then_some(row.revision_order),
        reservation: row.reservation_id.map(ReservationId),
        cancelled_by_channel: newest.as_deref() == Some(Outcome::Cancelled.as_str()),
    })
}

/// Whether this very revision arrived before. One that the channel wants acknowledged again will be.
pub async fn arrived_before(
    tx: &mut HotelTx,
    connection: ConnectionId,
    revision: &Revision,
) -> Result<bool, StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        UPDATE reservation_revisions
        SET acknowledgement = coalesce($5, acknowledgement),
            acknowledged_at = CASE WHEN $5::text IS NULL THEN acknowledged_at END
        WHERE hotel_id = $1 AND connection_id = $2 AND external_id = $3 AND revision = $4
        "#,
        hotel.0,
        connection.0,
        revision.reservation,
        revision.revision,
        revision.acknowledgement,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Remembers a revision and what became of it.
pub async fn record(
    tx: &mut HotelTx,
    connection: ConnectionId,
    revision: &Revision,
    outcome: Outcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        INSERT INTO reservation_revisions (hotel_id, connection_id, external_id, revision, revision_order, outcome,
            acknowledgement, seen_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        hotel.0,
        connection.0,
        revision.reservation,
        revision.revision,
        revision.order,
        outcome.as_str(),
        revision.acknowledgement,
        now.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes a revision the newest that was applied, and says which reservation of ours it is.
pub async fn apply(
    tx: &mut HotelTx,
    connection: ConnectionId,
    revision: &Revision,
    reservation: Option<ReservationId>,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        UPDATE reservation_refs SET revision = $4, revision_order = $5, reservation_id = $6
        WHERE hotel_id = $1 AND connection_id = $2 AND external_id = $3
        "#,
        hotel.0,
        connection.0,
        revision.reservation,
        revision.revision,
        revision.order,
        reservation.map(|reservation| reservation.0),
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("update reservation_refs", &done, 1)
}

/// Which of these cells are sold beyond the limit, or are not for sale at all, in order.
pub async fn overbooked(
    tx: &mut HotelTx,
    cells: &[CellChange],
) -> Result<Vec<(RoomTypeId, Date)>, StoreError> {
    let hotel = tx.hotel();
    let first = cells.iter().map(|cell| cell.night).min();
    let last = cells.iter().map(|cell| cell.night).max();
    let (Some(first), Some(last)) = (first, last) else {
        return Ok(Vec::new());
    };
    let cells: Value = cells
        .iter()
        .map(|cell| json!({"room_type_id": cell.room_type.0, "night": cell.night}))
        .collect();
    let rows = sqlx::query!(
        r#"
        SELECT DISTINCT c.room_type_id AS "room_type_id!", c.night AS "night!"
        FROM jsonb_to_recordset($2) AS c (room_type_id uuid, night date)
        LEFT JOIN room_availability a ON a.hotel_id = $1 AND a.room_type_id = c.room_type_id AND a.night = c.night
            AND a.night BETWEEN $3 AND $4
        WHERE a.night IS NULL OR a.overbooked > 0
        ORDER BY c.room_type_id, c.night
        "#,
        hotel.0,
        cells,
        first.to_sqlx() as _,
        last.to_sqlx() as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (RoomTypeId(row.room_type_id), row.night.to_jiff()))
        .collect())
}

/// Up to `limit` revisions that the channel waits to hear of, the oldest first.
pub async fn unacknowledged(
    tx: &mut HotelTx,
    connection: ConnectionId,
    limit: i64,
) -> Result<Vec<Unacknowledged>, StoreError> {
    let hotel = tx.hotel();
    Ok(sqlx::query_as!(
        Unacknowledged,
        r#"
        SELECT external_id AS reservation, revision, acknowledgement AS "acknowledgement!"
        FROM reservation_revisions
        WHERE hotel_id = $1 AND connection_id = $2 AND acknowledgement IS NOT NULL AND acknowledged_at IS NULL
        ORDER BY seen_at, external_id, revision
        LIMIT $3
        "#,
        hotel.0,
        connection.0,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Notes that the channel heard of these.
pub async fn mark_acknowledged(
    tx: &mut HotelTx,
    connection: ConnectionId,
    heard: &[Unacknowledged],
    now: Timestamp,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let rows: Value = heard
        .iter()
        .map(|one| json!({"external_id": one.reservation, "revision": one.revision, "acknowledgement": one.acknowledgement}))
        .collect();
    sqlx::query!(
        r#"
        UPDATE reservation_revisions r SET acknowledged_at = $4
        FROM jsonb_to_recordset($3) AS heard (external_id text, revision text, acknowledgement text)
        WHERE r.hotel_id = $1 AND r.connection_id = $2 AND r.external_id = heard.external_id
            AND r.revision = heard.revision AND r.acknowledgement = heard.acknowledgement
        "#,
        hotel.0,
        connection.0,
        rows,
        now.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
