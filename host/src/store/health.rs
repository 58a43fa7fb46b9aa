//! What the database tells of itself: its schema's version and its clock.

use jiff::Timestamp;

use crate::store::{Store, StoreError};

/// The newest migration that is applied, or `None` where the schema is too old to tell.
pub async fn schema_version(store: &Store) -> Result<Option<i64>, StoreError> {
    let known = sqlx::query_scalar!(
        r#"SELECT to_regprocedure('schema_version()') IS NOT NULL AS "known!""#
    )
    .fetch_one(store.pool())
    .await?;
    if !known {
        return Ok(None);
    }
    Ok(sqlx::query_scalar!("SELECT schema_version()")
        .fetch_one(store.pool())
        .await?)
}

/// The database's clock.
pub async fn clock(store: &Store) -> Result<Timestamp, StoreError> {
    let now = sqlx::query_scalar!(r#"SELECT clock_timestamp() AS "now!""#)
        .fetch_one(store.pool())
        .await?;
    Ok(now.to_jiff())
}
