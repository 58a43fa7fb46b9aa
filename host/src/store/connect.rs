//! The pool, and the refusal of a role that could see every hotel.

use std::time::Duration;

use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};

pub use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::store::{Store, StoreError};

/// Why the application does not connect as this role.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error(
        "the database URL is not one of Postgres: expected postgres://user:password@host/database"
    )]
    Url(#[source] sqlx::Error),
    #[error("could not connect to the database")]
    Unreachable(#[source] sqlx::Error),
    #[error(
        "the database role `{role}` could see every hotel: it {why}. Connect as a login role that is only a member of \
         `roomwire_app` (CREATE ROLE roomwire LOGIN PASSWORD '…' IN ROLE roomwire_app), and keep the owner for \
         `roomwire migrate`"
    )]
    TooMighty { role: String, why: &'static str },
    #[error(
        "the database role `{role}` is no member of `roomwire_app`: GRANT roomwire_app TO {role}"
    )]
    NotAMember { role: String },
    #[error("the database has no Roomwire schema yet: run `roomwire migrate up`")]
    NotMigrated,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How the pool behaves; statements and lock waits are bounded so that a caller gets an answer, not a hang.
#[derive(Clone, Copy, Debug)]
pub struct PoolSettings {
    pub connections: u32,
    pub acquire_timeout: Duration,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            connections: 20,
            acquire_timeout: Duration::from_secs(3),
        }
    }
}

/// A connection that was idle for so long may have been lost, so it is tried before it is used again. One that was in use
/// a moment ago was tried then: when it is given back, which costs each use a round trip already.
const IDLE: Duration = Duration::from_secs(1);

/// Reads a `postgres://` URL.
pub fn parse(url: &str) -> Result<PgConnectOptions, ConnectError> {
    url.parse().map_err(ConnectError::Url)
}

/// Connects as the application, after checking that its role can be trusted with that.
pub async fn connect(
    options: PgConnectOptions,
    settings: PoolSettings,
) -> Result<Store, ConnectError> {
    let options = options.application_name("roomwire").options([
        ("statement_timeout", "15s"),
        ("lock_timeout", "3s"),
        ("idle_in_transaction_session_timeout", "30s"),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(settings.connections)
        .acquire_timeout(settings.acquire_timeout)
        .test_before_acquire(false)
        .before_acquire(|connection, known| {
            Box::pin(async move {
                if known.idle_for >= IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await
        .map_err(ConnectError::Unreachable)?;
    refuse_mighty_role(&pool).await?;
    Ok(Store::new(pool))
}

async fn refuse_mighty_role(pool: &PgPool) -> Result<(), ConnectError> {
    let role = sqlx::query!(
        r#"
        SELECT
            current_user::text AS "name!",
            r.rolsuper OR r.rolbypassrls AS "bypasses!",
            to_regclass('hotels') IS NOT NULL AS "migrated!",
            EXISTS (SELECT FROM pg_roles g WHERE g.rolname = 'roomwire_app'
                AND pg_has_role(r.oid, g.oid, 'MEMBER')) AS "member!",
            EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass('hotels')
                AND pg_has_role(r.oid, c.relowner, 'MEMBER')) AS "owner!"
        FROM pg_roles r
        WHERE r.rolname = current_user
        "#
    )
    .fetch_one(pool)
    .await
    .map_err(StoreError::from)?;

    match role {
        role if role.bypasses => Err(ConnectError::TooMighty {
            role: role.name,
            why: "is a superuser or bypasses row-level security",
        }),
        role if !role.migrated => Err(ConnectError::NotMigrated),
        role if role.owner => Err(ConnectError::TooMighty {
            role: role.name,
            why: "owns the tables",
        }),
        role if !role.member => Err(ConnectError::NotAMember { role: role.name }),
        _ => Ok(()),
    }
}

/// The login of a private cluster's application.
const LOGIN: &str = "roomwire_login";

/// Makes the application's login role in a cluster that is ours, with this password, and answers how it connects.
pub async fn application_role(
    owner: &PgConnectOptions,
    password: &[u8; 32],
) -> Result<PgConnectOptions, StoreError> {
    let password = hex::encode(password);
    // The statement carries the password, so it may not be logged, however slow it is.
    let silent = owner.clone().disable_statement_logging();
    let mut connection = PgConnection::connect_with(&silent).await?;
    // Roles take no parameters; the password is hexadecimal, so it cannot carry SQL.
    let statement = format!(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{LOGIN}') THEN \
         CREATE ROLE {LOGIN} LOGIN IN ROLE roomwire_app; END IF; END $$; \
         ALTER ROLE {LOGIN} PASSWORD '{password}'"
    );
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    Ok(owner.clone().username(LOGIN).password(&password))
}
