//! A connector's small memory, kept in Postgres.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{AcquireError, Mutex, MutexGuard, Semaphore, SemaphorePermit};

use crate::domain::key_value::{Key, KeyOwner, KeyValueError, KeyValueStore, MAX_BYTES, MAX_KEYS};
use crate::store::{HotelTx, Store, StoreError};

/// Database connections that all guests may hold at once: most of the pool stays the gateway's own.
const CONNECTIONS: usize = 4;

/// Queues of writers. Connections that share one wait for each other, which is harmless.
const QUEUES: u128 = 64;

/// The port's implementation over the store.
#[derive(Clone, Debug)]
pub struct PostgresKeyValues {
    store: Store,
    connections: Arc<Semaphore>,
    queues: Arc<[Mutex<()>]>,
}

/// A transaction with its place among those of all guests. Fields are dropped in this order.
struct Turn<'a> {
    tx: HotelTx,
    _connection: SemaphorePermit<'a>,
    _queue: Option<MutexGuard<'a, ()>>,
}

fn unavailable(error: StoreError) -> KeyValueError {
    KeyValueError::Unavailable(Box::new(error))
}

#[async_trait]
impl KeyValueStore for PostgresKeyValues {
    async fn get(&self, owner: KeyOwner, key: &Key) -> Result<Option<Vec<u8>>, KeyValueError> {
        let mut turn = self.begin(owner, None).await?;
        get(&mut turn.tx, owner, key).await.map_err(unavailable)
    }

    async fn set(&self, owner: KeyOwner, key: &Key, value: &[u8]) -> Result<(), KeyValueError> {
        let mut turn = self.begin_locked(owner).await?;
        upsert(&mut turn.tx, owner, key, value)
            .await
            .map_err(unavailable)?;
        finish(turn, owner).await
    }

    async fn delete(&self, owner: KeyOwner, key: &Key) -> Result<(), KeyValueError> {
        let mut turn = self.begin_locked(owner).await?;
        sqlx::query!(
            "DELETE FROM plugin_values WHERE hotel_id = $1 AND connection_id = $2 AND key = $3",
            owner.hotel.0,
            owner.connection.0,
            key.as_str()
        )
        .execute(&mut *turn.tx)
        .await
        .map_err(|error| unavailable(error.into()))?;
        finish(turn, owner).await
    }

    async fn compare_and_set(
        &self,
        owner: KeyOwner,
        key: &Key,
        expected: Option<&[u8]>,
        value: &[u8],
    ) -> Result<bool, KeyValueError> {
        let mut turn = self.begin_locked(owner).await?;
        if get(&mut turn.tx, owner, key)
            .await
            .map_err(unavailable)?
            .as_deref()
            != expected
        {
            return Ok(false);
        }
        upsert(&mut turn.tx, owner, key, value)
            .await
            .map_err(unavailable)?;
        finish(turn, owner).await?;
        Ok(true)
    }
}

impl PostgresKeyValues {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            connections: Arc::new(Semaphore::new(CONNECTIONS)),
            queues: (0..QUEUES).map(|_| Mutex::new(())).collect(),
        }
    }

    async fn begin<'a>(
        &'a self,
        owner: KeyOwner,
        queue: Option<MutexGuard<'a, ()>>,
    ) -> Result<Turn<'a>, KeyValueError> {
        let closed = |error: AcquireError| KeyValueError::Unavailable(Box::new(error));
        let connection = self.connections.acquire().await.map_err(closed)?;
        Ok(Turn {
            tx: self.store.begin(owner.hotel).await.map_err(unavailable)?,
            _connection: connection,
            _queue: queue,
        })
    }

    /// One writer at a time for a connection, so that limits and comparisons hold. Writers of this process wait
    /// before they take a database connection; the lock in the database is for other processes.
    async fn begin_locked(&self, owner: KeyOwner) -> Result<Turn<'_>, KeyValueError> {
        let own = usize::try_from(owner.connection.0.as_u128() % QUEUES).unwrap_or(0);
        let queue = match self.queues.get(own) {
            Some(queue) => Some(queue.lock().await),
            None => None,
        };
        let mut turn = self.begin(owner, queue).await?;
        sqlx::query!(
            "SELECT pg_advisory_xact_lock(hashtextextended('plugin_values' || $1::uuid, 0))",
            owner.connection.0
        )
        .execute(&mut *turn.tx)
        .await
        .map_err(|error| unavailable(error.into()))?;
        Ok(turn)
    }
}

async fn get(tx: &mut HotelTx, owner: KeyOwner, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT value FROM plugin_values WHERE hotel_id = $1 AND connection_id = $2 AND key = $3",
        owner.hotel.0,
        owner.connection.0,
        key.as_str()
    )
    .fetch_optional(&mut **tx)
    .await?)
}

async fn upsert(
    tx: &mut HotelTx,
    owner: KeyOwner,
    key: &Key,
    value: &[u8],
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO plugin_values (hotel_id, connection_id, key, value) VALUES ($1, $2, $3, $4)
         ON CONFLICT (hotel_id, connection_id, key) DO UPDATE SET value = excluded.value",
        owner.hotel.0,
        owner.connection.0,
        key.as_str(),
        value
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Commits, unless the connection would then hold too much.
async fn finish(mut turn: Turn<'_>, owner: KeyOwner) -> Result<(), KeyValueError> {
    let held = sqlx::query!(
        r#"
        SELECT count(*) AS "keys!", coalesce(sum(length(key) + length(value)), 0)::bigint AS "bytes!"
        FROM plugin_values WHERE hotel_id = $1 AND connection_id = $2
        "#,
        owner.hotel.0,
        owner.connection.0
    )
    .fetch_one(&mut *turn.tx)
    .await
    .map_err(|error| unavailable(error.into()))?;
    let within =
        |count: i64, limit: usize| usize::try_from(count).is_ok_and(|count| count <= limit);
    if !within(held.keys, MAX_KEYS) || !within(held.bytes, MAX_BYTES) {
        return Err(KeyValueError::Full);
    }
    turn.tx.commit().await.map_err(unavailable)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::{ConnectionId, HotelId};
    use crate::store::test_database::TestDatabase;

    #[tokio::test]
    async fn guests_share_a_few_database_connections_and_leave_the_others_theirs() {
        let database = TestDatabase::new().await;
        let memory = PostgresKeyValues::new(database.store.clone());
        let owner = KeyOwner {
            hotel: HotelId(Uuid::from_u128(1)),
            connection: ConnectionId(Uuid::from_u128(2)),
        };
        let mut turns = Vec::new();
        for _ in 0..CONNECTIONS {
            turns.push(memory.begin(owner, None).await.expect("a turn"));
        }
        let key = Key::parse("key").expect("a key");
        let waits = timeout(Duration::from_millis(50), memory.get(owner, &key)).await;
        assert!(waits.is_err(), "one more guest waits for its turn");
        let gateway = database.store.begin(owner.hotel).await;
        gateway.expect("the gateway does not wait for guests");
        turns.pop();
        let value = memory.get(owner, &key).await.expect("its turn has come");
        assert_eq!(value, None);
    }

    #[tokio::test]
    async fn writers_of_one_connection_wait_without_a_database_connection() {
        let database = TestDatabase::new().await;
        let memory = PostgresKeyValues::new(database.store.clone());
        let owner = KeyOwner {
            hotel: HotelId(Uuid::from_u128(1)),
            connection: ConnectionId(Uuid::from_u128(2)),
        };
        let first = memory.begin_locked(owner).await.expect("a turn");
        let key = Key::parse("key").expect("a key");
        let waiting = (0..20).map(|_| memory.delete(owner, &key));
        let waiting = futures::future::join_all(waiting);
        assert!(
            timeout(Duration::from_millis(50), waiting).await.is_err(),
            "they wait for the first"
        );
        assert_eq!(memory.connections.available_permits(), CONNECTIONS - 1);
        drop(first);
        memory.delete(owner, &key).await.expect("its turn has come");
    }
}
