//! The sync log: one row a call of a connector, whatever came of it. It is also the memory of the pace.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use crate::domain::connector::{CallCost, Called, ConnectorFailure};
use crate::domain::ids::{CallId, ConnectionId};
use crate::store::jobs::interval;
use crate::store::{HotelTx, StoreError, recordings};

/// The longest detail that is kept, in characters.
const LONGEST_DETAIL: usize = 1000;

/// How a call ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome<'a> {
    Succeeded,
    /// Some items were refused; the first of their failures.
    Partial(&'a ConnectorFailure),
    Failed(&'a ConnectorFailure),
}

/// A call that was made.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub connection: ConnectionId,
    /// The port's function, such as `push_ari`.
    pub operation: &'static str,
    pub items: usize,
    pub outcome: Outcome<'a>,
    /// When it began.
    pub at: Timestamp,
}

impl<'a> Outcome<'a> {
    /// What a call came to whose items have no outcomes of their own.
    pub fn of<T>(called: &'a Called<T>) -> Self {
        match &called.result {
            Ok(_) => Self::Succeeded,
            Err(failure) => Self::Failed(failure),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Partial(_) => "partial",
            Self::Failed(_) => "failed",
        }
    }

    fn failure(self) -> Option<&'a ConnectorFailure> {
        match self {
            Self::Succeeded => None,
            Self::Partial(failure) | Self::Failed(failure) => Some(failure),
        }
    }
}

/// Writes the row of a call, with its recording where there is one, in the transaction that takes in its result.
pub async fn record(tx: &mut HotelTx, entry: Entry<'_>, cost: &CallCost) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let id = CallId::new(entry.at);
    let failure = entry.outcome.failure();
    let detail = failure.map(|failure| {
        failure
            .to_string()
            .chars()
            .take(LONGEST_DETAIL)
            .collect::<String>()
    });
    let milliseconds = |duration: Duration| i32::try_from(duration.as_millis()).unwrap_or(i32::MAX);
    sqlx::query!(
        r#"
        INSERT INTO channel_sync_logs (hotel_id, id, connection_id, operation, items, outcome, class, detail,
            duration_ms, cpu_ms, requests, bytes_sent, bytes_received, log)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        "#,
        hotel.0,
        id.0,
        entry.connection.0,
        entry.operation,
        i32::try_from(entry.items).unwrap_or(i32::MAX),
        entry.outcome.name(),
        failure.map(ConnectorFailure::class),
        detail,
        milliseconds(cost.duration),
        milliseconds(cost.cpu),
        i32::try_from(cost.requests).unwrap_or(i32::MAX),
        i64::try_from(cost.bytes_sent).unwrap_or(i64::MAX),
        i64::try_from(cost.bytes_received).unwrap_or(i64::MAX),
        json!(cost.log),
    )
    .execute(&mut **tx)
    .await?;
    match &cost.recording {
        Some(document) => recordings::keep(tx, entry.connection, id, document).await,
        None => Ok(()),
    }
}

/// How many requests a connection has made in the last minute, and when the oldest of them leaves it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LastMinute {
    pub requests: i64,
    pub oldest_leaves_in: Duration,
}

/// What the log knows of the last minute, by the database's clock.
pub async fn last_minute(
    tx: &mut HotelTx,
    connection: ConnectionId,
) -> Result<LastMinute, StoreError> {
    let hotel = tx.hotel();
    // Ids carry the host's clock: the bound on them only keeps the read short, so it is generous.
    let row = sqlx::query!(
        r#"
        SELECT coalesce(sum(requests), 0)::bigint AS "requests!",
            coalesce(extract(epoch FROM min(at) + interval '1 minute' - clock_timestamp()), 0)::float8 AS "leaves_in!"
        FROM channel_sync_logs
        WHERE hotel_id = $1 AND connection_id = $2 AND requests > 0
            AND id > uuid_at(clock_timestamp() - interval '10 minutes') AND at > clock_timestamp() - interval '1 minute'
        "#,
        hotel.0,
        connection.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    let oldest_leaves_in = Duration::try_from_secs_f64(row.leaves_in).unwrap_or_default();
    Ok(LastMinute {
        requests: row.requests,
        oldest_leaves_in,
    })
}

/// Removes rows older than `kept`, at most `limit`, and answers how many they were.
pub async fn prune(tx: &mut HotelTx, kept: Duration, limit: i64) -> Result<u64, StoreError> {
    let hotel = tx.hotel();
    let done = sqlx::query!(
        r#"
        DELETE FROM channel_sync_logs
        WHERE hotel_id = $1 AND id IN (
            SELECT id FROM channel_sync_logs
            WHERE hotel_id = $1 AND id < uuid_at(clock_timestamp() - $2::interval) ORDER BY id LIMIT $3)
        "#,
        hotel.0,
        interval(kept),
        limit,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// A call as the log shows it.
#[derive(Clone, Debug)]
pub struct LoggedCall {
    pub id: CallId,
    pub operation: String,
    pub items: i32,
    pub outcome: String,
    /// The failure's class, where there was one.
    pub class: Option<String>,
    pub detail: Option<String>,
    pub duration_ms: i32,
    pub cpu_ms: i32,
    pub requests: i32,
    pub bytes_sent: i64,
    pub bytes_received: i64,
    /// What the plugin wrote, secrets masked.
    pub log: serde_json::Value,
    /// Whether its recording is kept.
    pub recorded: bool,
    pub at: Timestamp,
}

/// The newest calls of a connection, before `before` where it is given.
pub async fn list(
    tx: &mut HotelTx,
    connection: ConnectionId,
    before: Option<CallId>,
    limit: i64,
) -> Result<Vec<LoggedCall>, StoreError> {
    let hotel = tx.hotel();
    let rows = sqlx::query!(
        r#"
        SELECT id, operation, items, outcome, class, detail, duration_ms, cpu_ms, requests, bytes_sent, bytes_received,
            log, at, EXISTS (
                SELECT FROM call_recordings r WHERE r.hotel_id = l.hotel_id AND r.id = l.id) AS "recorded!"
        FROM channel_sync_logs l
        WHERE hotel_id = $1 AND connection_id = $2 AND ($3::uuid IS NULL OR id < $3)
        ORDER BY id DESC LIMIT $4
        "#,
        hotel.0,
        connection.0,
        before.map(|id| id.0),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| LoggedCall {
            id: CallId(row.id),
            operation: row.operation,
            items: row.items,
            outcome: row.outcome,
            class: row.class,
            detail: row.detail,
            duration_ms: row.duration_ms,
            cpu_ms: row.cpu_ms,
            requests: row.requests,
            bytes_sent: row.bytes_sent,
            bytes_received: row.bytes_received,
            log: row.log,
            recorded: row.recorded,
            at: row.at.to_jiff(),
        })
        .collect())
}
