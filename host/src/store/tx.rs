//! Connections that know their hotel.

use std::ops::{Deref, DerefMut};

use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Transaction};

use crate::domain::ids::HotelId;
use crate::store::StoreError;

/// The database, as the application's role sees it: without a hotel, no tenant's rows.
#[derive(Clone, Debug)]
pub struct Store {
    pool: PgPool,
}

impl Store {
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Begins a transaction that sees and writes one hotel's rows and no other's.
    pub async fn begin(&self, hotel: HotelId) -> Result<HotelTx, StoreError> {
        // The setting ends with the transaction, and a UUID cannot carry SQL; one round trip instead of two.
        let begin = format!("BEGIN; SELECT set_config('app.hotel_id', '{hotel}', true)");
        let tx = self.pool.begin_with(AssertSqlSafe(begin)).await?;
        Ok(HotelTx { tx, hotel })
    }

    /// Begins a transaction that sees no tenant's rows: the directory, keys and jobs only.
    pub async fn begin_shared(&self) -> Result<SharedTx, StoreError> {
        Ok(SharedTx(self.pool.begin().await?))
    }

    /// Closes every connection, after those in use have come back.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Answers when the database does.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }
}

/// One hotel's transaction. Dropped without [`HotelTx::commit`], it rolls back.
#[derive(Debug)]
pub struct HotelTx {
    tx: Transaction<'static, Postgres>,
    hotel: HotelId,
}

impl HotelTx {
    pub fn hotel(&self) -> HotelId {
        self.hotel
    }

    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }

    pub async fn rollback(self) -> Result<(), StoreError> {
        Ok(self.tx.rollback().await?)
    }
}

impl Deref for HotelTx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.tx
    }
}

impl DerefMut for HotelTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}

/// A transaction outside every hotel.
#[derive(Debug)]
pub struct SharedTx(Transaction<'static, Postgres>);

impl SharedTx {
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}

impl Deref for SharedTx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for SharedTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}
