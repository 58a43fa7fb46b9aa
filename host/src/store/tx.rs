//! Connections that know their hotel.

use std::ops::{Deref, DerefMut};

use futures::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, SqlSafeStr, Transaction};

use crate::domain::ids::HotelId;
use crate::store::StoreError;

/// What is decided under a lock is decided by a statement after it, which must see what was committed while the lock was
/// waited for: so a transaction is this, whatever the server, the database or the role has for a default.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

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
        let begin = format!("{BEGIN}; SELECT set_config('app.hotel_id', '{hotel}', true)");
        let tx = self.begin_with(begin).await?;
        Ok(HotelTx { tx, hotel })
    }

    /// Begins a transaction that sees no tenant's rows: the directory, keys and jobs only.
    pub async fn begin_shared(&self) -> Result<SharedTx, StoreError> {
        Ok(SharedTx(self.begin_with(BEGIN.to_owned()).await?))
    }

    /// A connection for several reads without a transaction.
    pub async fn reads(&self) -> Result<Reads, StoreError> {
        Ok(Reads(self.acquire().await?))
    }

    async fn acquire(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        self.pool.acquire().await.map_err(|error| match error {
            sqlx::Error::PoolTimedOut if self.is_at_work() => StoreError::Busy(error),
            error => error.into(),
        })
    }

    async fn begin_with(
        &self,
        statement: String,
    ) -> Result<Transaction<'static, Postgres>, StoreError> {
        let connection = self.acquire().await?;
        let statement = AssertSqlSafe(statement).into_sql_str();
        let mut beginning = Beginning(Some(Transaction::begin(connection, Some(statement))));
        let begun = beginning.await_begun().await;
        beginning.0 = None;
        Ok(begun?)
    }

    /// Whether there are as many connections as there may be, and each is in use: then the database is there.
    fn is_at_work(&self) -> bool {
        let most = self.pool.options().get_max_connections();
        self.pool.size() >= most && self.pool.num_idle() == 0
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

/// A `BEGIN` on its way. Dropped half-way, as by a request at its time limit, its connection would go back to the pool
/// in a transaction that the driver does not know of, and what came next on it would join that. So it is finished.
struct Beginning(Option<BoxFuture<'static, Result<Transaction<'static, Postgres>, sqlx::Error>>>);

impl Beginning {
    async fn await_begun(&mut self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        match &mut self.0 {
            Some(beginning) => beginning.await,
            None => Err(sqlx::Error::BeginFailed),
        }
    }
}

impl Drop for Beginning {
    #[expect(
        clippy::disallowed_methods,
        reason = "it ends with one answer of the database, and nobody waits for it"
    )]
    fn drop(&mut self) {
        if let Some(beginning) = self.0.take() {
            // What comes of it is dropped, and so rolled back.
            tokio::spawn(beginning);
        }
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

    /// Takes everything back and waits until that is done: a transaction that is only dropped holds its locks for a
    /// moment longer, and whoever comes next would meet them.
    pub async fn abandon(self) {
        if let Err(lost) = self.tx.rollback().await {
            // Without its connection the database takes it back by itself.
            tracing::debug!(error = %lost, "a transaction was lost rather than taken back");
        }
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

/// Reads outside every hotel, each a transaction by itself: a connection is taken and given back once for all of them.
#[derive(Debug)]
pub struct Reads(PoolConnection<Postgres>);

impl Deref for Reads {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for Reads {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::test_database::TestDatabase;

    #[tokio::test]
    async fn a_begin_that_is_given_up_leaves_no_transaction_open() {
        let database = TestDatabase::new().await;
        let hotel = HotelId(uuid::Uuid::from_u128(1));
        for waits in 1..8 {
            let mut beginning = Box::pin(database.store.begin(hotel));
            for _ in 0..waits {
                let polled = futures::poll!(&mut beginning);
                if polled.is_ready() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let open = database
            .number(
                "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
            )
            .await;
        assert_eq!(open, 0);
    }

    async fn levels(connection: &mut PgConnection) -> (String, String) {
        let levels = "SELECT current_setting('default_transaction_isolation'),
            current_setting('transaction_isolation')";
        let asked = sqlx::query_as(levels).fetch_one(connection);
        asked.await.expect("two settings")
    }

    #[tokio::test]
    async fn a_transaction_is_read_committed_whatever_the_database_has_for_a_default() {
        let database = TestDatabase::new().await;
        let default = "DO $$ BEGIN EXECUTE format(
            'ALTER DATABASE %I SET default_transaction_isolation = ''repeatable read''', current_database()); END $$";
        database.alter(default).await;
        let hotel = HotelId(uuid::Uuid::from_u128(1));
        // All that the pool may have at once: the last of them is a session that began with the new default.
        let mut open = Vec::new();
        for _ in 0..7 {
            open.push(database.store.begin(hotel).await.expect("a transaction"));
        }
        let shared = database.store.begin_shared().await;
        let mut shared = shared.expect("a transaction");
        let mut found = vec![levels(&mut shared).await];
        for tx in &mut open {
            found.push(levels(tx).await);
        }
        assert_eq!(found[0].0, "repeatable read");
        let committed = |(_, level): &(String, String)| level == "read committed";
        assert!(found.iter().all(committed), "{found:?}");
    }
}
