//! The database of this process: a private one that it runs itself, or the one that it was given.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretBox, SecretString};

use crate::config::{Database, DatabaseSource, Environment};
use crate::domain::random::Random;
use crate::local_postgres::{BinarySearch, Durability, LocalPostgres, LocalPostgresError, Options};
use crate::store::connect::{self, ConnectError, PgConnectOptions, PoolSettings};
use crate::store::migrate::{self, MigrationFailure};
use crate::store::{Store, StoreError};

/// Why there is no database to work with.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("the private Postgres did not start")]
    Local(#[from] LocalPostgresError),
    #[error("the database could not be used")]
    Connect(#[from] ConnectError),
    #[error("the schema could not be brought up to date")]
    Migrate(#[from] MigrationFailure),
    #[error("the application's role could not be made")]
    Role(#[source] StoreError),
    #[error(
        "the program's own path is not known, by which it starts itself for a part of its work"
    )]
    Program(#[source] std::io::Error),
    #[error("`roomwire migrate` needs the database's owner: set DATABASE_OWNER_URL")]
    NoOwner,
}

/// What a process needs to reach its database, and the server where it runs one itself.
#[derive(Debug)]
pub struct Opened {
    pub store: Store,
    pub local: Option<LocalPostgres>,
}

/// Where programs are found that the host starts: its own, and a private Postgres' server.
#[derive(Clone, Debug)]
pub struct LocalPrograms {
    /// This program. It guards a private Postgres, and compiles plugins in processes of their own.
    pub host: PathBuf,
    pub binaries: BinarySearch,
    pub durability: Durability,
}

impl LocalPrograms {
    /// This very program, and the server that is installed here. Everything is kept.
    pub fn installed(environment: &Environment) -> Result<Self, DatabaseError> {
        Ok(Self {
            host: std::env::current_exe().map_err(DatabaseError::Program)?,
            binaries: BinarySearch::Installed {
                search_path: environment.get("PATH").unwrap_or_default().into(),
            },
            durability: Durability::Durable,
        })
    }
}

/// Opens the database: a private one is started and brought up to date, a given one must be.
pub(super) async fn open(
    database: &Database,
    programs: &LocalPrograms,
    random: &Random,
) -> Result<Opened, DatabaseError> {
    let settings = PoolSettings {
        connections: database.connections,
        acquire_timeout: database.acquire_timeout,
    };
    match &database.source {
        DatabaseSource::Given { url, .. } => {
            let store = connect::connect(options(url)?, settings).await?;
            Ok(Opened { store, local: None })
        }
        DatabaseSource::Embedded { data_dir } => {
            let local = start(data_dir, programs, random).await?;
            let store = open_local(&local, settings, random).await?;
            Ok(Opened {
                store,
                local: Some(local),
            })
        }
    }
}

/// Opens the database for a command: where a host runs on the private database, the command works beside it.
pub async fn open_beside(
    database: &Database,
    programs: &LocalPrograms,
    random: &Random,
) -> Result<Opened, DatabaseError> {
    match open(database, programs, random).await {
        Err(DatabaseError::Local(LocalPostgresError::InUse { folder })) => {
            let owner = options(&LocalPostgres::running_owner_url(&folder)?)?;
            // Only the host knows its application's password, so the owner acts in that role, behind the same wall.
            let application = owner.options([("role", "roomwire_app")]);
            let settings = PoolSettings {
                connections: database.connections,
                acquire_timeout: database.acquire_timeout,
            };
            let store = connect::connect(application, settings).await?;
            Ok(Opened { store, local: None })
        }
        opened => opened,
    }
}

/// The owner of the schema, for `migrate`: of a private database that is started for it, or of a given one.
pub async fn open_owner(
    database: &Database,
    programs: &LocalPrograms,
    random: &Random,
) -> Result<(PgConnectOptions, Option<LocalPostgres>), DatabaseError> {
    match &database.source {
        DatabaseSource::Given {
            owner_url: Some(url),
            ..
        } => Ok((options(url)?, None)),
        DatabaseSource::Given {
            owner_url: None, ..
        } => Err(DatabaseError::NoOwner),
        DatabaseSource::Embedded { data_dir } => {
            let local = start(data_dir, programs, random).await?;
            Ok((options(&local.owner_url())?, Some(local)))
        }
    }
}

async fn start(
    data_dir: &Path,
    programs: &LocalPrograms,
    random: &Random,
) -> Result<LocalPostgres, DatabaseError> {
    let entropy = SecretBox::new(Box::new(random.bytes()));
    let mut options = Options::new(programs.host.clone(), programs.binaries.clone(), entropy);
    options.durability = programs.durability;
    Ok(LocalPostgres::start(&data_dir.join("postgres"), options).await?)
}

/// A private database is nobody else's, so its schema is brought up to date at every start, and the application's
/// role gets a new password that only this process knows.
async fn open_local(
    local: &LocalPostgres,
    settings: PoolSettings,
    random: &Random,
) -> Result<Store, DatabaseError> {
    let owner = options(&local.owner_url())?;
    migrate::up(&owner).await?;
    let password: [u8; 32] = random.bytes();
    let application = connect::application_role(&owner, &password)
        .await
        .map_err(DatabaseError::Role)?;
    Ok(connect::connect(application, settings).await?)
}

fn options(url: &SecretString) -> Result<PgConnectOptions, ConnectError> {
    connect::parse(url.expose_secret())
}
