//! What can go wrong with the database, by what the caller can do about it.

/// A failure of the store. Its text is for the log: no answer to a caller shows it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// Every connection is at work for others, and none came free in time.
    #[error("every connection to the database is in use")]
    Busy(#[source] sqlx::Error),
    /// Another transaction was in the way: the whole transaction is worth another try.
    #[error("the transaction has to be tried again")]
    Contended(#[source] sqlx::Error),
    /// A row that our code would not have written.
    #[error("{table}.{column} of {row} does not make sense")]
    Inconsistent {
        table: &'static str,
        column: &'static str,
        row: String,
    },
    /// An update met another number of rows than it must.
    #[error("{statement} changed {changed} rows instead of {wanted}")]
    Rows {
        statement: &'static str,
        changed: u64,
        wanted: u64,
    },
    #[error("the database refused a statement")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    /// For tests of what is tried again.
    #[cfg(test)]
    pub(crate) fn contended() -> Self {
        Self::Contended(sqlx::Error::RowNotFound)
    }

    /// The table whose rows still refer to what a statement would have deleted.
    pub fn referring_table(&self) -> Option<&str> {
        match self {
            Self::Database(sqlx::Error::Database(refused))
                if refused.is_foreign_key_violation() =>
            {
                refused.table()
            }
            _ => None,
        }
    }

    /// Asserts how many rows a statement changed.
    pub(super) fn expect_rows(
        statement: &'static str,
        done: &sqlx::postgres::PgQueryResult,
        wanted: u64,
    ) -> Result<(), Self> {
        match done.rows_affected() {
            changed if changed == wanted => Ok(()),
            changed => Err(Self::Rows {
                statement,
                changed,
                wanted,
            }),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(database) = &error {
            return match database.code().as_deref() {
                // Serialization failure, deadlock, lock not available, a room given away twice at once, and our
                // procedures' lost race.
                Some("40001" | "40P01" | "55P03" | "23P01" | "RW001") => Self::Contended(error),
                // Statement time-out, admin shutdown, crash shutdown, cannot connect now, no memory (or no place in the
                // table of locks), too many connections: all was taken back, and may do a moment later.
                Some("57014" | "57P01" | "57P02" | "57P03" | "53200" | "53300") => {
                    Self::Unavailable(error)
                }
                _ => Self::Database(error),
            };
        }
        match error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_) => Self::Unavailable(error),
            _ => Self::Database(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::store::test_database::TestDatabase;

    /// What becomes of a statement that the database refuses with a code.
    async fn refused(database: &TestDatabase, code: &str) -> StoreError {
        let statement = format!(
            "DO $$ BEGIN RAISE EXCEPTION 'as the test wants' USING ERRCODE = '{code}'; END $$"
        );
        let mut reads = database.store.reads().await.expect("a connection");
        let raised = sqlx::raw_sql(AssertSqlSafe(statement));
        raised.execute(&mut *reads).await.expect_err(code).into()
    }

    #[tokio::test]
    async fn what_may_do_later_is_told_from_what_is_wrong() {
        let database = TestDatabase::new().await;
        for code in ["40001", "40P01", "55P03", "23P01", "RW001"] {
            let refused = refused(&database, code).await;
            assert!(matches!(refused, StoreError::Contended(_)), "{code}");
        }
        for code in ["57014", "53200", "53300"] {
            let refused = refused(&database, code).await;
            assert!(matches!(refused, StoreError::Unavailable(_)), "{code}");
        }
        for code in ["23505", "23514", "42883", "25P02"] {
            let refused = refused(&database, code).await;
            assert!(matches!(refused, StoreError::Database(_)), "{code}");
        }
    }
}
