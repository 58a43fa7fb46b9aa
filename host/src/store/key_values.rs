//! A connector's small memory, kept in Postgres.

use async_trait::async_trait;

use crate::domain::key_value::{Key, KeyOwner, KeyValueError, KeyValueStore, MAX_BYTES, MAX_KEYS};
use crate::store::{HotelTx, Store, StoreError};

/// The port's implementation over the store.
#[derive(Clone, Debug)]
pub struct PostgresKeyValues(pub Store);

fn unavailable(error: StoreError) -> KeyValueError {
    KeyValueError::Unavailable(Box::new(error))
}

#[async_trait]
impl KeyValueStore for PostgresKeyValues {
    async fn get(&self, owner: KeyOwner, key: &Key) -> Result<Option<Vec<u8>>, KeyValueError> {
        let mut tx = self.0.begin(owner.hotel).await.map_err(unavailable)?;
        get(&mut tx, owner, key).await.map_err(unavailable)
    }

    async fn set(&self, owner: KeyOwner, key: &Key, value: &[u8]) -> Result<(), KeyValueError> {
        let mut tx = self.begin_locked(owner).await?;
        upsert(&mut tx, owner, key, value)
            .await
            .map_err(unavailable)?;
        finish(tx, owner).await
    }

    async fn delete(&self, owner: KeyOwner, key: &Key) -> Result<(), KeyValueError> {
        let mut tx = self.begin_locked(owner).await?;
        sqlx::query!(
            "DELETE FROM plugin_values WHERE hotel_id = $1 AND connection_id = $2 AND key = $3",
            owner.hotel.0,
            owner.connection.0,
            key.as_str()
        )
        .execute(&mut *tx)
        .await
        .map_err(|error| unavailable(error.into()))?;
        finish(tx, owner).await
    }

    async fn compare_and_set(
        &self,
        owner: KeyOwner,
        key: &Key,
        expected: Option<&[u8]>,
        value: &[u8],
    ) -> Result<bool, KeyValueError> {
        let mut tx = self.begin_locked(owner).await?;
        if get(&mut tx, owner, key)
            .await
            .map_err(unavailable)?
            .as_deref()
            != expected
        {
            return Ok(false);
        }
        upsert(&mut tx, owner, key, value)
            .await
            .map_err(unavailable)?;
        finish(tx, owner).await?;
        Ok(true)
    }
}

impl PostgresKeyValues {
    /// One writer at a time for a connection, so that limits and comparisons hold.
    async fn begin_locked(&self, owner: KeyOwner) -> Result<HotelTx, KeyValueError> {
        let mut tx = self.0.begin(owner.hotel).await.map_err(unavailable)?;
        sqlx::query!(
            "SELECT pg_advisory_xact_lock(hashtextextended('plugin_values' || $1::uuid, 0))",
            owner.connection.0
        )
        .execute(&mut *tx)
        .await
        .map_err(|error| unavailable(error.into()))?;
        Ok(tx)
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
async fn finish(mut tx: HotelTx, owner: KeyOwner) -> Result<(), KeyValueError> {
    let held = sqlx::query!(
        r#"
        SELECT count(*) AS "keys!", coalesce(sum(length(key) + length(value)), 0)::bigint AS "bytes!"
        FROM plugin_values WHERE hotel_id = $1 AND connection_id = $2
        "#,
        owner.hotel.0,
        owner.connection.0
    )
    .fetch_one(&mut *tx)
    .await
    .map_err(|error| unavailable(error.into()))?;
    let within =
        |count: i64, limit: usize| usize::try_from(count).is_ok_and(|count| count <= limit);
    if !within(held.keys, MAX_KEYS) || !within(held.bytes, MAX_BYTES) {
        return Err(KeyValueError::Full);
    }
    tx.commit().await.map_err(unavailable)
}
