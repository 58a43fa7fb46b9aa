//! API keys: found by prefix, compared by hash.

use jiff_sqlx::ToSqlx;

use crate::domain::access::{ApiKey, NewApiKey, Scope};
use crate::domain::ids::{ApiKeyId, HotelId};
use crate::store::{Store, StoreError};

/// Stores a new key's hash.
pub async fn insert(store: &Store, key: &NewApiKey) -> Result<(), StoreError> {
    let scopes: Vec<String> = key
        .scopes
        .iter()
        .map(|scope| scope.as_str().to_owned())
        .collect();
    sqlx::query!(
        r#"
        INSERT INTO api_keys (id, prefix, secret_hash, name, hotel_id, publishable, scopes, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        key.id.0,
        key.prefix,
        &key.secret_hash[..],
        key.name,
        key.hotel.map(|hotel| hotel.0),
        key.publishable,
        &scopes,
        key.expires_at.map(ToSqlx::to_sqlx) as _,
    )
    .execute(store.pool())
    .await?;
    Ok(())
}

/// A live key by its prefix: neither revoked nor expired by the database's clock.
pub async fn find_live(store: &Store, prefix: &str) -> Result<Option<ApiKey>, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT id, secret_hash, name, hotel_id, publishable, scopes FROM api_keys
        WHERE prefix = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
        "#,
        prefix
    )
    .fetch_optional(store.pool())
    .await?;
    row.map(|row| {
        let refuse = |column| StoreError::Inconsistent {
            table: "api_keys",
            column,
            row: row.id.to_string(),
        };
        Ok(ApiKey {
            id: ApiKeyId(row.id),
            secret_hash: row
                .secret_hash
                .as_slice()
                .try_into()
                .map_err(|_| refuse("secret_hash"))?,
            hotel: row.hotel_id.map(HotelId),
            publishable: row.publishable,
            scopes: row
                .scopes
                .iter()
                .filter_map(|scope| Scope::parse(scope))
                .collect(),
            name: row.name,
        })
    })
    .transpose()
}

/// Notes that a key was used, at most once a minute.
pub async fn touch(store: &Store, key: ApiKeyId) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE api_keys SET last_used_at = clock_timestamp()
        WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute')
        "#,
        key.0
    )
    .execute(store.pool())
    .await?;
    Ok(())
}

/// A key as a list shows it: never the secret.
#[derive(Clone, Debug)]
pub struct ListedKey {
    pub prefix: String,
    pub name: String,
    pub hotel: Option<String>,
    pub publishable: bool,
    pub scopes: Vec<String>,
    pub created_at: jiff::Timestamp,
    pub expires_at: Option<jiff::Timestamp>,
    pub revoked_at: Option<jiff::Timestamp>,
    pub last_used_at: Option<jiff::Timestamp>,
}

/// Every key, the newest first.
pub async fn list(store: &Store) -> Result<Vec<ListedKey>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT k.prefix, k.name, h.slug AS "slug?", k.publishable, k.scopes, k.created_at, k.expires_at, k.revoked_at,
            k.last_used_at
        FROM api_keys k LEFT JOIN hotels h ON h.id = k.hotel_id
        ORDER BY k.id DESC
        "#
    )
    .fetch_all(store.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ListedKey {
            prefix: row.prefix,
            name: row.name,
            hotel: row.slug,
            publishable: row.publishable,
            scopes: row.scopes,
            created_at: row.created_at.to_jiff(),
            expires_at: row.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            revoked_at: row.revoked_at.map(jiff_sqlx::Timestamp::to_jiff),
            last_used_at: row.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
        .collect())
}

/// Ends a key. Answers whether there was a live one of this prefix.
pub async fn revoke(store: &Store, prefix: &str) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE api_keys SET revoked_at = clock_timestamp() WHERE prefix = $1 AND revoked_at IS NULL",
        prefix
    )
    .execute(store.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}
