//! What guests and hotels wrote: threads and their messages, each of a channel's once.

use std::time::Duration;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::domain::guest_message::{GuestMessage, MessageSender};
use crate::domain::ids::{ConnectionId, MessageId, ReservationId, ThreadId};
use crate::store::jobs::interval;
use crate::store::{HotelTx, StoreError};

/// A thread, as staff see it.
#[derive(Clone, Debug)]
pub struct Thread {
    pub id: ThreadId,
    /// The connection's name.
    pub connection: String,
    /// The channel's id of the reservation.
    pub external_reservation: Option<String>,
    /// Ours, where it is known.
    pub reservation: Option<ReservationId>,
    pub last_message_at: Timestamp,
    pub last_sender: MessageSender,
}

/// How far the messages of a connection have been pulled.
pub async fn pulled_until(
    tx: &mut HotelTx,
    connection: ConnectionId,
) -> Result<Option<Timestamp>, StoreError> {
    let hotel = tx.hotel();
    let until = sqlx::query_scalar!(
        "SELECT messages_pulled_until FROM connections WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        connection.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(until.map(jiff_sqlx::Timestamp::to_jiff))
}

/// Remembers how far the messages of a connection have been pulled.
pub async fn set_pulled_until(
    tx: &mut HotelTx,
    connection: ConnectionId,
    until: Timestamp,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        "UPDATE connections SET messages_pulled_until = $3 WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        connection.0,
        until.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("update connections.messages_pulled_until", &done, 1)
}

/// Makes the thread of a message, and locks it until this transaction ends. `new` counts only for one that is not known.
pub async fn keep_thread(
    tx: &mut HotelTx,
    new: ThreadId,
    connection: ConnectionId,
    message: &GuestMessage,
) -> Result<ThreadId, StoreError> {
    let hotel = tx.hotel();
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO message_threads (hotel_id, id, connection_id, external_id, external_reservation, last_message_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (hotel_id, connection_id, external_id) DO UPDATE
        SET external_reservation = coalesce(excluded.external_reservation, message_threads.external_reservation)
        RETURNING id
        "#,
        hotel.0,
        new.0,
        connection.0,
        message.thread,
        message.reservation,
        message.sent_at.to_sqlx() as _,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(ThreadId(id))
}

/// Adds a message of the channel's to its thread, which moves up, unless it is there: one that comes again, with another
/// time or from a future that has become the present, moves nothing. Answers whether it did.
pub async fn insert(
    tx: &mut HotelTx,
    id: MessageId,
    thread: ThreadId,
    message: &GuestMessage,
) -> Result<bool, StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        WITH added AS (
            INSERT INTO messages (hotel_id, id, thread_id, external_id, sender, text, sent_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (hotel_id, thread_id, external_id) DO NOTHING
            RETURNING hotel_id, thread_id, sent_at
        )
        UPDATE message_threads t SET last_message_at = greatest(t.last_message_at, added.sent_at)
        FROM added
        WHERE t.hotel_id = added.hotel_id AND t.id = added.thread_id
        "#,
        hotel.0,
        id.0,
        thread.0,
        message.id,
        message.sender.as_str(),
        message.text,
        message.sent_at.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The threads of the hotel, those with the newest messages first: so many, after one of them where it is given, about a
/// reservation of ours where one is given.
pub async fn list_threads(
    tx: &mut HotelTx,
    reservation: Option<ReservationId>,
    after: Option<ThreadId>,
    limit: i64,
) -> Result<Vec<Thread>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT t.id AS "id!", c.name AS "connection!", t.external_reservation, r.reservation_id AS "reservation_id?",
            t.last_message_at AS "last_message_at!", last.sender AS "sender!"
        FROM message_threads t
        JOIN connections c ON c.hotel_id = t.hotel_id AND c.id = t.connection_id
        CROSS JOIN LATERAL (
            SELECT m.sender FROM messages m WHERE m.hotel_id = t.hotel_id AND m.thread_id = t.id
            ORDER BY m.sent_at DESC, m.id DESC LIMIT 1) AS last
        LEFT JOIN reservation_refs r ON r.hotel_id = t.hotel_id AND r.connection_id = t.connection_id
            AND r.external_id = t.external_reservation
        WHERE t.hotel_id = $1 AND ($2::uuid IS NULL OR r.reservation_id = $2)
            AND ($3::uuid IS NULL OR (t.last_message_at, t.id) < (
                SELECT p.last_message_at, p.id FROM message_threads p WHERE p.hotel_id = $1 AND p.id = $3))
        ORDER BY t.last_message_at DESC, t.id DESC
        LIMIT $4
        "#,
        hotel.0,
        reservation.map(|id| id.0),
        after.map(|id| id.0),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Thread {
                id: ThreadId(row.id),
                connection: row.connection,
                external_reservation: row.external_reservation,
                reservation: row.reservation_id.map(ReservationId),
                last_message_at: row.last_message_at.to_jiff(),
                last_sender: sender(&row.sender, row.id)?,
            })
        })
        .collect()
}

pub(super) fn sender(name: &str, row: Uuid) -> Result<MessageSender, StoreError> {
    MessageSender::parse(name).ok_or_else(|| StoreError::Inconsistent {
        table: "messages",
        column: "sender",
        row: row.to_string(),
    })
}

/// The connection of a thread; none where there is no such thread.
pub async fn connection_of(
    tx: &mut HotelTx,
    thread: ThreadId,
) -> Result<Option<ConnectionId>, StoreError> {
    let hotel = tx.hotel();
    let found = sqlx::query_scalar!(
        "SELECT connection_id FROM message_threads WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        thread.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(ConnectionId))
}

/// Forgets threads in which nobody wrote for so long, with everything in them.
pub async fn prune(tx: &mut HotelTx, kept: Duration, limit: i64) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        DELETE FROM message_threads
        WHERE hotel_id = $1 AND id IN (
            SELECT id FROM message_threads
            WHERE hotel_id = $1 AND last_message_at < clock_timestamp() - $2::interval
            ORDER BY last_message_at LIMIT $3)
        "#,
        hotel.0,
        interval(kept),
        limit,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
