//! A database of its own for each test, copied from a migrated template on one throwaway server.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretBox};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::sync::OnceCell;

use crate::domain::clock::Clock;
use crate::domain::ids::new_uuid;
use crate::local_postgres::{BinarySearch, Durability, LocalPostgres, LocalPostgresError, Options};
use crate::store::connect::{PoolSettings, connect};
use crate::store::{Store, migrate};

/// A migrated database, as the application's role sees it. It goes when this is dropped.
pub(crate) struct TestDatabase {
    pub(crate) store: Store,
    server: PgConnectOptions,
    name: String,
}

/// The server's owner and the template, made once a test process.
static TEMPLATE: OnceCell<(PgConnectOptions, String)> = OnceCell::const_new();

impl TestDatabase {
    pub(crate) async fn new() -> Self {
        let (server, template) = TEMPLATE.get_or_init(make_template).await.clone();
        let name = format!("roomwire_test_{}", new_uuid(Clock::system().now()).simple());
        run(
            &server,
            &format!("CREATE DATABASE {name} TEMPLATE {template}"),
        )
        .await;
        let application = server
            .clone()
            .database(&name)
            .username("roomwire_test")
            .password("test");
        let settings = PoolSettings {
            connections: 8,
            ..PoolSettings::default()
        };
        let store = connect(application, settings)
            .await
            .expect("the application's role connects");
        Self {
            store,
            server,
            name,
        }
    }

    /// Runs a statement as one who sees and may change everything.
    pub(crate) async fn alter(&self, statement: &str) {
        run(&self.server.clone().database(&self.name), statement).await;
    }

    /// One number, asked by one who sees everything.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        let owner = self.server.clone().database(&self.name);
        let mut connection = PgConnection::connect_with(&owner)
            .await
            .expect("the server answers");
        sqlx::query_scalar(AssertSqlSafe(query.to_owned()))
            .fetch_one(&mut connection)
            .await
            .expect("a number")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        in_a_runtime_of_its_own(async move {
            run(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        });
    }
}

async fn make_template() -> (PgConnectOptions, String) {
    let server = server().await.disable_statement_logging();
    run(
        &server,
        "DO $$ BEGIN CREATE ROLE roomwire_test LOGIN PASSWORD 'test';
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
    )
    .await;
    let name = format!("roomwire_template_{}", std::process::id());
    run(
        &server,
        &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
    )
    .await;
    run(&server, &format!("CREATE DATABASE {name}")).await;
    migrate::up(&server.clone().database(&name))
        .await
        .expect("the migrations apply");
    run(&server, "GRANT roomwire_app TO roomwire_test").await;
    (server, name)
}

/// The server that the environment names, or a private one that lives as long as this process.
#[expect(
    clippy::disallowed_methods,
    reason = "tests are told their server by the environment"
)]
async fn server() -> PgConnectOptions {
    if let Ok(url) = std::env::var("ROOMWIRE_TEST_DATABASE_URL") {
        return url
            .parse()
            .expect("ROOMWIRE_TEST_DATABASE_URL is a URL of Postgres");
    }
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
        runtime.block_on(async move {
            let server = private_server().await;
            tell.send(server.owner_url())
                .expect("somebody waits for the server");
            std::future::pending::<()>().await;
        });
    });
    told.await
        .expect("the server started")
        .expose_secret()
        .parse()
        .expect("a private server's URL is one")
}

/// A server in a folder that earlier test processes used and no other uses now, so that runs leave only one behind.
async fn private_server() -> LocalPostgres {
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    let parent =
        std::env::var_os("ROOMWIRE_TEST_CLUSTERS").map_or_else(std::env::temp_dir, PathBuf::from);
    let mut number = 0;
    loop {
        let folder = parent.join(format!("roomwire-test-{}-{number}", nix::unistd::geteuid()));
        let binaries = BinarySearch::Installed {
            search_path: search_path.clone(),
        };
        let options = Options {
            durability: Durability::Throwaway,
            ..Options::new(program(), binaries, SecretBox::new(Box::new([7; 32])))
        };
        match LocalPostgres::start(&folder, options).await {
            // Another test process has it, or it is another version's or user's: the next one may do.
            Err(refusal) if number < 64 => {
                if !matches!(refusal, LocalPostgresError::InUse { .. }) {
                    eprintln!("{}: {refusal}; trying the next folder", folder.display());
                }
                number += 1;
            }
            started => {
                let server = started.expect("Postgres starts");
                drop_databases_of_earlier_runs(&server).await;
                return server;
            }
        }
    }
}

async fn drop_databases_of_earlier_runs(server: &LocalPostgres) {
    let owner: PgConnectOptions = server
        .owner_url()
        .expose_secret()
        .parse()
        .expect("a private server's URL is one");
    let mut connection = PgConnection::connect_with(&owner)
        .await
        .expect("the server answers");
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT datname::text FROM pg_database WHERE datname LIKE 'roomwire_t%'",
    )
    .fetch_all(&mut connection)
    .await
    .expect("databases can be listed");
    connection.close().await.expect("a connection closes");
    for name in names {
        run(&owner, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
}

/// The host's own binary: `cargo xtask test` names it, and cargo by itself puts it above the folder of the test binaries.
fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("ROOMWIRE_BIN") {
        return named.into();
    }
    let test = std::env::current_exe().expect("a test knows its own path");
    test.ancestors()
        .nth(2)
        .expect("cargo's folders")
        .join("roomwire")
}

async fn run(server: &PgConnectOptions, statement: &str) {
    let mut connection = PgConnection::connect_with(server)
        .await
        .expect("the server answers");
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(&mut connection)
        .await
        .expect(statement);
    connection.close().await.expect("a connection closes");
}

fn in_a_runtime_of_its_own(future: impl Future<Output = ()> + Send + 'static) {
    let thread = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime starts")
            .block_on(future);
    });
    thread.join().expect("the cleaning up succeeds");
}
