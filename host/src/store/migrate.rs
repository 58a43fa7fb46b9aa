//! The schema's versions: up, down and what is applied. Only the owner may.

use sqlx::Connection;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};

static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// Why the schema could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum MigrationFailure {
    #[error("could not connect to the database as its owner")]
    Connect(#[source] sqlx::Error),
    #[error("a migration failed, and nothing of it was applied")]
    Migrate(#[from] MigrateError),
    #[error("could not read which migrations are applied")]
    Read(#[source] sqlx::Error),
}

/// One migration of this program.
#[derive(Clone, Debug)]
pub struct Migration {
    pub version: i64,
    pub purpose: String,
    pub applied: bool,
}

/// The newest version that this program knows.
pub fn newest() -> i64 {
    MIGRATOR
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0)
}

/// Applies all that are missing.
pub async fn up(owner: &PgConnectOptions) -> Result<(), MigrationFailure> {
    let mut connection = connect(owner).await?;
    MIGRATOR.run(&mut connection).await?;
    Ok(())
}

/// Takes back every migration above `version`; 0 takes all.
pub async fn down_to(owner: &PgConnectOptions, version: i64) -> Result<(), MigrationFailure> {
    let mut connection = connect(owner).await?;
    MIGRATOR.undo(&mut connection, version).await?;
    Ok(())
}

/// Every migration that this program knows, in order.
pub async fn status(owner: &PgConnectOptions) -> Result<Vec<Migration>, MigrationFailure> {
    let mut connection = connect(owner).await?;
    let applied = applied_versions(&mut connection).await?;
    Ok(MIGRATOR
        .iter()
        .filter(|migration| !migration.migration_type.is_down_migration())
        .map(|migration| Migration {
            version: migration.version,
            purpose: migration.description.to_string(),
            applied: applied.contains(&migration.version),
        })
        .collect())
}

async fn applied_versions(connection: &mut PgConnection) -> Result<Vec<i64>, MigrationFailure> {
    let known: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await
        .map_err(MigrationFailure::Read)?;
    if !known {
        return Ok(Vec::new());
    }
    sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success ORDER BY version")
        .fetch_all(connection)
        .await
        .map_err(MigrationFailure::Read)
}

async fn connect(owner: &PgConnectOptions) -> Result<PgConnection, MigrationFailure> {
    PgConnection::connect_with(owner)
        .await
        .map_err(MigrationFailure::Connect)
}
