//! Recordings of calls, each beside its row of the sync log. A connection keeps its newest.

use std::time::Duration;

use crate::domain::ids::{CallId, ConnectionId};
use crate::store::jobs::interval;
use crate::store::{HotelTx, StoreError};

/// The most recordings of one connection.
const MOST: i64 = 200;

/// The most bytes of one connection's recordings.
const MOST_BYTES: i64 = 16 * 1024 * 1024;

/// Keeps the recording of a call whose row is written, and lets go of the connection's oldest where they are too many.
pub async fn keep(
    tx: &mut HotelTx,
    connection: ConnectionId,
    call: CallId,
    document: &str,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        "INSERT INTO call_recordings (hotel_id, id, connection_id, document, bytes) VALUES ($1, $2, $3, $4, $5)",
        hotel.0,
        call.0,
        connection.0,
        document,
        i32::try_from(document.len()).unwrap_or(i32::MAX),
    )
    .execute(&mut **tx)
    .await?;
    // A row that another call is removing is passed over: neither waits for the other.
    sqlx::query!(
        r#"
        DELETE FROM call_recordings
        WHERE hotel_id = $1 AND id IN (
            SELECT id FROM call_recordings
            WHERE hotel_id = $1 AND id IN (
                SELECT id FROM (
                    SELECT id, row_number() OVER newest AS number, sum(bytes) OVER newest AS total
                    FROM call_recordings
                    WHERE hotel_id = $1 AND connection_id = $2
                    WINDOW newest AS (ORDER BY id DESC)) AS kept
                WHERE number > $3 OR total > $4)
            FOR UPDATE SKIP LOCKED)
        "#,
        hotel.0,
        connection.0,
        MOST,
        MOST_BYTES,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The recording of a connection's call, as it was written.
pub async fn find(
    tx: &mut HotelTx,
    connection: ConnectionId,
    call: CallId,
) -> Result<Option<String>, StoreError> {
    let hotel = tx.hotel();
    Ok(sqlx::query_scalar!(
        "SELECT document FROM call_recordings WHERE hotel_id = $1 AND connection_id = $2 AND id = $3",
        hotel.0,
        connection.0,
        call.0,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Removes recordings older than `kept`, at most `limit`.
pub async fn prune(tx: &mut HotelTx, kept: Duration, limit: i64) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!(
        r#"
        DELETE FROM call_recordings
        WHERE hotel_id = $1 AND id IN (
            SELECT id FROM call_recordings
            WHERE hotel_id = $1 AND id < uuid_at(clock_timestamp() - $2::interval) ORDER BY id LIMIT $3)
        "#,
        hotel.0,
        interval(kept),
        limit,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::domain::clock::Clock;
    use crate::domain::connector::CallCost;
    use crate::domain::ids::HotelId;
    use crate::store::sync_logs::{self, Entry, Outcome};
    use crate::store::test_database::TestDatabase;

    const HOTEL: HotelId = HotelId(Uuid::from_u128(1));
    const CONNECTION: ConnectionId = ConnectionId(Uuid::from_u128(2));
    const OTHER: ConnectionId = ConnectionId(Uuid::from_u128(3));

    struct World {
        database: TestDatabase,
        now: Timestamp,
    }

    impl World {
        async fn new() -> Self {
            let database = TestDatabase::new().await;
            database
                .alter(&format!(
                    "INSERT INTO hotels (id, slug, name, time_zone, currency) VALUES ('{hotel}', 'h1', 'H', 'UTC', 'EUR');
                     INSERT INTO connections (hotel_id, id, name, kind, connector)
                     VALUES ('{hotel}', '{CONNECTION}', 'a', 'channel', 'x'), ('{hotel}', '{OTHER}', 'b', 'channel', 'x')",
                    hotel = HOTEL.0
                ))
                .await;
            let now = Clock::system().now();
            Self { database, now }
        }

        /// Writes a call of so many seconds ago.
        async fn call(&self, connection: ConnectionId, seconds_ago: i64, document: String) {
            let entry = Entry {
                connection,
                operation: "check",
                items: 1,
                outcome: Outcome::Succeeded,
                at: self.now - SignedDuration::from_secs(seconds_ago),
            };
            let cost = CallCost {
                recording: Some(document),
                ..CallCost::default()
            };
            let mut tx = self
                .database
                .store
                .begin(HOTEL)
                .await
                .expect("a transaction");
            sync_logs::record(&mut tx, entry, &cost)
                .await
                .expect("written");
            tx.commit().await.expect("committed");
        }

        /// The newest calls of a connection, and whether they are recorded.
        async fn recorded(&self, connection: ConnectionId) -> Vec<bool> {
            let mut tx = self
                .database
                .store
                .begin(HOTEL)
                .await
                .expect("a transaction");
            let calls = sync_logs::list(&mut tx, connection, None, 1_000).await;
            calls
                .expect("calls")
                .iter()
                .map(|call| call.recorded)
                .collect()
        }
    }

    #[tokio::test]
    async fn a_connection_keeps_as_many_bytes_as_it_may_and_the_oldest_go_first() {
        let world = World::new().await;
        let large = "x".repeat(usize::try_from(MOST_BYTES / 4).expect("a length"));
        world.call(OTHER, 90, large.clone()).await;
        for seconds_ago in [50, 40, 30, 20, 10] {
            world.call(CONNECTION, seconds_ago, large.clone()).await;
        }
        // The rows of the log stay.
        assert_eq!(
            world.recorded(CONNECTION).await,
            [true, true, true, true, false]
        );
        assert_eq!(
            world.recorded(OTHER).await,
            [true],
            "each has room of its own"
        );
    }

    #[tokio::test]
    async fn a_connection_keeps_so_many_recordings_however_small() {
        let world = World::new().await;
        for seconds_ago in (0..MOST + 2).rev() {
            world.call(CONNECTION, seconds_ago, "{}".to_owned()).await;
        }
        let kept = world.recorded(CONNECTION).await;
        let all = usize::try_from(MOST).expect("a number");
        assert!(kept[..all].iter().all(|recorded| *recorded));
        assert_eq!(kept[all..], [false, false]);
    }

    #[tokio::test]
    async fn recordings_go_when_their_time_is_over_and_with_their_calls() {
        let world = World::new().await;
        let (hour, day) = (3_600, 24 * 3_600);
        for seconds_ago in [2 * day, hour, 0] {
            world.call(CONNECTION, seconds_ago, "{}".to_owned()).await;
        }
        let mut tx = world
            .database
            .store
            .begin(HOTEL)
            .await
            .expect("a transaction");
        let kept = Duration::from_secs(day.unsigned_abs());
        prune(&mut tx, kept, 100).await.expect("pruned");
        tx.commit().await.expect("committed");
        assert_eq!(world.recorded(CONNECTION).await, [true, true, false]);

        let mut tx = world
            .database
            .store
            .begin(HOTEL)
            .await
            .expect("a transaction");
        let kept = Duration::from_secs(60);
        sync_logs::prune(&mut tx, kept, 100).await.expect("pruned");
        tx.commit().await.expect("committed");
        assert_eq!(
            world
                .database
                .number("SELECT count(*) FROM call_recordings")
                .await,
            1
        );
    }

    #[tokio::test]
    async fn a_recording_is_found_by_its_connection_only() {
        let world = World::new().await;
        world
            .call(CONNECTION, 0, r#"{"a": "\u0000"}"#.to_owned())
            .await;
        let mut tx = world
            .database
            .store
            .begin(HOTEL)
            .await
            .expect("a transaction");
        let calls = sync_logs::list(&mut tx, CONNECTION, None, 1).await;
        let call = calls.expect("calls")[0].id;
        let found = find(&mut tx, CONNECTION, call).await.expect("read");
        assert_eq!(found.as_deref(), Some(r#"{"a": "\u0000"}"#));
        assert_eq!(find(&mut tx, OTHER, call).await.expect("read"), None);
    }
}
