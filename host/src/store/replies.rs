//! What the hotel answers: replies that wait for the channel, and the messages of a thread with how each stands.

use std::fmt;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

use crate::domain::guest_message::{MessageSender, Reply, ReplyState};
use crate::domain::ids::{ConnectionId, MessageId, ThreadId};
use crate::store::messages::sender;
use crate::store::{HotelTx, StoreError};

/// A message, as staff see it.
#[derive(Clone)]
pub struct Message {
    pub id: MessageId,
    pub sender: MessageSender,
    pub text: String,
    /// Of a reply, when it was written, and then when the channel took it.
    pub sent_at: Timestamp,
    /// Of a reply that was written here.
    pub state: Option<ReplyState>,
    pub actor: Option<String>,
    /// The class of the failure.
    pub reason: Option<String>,
}

impl fmt::Debug for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Message")
            .field("id", &self.id)
            .field("sender", &self.sender)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// What must go out, and by which connection.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub connection: ConnectionId,
    pub thread: ThreadId,
    pub state: ReplyState,
    /// While it is queued, when staff wrote it.
    pub written_at: Timestamp,
    /// Whether an attempt may have reached the channel, of which nothing was heard.
    pub in_doubt: bool,
    pub reply: Reply,
}

/// Locks a thread until this transaction ends, and moves it up.
pub async fn lock_thread(
    tx: &mut HotelTx,
    thread: ThreadId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        "UPDATE message_threads SET last_message_at = greatest(last_message_at, $3) WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        thread.0,
        now.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("update message_threads", &done, 1)
}

/// Adds a reply that waits for the channel.
pub async fn insert(
    tx: &mut HotelTx,
    (thread, id): (ThreadId, MessageId),
    text: &str,
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        INSERT INTO messages (hotel_id, id, thread_id, sender, text, sent_at, state, actor)
        VALUES ($1, $2, $3, 'hotel', $4, $5, 'queued', $6)
        "#,
        hotel.0,
        id.0,
        thread.0,
        text,
        now.to_sqlx() as _,
        actor,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("insert messages", &done, 1)
}

/// A reply that was written here, with what its sending needs.
pub async fn find(tx: &mut HotelTx, id: MessageId) -> Result<Option<Outgoing>, StoreError> {
    let hotel = tx.hotel();
    let row = sqlx::query!(
        r#"
        SELECT t.connection_id, t.id AS thread_id, t.external_id AS thread, m.text, m.state AS "state!", m.sent_at,
            m.tried_since, m.reason IS NOT NULL AS "in_doubt!"
        FROM messages m
        JOIN message_threads t ON t.hotel_id = m.hotel_id AND t.id = m.thread_id
        WHERE m.hotel_id = $1 AND m.id = $2 AND m.state IS NOT NULL
        "#,
        hotel.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        Ok(Outgoing {
            connection: ConnectionId(row.connection_id),
            thread: ThreadId(row.thread_id),
            state: state(&row.state, id)?,
            written_at: row.sent_at.to_jiff(),
            in_doubt: row.in_doubt,
            reply: Reply {
                thread: row.thread,
                text: row.text,
                idempotency_key: id.to_string(),
                tried_since: row.tried_since.map(jiff_sqlx::Timestamp::to_jiff),
            },
        })
    })
    .transpose()
}

fn state(name: &str, id: MessageId) -> Result<ReplyState, StoreError> {
    ReplyState::parse(name).ok_or_else(|| StoreError::Inconsistent {
        table: "messages",
        column: "state",
        row: id.to_string(),
    })
}

/// Notes that a reply is about to be handed to the connector. Until something is known of that, it may have arrived: who
/// dies on the way leaves it in doubt.
pub async fn mark_tried(tx: &mut HotelTx, id: MessageId, now: Timestamp) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        "UPDATE messages SET tried_since = coalesce(tried_since, $3), reason = 'outcome-unknown'
         WHERE hotel_id = $1 AND id = $2",
        hotel.0,
        id.0,
        now.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("update messages.tried_since", &done, 1)
}

/// Notes that a reply has not arrived with the attempt that just failed, and with none before.
pub async fn set_certain(tx: &mut HotelTx, id: MessageId) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "UPDATE messages SET reason = NULL WHERE hotel_id = $1 AND id = $2 AND state = 'queued'",
        hotel.0,
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that the channel has a reply, under this id of its own. The thread must be locked: where a pull was faster, its
/// copy goes. Answers false where that id is another reply's, or of what the guest wrote: nothing of theirs is lost to a
/// connector that names it.
pub async fn set_sent(
    tx: &mut HotelTx,
    (thread, id): (ThreadId, MessageId),
    external_id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "DELETE FROM messages
         WHERE hotel_id = $1 AND thread_id = $2 AND external_id = $3 AND state IS NULL AND sender <> 'guest'",
        hotel.0,
        thread.0,
        external_id,
    )
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query!(
        r#"
        UPDATE messages SET external_id = $4, state = 'sent', sent_at = $5, reason = NULL
        WHERE hotel_id = $1 AND id = $2 AND NOT EXISTS (
            SELECT FROM messages other
            WHERE other.hotel_id = $1 AND other.thread_id = $3 AND other.external_id = $4 AND other.id <> $2)
        "#,
        hotel.0,
        id.0,
        thread.0,
        external_id,
        now.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the way of a reply that the channel does not take, with the class of the failure.
pub async fn set_failed(tx: &mut HotelTx, id: MessageId, reason: &str) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        "UPDATE messages SET state = 'failed', reason = $3 WHERE hotel_id = $1 AND id = $2 AND state = 'queued'",
        hotel.0,
        id.0,
        reason,
    )
    .execute(&mut **tx)
    .await?;
    StoreError::expect_rows("update messages.state", &done, 1)
}

/// Ends the way of a reply that a person gives up, if the channel may not have it yet. One in doubt may be there.
pub async fn give_up(tx: &mut HotelTx, id: MessageId) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        UPDATE messages SET state = 'failed', reason = coalesce(reason, 'permanent')
        WHERE hotel_id = $1 AND id = $2 AND state = 'queued'
        "#,
        hotel.0,
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether a message is in a thread.
pub async fn is_in(tx: &mut HotelTx, thread: ThreadId, id: MessageId) -> Result<bool, StoreError> {
    let hotel = tx.hotel();
    let found = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT FROM messages WHERE hotel_id = $1 AND thread_id = $2 AND id = $3) AS "found!"
        "#,
        hotel.0,
        thread.0,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// The messages of a thread, the newest first: so many, after one of them where it is given.
pub async fn list(
    tx: &mut HotelTx,
    thread: ThreadId,
    after: Option<MessageId>,
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT id, sender, text, sent_at, state, actor, CASE WHEN state = 'failed' THEN reason END AS reason
        FROM messages
        WHERE hotel_id = $1 AND thread_id = $2
            AND ($3::uuid IS NULL OR (sent_at, id) < (
                SELECT p.sent_at, p.id FROM messages p WHERE p.hotel_id = $1 AND p.thread_id = $2 AND p.id = $3))
        ORDER BY sent_at DESC, id DESC
        LIMIT $4
        "#,
        hotel.0,
        thread.0,
        after.map(|id| id.0),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = MessageId(row.id);
            Ok(Message {
                id,
                sender: sender(&row.sender, row.id)?,
                text: row.text,
                sent_at: row.sent_at.to_jiff(),
                state: row.state.map(|name| state(&name, id)).transpose()?,
                actor: row.actor,
                reason: row.reason,
            })
        })
        .collect()
}
