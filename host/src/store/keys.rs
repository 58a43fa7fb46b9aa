//! API keys: found by prefix, compared by hash.

use std::time::Duration;

use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::domain::access::{ApiKey, NewApiKey, Scope};
use crate::domain::hotel::{Hotel, HotelName};
use crate::domain::ids::{ApiKeyId, HotelId};
use crate::store::hotels::HotelRow;
use crate::store::{SharedTx, Store, StoreError};

/// Stores a new key's hash.
pub async fn insert(tx: &mut SharedTx, key: &NewApiKey) -> Result<(), StoreError> {
    let scopes: Vec<String> = key
        .scopes
        .iter()
        .map(|scope| scope.as_str().to_owned())
        .collect();
    sqlx::query!(
        r#"
        INSERT INTO api_keys (id, credential_id, prefix, secret_hash, name, hotel_id, publishable, scopes, origins, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        "#,
        key.id.0,
        key.credential.0,
        key.prefix,
        &key.secret_hash[..],
        key.name,
        key.hotel.map(|hotel| hotel.0),
        key.publishable,
        &scopes,
        &key.origins,
        key.expires_at.map(ToSqlx::to_sqlx) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A live key by its prefix: neither revoked nor expired by the database's clock.
pub async fn find_live(store: &Store, prefix: &str) -> Result<Option<ApiKey>, StoreError> {
    let found = find_live_at(store, prefix, None).await?;
    Ok(found.map(|(key, _)| key))
}

/// As [`find_live`], with the hotel that its holder calls about, if there is such a one: every request asks for both.
pub async fn find_live_at(
    store: &Store,
    prefix: &str,
    at: Option<HotelName<'_>>,
) -> Result<Option<(ApiKey, Option<Hotel>)>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT k.id AS "id!", k.credential_id AS "credential_id?", k.secret_hash AS "secret_hash!", k.name AS "name!",
            k.hotel_id AS "hotel_id?", k.publishable AS "publishable!", k.scopes AS "scopes!", k.origins AS "origins!",
            h.id AS "at_id?", h.slug AS "at_slug?", h.name AS "at_name?", h.time_zone AS "at_time_zone?",
            h.currency AS "at_currency?", h.place AS "at_place?", h.contact_email AS "at_contact_email?",
            h.language AS "at_language?", h.channel_status AS "at_channel_status?"
        FROM api_keys k
        LEFT JOIN hotels h ON h.id = $2 OR h.slug = $3
        WHERE k.prefix = $1 AND k.revoked_at IS NULL
            AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
        "#,
        prefix,
        at.and_then(HotelName::id).map(|id| id.0),
        at.and_then(HotelName::slug),
    )
    .fetch_optional(store.pool())
    .await?;
    let Some(mut row) = row else {
        return Ok(None);
    };
    let hotel = row.take_hotel().map(Hotel::try_from).transpose()?;
    Ok(Some((row.key()?, hotel)))
}

/// A key, and the hotel that is called about.
struct Row {
    id: Uuid,
    credential_id: Option<Uuid>,
    secret_hash: Vec<u8>,
    name: String,
    hotel_id: Option<Uuid>,
    publishable: bool,
    scopes: Vec<String>,
    origins: Vec<String>,
    at_id: Option<Uuid>,
    at_slug: Option<String>,
    at_name: Option<String>,
    at_time_zone: Option<String>,
    at_currency: Option<String>,
    at_place: Option<String>,
    at_contact_email: Option<String>,
    at_language: Option<String>,
    at_channel_status: Option<String>,
}

impl Row {
    /// All columns of the hotel are there, or none is.
    fn take_hotel(&mut self) -> Option<HotelRow> {
        Some(HotelRow {
            id: self.at_id?,
            slug: self.at_slug.take()?,
            name: self.at_name.take()?,
            time_zone: self.at_time_zone.take()?,
            currency: self.at_currency.take()?,
            place: self.at_place.take()?,
            contact_email: self.at_contact_email.take(),
            language: self.at_language.take()?,
            channel_status: self.at_channel_status.take()?,
        })
    }

    fn key(self) -> Result<ApiKey, StoreError> {
        let secret_hash = self.secret_hash.as_slice().try_into();
        Ok(ApiKey {
            id: ApiKeyId(self.id),
            credential: ApiKeyId(self.credential_id.unwrap_or(self.id)),
            secret_hash: secret_hash.map_err(|_| StoreError::Inconsistent {
                table: "api_keys",
                column: "secret_hash",
                row: self.id.to_string(),
            })?,
            hotel: self.hotel_id.map(HotelId),
            publishable: self.publishable,
            scopes: self
                .scopes
                .iter()
                .filter_map(|scope| Scope::parse(scope))
                .collect(),
            origins: self.origins,
            name: self.name,
        })
    }
}

/// The prefixes of a name's live keys, the oldest first. Whoever asks keeps others from making one until it ends.
pub async fn lock_live_of_name(
    tx: &mut SharedTx,
    hotel: Option<HotelId>,
    name: &str,
) -> Result<Vec<String>, StoreError> {
    let hotel = hotel.map(|hotel| hotel.0);
    let lock = format!("api_keys:{hotel:?}:{name}");
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        lock
    )
    .execute(&mut **tx)
    .await?;
    let prefixes = sqlx::query_scalar!(
        r#"
        SELECT prefix FROM api_keys
        WHERE name = $1 AND hotel_id IS NOT DISTINCT FROM $2 AND revoked_at IS NULL
            AND (expires_at IS NULL OR expires_at > clock_timestamp())
        ORDER BY id
        "#,
        name,
        hotel as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(prefixes)
}

/// Lets a live key end after a while, or when it would anyway; answers when that is.
pub async fn expire_after(
    tx: &mut SharedTx,
    key: ApiKeyId,
    overlap: Duration,
) -> Result<jiff::Timestamp, StoreError> {
    let expires_at = sqlx::query_scalar!(
        r#"
        UPDATE api_keys
        SET expires_at = least(expires_at, clock_timestamp() + make_interval(secs => $2))
        WHERE id = $1
        RETURNING expires_at AS "expires_at!: jiff_sqlx::Timestamp"
        "#,
        key.0,
        overlap.as_secs_f64(),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(expires_at.to_jiff())
}

/// How long a key was made to live, in seconds, where it was not for ever.
pub async fn lifetime(tx: &mut SharedTx, key: ApiKeyId) -> Result<Option<f64>, StoreError> {
    let seconds = sqlx::query_scalar!(
        "SELECT extract(epoch FROM expires_at - created_at)::float8 FROM api_keys WHERE id = $1",
        key.0
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(seconds)
}

/// Notes that keys were used, each at most once a minute.
pub async fn touch(store: &Store, keys: &[ApiKeyId]) -> Result<(), StoreError> {
    let keys: Vec<uuid::Uuid> = keys.iter().map(|key| key.0).collect();
    sqlx::query!(
        r#"
        UPDATE api_keys SET last_used_at = clock_timestamp()
        WHERE id = ANY ($1) AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute')
        "#,
        &keys
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
    pub origins: Vec<String>,
    pub created_at: jiff::Timestamp,
    pub expires_at: Option<jiff::Timestamp>,
    pub expired: bool,
    pub revoked_at: Option<jiff::Timestamp>,
    pub last_used_at: Option<jiff::Timestamp>,
}

/// Every key, the newest first.
pub async fn list(store: &Store) -> Result<Vec<ListedKey>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT k.prefix, k.name, h.slug AS "slug?", k.publishable, k.scopes, k.origins, k.created_at, k.expires_at,
            coalesce(k.expires_at <= clock_timestamp(), false) AS "expired!", k.revoked_at, k.last_used_at
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
            origins: row.origins,
            created_at: row.created_at.to_jiff(),
            expires_at: row.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            expired: row.expired,
            revoked_at: row.revoked_at.map(jiff_sqlx::Timestamp::to_jiff),
            last_used_at: row.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
        .collect())
}

/// Ends a key. Answers whether there was a live one of this prefix.
pub async fn revoke(store: &Store, prefix: &str) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        r#"
        UPDATE api_keys SET revoked_at = clock_timestamp()
        WHERE prefix = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
        "#,
        prefix
    )
    .execute(store.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}
