//! Idempotency keys: the key, the effect and the stored answer commit together.

use uuid::Uuid;

use crate::store::{HotelTx, StoreError};

/// What a request's key is bound to. The same key under another hotel or credential is another key.
#[derive(Clone, Debug)]
pub struct Scope {
    pub credential: Uuid,
    pub key: String,
    /// SHA-256 over method, route and raw body: another payload under the same key is refused.
    pub fingerprint: [u8; 32],
}

/// How a claim went.
#[derive(Clone, Debug)]
pub enum Claim {
    /// The key is ours until the transaction ends.
    Mine,
    /// Another request works under it at this moment.
    Busy,
    /// It was used before.
    Taken(Stored),
}

/// A finished request under a key.
#[derive(Clone, Debug)]
pub struct Stored {
    pub fingerprint: Vec<u8>,
    /// Absent when the answer was pruned: only the tombstone is left.
    pub answer: Option<StoredAnswer>,
}

#[derive(Clone, Debug)]
pub struct StoredAnswer {
    pub status: u16,
    pub content_type: String,
    /// Those that belong to the answer itself, such as `ETag` and `Location`.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Claims a key until this transaction ends, without waiting for another that holds it. Nothing is written yet.
pub async fn claim(tx: &mut HotelTx, scope: &Scope) -> Result<Claim, StoreError> {
    let hotel = tx.hotel();
    let outcome = sqlx::query_scalar!(
        r#"SELECT lock_idempotency_key($1, $2, $3) AS "outcome!""#,
        hotel.0,
        scope.credential,
        scope.key,
    )
    .fetch_one(&mut **tx)
    .await?;
    match outcome.as_str() {
        "mine" => Ok(Claim::Mine),
        "busy" => Ok(Claim::Busy),
        // It may have been pruned between the two statements; then the caller tries again.
        _ => Ok(find(tx, scope).await?.map_or(Claim::Busy, Claim::Taken)),
    }
}

/// What was stored under a key.
pub async fn find(tx: &mut HotelTx, scope: &Scope) -> Result<Option<Stored>, StoreError> {
    let hotel = tx.hotel();
    let row = sqlx::query!(
        r#"
        SELECT fingerprint, status, content_type, headers, body, idempotency_answer_kept(created_at) AS "kept!"
        FROM idempotency_keys
        WHERE hotel_id = $1 AND credential_id = $2 AND key = $3
        "#,
        hotel.0,
        scope.credential,
        scope.key,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| {
        let status = row.status.and_then(|status| u16::try_from(status).ok());
        let answer = match (status, row.content_type, row.body) {
            // A job prunes; until it comes, an old answer is not given any more all the same.
            (Some(status), Some(content_type), Some(body)) if row.kept => Some(StoredAnswer {
                status,
                content_type,
                headers: row.headers.map(headers).unwrap_or_default(),
                body,
            }),
            _ => None,
        };
        Stored {
            fingerprint: row.fingerprint,
            answer,
        }
    }))
}

fn headers(stored: serde_json::Value) -> Vec<(String, String)> {
    let serde_json::Value::Object(stored) = stored else {
        return Vec::new();
    };
    let text = |(name, value): (String, serde_json::Value)| {
        value.as_str().map(|value| (name, value.to_owned()))
    };
    stored.into_iter().filter_map(text).collect()
}

/// Stores the answer under the key that this transaction claimed. Contended where somebody else stored one.
pub async fn store(
    tx: &mut HotelTx,
    scope: &Scope,
    answer: &StoredAnswer,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let headers: serde_json::Map<_, _> = answer
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into()))
        .collect();
    let done = sqlx::query!(
        r#"
        INSERT INTO idempotency_keys (hotel_id, credential_id, key, fingerprint, status, content_type, body, headers)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT DO NOTHING
        "#,
        hotel.0,
        scope.credential,
        scope.key,
        &scope.fingerprint[..],
        i16::try_from(answer.status).unwrap_or(i16::MAX),
        answer.content_type,
        answer.body,
        (!headers.is_empty()).then_some(serde_json::Value::Object(headers)),
    )
    .execute(&mut **tx)
    .await?;
    // The lock keeps others out, and where it could not, the row does: who comes second takes everything back, and is
    // answered as the first was when it tries again.
    match done.rows_affected() {
        1 => Ok(()),
        _ => Err(StoreError::Contended(sqlx::Error::RowNotFound)),
    }
}

/// Drops bodies after 72 hours and tombstones after 33 days.
pub async fn prune(tx: &mut HotelTx) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    sqlx::query!("SELECT prune_idempotency_keys($1)", hotel.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
